"""tools/slides.py: which cells share a slide."""

import base64
import pathlib

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from tools import slides

NOTEBOOKS = pathlib.Path(__file__).parents[2] / "notebooks"
LESSONS = sorted(NOTEBOOKS.glob("0[0-6]_*.ipynb"))
QUESTION = "> **Predict.** What comes? (a) one, (b) two"
ANSWER = "<details><summary>Answer</summary>\n\n(b)\n\n</details>"


def text(source, *tags):
    return new_markdown_cell(source, metadata={"tags": list(tags)})


def code(lines=1, **output):
    outputs = [new_output("stream", **output)] if output else []
    return new_code_cell("\n".join(["pass"] * lines), outputs=outputs)


def html(source):
    return new_code_cell("it", outputs=[new_output("display_data", {"text/html": source})])


@pytest.mark.parametrize(
    ("cell", "place"),
    [
        (text("# 01 · Why?"), "slide"),
        (text("## What is it?"), "slide"),
        (text("### A part of it"), "subslide"),
        (text(QUESTION), "subslide"),
        (text(f"### A part of it\n\n{QUESTION}"), "subslide"),
        (text(ANSWER), "fragment"),
        (text(ANSWER.replace("Answer", "Answer: Bob's console"), "panel-bob"), "fragment"),
        (text("<details><summary>Hint</summary>"), "skip"),
        (text("It shows:", "panel-ana"), "skip"),
        (text("Some words."), None),
        (text("#hashtag"), None),
        (code(5), None),
        (code(30), "subslide"),
    ],
)
def test_the_place_of_a_cell(cell, place):
    assert slides.places([text("# First"), text("Words."), cell]) == ["slide", None, place]


def test_what_follows_a_question_begins_the_next_slide():
    cells = [text("# First"), text(QUESTION), text("<details>", "panel-x"), code(), text(ANSWER)]
    assert slides.places(cells) == ["slide", "subslide", "skip", "subslide", "fragment"]
    cells = [text("# First"), text(f"## Second\n\n{QUESTION}"), text(ANSWER)]
    assert slides.places(cells) == ["slide", "slide", "subslide"]


def test_an_answer_that_does_not_fit_below_its_code_gets_a_slide():
    cells = [text("# First"), text(QUESTION), code(26), text(ANSWER), code()]
    assert slides.places(cells) == ["slide", "subslide", "subslide", "subslide", None]


def test_a_text_goes_with_the_code_that_it_introduces():
    first, words = text("# First"), text("Now look at this:")
    assert slides.places([first, code(15), words, code(3)]) == ["slide", None, None, None]
    assert slides.places([first, code(15), words, code(10)]) == ["slide", None, "subslide", None]
    # No slide has room for both.
    assert slides.places([first, code(15), words, code(28)]) == ["slide", None, None, "subslide"]
    assert slides.places([first, words, words, code(28)]) == ["slide", None, None, "subslide"]


def test_the_first_cell_that_is_shown_begins_a_slide():
    assert slides.places([text("<details>Hint"), code()]) == ["skip", "slide"]
    assert slides.places([]) == []


def test_what_a_cell_prints_and_shows_counts():
    assert slides.height(code(name="stdout", text="x\n" * 9)) > slides.height(code(9)) > 200
    assert slides.height(code(name="stdout", text="x" * 300)) > slides.height(code(2))
    panel = '<div class="wsdemo" data-port="0" data-name="ana" data-height="260">'
    assert slides.height(html(panel)) == slides.height(html(panel * 2)) > 300
    svg = base64.b64encode(b'<svg width="9" height="400">').decode()
    assert 500 < slides.height(html(f'<img src="data:image/svg+xml;base64,{svg}">')) < 600
    png = base64.b64encode(bytes(20) + (400).to_bytes(4) + bytes(9)).decode()
    assert 500 < slides.height(html(f'<img src="data:image/png;base64,{png}">')) < 600
    box = f'<div style="max-height:300px;overflow:auto">{"<p>a row</p>" * 99}</div>'
    assert 360 < slides.height(html(box)) < 450
    verdict = '<div role="status">not yet<dl><dt>input</dt><dd>1</dd></dl></div>'
    assert slides.height(html(verdict)) > slides.height(code(2))
    failed = new_output("error", ename="E", evalue="", traceback=["a\nb", "\x1b[31mc\x1b[0m"])
    assert slides.height(new_code_cell("1", outputs=[failed])) > slides.height(code(3))


def test_a_panel_grows_with_its_transcript():
    panel = html('<div class="wsdemo" data-port="0" data-name="js" data-height="">')
    told = text("It shows:\n\n```text\n" + "a line\n" * 8 + "```", "panel-js")
    assert slides.height(panel, [panel, told]) > slides.height(panel, [panel]) + 80


def test_a_text_is_as_high_as_its_lines():
    line, words = slides.height(text("Words.")), "Many words in a row. "
    assert slides.height(text(words * 12)) > line * 2
    assert slides.height(text("- one\n- two\n- three")) > line * 2
    assert slides.height(text("**You will**\n- one\n- two")) > line * 2
    assert slides.height(text("| a | b |\n| --- | --- |\n| 1 | 2 |")) > line * 1.5
    assert slides.height(text("Words:\n\n```\none\n\ntwo\n```")) > line * 3
    assert slides.height(text("[words](a/very/long/address" + "/again" * 40 + ")")) == line


def answer_comes_after(cells, question):
    """Count the slides from a question to its answer: 1 for the next slide."""
    steps = 0
    for cell, place in list(zip(cells, slides.places(cells), strict=True))[question + 1 :]:
        steps += place in ("slide", "subslide")
        if slides.ANSWER.match(cell.source):
            return steps
    raise AssertionError(f"no answer to {cells[question].source}")


def test_the_distance_of_an_answer():
    near = [text("# First"), text(QUESTION), code(), text(ANSWER)]
    far = [text("# First"), text(QUESTION), code(26), code(), text(ANSWER)]
    assert (answer_comes_after(near, 1), answer_comes_after(far, 1)) == (1, 2)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_the_answer_is_on_the_slide_after_its_question(lesson):
    """Where it is not: move what the question is about, which prints nothing, before it."""
    cells = nbformat.read(lesson, 4).cells
    asked = [index for index, cell in enumerate(cells) if slides.QUESTION in cell.source]
    late = {cells[each].id: answer_comes_after(cells, each) for each in asked}
    assert {name: steps for name, steps in late.items() if steps != 1} == {}
