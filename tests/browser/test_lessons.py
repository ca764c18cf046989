"""Every lesson in the real JupyterLab, Run All queued at once: outputs, panels, consoles.

A markdown cell tagged ``panel-NAME`` shows, in its fenced block, what the panel NAME shows then.
"""

import configparser
import difflib
import pathlib
import re
import shutil

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests.browser.lab import PANELS_DONE, expect_transcript, opened, run_all
from tools.needs import lacking
from wsdemo.browser.panels import Browser, javascript

ROOT = pathlib.Path(__file__).resolve().parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
AT_EACH_CHANGE = ("00_start_here", "03_chat", "05_auth")
"""Lessons that are opened here at each change; nbval runs the cells of all of them then, and
test_relay opens the panels of some more."""
NOT_COMPARED = re.compile(r"image/(png|jpeg)|application/vnd\.jupyter\.widget-view\+json")

STOPPED = '● close 1001 "" clean'
"""What a client that is still connected sees when the lesson's last cell stops its server."""

CODE = """\
import wsdemo

async def welcome(connection):
    await connection.send("Welcome!")
    async for message in connection:
        await connection.send(f"You said: {message}")
        await connection.close(1000, "bye")

server = wsdemo.serve(welcome)
print("hello")
ana = wsdemo.Browser(server.url, "ana")
ana"""
COMMANDS = """\
ana.send("Hello")
raise ValueError("on purpose")"""
SCRIPT = "console.log('Hello from JavaScript', JSON.stringify({timestamp: Date.now()}))"
SAID = 'Hello from JavaScript {"timestamp":<now>}'


