"""Which tests stay in one worker of pytest-xdist, and that xdist heeds it."""

import subprocess

import pytest

from tests.lessons.kit import ROOT
from tests.spread import group_of
from tools.suite import PYTEST


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("tests/test_a.py::test_1[x]", "tests/test_a.py::TestIt::test_2", True),
        ("tests/test_a.py::test_1", "tests/wire/test_a.py::test_1", False),
        ("tests/checks/test_a.py::test_1", "tests/checks/test_a.py::test_2", False),
        ("tests/tools/test_website.py::test_1", "tests/tools/test_website_search.py::test_2", True),
        ("tests/tools/test_website.py::test_1", "tests/tools/test_one_connection.py::test_2", True),
        ("tests/browser/test_lessons.py::test_x[01_a]", "tests/browser/test_lab.py::test_y", True),
        ("tests/browser/test_lessons.py::test_x[01_a]", "tests/browser/test_relay.py::y", False),
        ("tests/browser/test_tab_panels.py::test_1", "tests/browser/test_firefox.py::test_2", True),
    ],
)
def test_groups(one, other, together):
    assert (group_of(one) == group_of(other)) is together


@pytest.mark.weekly
@pytest.mark.parametrize(
    ("files", "workers"), [(["tests/test_options.py"], 1), (["tests/checks/test_progress.py"], 2)]
)
def test_xdist_heeds_it(files, workers):
    """Not as xdist promises, but as it does: its mark xdist_group once had no effect."""
    command = [*PYTEST, *files, "-p", "no:nbval"]
    done = subprocess.run(
        [*command, "-n", "2", "-v"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout
    used = {line[:5] for line in done.stdout.splitlines() if "PASSED" in line}
    assert len(used) == workers
