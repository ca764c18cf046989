"""Which cells of a lesson share a slide, so that each slide fits on one screen.

jupyterlab-rise shows them with notebooks/rise.css; what is computed here has that file's sizes, on
a screen of 1280 by 720 pixels. `python -m tests.browser.slides` measures what a browser shows.
"""

import base64
import html
import itertools
import math
import re
from collections.abc import Iterable, Sequence

from nbformat import NotebookNode

__all__ = ["SCREEN", "height", "places"]

SCREEN = 704
"""Pixels for the cells of a slide; the rest is its margin and the bar that shows the progress."""

CODE_LINE, CODE_FRAME = 23.4, 18
OUTPUT_LINE, STREAM_FRAME, RESULT_FRAME, SHOWN_FRAME = 21.6, 7, 19, 8
OUTPUT_COLUMNS = 104
TEXT_LINE, TEXT_GAP, TEXT_FRAME = 29.2, 11.6, 8
TEXT_COLUMNS = 100
# The letters of a heading and of a question are larger: fewer fit on a line, which is higher.
HEADINGS = {"# ": (51, 24, 46), "## ": (42, 25, 58), "### ": (35, 20, 70)}
QUESTION_LINE, QUESTION_FRAME, QUESTION_COLUMNS = 42, 32, 64
ROW, ROW_LINE = 10, 25
VERDICT, ROW_OF_VERDICT = 68, 36
ZOOM, PICTURE = 1.2, 502
PANEL_LINE, PANEL_FRAME = 22, 38

QUESTION = "> **Predict"
ANSWER = re.compile(r"<details><summary>Answer\b")


def places(cells: Sequence[NotebookNode]) -> list[str | None]:
    """Compute the slide type of each cell of a notebook.

    A question is alone on its slide, and what answers it begins the next one. In a section, a
    slide ends where the next cell with code, and the text before it, would not fit.

    Args:
        cells: the cells.

    Returns:
        For each cell ``"slide"``, ``"subslide"``, ``"fragment"`` (an answer, which appears below
        its code), ``"skip"`` (a hint, or the transcript of something live), or ``None`` for a cell
        that follows the one before it.
    """
    found: list[str | None] = ["skip" if _is_left_out(cell) else None for cell in cells]
    shown = [index for index, place in enumerate(found) if place is None]
    room, asked = 0.0, False
    for unit in _units(shown, cells):
        for last, index in enumerate(unit):
            cell, rest = cells[index], unit[last:]
            needed = height(cell, cells)
            together = sum(height(cells[each], cells) for each in rest)
            begins = _begins(cell)
            # A text goes with its code if a slide has room for both.
            fits = room >= (together if together <= SCREEN else needed)
            if begins == "slide" or index == shown[0]:
                found[index] = "slide"
            elif begins or asked or not fits:
                found[index] = "subslide"
            elif ANSWER.match(cell.source):
                found[index] = "fragment"
            room = (SCREEN if found[index] in ("slide", "subslide") else room) - needed
            asked = QUESTION in cell.source
    return found


def _is_left_out(cell: NotebookNode) -> bool:
    """Whether a cell is a hint, or shows what something live shows; an answer is neither."""
    if cell.cell_type != "markdown" or ANSWER.match(cell.source):
        return False
    tags = cell.metadata.get("tags", [])
    return cell.source.startswith("<details") or any(tag.startswith("panel-") for tag in tags)


def _begins(cell: NotebookNode) -> str | None:
    """Return what begins with a cell, whatever stands before it."""
    if cell.cell_type != "markdown":
        return None
    if re.match(r"##? ", cell.source):
        return "slide"
    return "subslide" if cell.source.startswith(("### ", QUESTION)) else None


def _units(shown: Iterable[int], cells: Sequence[NotebookNode]) -> list[list[int]]:
    """Group cells: texts with the code that they introduce, and an answer by itself."""
    units: list[list[int]] = []
    complete = True
    for index in shown:
        cell = cells[index]
        alone = bool(ANSWER.match(cell.source)) or QUESTION in cell.source
        if complete or alone or _begins(cell):
            units.append([])
        units[-1].append(index)
        complete = alone or cell.cell_type == "code"
    return units


# How high a cell is


def height(cell: NotebookNode, cells: Sequence[NotebookNode] = ()) -> float:
    """Estimate the height of a cell on a slide, in pixels, with its output.

    Args:
        cell: the cell.
        cells: those of its notebook; the transcripts among them tell how much a panel shows.
    """
    if cell.cell_type == "code":
        lines: int = cell.source.count("\n") + 1
        outputs = sum(_output(output, cells) for output in cell.outputs)
        return lines * CODE_LINE + CODE_FRAME + outputs
    text: str = re.sub(r"</?(details|summary)>", "", cell.source.replace("</summary>", "\n\n"))
    blocks = re.findall(r"```.*?^```|(?:(?!```)[^\n]+\n?)+", text, re.DOTALL | re.MULTILINE)
    return sum(map(_block, blocks)) + max(len(blocks) - 1, 0) * TEXT_GAP + TEXT_FRAME


