"""How the course is opened in JupyterLab; tests/browser/test_lab.py opens it."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.course import kit
from wsdemo import __main__ as command
from wsdemo import course, lab
from wsdemo.course import places


@pytest.fixture
def lessons(tmp_path, monkeypatch):
    """The lessons of a small clone."""
    clone = kit.publish(tmp_path / "clone")
    monkeypatch.setattr(places, "_CLONE", clone)
    monkeypatch.chdir(tmp_path)
    return clone / "notebooks"


@pytest.fixture
def copy(lessons):
    """Where the learner's copy will be."""
    return lessons.with_name("course")


@pytest.fixture
def started(monkeypatch):
    """The programs that would be started."""
    programs = []

    class Program:
        def __init__(self, words):
            programs.append(words)

        def wait(self):
            return 0

    monkeypatch.setattr(os, "execv", lambda _, words: programs.append(words) or sys.exit(0))
    monkeypatch.setattr(subprocess, "Popen", Program)
    return programs


def open_lab(*words):
    try:
        return command.main(["lab", *words])
    except SystemExit as ended:  # execv() would not return, either
        return ended.code


@pytest.mark.parametrize("posix", [True, False])
def test_it_starts_jupyterlab_on_the_first_lesson(started, monkeypatch, copy, posix, capsys):
    monkeypatch.setattr(lab, "_POSIX", posix)
    assert open_lab("--port=9999") == 0
    [words] = started
    assert words[:3] == [sys.executable, "-m", "jupyterlab"]
    assert "--LabApp.default_url=/lab/tree/00_start_here.ipynb" in words
    assert f"--ServerApp.root_dir={copy}" in words
    assert words[-1] == "--port=9999"
    assert "Ctrl-C" in capsys.readouterr().out


def test_it_makes_the_learners_copy_and_says_so_once(started, copy, capsys):
    assert open_lab() == 0
    assert capsys.readouterr().out.startswith(f"This is your own copy of the lessons, new: {copy}")
    assert open_lab() == 0
    assert "copy of the lessons" not in capsys.readouterr().out


def test_it_updates_a_copy_and_says_so_in_one_line(started, lessons, copy, capsys):
    open_lab()
    (lessons / "glossary.md").write_text("new\n")
    capsys.readouterr()
    open_lab()
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == f"Updated your copy of the lessons, {copy}: glossary.md."
    assert second == ""
    assert (copy / "glossary.md").read_text() == "new\n"


def test_a_copy_that_cannot_be_updated_is_opened(started, lessons, copy, monkeypatch, capsys):
    open_lab()

    def refuse():
        raise course.Trouble("the disk is full")

    monkeypatch.setattr(course, "update", refuse)
    assert open_lab() == 0
    assert f"--ServerApp.root_dir={copy}" in started[-1]
    assert capsys.readouterr().err.startswith("wsdemo: the disk is full")


def test_a_copy_that_cannot_be_made_is_told(started, copy, capsys):
    copy.write_text("in the way")
    assert open_lab() == 1
    assert capsys.readouterr().err.startswith(f"wsdemo: {copy} is there already")
    assert started == []


def test_a_folder_is_opened_as_it_is(started, lessons, copy):
    assert open_lab("--in", str(lessons), "--port=9999") == 0
    [words] = started
    assert f"--ServerApp.root_dir={lessons}" in words
    assert "--LabApp.default_url=/lab/tree/00_start_here.ipynb" in words
    assert words[-1] == "--port=9999"
    assert not copy.exists()


def test_a_folder_without_a_first_lesson_is_opened(started, tmp_path):
    open_lab("--in", str(tmp_path))
    assert "--LabApp.default_url=/lab" in started[0]


def test_a_folder_that_is_not_there_is_told(started, tmp_path, capsys):
    assert open_lab("--in", str(tmp_path / "none")) == 1
    assert capsys.readouterr().err == f"wsdemo: there is no folder {tmp_path / 'none'}\n"


def test_jupyterlabs_options_are_passed_on(started, lessons):
    open_lab("--i", "--ip", "127.0.0.1", "--LabApp.collaborative=True")
    assert started[0][-4:] == ["--i", "--ip", "127.0.0.1", "--LabApp.collaborative=True"]


def test_the_first_screen_asks_nothing_of_the_internet(tmp_path):
    options = lab.options(tmp_path)
    assert "--LabApp.news_url=None" in options
    assert "--LabApp.extension_manager=readonly" in options
    assert "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate" in options


@pytest.mark.parametrize(("user", "expected"), [(0, True), (1000, False)])
def test_root_is_let_in(monkeypatch, tmp_path, user, expected):
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    assert ("--allow-root" in lab.options(tmp_path)) is expected


@pytest.mark.parametrize(
    ("platform", "variables", "screen"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"BROWSER": "helper.sh"}, True),
        ("darwin", {}, True),
        ("darwin", {"SSH_CONNECTION": "there"}, False),
        ("win32", {}, True),
    ],
)
def test_without_a_screen_no_browser_is_opened(monkeypatch, tmp_path, platform, variables, screen):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert ("--no-browser" not in lab.options(tmp_path)) is screen


def test_without_a_screen_the_person_is_told(started, lessons, monkeypatch, capsys):
    monkeypatch.setattr(lab, "has_screen", lambda: False)
    open_lab()
    assert "Open the last address printed below" in capsys.readouterr().out


def test_where_the_lessons_are_not_it_says_so(started, lessons, capsys):
    shutil.rmtree(lessons)
    assert open_lab() == 1
    assert "install wsdemo again" in capsys.readouterr().err
    assert started == []
