"""A lesson that is a project of several evenings: its stages are short, and its minutes honest.

A stage is a section whose heading begins with "Stage", and a number. What is to be written in it is
counted in the worked answers.
"""

import ast
import difflib
import re

from tests.lessons.kit import sections, text_of
from wsdemo import scratch

MOST_STAGE_WORDS, MOST_STAGE_LINES, MOST_STAGE_MINUTES = 150, 30, 20
MOST_EVENING_MINUTES = 75
LINES_TO_WRITE_A_MINUTE = 2
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def stages(notebook):
    """Return the stages of a lesson: pairs of a number and its cells."""
    found = ((re.match(r"Stage (\d+)\b", title), cells) for title, cells in sections(notebook))
    return [(int(heading[1]), cells) for heading, cells in found if heading]


def rest(notebook):
    """Return the cells of a project that are in no stage, and in no section Deeper."""
    parts = [(title, cells) for title, cells in sections(notebook)]
    return [cell for title, cells in parts if not re.match("Stage|Deeper", title) for cell in cells]


def lines_to_write(stage):
    """Count the lines of code that the worked answer of a stage adds or changes."""
    count = 0
    for side in ("server", "client"):
        before, after = (_code(scratch.program_after(each, side)) for each in (stage - 1, stage))
        count += sum(line.startswith("+ ") for line in difflib.ndiff(before, after))
    return count


def _code(source):
    """Return the lines of a program without empty lines, comments and docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return [line for line in ast.unparse(tree).splitlines() if line.strip()]


def told_minutes(cells):
    """Return the minutes that the first cell of a stage names; 0 if it names none."""
    told = re.search(r"\*\*(\d+) minutes\*\*", text_of(cells[0]["source"]))
    return int(told[1]) if told else 0


def evenings(notebook):
    """Return the rows of the plan: the first stage, the last stage, and the minutes."""
    text = "\n".join(text_of(cell["source"]) for cell in rest(notebook))
    rows = re.findall(r"^\| \d+ \| (\d+) to (\d+) \|[^|]+\| (\d+) \|$", text, re.MULTILINE)
    return [tuple(map(int, row)) for row in rows]


def plan_faults(notebook):
    """Say where the plan of the evenings, or the sum of it, is not that of the stages."""
    told = {number: told_minutes(cells) for number, cells in stages(notebook)}
    faults, planned = [], []
    for first, last, minutes in evenings(notebook):
        numbers = range(first, last + 1)
        planned += numbers
        if (total := sum(told.get(each, 0) for each in numbers)) != minutes:
            faults.append(f"the evening with the stages {first} to {last} takes {total} minutes")
        if minutes > MOST_EVENING_MINUTES:
            faults.append(f"the evening with the stages {first} to {last} is too long")
    if planned != list(told):
        faults.append(f"the evenings should have the stages {list(told)}")
    half_hours = -(-sum(told.values()) // 30)
    expected = f"**{half_hours / 2:g} hours**".replace(".5", "½").replace("0½", "½")
    if expected not in text_of(notebook["cells"][0]["source"]):
        faults.append(f"the first cell should say {expected}")
    return faults
