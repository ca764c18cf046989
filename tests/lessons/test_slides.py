"""Lessons 00 to 06 as slides: one question alone, its answer on the next, nothing over one screen.

What is computed here was measured in a browser: see tests/browser/slides.py.
"""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from tests.lessons.kit import LESSONS
from tools.slides import QUESTION, SCREEN, height, places

SHOWN = [path for path in LESSONS if path.stem < "07"]


def slides(cells):
    """Group the cells that are shown, a list for each slide."""
    grouped = []
    for cell, place in zip(cells, places(cells), strict=True):
        if place in ("slide", "subslide"):
            grouped.append([])
        if place != "skip":
            grouped[-1].append(cell)
    return grouped


def too_high(cells):
    """Find the slides that need more than one screen: the ids of their cells, and the height."""
    heights = [
        ([cell.id for cell in slide], sum(height(cell, cells) for cell in slide))
        for slide in slides(cells)
    ]
    return [(names, needed) for names, needed in heights if needed > SCREEN]


def not_alone(cells):
    """Find the questions that share their slide, or their cell, with something else."""
    return [
        cell.id
        for slide in slides(cells)
        for cell in slide
        if QUESTION in cell.source
        and (len(slide) > 1 or not re.match(rf"(#+ .*\n\n)?{re.escape(QUESTION)}", cell.source))
    ]


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
def test_each_slide_of_a_lesson_fits_on_one_screen(path):
    assert too_high(nbformat.read(path, as_version=4).cells) == []


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
def test_each_question_of_a_lesson_is_alone_on_its_slide(path):
    assert not_alone(nbformat.read(path, as_version=4).cells) == []


def test_the_checks_find_a_slide_that_is_wrong():
    words = new_markdown_cell(f"Some words.\n\n{QUESTION}.** What comes?", id="mixed")
    cells = [new_markdown_cell("# Why?"), words, new_code_cell("pass\n" * 40, id="long")]
    assert [names for names, _ in too_high(cells)] == [["long"]]
    assert not_alone(cells) == ["mixed"]
