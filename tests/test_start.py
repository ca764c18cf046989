"""start.py: what must be there first, setting up, and what fails."""

import ast
import hashlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

import start

SOURCE = Path(start.__file__)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Give a copy of the project's folder as start.py sees it, with nothing set up."""
    venv = tmp_path / ".venv"
    bin = venv / start.BIN.name
    for name, path in {
        "ROOT": tmp_path,
        "VENV": venv,
        "BIN": bin,
        "PYTHON": bin / start.PYTHON.name,
        "UV": bin / start.UV.name,
        "MARK": venv / start.MARK.name,
        "LOCK": tmp_path / "requirements.lock",
        "PYPROJECT": tmp_path / "pyproject.toml",
    }.items():
        monkeypatch.setattr(start, name, path)
    start.LOCK.write_text("websockets==17.4\n")
    start.PYPROJECT.write_text("[project]\n")
    return tmp_path


@pytest.fixture
def steps(home, monkeypatch):
    """Record the steps of a set-up in place of running them; those named in `failing` fail."""

    class Steps(list):
        failing = ()

        def run(self, title, command):
            self.append(command)
            if "venv" in command:
                shutil.rmtree(start.VENV, ignore_errors=True)
                start.BIN.mkdir(parents=True)
                start.PYTHON.touch()
            elif start.UV_REQUIREMENT in command and "uv" not in self.failing:
                start.UV.touch()
            return not any(word in title for word in self.failing)

        def tools(self):
            """Give each step's kind: making the environment, fetching uv, installing."""
            kinds = []
            for command in self:
                if "venv" in command:
                    kinds.append("venv")
                elif start.UV_REQUIREMENT in command:
                    kinds.append("fetch uv")
                elif command[0] == "npm":
                    kinds.append("npm")
                else:
                    kinds.append("uv" if command[0] == str(start.UV) else "pip")
            return kinds

    recorded = Steps()
    monkeypatch.setattr(start, "run_step", recorded.run)
    monkeypatch.setattr(start.shutil, "which", lambda name: None)
    return recorded


def test_it_parses_on_old_pythons():
    ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_it_imports_the_standard_library_only():
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.partition(".")[0])
    assert names <= sys.stdlib_module_names


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 10, 19, "final", 0), (2, 7, 18)])
def test_an_old_python_is_told_apart(version):
    with pytest.raises(start.Problem) as caught:
        start.require_python(version)
    text = str(caught.value)
    assert "3.11 or newer is needed" in text
    assert ".".join(map(str, version[:3])) in text
    assert "python.org" in text


@pytest.mark.parametrize("version", [(3, 11, 0, "final", 0), (3, 14, 1), sys.version_info])
def test_a_new_python_will_do(version):
    start.require_python(version)


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_missing_module_is_named(missing):
    with pytest.raises(start.Problem, match=f"module {missing}") as caught:
        start.require_modules(lambda name: None if name == missing else object())
    assert "apt install python3-venv" in str(caught.value)


def test_no_missing_module():
    start.require_modules()


def test_a_folder_without_write_access(tmp_path, monkeypatch):
    # The tests may run as root, who may write everywhere.
    def refuse(dir):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(start.Problem, match=r"cannot write to .*Permission denied") as caught:
        start.require_room(tmp_path)
    assert "folder of your own" in str(caught.value)


