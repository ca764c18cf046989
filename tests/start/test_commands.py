"""The commands of start.py."""

import os
import sys

import pytest

import start


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
    known = "lab, update, reset, solutions, progress, edit, test, serve, wire, judge, class, join"
    assert f"{known}, leave, questions, doctor, notebooks, bench, site, lock" in err
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
        (["wire", "ws://a"], [("lab",), ("-m", "wsdemo", "wire", "ws://a")]),
        (["update"], [("lab",), ("-m", "wsdemo", "update")]),
        (["reset", "03"], [("lab",), ("-m", "wsdemo", "reset", "03")]),
        (["solutions", "03"], [("lab",), ("-m", "wsdemo", "solutions", "03")]),
        (["notebooks", "01"], [("lab",), ("-m", "tools.notebooks", "01")]),
    ],
)
def test_commands(handed_over, words, calls):
    assert start.main(words) == 0
    assert handed_over == calls


def test_no_command_opens_the_course(handed_over):
    assert start.main([]) == 0
    assert handed_over == [("lab",), ("-m", "wsdemo", "lab")]


def test_the_lessons_themselves_are_opened_for_those_who_edit_them(handed_over, home):
    assert start.main(["edit", "--port=9999"]) == 0
    opened = ("-m", "wsdemo", "lab", "--in", str(home / "notebooks"), "--port=9999")
    assert handed_over == [("lab",), opened]


def test_advice_will_name_this_command(home):
    assert start.environment()["WSDEMO_COMMAND"] == "python start.py"


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
