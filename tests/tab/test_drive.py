"""The learner's copy in a browser tab."""

import wsdemo.course
from wsdemo.checks import progress
from wsdemo.checks._progress import note
from wsdemo.tab import drive


def test_the_drive_is_a_learners_copy(tmp_path):
    assert drive.MARKER == wsdemo.course.MARKER
    for _ in range(2):
        drive.mark_copy(tmp_path)
    note("00.2", True, tmp_path)
    assert progress(tmp_path).solved == {"00.2"}


def test_without_a_drive_nothing_is_kept(tmp_path):
    drive.mark_copy(tmp_path / "drive")
    assert not progress(tmp_path).kept
    assert not any(tmp_path.iterdir())


def test_storage_that_refuses_is_no_error(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError("no space")

    monkeypatch.setattr(type(tmp_path), "mkdir", full)
    drive.mark_copy(tmp_path)
