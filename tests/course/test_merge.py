"""What becomes of a cell when the learner and the course change a lesson."""

import json

import pytest

from tests.course.kit import code, exercise, markdown, notebook, stream
from wsdemo.course.merge import merge
from wsdemo.course.notebook import text

A, B, C = (markdown(name, f"text {name}") for name in "abc")


def changed(cell, source):
    return {**cell, "source": source}


def merged(base, theirs, new):
    return merge(notebook(*base), notebook(*theirs), notebook(*new))


def sources(result):
    ids = [cell["id"] for cell in result.notebook["cells"]]
    assert len(set(ids)) == len(ids), "each cell has its own id"
    return [text(cell) for cell in result.notebook["cells"]]


MINE = markdown("0f3a", "mine")
ANSWER = exercise("03.1", "return 42")


@pytest.mark.parametrize(
    ("base", "theirs", "new", "expected"),
    [
        ([A, B], [A, B], [A, changed(B, "new")], ["text a", "new"]),
        ([A, B], [A, changed(B, "mine")], [A, B], ["text a", "mine"]),
        ([A, B], [A, changed(B, "mine")], [changed(A, "new"), B], ["new", "mine"]),
        ([A, B], [A, changed(B, "same")], [A, changed(B, "same")], ["text a", "same"]),
        ([A], [A], [A, B], ["text a", "text b"]),
        ([A, C], [A, C], [A, B, C], ["text a", "text b", "text c"]),
        ([A, B, C], [A, B, C], [A, C], ["text a", "text c"]),
        ([A, B, C], [A, C], [A, B, C], ["text a", "text c"]),
        ([A, B], [A, MINE, B], [A, C, B], ["text a", "mine", "text c", "text b"]),
        ([A, B], [MINE, A, B], [A, B, C], ["mine", "text a", "text b", "text c"]),
        ([A, B], [A, B, MINE], [B], ["text b", "mine"]),
        ([A, B, C], [C, A, B], [A, changed(B, "new"), C], ["text c", "text a", "new"]),
        ([A, B], [B, A], [A, B, C], ["text b", "text c", "text a"]),
        ([A, B, C], [A, B, C], [C, A, B], ["text c", "text a", "text b"]),
        ([A, B], [A, {**B, "id": "pasted"}], [A, changed(B, "new")], ["text a", "new"]),
        ([A, B], [A, B, {**B, "id": "pasted"}], [A, B], ["text a", "text b", "text b"]),
        ([A], [A, B], [A, B], ["text a", "text b"]),
        ([A, B], [A], [A], ["text a"]),
    ],
    ids=[
        "new text",
        "the learner's text",
        "both, in different cells",
        "the same change twice",
        "a new cell at the end",
        "a new cell between",
        "a cell the course dropped",
        "a cell the learner deleted",
        "a cell of their own beside a new one",
        "a cell of their own at the top",
        "a cell of their own after one that is gone",
        "the learner's order",
        "a new cell in the learner's order",
        "the course's order",
        "a cell that was cut and pasted",
        "a copy of a cell",
        "a cell that both have added",
        "a cell that both have deleted",
    ],
)
def test_changes_that_agree_are_merged(base, theirs, new, expected):
    result = merged(base, theirs, new)
    assert sources(result) == expected
    assert result.conflicts == result.kept == []


def test_a_conflict_keeps_the_learners_cell_and_shows_the_courses_below():
    base, new = code("one", "a = 1"), code("one", "a = 2")
    result = merged([base, B], [changed(base, "a = 3"), B], [new, B])
    mine, note, _ = sources(result)
    assert mine == "a = 3"
    assert note.startswith("*The course has changed this cell. Your version is kept, above.")
    assert note.endswith("\n\n```python\na = 2\n```")
    assert result.notebook["cells"][1]["cell_type"] == "markdown", "nothing of it may run"
    assert result.conflicts == ['"a = 3"']


def test_code_with_fences_is_shown_as_a_whole():
    base, new = code("one", "a"), code("one", 'text = """\n````\n"""')
    note = sources(merged([base], [changed(base, "b")], [new]))[1]
    assert note.split("\n\n", 1)[1] == '`````python\ntext = """\n````\n"""\n`````'


