"""One Chromium, and one JupyterLab, for all tests of this folder."""

import os

import pytest

from tests.browser import lab


# Not for the session: while playwright runs, no other test can use asyncio.run().
@pytest.fixture(scope="package")
def chromium():
    """A headless Chromium; without one, a skip on a laptop and a failure where CI is set."""
    if not lab.find_chromium():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("there is no Chromium here")
    with lab.chromium() as browser:
        yield browser


@pytest.fixture
def window(chromium):
    """A browser window with cookies of its own."""
    with lab.window(chromium) as context:
        yield context


@pytest.fixture(scope="package")
def jupyterlab(chromium):
    """A JupyterLab of the tests' own."""
    with lab.jupyter() as server:
        yield server