def _block(block: str) -> float:
    """Estimate the height of a paragraph, a list, a table, a heading or a piece of code."""
    lines = block.strip("\n").splitlines()
    if block.startswith("```"):
        return max(len(lines) - 2, 1) * CODE_LINE
    for mark, (line_height, gap_below, columns) in HEADINGS.items():
        if block.startswith(mark):
            return _lines(lines[0].removeprefix(mark), columns) * line_height + gap_below - TEXT_GAP
    if block.startswith(QUESTION):
        text = " ".join(line.lstrip("> ") for line in lines)
        return _lines(text, QUESTION_COLUMNS) * QUESTION_LINE + QUESTION_FRAME
    if block.startswith("|"):
        rows = [line for line in lines if not re.fullmatch(r"[|: -]+", line)]
        return sum(ROW + ROW_LINE * max(1, _lines(row, 110)) for row in rows)
    items = [line for line in lines if re.match(r"([-*]|\d+\.) ", line)]
    text = " ".join(line for line in lines if line not in items)
    listed = sum(_lines(line, TEXT_COLUMNS - 3) for line in items) * TEXT_LINE
    gap = TEXT_GAP if items and text else 0
    return listed + gap + (_lines(text, TEXT_COLUMNS) * TEXT_LINE if text else 0)


def _lines(text: str, columns: int) -> int:
    """Return how many lines a text takes; code in it is wider than words."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("**", "")
    code = sum(len(found) for found in re.findall(r"`[^`]+`", text))
    return max(1, math.ceil((len(text) + 0.25 * code) / columns))


def _output(output: NotebookNode, cells: Sequence[NotebookNode]) -> float:
    """Estimate the height of one output of a cell."""
    if output.output_type == "stream":
        return _printed(output.text) + STREAM_FRAME
    if output.output_type == "error":
        return _printed("\n".join(output.traceback)) + RESULT_FRAME
    shown: str = output.data.get("text/html", "")
    if not shown:
        return _printed(output.data.get("text/plain", "")) + RESULT_FRAME
    if 'class="wsdemo"' in shown:
        panels = re.findall(r'data-name="([^"]*)" data-height="(\d*)"', shown)
        heights = [
            int(given) if given else _grown(html.unescape(name), cells) for name, given in panels
        ]
        return ZOOM * max(heights, default=0) + SHOWN_FRAME
    if picture := re.search(r"data:image/(png|svg\+xml);base64,([^\"']+)", shown):
        return min(ZOOM * _pixels(*picture.groups()), PICTURE) + SHOWN_FRAME
    if box := re.search(r"max-height:(\d+)px;overflow:auto", shown):  # what is longer scrolls
        return ZOOM * int(box[1]) + SHOWN_FRAME
    rows = shown.count("<dt") + shown.count("<p") + shown.count("<tr") + shown.count("<li")
    plain = _printed(output.data.get("text/plain", "")) + RESULT_FRAME
    return max(plain, rows * ROW_OF_VERDICT + VERDICT)


def _printed(text: str) -> float:
    """Estimate the height of lines that a program printed."""
    text = re.sub(r"\x1b\[[\d;]*m", "", text).removesuffix("\n")
    lines = sum(max(1, math.ceil(len(line) / OUTPUT_COLUMNS)) for line in text.split("\n"))
    return lines * OUTPUT_LINE


def _grown(name: str, cells: Sequence[NotebookNode]) -> int:
    """Estimate the height of a panel that grows with its lines: those of its transcript.

    What a page draws above its console is in no transcript, and not in this estimate.
    """
    told = [cell.source for cell in cells if f"panel-{name}" in cell.metadata.get("tags", [])]
    blocks = itertools.chain.from_iterable(
        re.findall(r"```\w*\n(.*?)```", each, re.DOTALL) for each in told
    )
    lines = sum(math.ceil(len(line) / 100) for block in blocks for line in block.splitlines())
    return max(60, lines * PANEL_LINE + PANEL_FRAME)


def _pixels(kind: str, encoded: str) -> int:
    """Return the height of a picture."""
    data = base64.b64decode(encoded)
    if kind == "png":
        return int.from_bytes(data[20:24])
    found = re.search(rb'height="(\d+)"', data)
    return int(found[1]) if found else 0
