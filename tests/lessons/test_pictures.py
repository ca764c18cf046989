"""Each picture of a lesson has a text alternative that a screen reader finds.

The frontends show ``image/png`` and its like without one: ``draw.show(axes, "what it shows")``.
"""

import json
import re
from html.parser import HTMLParser

import pytest

from tests.lessons.kit import LESSONS, code, good_notebook, markdown, text_of

FEWEST_WORDS = 5
FENCE = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`[^`]*`")


class Alternatives(HTMLParser):
    """The text alternatives of the images in a piece of HTML."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.found.append(dict(attrs).get("alt") or "")


def alternatives(cell):
    """The text alternatives of all pictures in a cell; an empty one where there is none."""
    if cell["cell_type"] == "markdown":
        text = CODE.sub("", FENCE.sub("", text_of(cell["source"])))
        yield from Alternatives(text).found
        yield from re.findall(r"!\[(.*?)\]\(", text, re.DOTALL)
    for output in cell.get("outputs", []):
        for kind, value in output.get("data", {}).items():
            if kind.startswith("image/"):
                yield ""
            elif kind == "text/html":
                yield from Alternatives(text_of(value)).found


def wordless(notebook):
    """The cells with a picture that is not told in words."""
    return [
        f"cell {cell['id']}: a picture needs words, as in draw.show(axes, 'what it shows')"
        for cell in notebook["cells"]
        if any(len(text.split()) < FEWEST_WORDS for text in alternatives(cell))
    ]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_each_picture_is_told_in_words(path):
    assert wordless(json.loads(path.read_text(encoding="utf-8"))) == []


def test_plots_are_found():
    lessons = [json.loads(path.read_text(encoding="utf-8")) for path in LESSONS]
    cells = [cell for lesson in lessons for cell in lesson["cells"]]
    plots = [
        cell
        for cell in cells
        if cell["cell_type"] == "code" and "draw.show(" in text_of(cell["source"])
    ]
    assert len(plots) > 20
    assert all(any(alternatives(cell)) for cell in plots)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_matplotlib_has_time_before_the_first_plot(path):
    """It is imported while the reader reads, so ``draw`` is not imported only by what draws."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = [text_of(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    plots = [number for number, source in enumerate(sources) if "draw.axes(" in source]
    imports = [number for number, source in enumerate(sources) if "import draw" in source]
    assert not plots or imports[0] < plots[0], "import draw in an earlier cell"


def shown(**data):
    return code(1, "show()", [{"output_type": "display_data", "data": data, "metadata": {}}], "x")


PNG = '<img src="data:image/png;base64,iVBORw0KGgo="'
WORDS = "It rises from one to two."


@pytest.mark.parametrize(
    "cell",
    [
        shown(**{"image/png": "iVBORw0KGgo=", "text/plain": "<Figure size 700x200 with 1 Axes>"}),
        shown(**{"image/svg+xml": "<svg/>"}),
        shown(**{"text/html": f"{PNG}>"}),
        shown(**{"text/html": [f'{PNG} alt="', ' ">']}),
        shown(**{"text/html": f'{PNG} alt="a plot">'}),
        markdown("Look:\n\n![](images/pong.png)", "x"),
        markdown(f"Look: {PNG}>", "x"),
    ],
    ids=["plt.show()", "svg", "no alt", "blank", "two words", "markdown", "in a text"],
)
def test_a_picture_without_words_is_caught(cell):
    notebook = good_notebook()
    notebook["cells"].append(cell)
    [fault] = wordless(notebook)
    assert "cell x" in fault


@pytest.mark.parametrize(
    "cell",
    [
        shown(**{"text/html": f'{PNG} alt="{WORDS}">', "text/plain": WORDS}),
        markdown(f"![{WORDS}](images/pong.png)", "x"),
        markdown("Eve writes:\n\n```text\n<img src=x>\n```\n\nand `<img>`, too.", "x"),
    ],
    ids=["draw.show", "markdown", "code"],
)
def test_a_picture_with_words_is_let_through(cell):
    notebook = good_notebook()
    notebook["cells"].append(cell)
    assert wordless(notebook) == []
