"""tools/suite.py: its sums are what CI believes."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import nbformat
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
        command = (*suite.PYTEST, "-p", "no:nbval", "-q", str(path))
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


def test_two_steps_at_once_are_counted_and_shown_apart(tmp_path, capfd):
    def command(name, source):
        path = tmp_path / f"test_{name}.py"
        path.write_text(source)
        return name, (*suite.PYTEST, "-p", "no:nbval", "-q", str(path), f"--rootdir={tmp_path}")

    steps = suite.side_by_side(
        suite.tests(command("one", "def test_1(): pass")),
        suite.tests(
            command("other", "def test_2(): assert 0"), command("third", "def test_3(): pass")
        ),
    )
    assert [(step.name, step.passed, step.failed) for step in steps] == [
        ("one", 1, 0),
        ("other", 0, 1),
        ("third", 1, 0),
    ]
    first, second, third = re.split("=== other|=== third", capfd.readouterr().out)
    assert "=== one" in first
    assert "1 passed" in first
    assert "test_2" in second
    assert "1 passed" in third


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
        for name in ("ws", "@of/tests"):
            (cwd / "node_modules" / name).mkdir(parents=True, exist_ok=True)
        return 0

    package = '{"dependencies": {"ws": "8"}, "devDependencies": {"@of/tests": "1"}}'
    (tmp_path / "package.json").write_text(package)
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


def test_what_a_set_up_for_a_learner_has_taken_away_is_fetched_again(javascript):
    assert suite.fetch_ws() is None
    (suite.JAVASCRIPT / "node_modules/@of/tests").rmdir()
    assert suite.fetch_ws() is None
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
    monkeypatch.setattr(suite, "style", lambda output: Step("style", 2))
    monkeypatch.setattr(suite, "pytest_step", lambda name, command, output=None: Step(name, 1))
    assert [step.name for step in suite.run_all()] == [
        *names,
        "style",
        "browser",
        "notebooks",
        "exercises",
        "unit tests",
    ]


def test_package_json_pins_what_it_needs():
    package = json.loads((suite.JAVASCRIPT / "package.json").read_text(encoding="utf-8"))
    assert package["type"] == "module"
    assert package["private"] is True
    for version in package["dependencies"].values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)


@pytest.fixture
def style_calls(tmp_path, monkeypatch):
    """The commands of the style step, which all succeed; Node and biome are here."""
    biome = tmp_path / "biome"
    biome.touch()
    calls = []
    monkeypatch.setattr(suite, "BIOME", biome)
    monkeypatch.setattr(suite.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(suite, "call", lambda command, output: calls.append(command) or 0)
    return calls


def test_style_is_that_of_javascript_too(style_calls):
    step = suite.style()
    assert (step.passed, step.failed, step.skipped) == (4, 0, 0)
    assert style_calls[-1] == ("/bin/node", str(suite.BIOME), "check", "--error-on-warnings")


@pytest.mark.parametrize("ci", ["true", ""])
@pytest.mark.parametrize("missing", ["node", "biome"])
def test_without_biome_ci_fails_and_a_laptop_skips(style_calls, monkeypatch, capsys, missing, ci):
    monkeypatch.setenv("CI", ci)
    if missing == "node":
        monkeypatch.setattr(suite.shutil, "which", lambda name: None)
    else:
        suite.BIOME.unlink()
    step = suite.style()
    assert (step.passed, step.failed, step.skipped) == (3, bool(ci), not ci)
    assert len(style_calls) == 3
    assert "JavaScript was not checked" in capsys.readouterr().out


@pytest.mark.node
@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("console.log(`no fault`);", None),
        ("console.log('single quotes');", "format"),
        ("var port = 80;\nconsole.log(port);", "noVar"),
        ("let port = 80;\nconsole.log(port);", "useConst"),
        ('console.log("port " + location.port);', "useTemplate"),
        ("setTimeout(function () {\n  console.log();\n});", "useArrowFunction"),
        ("const unused = 1;", "noUnusedVariables"),
    ],
)
def test_javascript_is_of_one_dialect(tmp_path, line, rule):
    node = shutil.which("node")
    if node is None or not suite.BIOME.is_file():
        missing = "npm's @biomejs/biome is not installed: run `python start.py test`"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    shutil.copy(suite.ROOT / "biome.jsonc", tmp_path)
    (tmp_path / "wsdemo").mkdir()
    (tmp_path / "wsdemo/page.js").write_text(line + "\n")
    command = [node, str(suite.BIOME), "check", "--error-on-warnings"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode == 0) is (rule is None), done.stderr
    assert (rule or "") in done.stderr


def test_no_page_hides_a_script_from_biome():
    pages = list((suite.ROOT / "wsdemo").rglob("*.html"))
    assert pages
    for page in pages:
        for tag in re.findall(r"<script[^>]*>", page.read_text(encoding="utf-8")):
            assert " src=" in tag, f"{page.name}: put the script into a file beside it"


@pytest.fixture
def steps_run(monkeypatch):
    """The commands that would be run as steps; the tenth one fails."""
    commands = []

    def pytest_step(name, command):
        commands.append(command)
        return Step(name, passed=3, failed=len(commands) == 10)

    monkeypatch.setattr(suite, "pytest_step", pytest_step)
    return commands


@pytest.mark.parametrize(("words", "weekly"), [([], False), (["--weekly"], True)])
def test_what_each_week_is_enough_for_is_asked_for(monkeypatch, words, weekly):
    commands = []

    def side_by_side(*rows):
        commands.extend(each.args[1] for row in rows for each in row if each is not suite.style)
        return [Step("all", passed=1)]

    monkeypatch.setattr(suite, "side_by_side", side_by_side)
    monkeypatch.setattr(suite, "fetch_ws", lambda: None)
    assert suite.main(words) == 0
    assert len(commands) == 4
    assert [command[len(suite.PYTEST)] for command in commands if "--weekly" in command] == (
        ["tests/browser", "tests/checks", "tests"] if weekly else []
    )


def test_a_weekly_test_is_left_out_until_it_is_asked_for():
    """Else the weekly run would be as short as that of each change."""
    command = [*suite.PYTEST, "-p", "no:nbval", "--co", "-q", "tests/tab/test_python_3_14.py"]
    daily, weekly = (
        subprocess.run([*command, *more], cwd=suite.ROOT, capture_output=True, text=True)
        for more in ((), ("--weekly",))
    )
    assert "test_pure_modules" not in daily.stdout
    assert "test_pure_modules" in weekly.stdout


def test_a_lesson_has_its_cells_form_exercises_and_panels_checked(steps_run, capsys):
    assert suite.main(["notebooks/03_chat.ipynb"]) == 0
    told = [" ".join(command[len(suite.PYTEST) :]) for command in steps_run]
    assert told[0].startswith("--nbval ")
    assert told[0].endswith("notebooks/03_chat.ipynb -q")
    assert told[1:] == [
        "-p no:nbval -q --weekly tests/lessons -k 03_chat",
        "-p no:nbval -q --weekly tests/checks -k 03.",
        "-p no:nbval -q --weekly tests/browser -k 03_chat",
    ]
    assert capsys.readouterr().out.splitlines()[-1] == "12 passed, 0 failed"


def test_a_lesson_is_repeated_until_it_fails(steps_run, capsys):
    assert suite.main(["--repeat", "20", "notebooks/03_chat.ipynb"]) == 1
    assert len(steps_run) == 12
    assert "### 3 of 20" in capsys.readouterr().out


def test_a_lesson_is_run_on_a_machine_that_stalls(steps_run, monkeypatch):
    stalled = []

    @contextlib.contextmanager
    def stalling():
        yield
        stalled.append(len(steps_run))

    monkeypatch.setattr(suite, "stalling", stalling)
    assert suite.main(["--stalls", "notebooks/03_chat.ipynb"]) == 0
    assert stalled == [4]


def test_a_lesson_that_is_not_there_fails(steps_run, capsys):
    assert suite.main(["notebooks/99_none.ipynb"]) == 1
    assert "there is no " in capsys.readouterr().out
    assert steps_run == []


def test_nbval_shows_what_was_printed_unexpectedly():
    code = "import sys; print('out'); print('a cell says why', file=sys.stderr)"
    cell = nbformat.v4.new_code_cell(code, execution_count=1)
    cell.outputs = [nbformat.v4.new_output("stream", text="out\n")]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel})
    with tempfile.TemporaryDirectory(dir=suite.ROOT) as folder:
        nbformat.write(book, f"{folder}/scratch.ipynb")
        command = [*suite.PYTEST, "--nbval", folder, "-q", "-n", "0"]
        done = subprocess.run(command, cwd=suite.ROOT, capture_output=True, text=True, timeout=100)
    assert "1 failed" in done.stdout
    assert "stderr: a cell says why" in done.stdout


SPREAD_OUT = pytest.param(["-n", "2", "--dist", "load"], marks=pytest.mark.weekly)


@pytest.mark.parametrize("options", [["-n", "0"], SPREAD_OUT])
def test_nbval_needs_no_options(options):
    """A cell that prints an address with a port is compared by our rules, whoever calls nbval."""
    cell = nbformat.v4.new_code_cell("print('ws://127.0.0.1:4711')", execution_count=1)
    cell.outputs = [nbformat.v4.new_output("stream", text="ws://127.0.0.1:<port>\n")]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [cell, nbformat.v4.new_code_cell("x = 1", execution_count=2)]
    cells.append(nbformat.v4.new_code_cell("assert x == 1", execution_count=3))
    book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    with tempfile.TemporaryDirectory(dir=suite.ROOT) as folder:
        nbformat.write(book, f"{folder}/scratch.ipynb")
        command = [*suite.PYTEST, "--nbval", folder, "-q", *options]
        done = subprocess.run(command, cwd=suite.ROOT, capture_output=True, text=True, timeout=100)
    assert "3 passed" in done.stdout, done.stdout
