"""What a check keeps, and what it gives to read: progress, hints, worked answers."""

import json
import os

import pytest

import wsdemo
from tests.checks.worked import SOLUTIONS, STAGES
from wsdemo.checks import exercises
from wsdemo.checks._progress import note
from wsdemo.checks._worked import worked


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A learner's copy of the lessons, with a lesson's folder as the current one."""
    (tmp_path / ".wsdemo").mkdir()
    (tmp_path / "javascript").mkdir()
    monkeypatch.chdir(tmp_path / "javascript")
    return tmp_path


def titles(verdict):
    return [each.title for each in verdict.notes]


def test_each_failed_attempt_shows_one_more_hint(copy):
    assert titles(wsdemo.check("00.2", 3)) == ["Hint 1 of 2"]
    assert titles(wsdemo.check("00.2", 2)) == ["Hint 1 of 2", "Hint 2 of 2"]
    assert titles(wsdemo.check("00.2", 1)) == ["Hint 1 of 2", "Hint 2 of 2"]


def test_the_stub_is_no_attempt(copy):
    assert titles(wsdemo.check("00.2", None)) == []
    assert titles(wsdemo.check("00.2", 3)) == ["Hint 1 of 2"]


def test_a_right_answer_shows_the_worked_one():
    [shown] = wsdemo.check("03.1", SOLUTIONS["03.1"]).notes
    assert shown.open
    assert shown.code.startswith("from websockets.asyncio.server import broadcast\n")
    assert "async def relay(connection, room):" in shown.code
    assert "def survivor" not in shown.code
    assert "<details" in shown._repr_html_()
    assert "<code>broadcast</code>" in shown._repr_html_()


def test_without_a_copy_nothing_is_kept_and_no_hint_is_shown(tmp_path, monkeypatch):
    """So the saved outputs of the lessons are the same for everybody."""
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert titles(wsdemo.check("00.2", 3)) == []
    assert not wsdemo.progress().kept
    assert "python start.py" in repr(wsdemo.progress())
    assert list(tmp_path.iterdir()) == []


def test_what_is_solved_stays_solved(copy):
    wsdemo.check("00.2", 4)
    wsdemo.check("00.2", 3)
    wsdemo.check("07.2", {})
    found = wsdemo.progress()
    assert (found.solved, found.tried) == ({"00.2"}, {"07.2"})
    rows = dict(found.rows())
    assert (rows["00 start here"], rows["07 closing"]) == ("· ✓", "· … ·")
    legend = "(✓ solved, … tried, · not tried)"
    assert repr(found).endswith(f"1 of {len(exercises())} exercises solved {legend}")
    assert 'aria-label="00.2 solved"' in found._repr_html_()


def test_a_file_that_cannot_be_read_is_set_aside(copy):
    file = copy / ".wsdemo" / "progress.json"
    for number, broken in enumerate(["{", '{"exercises": [1]}', "[]"], start=1):
        file.write_text(broken)
        assert note("00.1", right=False) == 1
        assert file.with_name(f"progress.broken-{number}.json").read_text() == broken
        assert json.loads(file.read_text())["exercises"]["00.1"]["tries"] == 1


def test_a_crash_while_saving_keeps_the_old_file(copy, monkeypatch):
    note("00.1", right=True)

    def crash(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", crash)
    verdict = wsdemo.check("00.2", 4)
    assert verdict.state == "right"
    assert ("your progress", "could not be saved: No space left on device") in verdict.evidence
    assert wsdemo.progress().solved == {"00.1"}
    assert [each.name for each in (copy / ".wsdemo").iterdir()] == ["progress.json"]


@pytest.mark.parametrize("number", exercises())
def test_there_is_something_to_read_about_each_exercise(number):
    about = worked(number)
    assert len(about.hints) >= 2
    assert about.why.endswith(".")
    assert about.is_offered == (number in STAGES)
    if number not in STAGES:  # a stage builds on the one before it
        exec(about.source, {})  # it needs nothing that it does not show


def test_progress_from_elsewhere_counts_and_is_left_alone(copy):
    """What was solved in a browser tab comes as a file beside the lessons."""
    note("00.2", False, copy)
    note("01.1", True, copy)
    brought = copy / "progress.json"
    text = '{"exercises": {"00.2": {"solved": true}, "02.1": {"solved": false, "tries": 2}}}'
    brought.write_text(text)
    found = wsdemo.progress()
    assert (found.solved, found.tried) == ({"00.2", "01.1"}, {"02.1"})
    note("02.1", True, copy)
    assert wsdemo.progress().solved == {"00.2", "01.1", "02.1"}
    assert brought.read_text() == text
