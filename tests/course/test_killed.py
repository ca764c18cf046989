"""An update that is killed at any moment leaves the old state or the new one."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from tests.course import kit
from tests.course.kit import CHAT, CLIENT, cells, edit, tree
from wsdemo import course

KILLED = 9
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(pathlib.Path(course.__file__).parents[2])}

# Python reports each of its calls that changes files before it makes it.
PROGRAM = """
import os, sys
from pathlib import Path
from wsdemo import course
from wsdemo.course import places

clone, moment = Path(sys.argv[1]), int(sys.argv[2])
places._CLONE = clone
copy = str(clone / "course")
CHANGING = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.symlink", "shutil.rmtree")

def watch(event, arguments):
    global moment
    words = [str(each) for each in arguments]
    if event == "open" and words[0].startswith(copy) and not words[1].startswith("r"):
        assert words[0].endswith("waiting/part".replace("/", os.sep)), words
    elif event not in CHANGING:
        return
    if moment == 0:
        os._exit(9)
    moment -= 1

sys.addaudithook(watch)
{call}
"""


def run_until(clone, call, moment):
    """Run what changes the copy, and kill it at its nth change of a file; return its status."""
    # -S: the package needs none of those that are installed, and starts three times as fast.
    words = [sys.executable, "-BSc", PROGRAM.replace("{call}", call), str(clone), str(moment)]
    done = subprocess.run(words, stderr=subprocess.PIPE, text=True, timeout=20, env=ENVIRONMENT)
    assert done.returncode in (0, KILLED), done.stderr
    return done.returncode


def moments(clone, call):
    """Kill a change of the copy once at each moment, each time from the same state."""
    before = clone.with_name("before")
    shutil.copytree(clone, before, symlinks=True)
    for moment in range(1000):
        status = run_until(clone, call, moment)
        yield moment
        if status == 0:
            return
        shutil.rmtree(clone)
        shutil.copytree(before, clone, symlinks=True)
    raise AssertionError("it never came to an end")


def learners(copy):
    """What the learner sees in their copy."""
    return {name: data for name, data in tree(copy).items() if not name.startswith(".wsdemo")}


@pytest.fixture
def small(clone):
    """A clone of which there is little to copy."""
    for name in ("00_start_here.ipynb", "03_chat.ipynb"):
        kit.save(clone / "notebooks" / name, kit.markdown("title", "# Old"), kit.exercise("03.1"))
    for name in ("images", "glossary.md", "javascript/package.json", "javascript/node_modules"):
        path = clone / "notebooks" / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return clone


def test_a_killed_update(small, lessons, copy):
    course.update()
    edit(copy / CHAT, "pass", "return 42")
    (copy / CLIENT).write_text("mine\n")
    old = learners(copy)
    kit.save(lessons / CHAT, kit.markdown("title", "# New"), kit.exercise("03.1", "..."))
    kit.save(lessons / "17_testing.ipynb", kit.markdown("title", "# Testing"))
    (lessons / CLIENT).write_text("new\n")
    (lessons / "00_start_here.ipynb").write_bytes((lessons / CHAT).read_bytes())
    new = None
    for moment in moments(small, "course.update()"):
        now = learners(copy)
        new = new or finished(small, copy)
        for name in {*old, *new, *now}:
            assert now.get(name) in (old.get(name), new.get(name)), (moment, name)
        course.update()
        assert learners(copy) == new, moment
        assert not course.update(), moment
    assert moment > 10
    answer, note = cells(copy / CHAT)[1:]
    assert "return 42" in answer
    assert "..." in note


def finished(clone, copy):
    """What a copy is after an update that nobody kills."""
    kept = clone.with_name("kept")
    shutil.copytree(copy, kept, symlinks=True)
    course.update()
    new = learners(copy)
    shutil.rmtree(copy)
    kept.rename(copy)
    return new


@pytest.mark.weekly
def test_a_killed_first_copy(small, copy):
    for moment in moments(small, "course.update()"):
        for name, data in learners(copy).items() if copy.exists() else ():
            if name.endswith(".ipynb"):
                json.loads(data)
        course.update()
        assert learners(copy).keys() == {CHAT, CLIENT, "00_start_here.ipynb"}, moment
        assert not course.update(), moment


@pytest.mark.weekly
def test_a_killed_reset(small, copy):
    course.update()
    edit(copy / CHAT, "pass", "return 42")
    mine = (copy / CHAT).read_bytes()
    for moment in moments(small, "course.reset('03')"):
        assert mine in learners(copy).values(), moment
        assert (copy / CHAT).is_file(), moment
        course.update()
        assert not course.update(), moment
        assert mine in learners(copy).values(), moment


def test_what_was_written_after_a_kill_stays(small, lessons, copy):
    """The learner goes on, and only later runs an update again."""
    course.update()
    edit(copy / CHAT, "pass", "return 1")
    edit(lessons / CHAT, "# Old", "# New")
    for moment in moments(small, "course.update()"):
        edit(copy / CHAT, "return 1", "return 2")
        course.update()
        title, answer = cells(copy / CHAT)
        assert (title, "return 2" in answer) == ("# New", True), moment


@pytest.mark.weekly
def test_a_killed_recovery(small, lessons, copy):
    """The update after the killed one is killed as well."""
    course.update()
    edit(copy / CHAT, "pass", "return 42")
    edit(lessons / CHAT, "# Old", "# New")
    waiting = [copy / ".wsdemo/waiting" / kind / CHAT for kind in ("mine", "base")]
    moment = 0
    while not all(path.exists() for path in waiting):
        assert run_until(small, "course.update()", moment) == KILLED
        moment += 1
    for moment in moments(small, "course.update()"):
        course.update()
        title, answer = cells(copy / CHAT)
        assert (title, "return 42" in answer) == ("# New", True), moment
        assert not course.update(), moment


def test_two_files_move_as_one(small, lessons, copy):
    """Were the base moved first, the learner's old text would pass for a change of theirs."""
    course.update()
    edit(lessons / CHAT, "# Old", "# New")
    moved = []
    for _ in moments(small, "course.update()"):
        base = copy / ".wsdemo/base" / CHAT
        moved.append((cells(copy / CHAT)[0], cells(base)[0]))
    assert dict.fromkeys(moved) == dict.fromkeys(
        [("# Old", "# Old"), ("# New", "# Old"), ("# New", "# New")]
    )
