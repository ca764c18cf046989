"""The web site, built once for all its tests."""

import os
import subprocess
import sys

import pytest

from tests.lessons.kit import ROOT

BUILD_TIME = 280
"""Seconds for a build; it takes a tenth of that where nothing else runs."""


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Build it as the command does, in a process of its own: sphinx changes much in its own."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        # It takes half a minute: in the folder that the workers share, a second one would fail.
        (tmp_path_factory.getbasetemp().parent / "the site is built").mkdir()
    folder = tmp_path_factory.mktemp("built") / "site"
    command = [sys.executable, "-m", "tools.website", "--no-run", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=BUILD_TIME)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"Open {folder.resolve() / 'index.html'} in a browser.\n"
    assert [each.name for each in folder.parent.iterdir()] == ["site"], "and nothing beside it"
    return folder
