"""start.py sets up: what it installs, when it does so again, and what fails."""

import hashlib
import json
import sys

import pytest

import start


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
