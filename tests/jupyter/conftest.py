"""What the tests of the relay are given."""

import pytest

from tests.browser.lab import jupyter
from tests.jupyter.kit import BASE, Study


@pytest.fixture(scope="module")
def lab():
    with jupyter(f"--ServerApp.base_url={BASE}", app="jupyter_server") as server:
        yield server


@pytest.fixture
def study():
    study = Study()
    with study.server:
        yield study
