"""What the tests of wire are given."""

import pytest

import wsdemo
from tests.wire.kit import echo


@pytest.fixture
def server():
    with wsdemo.serve(echo, compression=None, close_timeout=0.2) as server:
        yield server


@pytest.fixture
def wire(server):
    with wsdemo.Wire(server.url) as wire:
        yield wire
