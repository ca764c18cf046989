"""The learner's copy is made, and brought up to date, file by file."""

import os
import shutil
import sys

import pytest

from tests.course import kit
from tests.course.kit import CHAT, CLIENT, cells, edit, tree
from wsdemo import course
from wsdemo.course import changes, places


def only(folder):
    """What is in a folder, without what wsdemo notes."""
    return {name: data for name, data in tree(folder).items() if not name.startswith(".wsdemo/")}


def test_a_copy_has_the_lessons_and_nothing_else(lessons, copy):
    report = course.update()
    assert (report.folder, report.created) == (copy, True)
    assert str(report) == f"This is your own copy of the lessons, new: {copy}"
    names = {"00_start_here.ipynb", CHAT, "glossary.md", "images/pong.png", CLIENT}
    there = only(copy)
    npm = {name for name in there if "node_modules" in name}
    assert there.keys() - npm == names | {"javascript/package.json"}
    for name in names:
        assert there[name] == (lessons / name).read_bytes()


def test_a_second_update_does_nothing(mine):
    before = tree(mine)
    report = course.update()
    assert not report
    assert str(report) == f"Your copy of the lessons is up to date: {mine}"
    assert tree(mine) == before


def test_it_can_be_anywhere(tmp_path):
    there = tmp_path / "else/where"
    assert course.update(there).folder == there
    assert (there / CHAT).is_file()


def test_inside_a_copy_that_copy_is_meant(tmp_path, monkeypatch):
    there = tmp_path / "elsewhere"
    course.update(there)
    assert course.update(there / "javascript").folder == there
    monkeypatch.chdir(there / "javascript")
    assert course.update().folder == there


def test_an_installed_package_makes_it_in_the_current_folder(lessons, tmp_path, monkeypatch):
    monkeypatch.setattr(places, "_IN_PACKAGE", lessons)
    assert course.update().folder == tmp_path / "wsdemo-course"


def test_what_is_new_comes_and_an_answer_stays(lessons, mine):
    edit(mine / CHAT, "pass", "return 42")
    edit(lessons / CHAT, "# Chat", "# The chat")
    (lessons / "glossary.md").write_text("more words\n")
    kit.save(lessons / "17_testing.ipynb", kit.markdown("title", "# Testing"))
    report = course.update()
    title, answer = cells(mine / CHAT)
    assert title == "# The chat"
    assert "return 42" in answer
    assert (mine / "glossary.md").read_text() == "more words\n"
    assert cells(mine / "17_testing.ipynb") == ["# Testing"]
    assert (report.notes, report.failed) == ([], [])
    names = "03_chat.ipynb, 17_testing.ipynb and glossary.md"
    assert str(report) == f"Updated your copy of the lessons, {mine}: {names}."


def test_a_lesson_that_was_only_run_becomes_the_new_one(lessons, mine):
    lesson = kit.load((mine / CHAT).read_bytes())
    lesson["cells"][1]["execution_count"] = 5
    (mine / CHAT).write_bytes(kit.dump(lesson))
    edit(lessons / CHAT, "pass", "...")
    assert str(course.update()).endswith(f": {CHAT}.")
    assert cells(mine / CHAT) == cells(lessons / CHAT)


def test_a_conflict_is_named_once_and_both_versions_are_there(lessons, mine):
    edit(mine / CHAT, "pass", "return 42")
    edit(lessons / CHAT, "pass", "raise NotImplementedError")
    [note] = course.update().notes
    assert note == (
        "03_chat.ipynb: you and the course have both changed exercise 03.1. "
        "Yours stays; the course's version is in the cell below it."
    )
    _, answer, beside = cells(mine / CHAT)
    assert "return 42" in answer
    assert "raise NotImplementedError" in beside
    assert not course.update()


def test_a_cell_that_is_gone_is_named(lessons, mine):
    edit(mine / CHAT, "# Chat", "# My chat")
    kit.save(lessons / CHAT, kit.exercise("03.1"))
    gone = 'the course no longer has "# My chat". You changed it, so it stays.'
    assert course.update().notes == [f"{CHAT}: {gone}"]


