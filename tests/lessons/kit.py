"""What the tests of lessons share."""

import re
from pathlib import Path

from tools import notebooks as tool

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
HEADINGS = ("You will", "You need", "In the browser", "Exercises", "What to remember", "Next")


def text_of(value):
    """Join a text that a notebook's file may hold as a list of lines."""
    return "".join(value) if isinstance(value, list) else str(value)


def markdown(source, name):
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": [source]}


def code(count, source, outputs, name):
    return {
        "cell_type": "code",
        "execution_count": count,
        "id": name,
        "metadata": {},
        "outputs": outputs,
        "source": [source],
    }


def slide(source, name):
    return markdown(source, name) | {"metadata": {"slideshow": {"slide_type": "slide"}}}


def good_notebook():
    """Give a small lesson without a fault."""
    output = {"name": "stdout", "output_type": "stream", "text": ["ws://127.0.0.1:<port>\n"]}
    prose = "\n\n".join(f"## {heading}\n\nSome words." for heading in HEADINGS[2:])
    return {
        "cells": [
            slide("# What is it?", "title"),
            markdown("**You will** see.\n\n```sh\n# no heading\n```\n\n**You need** eyes.", "aims"),
            code(1, "print(server.url)", [output], "first-print"),
            code(2, "'two'", [], "cell-04"),
            slide(prose, "rest"),
        ],
        "metadata": {"kernelspec": tool.KERNEL, "language_info": tool.LANGUAGE},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def error(traceback="Traceback"):
    return {
        "ename": "ValueError",
        "evalue": "on purpose",
        "output_type": "error",
        "traceback": [traceback],
    }


def sections(notebook):
    """Cut a lesson into the beginning and its sections: pairs of a heading and cells."""
    found = [("the beginning", [])]
    for cell in notebook["cells"]:
        heading = re.match(r"## (.+)", text_of(cell["source"]))
        if cell["cell_type"] == "markdown" and heading:
            found.append((heading[1], []))
        found[-1][1].append(cell)
    return found


def python_of(cell):
    """Return a cell's Python, without the magics of IPython."""
    lines = text_of(cell["source"]).splitlines()
    return "\n".join(line for line in lines if not line.startswith("%"))


def is_a_file(cell):
    """Whether a cell is saved as a file of its own: a magic such as ``%%pytest`` says so."""
    return text_of(cell["source"]).startswith("%%")


def codes(cells):
    return [cell for cell in cells if cell["cell_type"] == "code"]
