"""The benchmarks write their own tables into their README."""

import runpy

import pytest

from tests.checks.worked import NOTEBOOKS

FOLDER = NOTEBOOKS.parent / "benchmarks"
save = runpy.run_path(str(FOLDER / "_table.py"))["save"]

README = """# Figures

## speed

One sentence.

| what | figure | aim |
| --- | --- | --- |
| echo | 1.00 | ≥ 0.95 |

Another.

## scale

| what | figure | aim |
| --- | --- | --- |
| fan-out | 2 | |
"""
TABLE = "| what | figure | aim |\n| --- | --- | --- |\n| echo | 0.97 | ≥ 0.95 |"


def test_a_table_replaces_the_former_one_of_its_section_only():
    expected = README.replace("| echo | 1.00 | ≥ 0.95 |", "| echo | 0.97 | ≥ 0.95 |")
    assert save(README, "speed", TABLE) == expected
    assert save(expected, "speed", TABLE) == expected


@pytest.mark.parametrize("text", [README.replace("## speed", "## pace"), "## speed\n\nnothing\n"])
def test_a_section_that_is_missing_is_an_error(text):
    with pytest.raises(ValueError, match="no section 'speed' with a table"):
        save(text, "speed", TABLE)


def test_each_benchmark_has_its_section():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    for path in FOLDER.glob("[!_]*.py"):
        assert save(text, path.stem, TABLE).count(TABLE) == 1