def test_a_program_that_the_learner_changed_stays_and_the_new_one_is_beside_it(lessons, mine):
    (mine / CLIENT).write_text("connect(42);\n")
    (lessons / CLIENT).write_text("connect(1);\n")
    [note] = course.update().notes
    assert note == (
        f"{CLIENT}: you and the course have both changed this file. "
        "Yours stays; the course's version is in 03_chat_client.new.mjs."
    )
    beside = mine / "javascript/03_chat_client.new.mjs"
    assert (mine / CLIENT).read_text() == "connect(42);\n"
    assert beside.read_text() == "connect(1);\n"
    assert not course.update()
    (lessons / CLIENT).write_text("connect(2);\n")
    course.update()
    assert beside.read_text() == "connect(2);\n", "nobody has touched it"
    beside.write_text("connect(3);\n")
    (lessons / CLIENT).write_text("connect(4);\n")
    course.update()
    assert beside.read_text() == "connect(3);\n"
    assert (mine / "javascript/03_chat_client.new-2.mjs").read_text() == "connect(4);\n"
    assert (mine / CLIENT).read_text() == "connect(42);\n"


def test_a_change_that_the_learner_has_made_already_is_no_conflict(lessons, mine):
    for folder in (lessons, mine):
        (folder / CLIENT).write_text("connect(1);\n")
    assert not course.update()
    (lessons / CLIENT).write_text("connect(2);\n")
    assert course.update().notes == []


def test_a_file_that_was_deleted_comes_again(mine):
    (mine / CHAT).unlink()
    assert course.update().changed == [CHAT]
    assert (mine / CHAT).is_file()


def test_new_outputs_do_not_replace_those_of_the_learner(lessons, mine):
    for folder, output in ((mine, "of the learner"), (lessons, "saved now")):
        lesson = kit.load((folder / CHAT).read_bytes())
        lesson["cells"][1]["outputs"] = [kit.stream(output)]
        (folder / CHAT).write_bytes(kit.dump(lesson))
    before = (mine / CHAT).read_bytes()
    assert not course.update()
    assert (mine / CHAT).read_bytes() == before


def test_a_program_that_the_course_dropped_goes(lessons, mine):
    (lessons / CLIENT).unlink()
    assert course.update().changed == [CLIENT]
    assert not (mine / CLIENT).exists()


@pytest.mark.parametrize("how", ["untouched", "run"])
def test_a_lesson_that_the_course_dropped_goes(lessons, mine, how):
    if how == "run":
        lesson = kit.load((mine / CHAT).read_bytes())
        lesson["cells"][1]["outputs"] = [kit.stream("hello")]
        (mine / CHAT).write_bytes(kit.dump(lesson))
    (lessons / CHAT).unlink()
    assert course.update().changed == [CHAT]
    assert not (mine / CHAT).exists()
    assert not course.update()


def test_a_lesson_that_the_course_dropped_stays_with_an_answer_in_it(lessons, mine):
    edit(mine / CHAT, "pass", "return 42")
    published = (lessons / CHAT).read_bytes()
    (lessons / CHAT).unlink()
    gone = "is no longer part of the course. You changed it, so it stays."
    assert course.update().notes == [f"{CHAT} {gone}"]
    assert not course.update()
    (lessons / CHAT).write_bytes(published)
    course.update()
    assert "return 42" in cells(mine / CHAT)[1]
    assert (mine / "03_chat.new.ipynb").read_bytes() == published


def test_files_of_the_learner_are_left_alone(lessons, mine):
    own = {"my_notes.ipynb": "{", "javascript/mine.mjs": "1", "17_mine.ipynb": "2"}
    for name, text in own.items():
        (mine / name).write_text(text)
    edit(lessons / CHAT, "# Chat", "# New")
    course.update()
    assert {name: (mine / name).read_text() for name in own} == own


def test_a_broken_notebook_is_named_and_left_alone(lessons, mine):
    damaged = (mine / CHAT).read_bytes().replace(b'"cells"', b'<<<<<<< mine\n"cells"')
    (mine / CHAT).write_bytes(damaged)
    (lessons / "glossary.md").write_text("more words\n")
    edit(lessons / CHAT, "# Chat", "# New")
    for changed in (["glossary.md"], []):
        report = course.update()
        assert report.changed == changed
        [told] = report.failed
        assert told.startswith(f"{CHAT} was left alone, because line 2 is not valid JSON. ")
        assert "`wsdemo reset 03` starts this lesson again" in told
        assert (mine / CHAT).read_bytes() == damaged
    (mine / CHAT).write_bytes(damaged.replace(b"<<<<<<< mine\n", b""))
    course.update()
    assert cells(mine / CHAT)[0] == "# New", "once it is repaired, it is updated"


