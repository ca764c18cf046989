"""TEACHING.md: plans that add up, and lessons and exercises that are there."""

import pathlib
import re

import pytest

from wsdemo.checks import exercises

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = (ROOT / "TEACHING.md").read_text(encoding="utf-8")
PLANS = {"90 minutes": 90, "Half a day": 240, "A day": 480, "Three hours for work": 180}


def rows(title):
    """The rows of the table below a heading, as lists of cells."""
    section = re.split(r"^## ", TEXT, flags=re.MULTILINE)
    [text] = [each for each in section if each.startswith(title)]
    lines = [line for line in text.splitlines() if re.match(r"\| \d", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize(("title", "minutes"), PLANS.items())
def test_the_minutes_of_a_plan_add_up(title, minutes):
    assert sum(int(row[0]) for row in rows(title)) == minutes


@pytest.mark.parametrize("title", PLANS)
def test_no_part_of_a_plan_takes_longer_than_its_lesson_says(title):
    for planned, lesson, *_ in rows(title):
        if link := re.search(r"\((notebooks/\S+)\)", lesson):
            text = (ROOT / link[1]).read_text(encoding="utf-8")
            assert int(planned) <= int(re.search(r"\*\*(\d+) minutes", text)[1])


def test_its_lessons_and_exercises_are_there():
    for link in re.findall(r"\((notebooks/\S+?)\)", TEXT):
        assert (ROOT / link).is_file(), link
    assert set(re.findall(r"\b[012]\d\.\d\b", TEXT)) <= set(exercises())
