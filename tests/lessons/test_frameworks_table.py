"""Lesson 18's table of answers: each field is in the saved output of the cell its row names."""

import json
import re

import pytest

from tests.lessons.kit import ROOT, text_of

CELLS = json.loads((ROOT / "notebooks/18_frameworks.ipynb").read_text("utf-8"))["cells"]
[TABLE] = [text_of(cell["source"]) for cell in CELLS if cell["id"] == "table-heading"]
FRAMEWORKS = ("FastAPI", "aiohttp", "Channels")


def rows(table):
    """The rows: what is asked, the three fields, and the cell's id."""
    lines = [line for line in table.splitlines() if line.startswith("| ")][2:]
    found = [[part.strip() for part in line.strip("|").split(" | ")] for line in lines]
    return [(row[0], row[1:4], row[4].strip("` |")) for row in found]


def output(name):
    """What a cell has printed; None if there is no such cell."""
    for cell in CELLS:
        if cell["id"] == name and cell["cell_type"] == "code":
            return "".join(text_of(each.get("text", "")) for each in cell["outputs"])
    return None


def part_of(framework, printed):
    """What a cell has printed about one framework, up to the next one."""
    others = "|".join(each for each in FRAMEWORKS if each != framework)
    parts = re.findall(rf"{framework}\b(.*?)(?={others}|\Z)", printed, re.DOTALL)
    return "\n".join(parts)


def faults(question, fields, name):
    """The fields that the cell does not print for their framework."""
    printed = output(name)
    if printed is None:
        return [f"there is no cell {name}"]
    return [
        f"{question}: {name} does not print {literal} for {framework}"
        for framework, field in zip(FRAMEWORKS, fields, strict=True)
        for literal in re.findall(r"`([^`]+)`", field)
        if literal not in part_of(framework, printed)
    ]


@pytest.mark.parametrize("row", rows(TABLE), ids=[row[0] for row in rows(TABLE)])
def test_each_field_is_the_output_of_its_cell(row):
    assert all("`" in field for field in row[1]), "each field quotes the output"
    assert faults(*row) == []


def test_the_table_has_the_questions_of_work():
    assert len(rows(TABLE)) >= 16


@pytest.mark.parametrize(
    ("fields", "name", "fault"),
    [
        (["`HTTP 404`", "`HTTP 404`", "`HTTP 500`"], "missing-route", "HTTP 404 for FastAPI"),
        (["`HTTP 403`", "`HTTP 404`", "`HTTP 404`"], "missing-route", "HTTP 404 for Channels"),
        (["`x`", "`x`", "`x`"], "no-such-cell", "no cell"),
    ],
)
def test_a_wrong_field_is_caught(fields, name, fault):
    assert any(fault in each for each in faults("asked", fields, name))
