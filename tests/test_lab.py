"""How the course is opened in JupyterLab; tests/browser/test_lab.py opens it."""

import os
import subprocess
import sys

import pytest

from wsdemo import __main__ as command
from wsdemo import lab


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


@pytest.mark.parametrize("system", [os.name, "nt"])
def test_it_starts_jupyterlab_on_the_first_lesson(started, monkeypatch, system, capsys):
    monkeypatch.setattr(lab.os, "name", system)
    assert open_lab("--port=9999") == 0
    [words] = started
    assert words[:3] == [sys.executable, "-m", "jupyterlab"]
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in words
    assert f"--ServerApp.root_dir={lab.ROOT}" in words
    assert words[-1] == "--port=9999"
    assert "Ctrl-C" in capsys.readouterr().out


def test_the_first_screen_asks_nothing_of_the_internet():
    options = lab.options()
    assert "--LabApp.news_url=None" in options
    assert "--LabApp.extension_manager=readonly" in options
    assert "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate" in options


@pytest.mark.parametrize(("user", "expected"), [(0, True), (1000, False)])
def test_root_is_let_in(monkeypatch, user, expected):
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    assert ("--allow-root" in lab.options()) is expected


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
def test_without_a_screen_no_browser_is_opened(monkeypatch, platform, variables, screen):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert ("--no-browser" not in lab.options()) is screen


def test_without_a_screen_the_person_is_told(started, monkeypatch, capsys):
    monkeypatch.setattr(lab, "has_screen", lambda: False)
    open_lab()
    assert "Open the last address printed below" in capsys.readouterr().out


def test_where_the_lessons_are_not_it_says_so(started, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(lab, "ROOT", tmp_path)
    assert open_lab() == 1
    assert "clone the project" in capsys.readouterr().out
    assert started == []
