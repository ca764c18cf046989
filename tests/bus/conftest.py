"""What the tests of the bus are given."""

import contextlib

import pytest

import wsdemo
from tests.bus.kit import KINDS


@pytest.fixture(scope="module")
def brokers():
    with contextlib.ExitStack() as stack:
        yield {kind: stack.enter_context(wsdemo.broker(kind)) for kind in KINDS}
