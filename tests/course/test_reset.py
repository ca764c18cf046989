"""A lesson starts again, and its worked answers are fetched."""

import pytest

from tests.course.kit import CHAT, CLIENT, cells, edit
from wsdemo import course
from wsdemo.course import Trouble


@pytest.mark.parametrize("word", ["3", "03", "03_chat", CHAT, f"./{CHAT}"])
def test_a_lesson_starts_again_and_the_old_one_is_kept(lessons, mine, word):
    edit(mine / CHAT, "pass", "return 1")
    told = course.reset(word)
    assert told == f"{mine / CHAT} starts again. The old one is kept: 03_chat.old.ipynb"
    assert (mine / CHAT).read_bytes() == (lessons / CHAT).read_bytes()
    assert "return 1" in cells(mine / "03_chat.old.ipynb")[1]


def test_each_old_one_is_kept(mine):
    for number in range(3):
        edit(mine / CHAT, "pass", f"return {number}")
        course.reset("3")
    for number, name in enumerate(("old", "old-2", "old-3")):
        assert f"return {number}" in cells(mine / f"03_chat.{name}.ipynb")[1]


def test_a_lesson_as_published_is_left_alone(mine):
    assert course.reset("3").endswith("is as in the course: there is nothing to reset.")
    assert not list(mine.glob("*.old*"))


def test_a_broken_notebook_starts_again(lessons, mine):
    (mine / CHAT).write_text("{<<<<")
    course.reset("3")
    assert (mine / "03_chat.old.ipynb").read_text() == "{<<<<"
    assert not course.update()


def test_a_lesson_that_was_deleted_is_here_again(mine):
    (mine / CHAT).unlink()
    assert course.reset("3") == f"{mine / CHAT} is here again."
    assert (mine / CHAT).is_file()


@pytest.mark.parametrize("word", [CLIENT, "03_chat_client.mjs", CLIENT.replace("/", "\\")])
def test_a_program_starts_again(lessons, mine, word):
    (mine / CLIENT).write_text("mine\n")
    course.reset(word)
    assert (mine / CLIENT).read_bytes() == (lessons / CLIENT).read_bytes()
    assert (mine / "javascript/03_chat_client.old.mjs").read_text() == "mine\n"


def test_it_starts_again_with_the_newest_lesson(lessons, mine):
    edit(mine / CHAT, "pass", "return 1")
    edit(lessons / CHAT, "# Chat", "# New")
    course.reset("3")
    assert cells(mine / CHAT)[0] == "# New"
    assert not course.update()


@pytest.mark.parametrize("word", ["4", "99", "chat", "", "-1", "003", "../start.py"])
@pytest.mark.parametrize("command", [course.reset, course.solutions])
def test_a_lesson_that_is_not_there_is_told(mine, command, word):
    with pytest.raises(Trouble, match=r"there is no lesson '.*': the lessons are 00 to 03"):
        command(word)


@pytest.mark.parametrize("command", [course.reset, course.solutions])
def test_without_a_copy_it_makes_none(copy, command):
    with pytest.raises(Trouble, match=r"no copy of the lessons here\. .*`wsdemo update` makes one"):
        command("3")
    assert not copy.exists()


def test_advice_names_the_command_that_works_in_a_clone(copy, monkeypatch):
    monkeypatch.setenv("WSDEMO_COMMAND", "python start.py")
    with pytest.raises(Trouble, match=r"`python start\.py update` makes one"):
        course.reset("3")


def test_worked_answers_come_when_they_are_asked_for(mine):
    answers = mine / "solutions/03_chat.py"
    assert not answers.exists()
    report = course.solutions("3")
    assert report.folder / report.changed[0] == answers
    assert answers.read_text() == "answer = 3\n"


def test_worked_answers_may_be_several_files(lessons, mine):
    folder = lessons / "solutions/03_chat"
    folder.mkdir()
    for name in ("server.mjs", "server.py"):
        (folder / name).write_text("serve\n")
    report = course.solutions("3")
    names = ["solutions/03_chat.py", "solutions/03_chat/server.mjs", "solutions/03_chat/server.py"]
    assert report.changed == names
    assert (mine / names[1]).read_text() == "serve\n"


def test_worked_answers_are_then_updated_like_the_rest(lessons, mine):
    course.solutions("3")
    (lessons / "solutions/03_chat.py").write_text("answer = 4\n")
    course.update()
    assert (mine / "solutions/03_chat.py").read_text() == "answer = 4\n"


def test_worked_answers_in_which_the_learner_wrote_stay(lessons, mine):
    course.solutions("3")
    (mine / "solutions/03_chat.py").write_text("mine\n")
    assert course.solutions("3").notes == []
    (lessons / "solutions/03_chat.py").write_text("answer = 4\n")
    [note] = course.solutions("3").notes
    assert "03_chat.new.py" in note
    assert (mine / "solutions/03_chat.py").read_text() == "mine\n"


@pytest.mark.parametrize("word", ["0", "glossary.md"])
def test_a_file_without_worked_answers_is_told(mine, word):
    with pytest.raises(Trouble, match="has no worked answers"):
        course.solutions(word)