def fixture():
    """A notebook as a lesson is: executed, saved, with every kind of claim that is checked."""
    first = [
        new_output("stream", name="stdout", text="hello\n"),
        new_output("execute_result", Browser("", "ana")._repr_mimebundle_(), execution_count=1),
    ]
    second = [new_output("error", ename="ValueError", evalue="on purpose", traceback=[])]
    third = [
        new_output(
            "execute_result", javascript("", name="js")._repr_mimebundle_(), execution_count=3
        )
    ]
    story = '● open\n↓ Welcome!\n↑ Hello\n↓ You said: Hello\n● close 1000 "bye" clean'
    cells = [
        new_code_cell(CODE, outputs=first),
        new_code_cell(COMMANDS, outputs=second, metadata={"tags": ["raises-exception"]}),
        new_code_cell(f'wsdemo.javascript("{SCRIPT}", name="js")', outputs=third),
        new_markdown_cell("It shows:\n" + "\n" * 60, metadata={}),
        new_markdown_cell(f"```text\n{story}\n```", metadata={"tags": ["panel-ana"]}),
        new_markdown_cell(f"```\n{SAID}\n```", metadata={"tags": ["panel-js"]}),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


# Comparing outputs, by nbval's rules


def rules():
    """What nbval replaces before it compares: pairs of pattern and replacement."""
    found = [(r'data-port="\d*"', 'data-port="0"'), (r'data-token="[^"]*"', 'data-token=""')]
    config = configparser.RawConfigParser()
    config.read(ROOT / "tests/sanitize.cfg", encoding="utf-8")
    return found + [(config[name]["regex"], config[name]["replace"]) for name in config.sections()]


def told(cell):
    """What a cell's outputs say: (kind, text) pairs, the streams first.

    Which of two streams comes first depends on when the kernel empties their buffers.
    """
    streams, texts = {"stdout": "", "stderr": ""}, {}
    for output in cell.get("outputs", []):
        if output["output_type"] == "stream":
            streams[output["name"]] += joined(output["text"])
        elif output["output_type"] == "error":
            texts[f"error {len(texts)}"] = f"{output['ename']}: {output['evalue']}"
        else:
            for kind, data in sorted(output["data"].items()):
                if not NOT_COMPARED.fullmatch(kind):
                    texts[f"{kind} {len(texts)}"] = joined(data)
    return [(kind, sanitised(text)) for kind, text in (streams | texts).items() if text]


def joined(text):
    return "".join(text) if isinstance(text, list) else str(text)


def sanitised(text):
    for pattern, replacement in rules():
        text = re.sub(pattern, replacement, text)
    return text


def differences(saved, now):
    """The code cells that differ, as (source, what was saved, what is there now)."""
    pairs = zip(saved, now, strict=True)
    return [
        (joined(before["source"]), told(before), told(after))
        for before, after in pairs
        if before["cell_type"] == "code" and told(before) != told(after)
    ]


def readable(difference):
    source, before, after = difference
    texts = [
        [f"[{kind}] {line}" for kind, text in each for line in text.splitlines()]
        for each in (before, after)
    ]
    diff = difflib.unified_diff(*texts, "saved", "in JupyterLab", lineterm="", n=1)
    return "\n".join([source, *diff])


def surprises(cells):
    """The errors in cells that are not marked for one."""
    return [
        told(cell)
        for cell in cells
        if "raises-exception" not in cell["metadata"].get("tags", [])
        and any(output["output_type"] == "error" for output in cell.get("outputs", []))
    ]


def consoles(cells, prefix="panel-"):
    """What panels are to show: name to lines, from the cells tagged ``panel-NAME``."""
    found = {}
    for cell in cells:
        for tag in cell["metadata"].get("tags", []):
            if tag.startswith(prefix):
                block = re.search(r"```\w*\n(.*?)\n?```", joined(cell["source"]), re.DOTALL)
                assert block, f"the cell tagged {tag} has no fenced block"
                found[tag.removeprefix(prefix)] = block[1].split("\n")
    return found


def check(page, server, name, timeout=30):
    """Run a notebook of the server's and hold it to what it says."""
    saved = nbformat.read(server.root / name, as_version=4).cells
    with opened(page, name):
        now = run_all(page)
        page.wait_for_function(PANELS_DONE, timeout=15_000)
        for panel, lines in consoles(saved).items():
            expect_transcript(page, panel, lines, timeout, or_also=STOPPED)
        found = differences(saved, now)
        assert not found, "\n\n".join(map(readable, found))
        assert surprises(now) == []


@pytest.fixture(scope="module")
def lessons(jupyterlab):
    """A JupyterLab with the lessons."""
    shutil.copytree(ROOT / "notebooks", jupyterlab.root / "notebooks")
    return jupyterlab


@pytest.mark.browser
@pytest.mark.parametrize(
    "lesson",
    [
        pytest.param(
            each.name, id=each.stem, marks=[] if each.stem in AT_EACH_CHANGE else pytest.mark.weekly
        )
        for each in LESSONS
    ],
)
def test_a_lesson_holds_in_jupyterlab(lessons, page, lesson):
    if what := lacking(lesson):
        pytest.skip(what)
    check(page, lessons, f"notebooks/{lesson}")


@pytest.mark.browser
def test_the_check_holds_for_a_notebook_that_is_right(lessons, page):
    nbformat.write(fixture(), lessons.root / "right.ipynb")
    check(page, lessons, "right.ipynb")


@pytest.mark.browser
def test_the_check_finds_a_console_that_differs(lessons, page):
    wrong = fixture()
    wrong.cells[-2].source = "```\n● open\n```"
    nbformat.write(wrong, lessons.root / "wrong.ipynb")
    with pytest.raises(AssertionError, match="You said: Hello"):
        check(page, lessons, "wrong.ipynb", timeout=1)


def test_outputs_that_differ_are_found():
    saved = fixture().cells
    assert differences(saved, fixture().cells) == []
    for change in (
        {"text": "hullo\n"},
        {"name": "stderr"},
    ):
        now = fixture().cells
        now[0].outputs[0].update(change)
        assert [source for source, *_ in differences(saved, now)] == [CODE]
    now = fixture().cells
    now[0].outputs.append(new_output("stream", name="stderr", text="warning"))
    now[1].outputs[0].evalue = "another"
    now[2].outputs[0].data["text/html"] += "."
    assert len(differences(saved, now)) == 3


def test_images_and_split_streams_are_not_compared():
    saved, now = fixture().cells, fixture().cells
    now[0].outputs[0].text = "hel"
    now[0].outputs.insert(1, new_output("stream", name="stdout", text="lo\n"))
    now[0].outputs[-1].data["image/png"] = "…"
    assert differences(saved, now) == []


def test_the_order_of_two_streams_is_not_compared():
    saved, now = fixture().cells, fixture().cells
    for cells, names in ((saved, ("stdout", "stderr")), (now, ("stderr", "stdout"))):
        cells[0].outputs = [new_output("stream", name=name, text=name) for name in names]
    assert differences(saved, now) == []
    now[0].outputs[0].text = "another"
    assert len(differences(saved, now)) == 1


def test_an_error_in_a_cell_not_marked_for_one_is_found():
    cells = fixture().cells
    assert surprises(cells) == []
    cells[1].metadata.tags = []
    assert surprises(cells) == [[("error 0", "ValueError: on purpose")]]