def test_a_note_shows_the_pictures_of_the_course():
    picture = {"a.png": {"image/png": "AA=="}}
    new = {**markdown("a", "![](attachment:a.png)"), "attachments": picture}
    result = merged([A], [changed(A, "mine")], [new])
    assert result.notebook["cells"][1]["attachments"] == picture


def test_a_cell_that_was_deleted_and_has_changed_is_shown_in_a_note():
    result = merged([A, B, C], [A, C], [A, changed(B, "new"), C])
    a, note, c = sources(result)
    assert (a, c) == ("text a", "text c")
    assert note.startswith("*The course has changed a cell that you have deleted.")
    assert note.endswith("\n\nnew")
    assert result.conflicts == ['"new"']


def test_a_changed_cell_that_the_course_dropped_is_kept_and_named():
    result = merged([A, B, C], [A, changed(B, "mine"), C], [A, C])
    assert sources(result) == ["text a", "mine", "text c"]
    assert (result.conflicts, result.kept) == ([], ['"mine"'])


def test_both_parts_of_a_split_cell_stay():
    whole = code("one", "a = 1\nb = 2")
    parts = [changed(whole, "a = 1"), code("5d2f", "b = 2")]
    result = merged([whole, B], [*parts, B], [changed(whole, "a = 1\nb = 3"), B])
    first, note, second, _ = sources(result)
    assert (first, second) == ("a = 1", "b = 2")
    assert "b = 3" in note


def test_a_split_answer_is_named_by_its_exercise():
    stub, new = exercise("03.1"), exercise("03.1", "...")
    parts = changed(stub, "def answer(): ..."), code("5d2f", 'wsdemo.check("03.1", answer)')
    assert merged([stub], parts, [new]).conflicts == ["exercise 03.1"]


def test_an_answer_is_found_by_its_number_where_ids_have_changed():
    stub, moved = exercise("03.1", name="cell-02"), exercise("03.1", name="cell-03")
    answer = {**ANSWER, "id": "cell-02"}
    new_two = markdown("cell-02", "something new")
    result = merged([A, stub], [A, answer], [A, new_two, moved])
    assert sources(result) == ["text a", "something new", text(ANSWER)]
    assert [cell["id"] for cell in result.notebook["cells"]] == ["a", "cell-02", "cell-03"]
    assert result.conflicts == []


def test_an_answer_is_found_by_its_number_where_it_was_pasted():
    pasted = {**ANSWER, "id": "5d2f"}
    result = merged([A, exercise("03.1")], [A, pasted], [A, exercise("03.1", "...")])
    assert sources(result)[2].startswith("*The course has changed this cell.")


def test_a_text_is_found_where_ids_were_given_anew():
    new = [markdown("a", "something new"), {**A, "id": "b"}, {**B, "id": "c"}]
    result = merged([A, B], [A, changed(B, "mine")], new)
    assert sources(result) == ["something new", "text a", "mine"]
    assert result.conflicts == []


def test_of_two_cells_with_the_same_text_the_right_one_is_in_conflict():
    one, two = code("one", "server.stop()"), code("two", "server.stop()")
    result = merged([one, two], [changed(one, "mine"), two], [changed(one, "new"), two])
    assert [sources(result)[0], sources(result)[2]] == ["mine", "server.stop()"]
    assert result.conflicts == ['"mine"']


def test_an_answer_stays_where_its_exercise_has_changed():
    new = exercise("03.1", "raise NotImplementedError", name="other")
    result = merged([exercise("03.1")], [ANSWER], [new])
    assert sources(result)[0] == text(ANSWER)
    assert "raise NotImplementedError" in sources(result)[1]
    assert result.conflicts == ["exercise 03.1"]


def test_a_cell_of_their_own_never_takes_the_id_of_a_new_one():
    result = merged([A], [A, changed(B, "mine"), MINE], [A, B, {**MINE, "source": "ours"}])
    assert sources(result) == ["text a", "mine", "mine", "text b", "ours"]


