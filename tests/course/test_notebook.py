"""A notebook as data."""

import json
import pathlib

import pytest

from tests.course.kit import code, exercise, markdown, notebook, stream
from wsdemo.course.notebook import Unreadable, content, dump, exercises, label, load

LESSONS = sorted(pathlib.Path(__file__).parents[2].glob("notebooks/*.ipynb"))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_a_lesson_is_written_as_it_was_read(lesson):
    data = lesson.read_bytes()
    assert dump(load(data)) == data


@pytest.mark.parametrize("ends", [b"\xef\xbb\xbf%s", b"%s\r\n"], ids=["a byte order mark", "CRLF"])
def test_what_editors_add_does_no_harm(ends):
    lesson = notebook(markdown("title", "# Ä"))
    assert load(ends % dump(lesson)) == lesson


def test_half_a_character_in_an_output_can_be_saved():
    lesson = notebook(code("cut", "print(text)", [stream("\ud83d")]))
    assert load(dump(lesson)) == lesson


def broken(**changes):
    return json.dumps({**notebook(markdown("title", "# Title")), **changes}).encode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b'{"cells": [\n<<<<<<< HEAD\n', "line 2 is not valid JSON"),
        (dump(notebook(markdown("title", "# Title")))[:-20], r"line \d+ is not valid JSON"),
        (b"\xff\xfe\xfd", "its text is not valid JSON"),
        (b"[" * 100_000, "its text is not valid JSON"),
        (b"[]", "it is not a notebook of format 4"),
        (broken(nbformat=3), "it is not a notebook of format 4"),
        (broken(cells=None), "its list of cells is damaged"),
        (broken(cells=["text"]), "its list of cells is damaged"),
        (broken(cells=[{"cell_type": "code", "source": 3}]), "its list of cells is damaged"),
        (broken(cells=[{"source": "text"}]), "its list of cells is damaged"),
        (broken(cells=[{"cell_type": "raw", "metadata": []}]), "its list of cells is damaged"),
        (broken(metadata=[]), "its metadata are damaged"),
    ],
    ids=lambda value: str(value[:20]),
)
def test_what_is_not_a_notebook_is_refused_with_the_reason(data, reason):
    with pytest.raises(Unreadable, match=f"^{reason}$"):
        load(data)


def test_running_a_cell_does_not_change_its_content():
    written = code("one", "1 + 1")
    ran = code("one", ["1 + ", "1"], [stream("2")], 7, scrolled=True)
    assert content(ran) == content(written)


@pytest.mark.parametrize(
    "changed",
    [
        code("one", "1 + 2"),
        markdown("one", "1 + 1"),
        {**code("one", "1 + 1"), "attachments": {"a.png": {"image/png": "AA=="}}},
    ],
    ids=["source", "kind", "attachment"],
)
def test_writing_in_a_cell_changes_its_content(changed):
    assert content(changed) != content(code("one", "1 + 1"))


@pytest.mark.parametrize(
    ("cell", "numbers", "name"),
    [
        (exercise("03.1"), ("03.1",), "exercise 03.1"),
        (code("two", "wsdemo.check('03.2', a)\nwsdemo.check( \"03.10\", b)"), ("03.2", "03.10"), 0),
        (markdown("quoted", '`wsdemo.check("03.1", a)`'), (), 0),
        (code("plain", "\n  \n  room = set()\n"), (), '"room = set()"'),
        (code("long", "x" * 50), (), f'"{"x" * 40}…"'),
        (code("empty", ""), (), '""'),
        (code("evil", "\x1b[2Jx"), (), r'"\x1b[2Jx"'),
    ],
    ids=lambda value: value["id"] if isinstance(value, dict) else "",
)
def test_a_cell_is_named_by_its_exercise_or_its_first_line(cell, numbers, name):
    assert exercises(cell) == numbers
    if name:
        assert label(cell) == name
