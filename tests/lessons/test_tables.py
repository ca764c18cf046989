"""notebooks/README.md: each row names cells and tests that are there, and no row is missing."""

import ast
import json
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = (ROOT / "notebooks/README.md").read_text(encoding="utf-8")
LESSONS = {path.name[:2]: path for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))}

# What a table must speak of: a few words of each row, from the facts that the course began with.
SAID = """
Upgrade and a Connection header|close with 1008|stand in the URL|takes headers|JSON.parse
listener for errors|says who speaks|as long as it likes|same-origin|5, 10, 20, 30 s|`on()`
without a mask
cannot be sent|`isAlive`|answer pings|new connection each time|2 to 14 bytes|rooms pass
is a Blob|look after themselves|socket.io|nothing of masks|255|split them|`bufferedAmount`
the transport|carry more|sticky sessions|a stop button|my framework|nginx just|library's business
"""
SYMPTOMS = """
one member only|several rooms|background of a notebook|never awaited|only one client
outside the handler|several servers at once|receive and send|without asyncio
called websockets.py|CONNECTING
asyncio.run|handler returns|one slow client|1011|another thread|cannot call recv|1005 and 1006
1009|`path`|certificate|mixed content|localhost|other laptop|60 s|403|for ever|already in use|hosted
expires while|does not notice|a timeout|path, query|session cookie|base64
only some clients|rate limit|in pieces|callbacks|already running|Firefox
with pytest|nothing arrives|flaky|mock|load test|Sans-I/O
stop is read|user has left|come twice|the model waits|`EventSource` asks again
no supported WebSocket library|typing error|Channels|push to a WebSocket|`TestClient`
nginx: 426|nginx buffer|real address|graceful shutdown|metrics, Prometheus|two logs
health checks|Errno 24|TLS in front|company's proxy|bind or publish
bytes on the wire|Wireshark|your own server
without a library|my own server right|when a client leaves
"""
SNIPPETS = {
    "The Upgrade Process": 1,
    "Browser API": 1,
    "Basic Server": 2,
    "Chat Room Example": 2,
    "Handling Disconnections": 1,
    "Heartbeats": 2,
    "Message Formats": 2,
    "Security: WSS": 1,
    "Authentication": 2,
    "WebSocket vs HTTP": 2,
    "Live Dashboard": 2,
    "Common Patterns": 3,
    "Debugging Tips": 1,
}


def rows(title, text=TEXT):
    """The rows of the table below a heading, as lists of cells."""
    [section] = [each for each in re.split(r"^## ", text, flags=re.M) if each.startswith(title)]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def named_in(text):
    """What a text names: pairs of a lesson's number and a cell's id, or of a file and a test."""
    found, lesson = [], None
    for number, name in re.findall(r"\b(\d\d): (?=`)|`([^`]+)`", text):
        if number:
            lesson = number
        elif "::" in name:
            found.append(tuple(name.split("::")))
        elif lesson is not None:
            found.append((lesson, name))
    return found


def is_there(where, name):
    """Whether there is such a code cell in a lesson, or such a test in a file."""
    if where in LESSONS:
        cells = json.loads(LESSONS[where].read_text(encoding="utf-8"))["cells"]
        return any(cell["id"] == name and cell["cell_type"] == "code" for cell in cells)
    file = ROOT / where
    if not file.is_file():
        return False
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return any(isinstance(each, ast.FunctionDef) and each.name == name for each in tree.body)


ALL = [
    (title, row)
    for title in ("What is often said", "What learners run into", "The source's snippets")
    for row in rows(title)
]


@pytest.mark.parametrize(("title", "row"), ALL, ids=[row[0][:40] for _, row in ALL])
def test_each_row_names_what_is_there(title, row):
    named = named_in(" ".join(row[2:]))
    assert named, "a row says where it is run"
    assert [each for each in named if not is_there(*each)] == []


def phrases(text):
    return [phrase for line in text.strip().splitlines() for phrase in line.split("|")]


@pytest.mark.parametrize(
    ("title", "wanted"), [("What is often said", SAID), ("What learners run into", SYMPTOMS)]
)
def test_no_row_is_missing(title, wanted):
    there = [row[0] for row in rows(title)]
    assert [each for each in phrases(wanted) if not any(each in row for row in there)] == []
    assert len(there) == len(phrases(wanted))


def test_each_snippet_has_a_row():
    sections = [row[0] for row in rows("The source's snippets")]
    assert {each: sections.count(each) for each in sections} == SNIPPETS


@pytest.mark.parametrize(
    "named",
    [
        "01: `no-such-cell`",
        "99: `first-frame`",
        "`tests/lessons/test_tables.py::test_that_is_not`",
        "`tests/no_such_file.py::test_each_snippet_has_a_row`",
    ],
)
def test_what_is_not_there_is_noticed(named):
    [pair] = named_in(named)
    assert not is_there(*pair)


def test_lessons_and_cells_are_read_in_order():
    text = "01: `a`, `b`, `tests/x.py::test_y`, 02: `c`"
    assert named_in(text) == [("01", "a"), ("01", "b"), ("tests/x.py", "test_y"), ("02", "c")]


GLOSSARY = rows(
    "Glossary", (ROOT / "notebooks/glossary.md").read_text("utf-8").replace("# ", "## ", 1)
)


@pytest.mark.parametrize("row", GLOSSARY, ids=[row[0] for row in GLOSSARY])
def test_a_word_of_the_glossary_is_where_it_says(row):
    word, _, seen = row
    [(number, file, cell)] = re.findall(r"\[(\d\d)\]\((\S+)\): `([^`]+)`", seen)
    assert LESSONS[number].name == file
    assert is_there(number, cell)
    cells = json.loads(LESSONS[number].read_text(encoding="utf-8"))["cells"]
    text = " ".join("".join(cell["source"]) for cell in cells).lower()
    assert all(each in text for each in word.lower().split(", "))


def test_the_glossary_is_in_order():
    words = [row[0].lower() for row in GLOSSARY]
    assert words == sorted(words)
