"""tools/suite.py: its sums are what CI believes."""

import json
import re
import sys

import pytest

from tools import suite
from tools.suite import Step

CLOSING_LINE = re.compile(r"\d+ passed, \d+ failed(, \d+ skipped)?")


@pytest.fixture
def run_pytest(tmp_path):
    """Run a step on tests of one's own."""

    def run(source):
        path = tmp_path / "test_it.py"
        path.write_text(source)
        command = (sys.executable, "-m", "pytest", "-p", "no:nbval", "-q", str(path))
        return suite.pytest_step("it", (*command, f"--rootdir={tmp_path}"))

    return run


def test_results_are_counted(run_pytest):
    step = run_pytest(
        "import pytest\n"
        "def test_1(): pass\n"
        "def test_2(): pass\n"
        "def test_3(): assert False\n"
        "def test_4(): pytest.skip('not here')\n"
        "@pytest.fixture\n"
        "def broken(): raise OSError\n"
        "def test_5(broken): pass\n"
    )
    assert (step.passed, step.failed, step.skipped) == (2, 2, 1)


@pytest.mark.parametrize(
    "source", ["", "import nothing_of_that_name", "import os; os._exit(3)"], ids=repr
)
def test_a_step_that_tests_nothing_fails(run_pytest, source):
    step = run_pytest(source)
    assert step.failed == 1
    assert step.passed == 0


def test_a_step_that_takes_too_long_ends(monkeypatch, capsys):
    monkeypatch.setattr(suite, "LONGEST_STEP", 0.2)
    assert suite.call([sys.executable, "-c", "import time; time.sleep(30)"]) == 1
    assert "ended after 0.2 s" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("steps", "closing", "status"),
    [
        ([Step("style", 2), Step("unit tests", 40)], "42 passed, 0 failed", 0),
        ([Step("style", 1, 1), Step("unit tests", 40, 0, 3)], "41 passed, 1 failed, 3 skipped", 1),
    ],
)
def test_the_last_line_is_the_sum(monkeypatch, capsys, steps, closing, status):
    monkeypatch.setattr(suite, "run_all", lambda: steps)
    assert suite.main([]) == status
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == closing
    assert CLOSING_LINE.fullmatch(lines[-1])
    assert not any(CLOSING_LINE.fullmatch(line) for line in lines[:-1])


@pytest.mark.parametrize(
    ("arguments", "plugins"),
    [
        (["tests/test_x.py", "-k", "foo"], ["-p", "no:nbval"]),
        (["--nbval", "notebooks"], []),
    ],
)
def test_arguments_go_to_pytest_alone(monkeypatch, arguments, plugins):
    calls = []
    monkeypatch.setattr(suite, "call", lambda command: calls.append(command) or 5)
    assert suite.main(arguments) == 5
    assert calls == [[*suite.PYTEST, *plugins, *arguments]]


@pytest.fixture
def javascript(tmp_path, monkeypatch):
    """Give an empty folder of JavaScript programs, and the calls of npm, which works."""
    calls = []

    def call(command, cwd):
        calls.append(command)
        (cwd / "node_modules").mkdir(exist_ok=True)
        return 0

    (tmp_path / "package.json").write_text('{"dependencies": {"ws": "8"}}')
    monkeypatch.setattr(suite, "JAVASCRIPT", tmp_path)
    monkeypatch.setattr(suite.shutil, "which", lambda name: name)
    monkeypatch.setattr(suite, "call", call)
    return calls


def test_ws_is_fetched_when_package_json_changes(javascript):
    assert suite.fetch_ws() is None
    assert suite.fetch_ws() is None
    assert len(javascript) == 1
    assert {"--no-package-lock", "--ignore-scripts"} <= set(javascript[0])
    (suite.JAVASCRIPT / "package.json").write_text('{"dependencies": {"ws": "9"}}')
    assert suite.fetch_ws() is None
    assert len(javascript) == 2


def test_without_npm_nothing_is_fetched(javascript, monkeypatch):
    monkeypatch.setattr(suite.shutil, "which", lambda name: None)
    assert suite.fetch_ws() is None
    assert javascript == []


def test_ws_that_cannot_be_fetched_is_tried_again(javascript, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        patch.setattr(suite, "call", lambda command, cwd: 1)
        assert suite.fetch_ws().failed == 1
    assert "could not be fetched" in capsys.readouterr().out
    assert suite.fetch_ws() is None
    assert len(javascript) == 1


@pytest.mark.parametrize(("ci", "names"), [("true", ["npm install"]), ("", [])])
def test_without_ws_ci_fails_and_a_learner_goes_on(monkeypatch, ci, names):
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(suite, "fetch_ws", lambda: Step("npm install", failed=1))
    monkeypatch.setattr(suite, "style", lambda: Step("style", 2))
    monkeypatch.setattr(suite, "pytest_step", lambda name, command: Step(name, 1))
    assert [step.name for step in suite.run_all()] == [*names, "style", "unit tests", "notebooks"]


def test_package_json_pins_what_it_needs():
    package = json.loads((suite.JAVASCRIPT / "package.json").read_text(encoding="utf-8"))
    assert package["type"] == "module"
    assert package["private"] is True
    for version in package["dependencies"].values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
