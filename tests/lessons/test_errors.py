"""The index of errors: each message in it is what the named cell, or test, really produces.

The saved outputs of a cell are compared with those of a fresh run by nbval, and what a panel shows
by ``tests/browser/test_lessons.py``; here it is enough to look at the lessons as they are saved.
"""

import ast
import json
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
INDEX = NOTEBOOKS / "errors.md"
ROW = re.compile(
    r"\| `(?P<message>[^`]+)` \| `(?P<place>[^`#]+)#(?P<name>[^`]+)` \| (?P<rest>.+) \|"
)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def rows(text):
    """The rows of an index: the message, the place (a lesson or a test file), the name there."""
    found = []
    for line in text.splitlines():
        if line.startswith("|") and not line.startswith(("| ---", "| the message")):
            match = ROW.fullmatch(line)
            assert match, f"not a row of the index: {line}"
            found.append((match["message"], match["place"], match["name"]))
    return found


def text_of(value):
    return value if isinstance(value, str) else "".join(value)


def shown(cell):
    """What a reader sees below a code cell: streams, results, errors."""
    for output in cell["outputs"]:
        yield text_of(output.get("text", ""))
        yield f"{output.get('ename', '')}: {output.get('evalue', '')}"
        yield COLOUR.sub("", "\n".join(output.get("traceback", [])))
        yield text_of(output.get("data", {}).get("text/plain", ""))


def fenced(cell):
    """What stands between the fences of a markdown cell that shows a panel."""
    return re.findall(r"```\w*\n(.*?)```", text_of(cell["source"]), re.DOTALL)


def texts(place, name):
    """All texts that prove a message at this place; none where there is no such place."""
    if place.startswith("tests/"):
        if not (path := ROOT / place).is_file():
            return []
        source = path.read_text(encoding="utf-8")
        functions = [each for each in ast.parse(source).body if getattr(each, "name", "") == name]
        return [ast.get_source_segment(source, each) for each in functions]
    if not (path := NOTEBOOKS / f"{place}.ipynb").is_file():
        return []
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code" and cell["id"] == name]
    panels = [cell for cell in cells if name in cell["metadata"].get("tags", [])]
    panels = panels if name.startswith("panel-") else []
    return [text for cell in code for text in shown(cell)] + [
        text for cell in panels for text in fenced(cell)
    ]


def fault(message, place, name):
    """What is wrong with a row; nothing if it is proven."""
    found = texts(place, name)
    if not found:
        return f"there is no {place}#{name}"
    return "" if any(message in text for text in found) else f"{place}#{name} does not say it"


ROWS = rows(INDEX.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("message", "place", "name"), ROWS)
def test_the_message_is_really_produced(message, place, name):
    assert fault(message, place, name) == ""


def test_the_index_is_whole():
    assert len(ROWS) >= 40
    assert len({message for message, _, _ in ROWS}) == len(ROWS)
    for code in ("1006", "1008", "1009", "1011", "HTTP 401", "HTTP 403", "426"):
        assert code in INDEX.read_text(encoding="utf-8"), code


@pytest.mark.parametrize(
    ("message", "place", "name", "complaint"),
    [
        ("made up", "02_echo", "two-readers", "does not say it"),
        ("cannot call recv", "02_echo", "handler-returns", "does not say it"),
        ("cannot call recv", "02_echo", "no-such-cell", "there is no"),
        ("cannot call recv", "99_none", "two-readers", "there is no"),
        ("not clean", "07_closing", "panel-nobody", "there is no"),
        # In the prose below the panel, not in the panel.
        ("hangs up without a word", "07_closing", "panel-events", "does not say it"),
        ("SecurityError", "tests/browser/test_tls.py", "test_none", "there is no"),
        ("SecurityError", "tests/test_none.py", "test_none", "there is no"),
        # What a cell says in its source is no evidence.
        ("await connect", "14_debugging", "refused-403", "does not say it"),
    ],
)
def test_a_made_up_row_is_caught(message, place, name, complaint):
    assert complaint in fault(message, place, name)


def test_what_is_no_row_is_caught():
    with pytest.raises(AssertionError, match="not a row of the index"):
        rows("| `message` | 02_echo#two-readers | repair |")
