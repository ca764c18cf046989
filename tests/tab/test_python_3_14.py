"""Python 3.14, which npm's Pyodide is: pure modules pass their tests; nest_asyncio is broken.

It runs under Node, where there is no browser and Python cannot wait.
"""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from tests.lessons.errors import explained
from tools import running_fetch
from wsdemo.doctor import find_node

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
LAST_PURE_HYPOTHESIS = "6.155.7"  # later ones are written in Rust, too
NEEDED = ("attrs", "h11", "iniconfig", "nest-asyncio", "nest-asyncio2", "packaging", "pluggy")
NEEDED += ("pygments", "pytest", "sortedcontainers", "websockets", "wsproto")

# Each week is enough: the version of Pyodide is one that we choose.
pytestmark = [pytest.mark.node, pytest.mark.weekly, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def in_pyodide(tmp_path_factory):
    """Run a program of this folder in Pyodide; return what it prints, and its exit status."""
    node = find_node()
    if node is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("there is no Node here")
    wheels = tmp_path_factory.mktemp("wheels")
    versions = {name: running_fetch.locked(name) for name in NEEDED}
    try:
        pyodide = running_fetch.fetch_pyodide()
        for name, version in (versions | {"hypothesis": LAST_PURE_HYPOTHESIS}).items():
            shutil.copy(running_fetch.fetch_wheel(name, version), wheels)
    except running_fetch.Missing as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(error))

    def run(program, *arguments):
        script = HERE / "under_pyodide.mjs"
        words = [node, script, pyodide, wheels, ROOT, f"tests/tab/{program}", *arguments]
        done = subprocess.run(
            list(map(str, words)), capture_output=True, text=True, encoding="utf-8", timeout=250
        )
        return done.stdout + done.stderr, done.returncode

    return run


def test_pure_modules_pass_their_tests(in_pyodide):
    printed, status = in_pyodide("pure.py")
    assert status == 0, printed
    assert int(re.search(r"(\d+) passed", printed)[1]) > 200


def test_a_test_that_fails_is_seen(in_pyodide):
    printed, status = in_pyodide("pure.py", "tests/tab/no_such_test.py")
    assert status != 0
    assert "no_such_test" in printed


def test_nest_asyncio_breaks_time_limits_and_task_groups(in_pyodide):
    """Lesson 00 says so; connect() of websockets has a time limit."""
    outside = "RuntimeError: Timeout should be used inside a task"
    printed, status = in_pyodide("nested_loops.py", "nest_asyncio")
    assert status == 0, printed
    assert printed.splitlines()[:5] == [
        "Python 3 14",
        "await_: fine",
        f"timeout: {outside}",
        f"wait_for: {outside}",
        "task_group: RuntimeError: TaskGroup <TaskGroup> cannot determine the parent task",
    ]
    assert explained(printed) == [outside]


def test_nest_asyncio2_does_not(in_pyodide):
    printed, status = in_pyodide("nested_loops.py", "nest_asyncio2")
    assert status == 0, printed
    names = ("await_", "timeout", "wait_for", "task_group")
    assert printed.splitlines()[:5] == ["Python 3 14", *(f"{each}: fine" for each in names)]
