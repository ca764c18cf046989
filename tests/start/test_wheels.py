"""start.py sets up from a folder of wheels, with no network, and hands over to what fills it."""

import json
import os
import sys

import pytest

import start


@pytest.fixture
def stick(tmp_path_factory, monkeypatch):
    """Give a folder that holds a wheel and npm's ws for Linux and Python 3.12, which is here."""
    monkeypatch.setattr(start, "this_system", lambda: ("linux-x86_64", "3.12"))
    folder = tmp_path_factory.mktemp("a stick")
    (folder / "small-1-py3-none-any.whl").touch()
    (folder / "npm/node_modules/ws").mkdir(parents=True)
    (folder / "npm/node_modules/ws/package.json").write_text("{}")
    write(folder, {"linux-x86_64 3.12": [".[scale]"]})
    return folder


def write(folder, install):
    (folder / start.CONTENTS).write_text(json.dumps({"stamp": "", "install": install}))


def test_all_comes_from_the_folder(home, steps, stick):
    start.set_up("lab", wheels=stick)
    assert steps.tools() == ["venv", "fetch uv", "uv"]
    for command in steps[1:]:
        where = command.index("--no-index")
        assert command[where + 1 : where + 3] == ["--find-links", str(stick)]
    assert "--isolated" in steps[1]
    assert {"--offline", "--no-config"} <= set(steps[2])
    assert steps[2][-2:] == ["--editable", ".[scale]"]
    assert str(start.LOCK) in steps[2]
    assert start.is_ready("lab")


def test_what_is_ready_needs_no_folder(home, steps, stick):
    start.set_up("lab", wheels=stick)
    del steps[:]
    start.set_up("lab", wheels=stick / "unplugged")
    assert steps == []


def test_a_requirement_without_a_wheel_is_left_out(home, steps, stick):
    write(stick, {"linux-x86_64 3.12": [".", "redis>=8"]})
    start.set_up("lab", wheels=stick)
    assert steps[-1][-3:] == ["--editable", ".", "redis>=8"]


@pytest.mark.parametrize("failing", ["uv", "fetching"])
def test_pip_does_without_uv(home, steps, stick, failing):
    steps.failing = (failing, "with uv")
    start.set_up("lab", wheels=stick)
    assert steps.tools()[-1] == "pip"
    assert {"--isolated", "--no-index", str(stick)} <= set(steps[-1])
    assert start.is_ready("lab")


def test_another_copy_of_the_course(home, steps, stick, monkeypatch):
    monkeypatch.setattr(start, "reaches_packages", lambda: pytest.fail("asked the network"))
    steps.failing = ("installing",)
    with pytest.raises(start.Problem, match="not those that this copy") as caught:
        start.set_up("lab", wheels=stick)
    assert "wheels FOLDER --for linux-x86_64 --python 3.12" in str(caught.value)
    assert not start.MARK.exists()


def test_javascript_is_copied_without_npm(home, steps, stick):
    (home / "notebooks/javascript/node_modules/kept").mkdir(parents=True)
    start.set_up("lab", wheels=stick)
    modules = home / "notebooks/javascript/node_modules"
    assert sorted(path.name for path in modules.iterdir()) == ["kept", "ws"]
    assert (modules / "ws/package.json").is_file()
    assert "npm" not in steps.tools()


def test_npm_is_not_asked_where_it_is(home, steps, stick, monkeypatch):
    monkeypatch.setattr(start.shutil, "which", lambda name: name)
    start.set_up("lab", wheels=stick)
    assert "npm" not in steps.tools()


