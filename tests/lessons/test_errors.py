"""The index of errors: each message in it is what the named cell, or test, really produces.

The saved outputs of a cell are compared with those of a fresh run by nbval, and what a panel shows
by ``tests/browser/test_lessons.py``; here it is enough to look at the lessons as they are saved.
"""

import ast
import difflib
import json
import re

import pytest

from tests.lessons.errors import INDEX, entries, pattern
from tests.lessons.kit import ROOT, text_of
from tests.lessons.test_error_messages import CASES

NOTEBOOKS = ROOT / "notebooks"
PRODUCER = "tests/lessons/test_error_messages.py"
CLASS = re.compile(r"(?:(?P<name>[A-Z]\w+): )?(?:\[[Ee]rrno \d+\] )?(?P<rest>.*)")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
SHORTEST = 11  # A literal of a test that proves a message has at least so many characters.
SHARED = 20  # A cell has so many characters of a message that a test produces whole.


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


def evidence(where, name):
    """All that is known of a place.

    Returns:
        Its texts, and the source around it; None where there is no such place.
    """
    if where.startswith("tests/"):
        source = (ROOT / where).read_text("utf-8") if (ROOT / where).is_file() else ""
        for each in ast.parse(source).body:
            if getattr(each, "name", "") == name:
                nodes = [node for node in ast.walk(each) if isinstance(node, ast.Constant)]
                return [node.value for node in nodes if isinstance(node.value, str)], source
        return None
    if not (path := NOTEBOOKS / f"{where}.ipynb").is_file():
        return None
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    if name.startswith("panel-"):
        panels = [cell for cell in cells if name in cell["metadata"].get("tags", [])]
        return ([text for cell in panels for text in fenced(cell)], "") if panels else None
    for cell in cells:
        if cell["cell_type"] == "code" and cell["id"] == name:
            return [*shown(cell)], "\n".join(text_of(each["source"]) for each in cells)
    return None


def shares(message, line):
    matcher = difflib.SequenceMatcher(None, message, line, autojunk=False)
    return matcher.find_longest_match().size >= SHARED


def fault(message, where, name):
    """What is wrong with a place; nothing if it proves the message.

    A cell may leave out the number of the system's error, which differs between systems, and the
    class of an exception, if the lesson names it, for instance where it catches it. It may show a
    part only of what ``test_error_messages.py`` produces whole.
    """
    found = evidence(where, name)
    if found is None:
        return f"there is no {where}#{name}"
    if where == PRODUCER and message in CASES:
        return ""
    texts, source = found
    if where.startswith("tests/"):
        literals = [re.sub(r"\\(.)", r"\1", text) for text in texts if len(text) >= SHORTEST]
        if any(text in message or re.search(pattern(message), text) for text in literals):
            return ""
        return f"{where}#{name} does not say it"
    everything = "\n".join(texts)
    if re.search(pattern(message), everything):
        return ""
    parts = CLASS.fullmatch(message)
    is_named = not parts["name"] or parts["name"] in source + everything
    if is_named and re.search(pattern(parts["rest"]), everything):
        return ""
    if message in CASES and any(shares(message, line) for line in everything.splitlines()):
        return ""
    return f"{where}#{name} does not say it"


ENTRIES = entries(INDEX)
PLACES = [(message, *each) for message, _, places in ENTRIES for each in places]


@pytest.mark.parametrize(("message", "where", "name"), PLACES)
def test_the_message_is_really_produced(message, where, name):
    assert fault(message, where, name) == ""


def test_the_index_is_whole():
    assert len(ENTRIES) >= 50
    assert len({message for message, _, _ in ENTRIES}) == len(ENTRIES)
    assert [message for message, _, places in ENTRIES if not places] == []
    for code in ("1006", "1008", "1009", "1011", "HTTP 401", "HTTP 403", "426"):
        assert code in INDEX, code


RECV = "ConcurrencyError: cannot call recv while another coroutine is already running"


@pytest.mark.parametrize(
    ("message", "where", "name", "complaint"),
    [
        ("made up", "02_echo", "two-readers", "does not say it"),
        (RECV.replace("Concurrency", "BrokenPipe"), "02_echo", "two-readers", "does not say it"),
        (RECV, "02_echo", "handler-returns", "does not say it"),
        (RECV, "02_echo", "no-such-cell", "there is no"),
        (RECV, "99_none", "two-readers", "there is no"),
        ("not clean", "07_closing", "panel-nobody", "there is no"),
        ("SecurityError", "tests/browser/test_tls.py", "test_none", "there is no"),
        ("SecurityError", "tests/test_none.py", "test_none", "there is no"),
        ("ValueError", "tests/test_files.py", "connections", "does not say it"),
        # What a cell says in its source is no evidence.
        ("await connect", "14_debugging", "refused-403", "does not say it"),
    ],
)
def test_a_made_up_message_is_caught(message, where, name, complaint):
    assert complaint in fault(message, where, name)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("### message\n\nRepair.\n\nShown.", "not a message in backquotes"),
        ("### `message`\n\nRepair.", "not two paragraphs"),
        ("### `message`\n\nRepair.\n\nShown in cell `two-readers`.", "not a place"),
    ],
)
def test_what_is_not_an_entry_is_caught(text, complaint):
    with pytest.raises(AssertionError, match=complaint):
        entries(text)