def test_a_full_disk(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=100 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(start.Problem, match="only 100 MB are free"):
        start.require_room(tmp_path)


def test_room(tmp_path):
    start.require_room(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_first_set_up(home, steps):
    start.set_up("lab")
    assert steps.tools() == ["venv", "fetch uv", "uv"]
    assert steps[-1][-2:] == ["--editable", ".[scale]"]
    assert str(start.LOCK) in steps[-1]
    assert start.is_ready("lab")


def test_the_second_set_up_does_nothing(home, steps):
    start.set_up("lab")
    del steps[:]
    start.set_up("lab")
    assert steps == []


def test_the_tests_need_more_than_the_lessons(home, steps):
    start.set_up("lab")
    del steps[:]
    assert not start.is_ready("test")
    start.set_up("test")
    assert steps.tools() == ["uv"]
    assert steps[-1][-1] == ".[test]"
    del steps[:]
    start.set_up("lab")
    assert steps == []


@pytest.mark.parametrize("file", ["LOCK", "PYPROJECT"])
def test_changed_requirements_are_installed_on_top(home, steps, file):
    start.set_up("lab")
    del steps[:]
    path = getattr(start, file)
    path.write_text(path.read_text() + "# changed\n")
    start.set_up("lab")
    assert steps.tools() == ["uv"]
    assert start.is_ready("lab")


def test_another_python_gets_a_new_environment(home, steps, monkeypatch):
    start.set_up("lab")
    del steps[:]
    monkeypatch.setattr(sys, "version", "3.99.0 (main)")
    monkeypatch.setattr(sys, "version_info", (3, 99, 0, "final", 0))
    start.set_up("lab")
    assert steps.tools() == ["venv", "fetch uv", "uv"]


def test_a_moved_folder_gets_a_new_environment(home, steps, monkeypatch):
    start.set_up("lab")
    del steps[:]
    monkeypatch.setattr(start, "ROOT", home / "elsewhere")
    start.set_up("lab")
    assert steps.tools() == ["venv", "fetch uv", "uv"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: start.MARK.unlink(),
        lambda: start.MARK.write_text("{"),
        lambda: start.MARK.write_text("[]"),
        lambda: start.PYTHON.unlink(),
    ],
    ids=["no mark", "half a mark", "a mark of something else", "no Python"],
)
def test_a_broken_environment_is_made_anew(home, steps, spoil):
    start.set_up("lab")
    del steps[:]
    spoil()
    start.set_up("lab")
    assert steps.tools() == ["venv", "fetch uv", "uv"]


def test_an_interrupted_set_up_leaves_no_mark(home, steps, monkeypatch):
    start.set_up("lab")
    start.LOCK.write_text("websockets==17.5\n")

    def interrupt(title, command):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(start, "run_step", interrupt)
        with pytest.raises(KeyboardInterrupt):
            start.set_up("lab")
    assert not start.MARK.exists()
    del steps[:]
    start.set_up("lab")
    assert steps.tools() == ["venv", "fetch uv", "uv"]


def test_the_newest_versions_are_installed_whenever_asked_for(home, steps):
    start.set_up("test")
    del steps[:]
    start.set_up("test", newest=True)
    start.set_up("test", newest=True)
    assert steps.tools() == ["uv", "uv"]
    assert "--upgrade" in steps[0]
    assert str(start.LOCK) not in steps[0]
    del steps[:]
    start.set_up("test")
    assert steps.tools() == ["uv"]
    assert str(start.LOCK) in steps[0]


def test_pip_does_what_uv_cannot(home, steps, monkeypatch):
    monkeypatch.setattr(start, "reaches_packages", lambda: True)
    steps.failing = ("uv",)
    start.set_up("lab")
    assert steps.tools() == ["venv", "fetch uv", "pip"]
    assert start.is_ready("lab")


def test_no_network(home, steps, monkeypatch):
    monkeypatch.setattr(start, "reaches_packages", lambda: False)
    steps.failing = ("uv", "pip")
    with pytest.raises(start.Problem, match="cannot be fetched") as caught:
        start.set_up("lab")
    assert "No network?" in str(caught.value)
    assert "pip" not in steps.tools()
    assert not start.MARK.exists()


def test_packages_that_cannot_be_installed(home, steps, monkeypatch):
    monkeypatch.setattr(start, "reaches_packages", lambda: True)
    steps.failing = ("installing",)
    with pytest.raises(start.Problem, match="could not be installed"):
        start.set_up("lab")
    assert steps.tools() == ["venv", "fetch uv", "uv", "pip", "pip"]
    assert not start.MARK.exists()


def test_a_system_for_which_there_are_no_brokers(home, steps, monkeypatch, capsys):
    monkeypatch.setattr(start, "reaches_packages", lambda: True)
    steps.failing = ("uv", "a minute or two")
    start.set_up("lab")
    assert steps.tools() == ["venv", "fetch uv", "pip", "pip"]
    assert [command[-1] for command in steps[-2:]] == [".[scale]", "."]
    assert "Lessons 15 and 16" in capsys.readouterr().out
    assert start.is_ready("lab")


def test_the_tests_do_not_do_without_brokers(home, steps, monkeypatch):
    monkeypatch.setattr(start, "reaches_packages", lambda: True)
    steps.failing = ("installing",)
    with pytest.raises(start.Problem, match="could not be installed"):
        start.set_up("test")
    assert steps.tools() == ["venv", "fetch uv", "uv", "pip"]


@pytest.mark.parametrize("failing", [(), ("npm",)])
def test_what_javascript_imports_comes_with_a_set_up(home, steps, monkeypatch, capsys, failing):
    monkeypatch.setattr(start.shutil, "which", lambda name: name)
    steps.failing = failing
    start.set_up("lab")
    assert steps.tools() == ["venv", "fetch uv", "uv", "npm"]
    assert {"--no-package-lock", "--ignore-scripts", "--fetch-retries=0"} <= set(steps[-1])
    assert steps[-1][-1] == str(home / "notebooks" / "javascript")
    assert ("npm install" in capsys.readouterr().out) == bool(failing)
    assert start.is_ready("lab")
    del steps[:]
    start.set_up("lab")
    start.set_up("test")
    assert "npm" not in steps.tools()


def test_an_environment_that_cannot_be_made(home, steps):
    steps.failing = ("making",)
    with pytest.raises(start.Problem, match="could not be made"):
        start.set_up("lab")


def test_a_step_that_fails_shows_its_last_words(home, capfd):
    command = [sys.executable, "-c", "print('why'); raise SystemExit(3)"]
    assert start.run_step("trying", command) is False
    out = capfd.readouterr().out
    assert "trying ..." in out
    assert "    why\n" in out
    assert "failed" in out


def test_a_step_that_succeeds_keeps_quiet(home, capfd):
    assert start.run_step("trying", [sys.executable, "-c", "print('chatter')"]) is True
    out = capfd.readouterr().out
    assert "done" in out
    assert "chatter" not in out


def test_a_long_step_gives_signs_of_life(home, capfd, monkeypatch):
    monkeypatch.setattr(start, "SIGN_OF_LIFE", 0.05)
    assert start.run_step("trying", [sys.executable, "-c", "import time; time.sleep(0.5)"])
    assert "still busy" in capfd.readouterr().out


@pytest.fixture
def handed_over(home, monkeypatch):
    """Record what would be run, and which level was set up for it."""
    calls = []
    monkeypatch.setattr(start, "set_up", lambda *level: calls.append(level))
    monkeypatch.setattr(start, "hand_over", lambda *words: calls.append(words) or 0)
    return calls


def test_an_unknown_command_is_told_the_known_ones(capsys, handed_over):
    assert start.main(["tset"]) == 1
    err = capsys.readouterr().err
    assert "'tset'" in err
    assert "lab, test, serve, doctor, notebooks, bench, site, lock, help" in err
    assert handed_over == []


@pytest.mark.parametrize("word", ["help", "-h", "--help"])
def test_help_sets_nothing_up(capsys, handed_over, word):
    assert start.main([word]) == 0
    out = capsys.readouterr().out
    for command in start.COMMANDS:
        assert command.startswith("-") or command == "lab" or f"start.py {command}" in out
    assert handed_over == []


@pytest.mark.parametrize(
    ("words", "calls"),
    [
        (["test"], [("test", False), ("tools/suite.py",)]),
        (["test", "--newest"], [("test", True), ("tools/suite.py",)]),
        (["test", "x.py", "-k", "y"], [("test", False), ("tools/suite.py", "x.py", "-k", "y")]),
        (["doctor"], [("lab",), ("-m", "wsdemo", "doctor")]),
        (
            ["serve", "chat", "--port", "0"],
            [("lab",), ("-m", "wsdemo", "serve", "chat", "--port", "0")],
        ),
        (["notebooks", "01"], [("lab",), ("tools/notebooks.py", "01")]),
    ],
)
def test_commands(handed_over, words, calls):
    assert start.main(words) == 0
    assert handed_over == calls


def test_no_command_opens_the_course(handed_over):
    assert start.main([]) == 0
    assert handed_over == [("lab",), ("-m", "wsdemo", "lab")]


def test_ctrl_c_ends_without_a_traceback(monkeypatch, capsys):
    def interrupt(level):
        raise KeyboardInterrupt

    monkeypatch.setattr(start, "set_up", interrupt)
    assert start.main(["doctor"]) == 130
    assert "Run the same command" in capsys.readouterr().err


def test_an_unknown_benchmark(handed_over, capsys, home):
    (home / "benchmarks").mkdir()
    (home / "benchmarks/echo.py").touch()
    assert start.main(["bench", "ehco"]) == 1
    err = capsys.readouterr().err
    assert "'ehco'" in err
    assert "There are: echo" in err


def test_benchmarks_run_one_after_the_other(handed_over, home, monkeypatch):
    (home / "benchmarks").mkdir()
    for name, status in {"_common": 0, "a": 2, "b": 0}.items():
        source = f"open('ran_{name}', 'x'); raise SystemExit({status})"
        (home / "benchmarks" / f"{name}.py").write_text(source)
    monkeypatch.setattr(start, "PYTHON", sys.executable)
    assert start.main(["bench"]) == 2
    assert sorted(path.name for path in home.glob("ran_*")) == ["ran_a", "ran_b"]


def test_a_benchmark_is_told_to_save_its_table(handed_over, home, monkeypatch):
    (home / "benchmarks").mkdir()
    (home / "benchmarks/a.py").write_text("import sys; open(sys.argv[1], 'x')")
    monkeypatch.setattr(start, "PYTHON", sys.executable)
    assert start.main(["bench", "--save", "a"]) == 0
    assert (home / "--save").exists()


@pytest.mark.skipif(os.name != "posix", reason="Windows cannot replace a process")
def test_the_program_takes_the_place_of_this_one(home, monkeypatch):
    calls = []

    def execve(path, words, variables):
        calls.append((path, words, variables))
        raise SystemExit  # the real one does not come back either

    monkeypatch.setattr(os, "execve", execve)
    monkeypatch.setenv("PYTHONHOME", "elsewhere")
    monkeypatch.chdir(home)
    with pytest.raises(SystemExit):
        start.hand_over("-m", "wsdemo")
    [(path, words, variables)] = calls
    assert path == str(start.PYTHON)
    assert words == [path, "-m", "wsdemo"]
    assert variables["PATH"].split(os.pathsep)[0] == str(start.BIN)
    assert "PYTHONHOME" not in variables


def test_the_fingerprint_covers_what_a_set_up_depends_on(home, monkeypatch):
    seen = {start.fingerprint(), start.fingerprint(newest=True)}
    start.LOCK.write_text("")
    seen.add(start.fingerprint())
    start.PYPROJECT.write_text("")
    seen.add(start.fingerprint())
    monkeypatch.setattr(sys, "version", "3.99")
    seen.add(start.fingerprint())
    monkeypatch.setattr(sys, "base_prefix", "elsewhere")
    seen.add(start.fingerprint())
    monkeypatch.setattr(start, "ROOT", home / "moved")
    seen.add(start.fingerprint())
    assert len(seen) == 7
    assert all(len(value) == hashlib.sha256().digest_size * 2 for value in seen)


def test_the_mark_says_what_it_is_for(home, steps):
    start.set_up("test")
    mark = json.loads(start.MARK.read_text(encoding="utf-8"))
    assert mark["level"] == "test"
    assert mark["fingerprint"] == start.fingerprint()