@pytest.mark.parametrize("spoil", ["nothing there", "no room for it"])
def test_the_course_opens_without_javascript(home, steps, stick, capsys, spoil):
    (stick / "npm").rename(stick / "else")
    if spoil == "no room for it":
        (stick / "else").rename(stick / "npm")
        (home / "notebooks/javascript").mkdir(parents=True)
        (home / "notebooks/javascript/node_modules").touch()
    start.set_up("lab", wheels=stick)
    assert "npm" in capsys.readouterr().out
    assert start.is_ready("lab")


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda stick: stick.rename(stick.with_name("gone")), "there is no folder"),
        (lambda stick: (stick / start.CONTENTS).unlink(), "was not filled by"),
        (lambda stick: (stick / start.CONTENTS).write_text("{"), "nothing for linux-x86_64 and"),
        (lambda stick: write(stick, {"linux-x86_64 3.11": ["."]}), "nothing for linux-x86_64 and"),
        (lambda stick: write(stick, {}), "nothing for linux-x86_64 and Python 3.12"),
        (lambda stick: (stick / "small-1-py3-none-any.whl").unlink(), "has no wheels"),
    ],
    ids=["no folder", "another folder", "half a file", "another Python", "nothing", "no wheels"],
)
def test_a_folder_that_does_not_serve(home, steps, stick, capsys, spoil, what):
    spoil(stick)
    assert start.main(["--wheels", str(stick), "doctor"]) == 1
    err = capsys.readouterr().err
    assert what in err
    assert str(stick) in err
    assert "start.py wheels FOLDER --for linux-x86_64 --python 3.12" in err
    assert steps == []


@pytest.mark.parametrize(
    ("os_name", "sys_platform", "machine", "sysconfig_platform", "system"),
    [
        ("posix", "linux", "x86_64", "linux-x86_64", "linux-x86_64"),
        ("posix", "linux", "aarch64", "linux-aarch64", "linux-aarch64"),
        ("posix", "darwin", "arm64", "macosx-11.0-universal2", "macos-arm64"),
        ("posix", "darwin", "x86_64", "macosx-11.0-universal2", "macos-x86_64"),
        ("nt", "win32", "AMD64", "win-amd64", "windows"),
        ("nt", "win32", "ARM64", "win-amd64", "windows"),
        ("nt", "win32", "ARM64", "win-arm64", "win-arm64"),
    ],
)
def test_systems_have_the_names_of_the_tool(
    monkeypatch, os_name, sys_platform, machine, sysconfig_platform, system
):
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version_info", (3, 14, 1, "final", 0))
        patch.setattr(start.platform, "machine", lambda: machine)
        patch.setattr(start.sysconfig, "get_platform", lambda: sysconfig_platform)
        patch.setattr(sys, "platform", sys_platform)
        patch.setattr(os, "name", os_name)
        found = start.this_system()
    assert found == (system, "3.14")


@pytest.fixture
def handed_over(home, monkeypatch):
    """Record what would be set up and run."""
    calls = []
    monkeypatch.setattr(start, "set_up", lambda *level, **how: calls.append((*level, how)))
    monkeypatch.setattr(start, "hand_over", lambda *words: calls.append(words) or 0)
    return calls


@pytest.mark.parametrize(
    ("words", "run"),
    [
        ([], ("-m", "wsdemo", "lab")),
        (["doctor"], ("-m", "wsdemo", "doctor")),
        (["serve", "chat"], ("-m", "wsdemo", "serve", "chat")),
    ],
)
def test_the_folder_can_precede_any_command(handed_over, home, monkeypatch, words, run):
    monkeypatch.chdir(home)
    assert start.main(["--wheels", "stick", *words]) == 0
    assert handed_over == [("lab", {"wheels": home.resolve() / "stick"}), ("lab", {}), run]


@pytest.mark.parametrize("name", ["test", "bench", "site", "lock", "wheels"])
def test_commands_for_which_the_folder_is_not_enough(handed_over, capsys, name):
    assert start.main(["--wheels", "stick", name]) == 1
    assert f"`{name}` needs a network" in capsys.readouterr().err
    assert handed_over == []


def test_help_and_a_missing_folder_set_nothing_up(handed_over, capsys):
    assert start.main(["--wheels", "stick", "help"]) == 0
    assert start.main(["--wheels"]) == 1
    assert "--wheels needs the folder" in capsys.readouterr().err
    assert handed_over == []


def test_the_tool_learns_where_the_person_is(handed_over, home, monkeypatch):
    monkeypatch.chdir(home)
    assert start.main(["wheels", "stick", "--for", "windows"]) == 0
    own = ("--installer", start.UV_REQUIREMENT, "--here", os.getcwd())
    called = ("-m", "tools.wheels", *own, "stick", "--for", "windows")
    assert handed_over == [("lab", {}), called]