def test_cells_without_ids_lose_nothing():
    """Some editors write the format as it was before there were ids."""
    base = [A, B, exercise("03.1")]
    theirs = [{**cell} for cell in (A, changed(B, "mine"), ANSWER)]
    for cell in theirs:
        del cell["id"]
    result = merge(
        notebook(*base),
        {**notebook(*theirs), "nbformat_minor": 4},
        notebook(changed(A, "new"), *base[1:]),
    )
    assert sources(result) == ["new", "mine", text(ANSWER)]
    assert result.notebook["nbformat_minor"] == 5


def once_more(result, base, new):
    """Update again what an update has made."""
    return merge(notebook(*base), result.notebook, notebook(*new))


ONE, TWO, THREE = ([changed(A, f"version {number}")] for number in (1, 2, 3))


def test_the_note_of_an_older_conflict_is_replaced():
    first = merged(ONE, [changed(A, "mine")], TWO)
    second = once_more(first, TWO, THREE)
    mine, note = sources(second)
    assert mine == "mine"
    assert note.endswith("version 3")


def test_a_note_in_which_the_learner_wrote_stays():
    first = merged(ONE, [changed(A, "mine")], TWO)
    note = first.notebook["cells"][1]
    note["source"] = f"{text(note)}\nmy thoughts"
    mine, newer, older = sources(once_more(first, TWO, THREE))
    assert (mine, newer.endswith("version 3")) == ("mine", True)
    assert older.endswith("version 2\nmy thoughts")


def test_a_note_that_was_deleted_does_not_come_back():
    first = merged(ONE, [changed(A, "mine")], TWO)
    del first.notebook["cells"][1]
    assert sources(once_more(first, TWO, [*TWO, B])) == ["mine", "text b"]


def test_a_note_stays_while_the_conflict_does():
    first = merged(ONE, [changed(A, "mine")], TWO)
    again = once_more(first, TWO, [*TWO, B])
    assert sources(again) == [*sources(first), "text b"]
    assert again.conflicts == []


def test_a_note_goes_when_the_learner_has_taken_the_new_text():
    first = merged(ONE, [changed(A, "mine")], TWO)
    first.notebook["cells"][0]["source"] = "version 2"
    assert sources(once_more(first, TWO, THREE)) == ["version 3"]


RAN = [stream("of the learner")]
SAVED, SAVED_NOW = [stream("saved")], [stream("saved now")]


@pytest.mark.parametrize(
    ("theirs", "new", "outputs", "count"),
    [
        (code("one", "a", RAN, 9), code("one", "a", SAVED_NOW, 2), RAN, 9),
        (code("one", "a", SAVED, 1), code("one", "a", SAVED_NOW, 2), SAVED_NOW, 2),
        (code("one", "a", RAN, 9), code("one", "b", SAVED_NOW, 2), SAVED_NOW, 2),
        (code("one", "c", RAN, 9), code("one", "a", SAVED_NOW, 2), RAN, 9),
    ],
    ids=["they ran it", "they did not", "the code is new", "the code is theirs"],
)
def test_outputs_belong_to_the_code_that_made_them(theirs, new, outputs, count):
    [cell] = merged([code("one", "a", SAVED, 1)], [theirs], [new]).notebook["cells"]
    assert (cell["outputs"], cell["execution_count"]) == (outputs, count)


def test_how_a_cell_is_shown_is_merged_key_by_key():
    base = code("one", "a", tags=["old"], collapsed=False, gone=1)
    theirs = code("one", "a", tags=["old"], collapsed=True, gone=1, mine=2)
    new = code("one", "b", tags=["new"], collapsed=False, added=3)
    [cell] = merged([base], [theirs], [new]).notebook["cells"]
    assert cell["metadata"] == {"tags": ["new"], "collapsed": True, "mine": 2, "added": 3}


def test_what_the_learners_editor_notes_about_the_notebook_stays():
    base, new = notebook(A, kernelspec="ours"), notebook(A, B, kernelspec="ours", slides=True)
    theirs = notebook(A, kernelspec="theirs")
    assert merge(base, theirs, new).notebook["metadata"] == {"kernelspec": "theirs", "slides": True}


def test_nothing_that_it_is_given_is_changed():
    states = notebook(A, B), notebook(changed(A, "mine"), B), notebook(changed(A, "new"), C)
    before = json.dumps(states)
    merge(*states)
    assert json.dumps(states) == before