def test_a_notebook_without_a_base_is_kept_as_it_is(lessons, mine):
    shutil.rmtree(mine / ".wsdemo/base")
    edit(mine / CHAT, "pass", "return 42")
    report = course.update()
    assert [note.partition(":")[0] for note in report.notes] == [CHAT]
    assert "return 42" in cells(mine / CHAT)[1]
    assert (mine / "03_chat.new.ipynb").read_bytes() == (lessons / CHAT).read_bytes()


def test_a_read_only_notebook_is_named_and_left_alone(lessons, mine):
    (mine / CHAT).chmod(0o444)
    edit(lessons / CHAT, "# Chat", "# New")
    before = (mine / CHAT).read_bytes()
    advice = "Allow writing, then run `wsdemo update`."
    assert course.update().failed == [f"{CHAT} is read-only and was not updated. {advice}"]
    assert (mine / CHAT).read_bytes() == before
    (mine / CHAT).chmod(0o644)
    assert course.update().changed == [CHAT]


def test_one_file_that_cannot_be_written_stops_no_other(lessons, mine):
    edit(lessons / CHAT, "# Chat", "# New")
    (mine / "00_start_here.ipynb").unlink()
    (mine / "00_start_here.ipynb").mkdir()
    report = course.update()
    assert report.changed == [CHAT]
    [told] = report.failed
    assert told.startswith("00_start_here.ipynb was not updated: ")
    assert told.endswith("Put that right, then run `wsdemo update`.")
    assert str(report).splitlines()[1].strip() == told


def test_what_was_saved_meanwhile_is_not_overwritten(lessons, mine, monkeypatch):
    edit(mine / CHAT, "pass", "return 1")
    edit(lessons / CHAT, "# Chat", "# New")
    merge = changes.merge

    def slow_merge(*states):
        edit(mine / CHAT, "return 1", "return 2")
        return merge(*states)

    monkeypatch.setattr(changes, "merge", slow_merge)
    [told] = course.update().failed
    assert told.startswith(f"{CHAT} was not updated: another program has saved it meanwhile.")
    assert "return 2" in cells(mine / CHAT)[1]
    monkeypatch.undo()
    monkeypatch.setattr(places, "_CLONE", lessons.parent)
    assert course.update().changed == [CHAT]
    assert cells(mine / CHAT)[0] == "# New"
    assert "return 2" in cells(mine / CHAT)[1]


@pytest.mark.parametrize("what", ["a file", "a folder in use"])
def test_a_folder_that_is_not_ours_is_left_alone(copy, what):
    if what == "a file":
        copy.write_text("mine")
    else:
        copy.mkdir()
        (copy / "thesis.txt").write_text("mine")
    before = tree(copy.parent)
    with pytest.raises(course.Trouble, match=r"is not a copy of the lessons\. Rename it, or"):
        course.update()
    assert tree(copy.parent) == before


def test_an_empty_folder_is_used(copy):
    copy.mkdir()
    assert course.update().created


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(course.Trouble, match=r"cannot write to .*copy.* make a copy elsewhere"):
        course.update(tmp_path / "file/copy")


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="an administrator may write everywhere"
)
def test_a_folder_without_permission_is_told_in_a_sentence(tmp_path):
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(course.Trouble, match=r"Permission denied. .* make a copy elsewhere"):
            course.update(tmp_path / "copy")
    finally:
        tmp_path.chmod(0o755)


def test_lessons_that_are_missing_are_told(clone, lessons):
    shutil.rmtree(lessons)
    with pytest.raises(course.Trouble, match="install wsdemo again"):
        course.update()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows may forbid links")
def test_programs_of_the_copy_find_npms_packages_of_the_clone(lessons, mine):
    found = mine / "javascript/node_modules/ws/index.js"
    assert found.read_text() == "npm's\n"
    assert course.npm_packages() == mine / "javascript/node_modules"
    shutil.rmtree(lessons / "javascript/node_modules")
    (mine / "javascript/node_modules").unlink()
    assert course.npm_packages() == mine / "javascript/node_modules", "where npm would put them"
