"""What every lesson has to keep to, and that each of these checks can fail.

A check takes the notebook as the dict in its file, and its name, and gives the faults it finds.
"""

import json
import re

import nbformat
import pytest

from tests.lessons.kit import HEADINGS, LESSONS, ROOT, code, error, good_notebook, text_of
from tools import notebooks as tool

FEWEST_LESSONS = 3
MOST_BYTES = 300_000
MOST_CODE_CELLS = 40  # Deeper sections included
MOST_LINES_IN_A_CELL = 25
MOST_LINES_TO_REMEMBER = 7
MACHINE_PATH = re.compile(
    r"(?<![\w.:/<>-])/(?:home|root|Users|tmp|usr|opt|var|private|work|mnt|srv)/[\w.]"
    r"|\b[A-Za-z]:\\+(?:Users|Windows|Temp|Program)"
)


def code_cells(notebook):
    """Give the code cells, each with its number among them."""
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return list(enumerate(cells, start=1))


def sections(notebook):
    """Give the headings in order, each as (level, title, the text below it)."""
    prose = "\n\n".join(
        text_of(cell["source"]) if cell["cell_type"] == "markdown" else "(code)"
        for cell in notebook["cells"]
    )
    # The two that stand below the title are set in bold: they are no places to jump to.
    prose = re.sub(r"^\*\*(You will|You need)\*\*", r"## \1\n", prose, flags=re.MULTILINE)
    # A "#" inside a fence is a comment in somebody's code.
    prose = re.sub(r"^(```|~~~).*?^\1", "(code)", prose, flags=re.DOTALL | re.MULTILINE)
    pieces = re.split(r"^(#{1,6}) +(.+)$", prose, flags=re.MULTILINE)[1:]
    return [
        (len(pieces[i]), pieces[i + 1].strip(), pieces[i + 2]) for i in range(0, len(pieces), 3)
    ]


def texts_of_outputs(cell):
    """Give every text a code cell has printed or shown; pictures are none."""
    for output in cell["outputs"]:
        for key in ("text", "evalue", "traceback"):
            yield text_of(output.get(key, ""))
        for kind, value in output.get("data", {}).items():
            if not kind.startswith("image/"):
                yield text_of(value)


# ---------------------------------------------------------------------------------------------
# The checks


def executed(notebook, name):
    """Unexecuted cells are not compared by nbval at all: the whole lesson would pass unseen."""
    return [
        f"code cell {number} has the count {cell['execution_count']}: run the notebook anew"
        for number, cell in code_cells(notebook)
        if cell["execution_count"] != number
    ]


def no_stray_errors(notebook, name):
    """An error that is shown on purpose says so."""
    return [
        f"code cell {number} ends with {output['ename']} and is not tagged raises-exception"
        for number, cell in code_cells(notebook)
        for output in cell["outputs"]
        if output["output_type"] == "error"
        and "raises-exception" not in cell["metadata"].get("tags", [])
    ]


def no_machine_path(notebook, name):
    """A path of the author's machine tells the reader nothing, and differs in every run."""
    texts = [text_of(cell["source"]) for cell in notebook["cells"]]
    for _, cell in code_cells(notebook):
        texts += texts_of_outputs(cell)
    found = (MACHINE_PATH.search(text) for text in texts)
    return [f"names a path of one machine: {match[0]}" for match in found if match]


def in_form(notebook, name):
    """A diff of a lesson shows what was written, and nothing that an editor left."""
    text = json.dumps(notebook)
    # Read and written once, since a file may hold a text whole or cut into lines.
    before = tool.dumps(nbformat.reads(text, as_version=4))
    return [] if tool.in_form(text) == before else ["not in form: run `python start.py notebooks`"]


def small_cells(notebook, name):
    """A cell has to be read at a glance, also on a projector."""
    faults = []
    for number, cell in code_cells(notebook):
        lines = text_of(cell["source"]).count("\n") + 1
        if lines > MOST_LINES_IN_A_CELL:
            faults.append(f"code cell {number} has {lines} lines")
    if len(code_cells(notebook)) > MOST_CODE_CELLS:
        faults.append(f"has {len(code_cells(notebook))} code cells")
    return faults


def form_of_a_lesson(notebook, name):
    """Every lesson is built alike, so that the second one is easier to find one's way in."""
    found = sections(notebook)
    faults = []
    if not found or found[0][0] != 1 or not found[0][1].endswith("?"):
        faults.append("does not begin with a title that is a question")
    titles = [title for level, title, _ in found if level > 1]
    asked = [
        heading
        for title in titles
        for heading in HEADINGS
        if title.lower().startswith(heading.lower())
    ]
    if asked != list(HEADINGS):
        faults.append(f"has the headings {asked}, should have {list(HEADINGS)}")
    for _, title, text in found:
        lines = [line for line in text.splitlines() if line.strip()]
        if title.startswith("What to remember") and len(lines) > MOST_LINES_TO_REMEMBER:
            faults.append(f"has {len(lines)} lines to remember")
    return faults


def asyncio_unpatched(notebook, name):
    """nest_asyncio changes a kernel for good: one lesson shows it, in a process of its own."""
    if name == "00_start_here":
        return []
    sources = "\n".join(text_of(cell["source"]) for _, cell in code_cells(notebook))
    found = re.search(r"(import|from) nest_asyncio", sources)
    return ["imports nest_asyncio"] if found else []


def folded_answers(notebook, name):
    """A reader makes a prediction before they see its answer."""
    return [
        f"cell {cell['id']} begins with an answer: fold it in <details><summary>Answer</summary>"
        for cell in notebook["cells"]
        if cell["cell_type"] == "markdown" and re.match(r"\([a-d]\)", text_of(cell["source"]))
    ]


CHECKS = [
    executed,
    no_stray_errors,
    no_machine_path,
    in_form,
    small_cells,
    form_of_a_lesson,
    asyncio_unpatched,
    folded_answers,
]


# ---------------------------------------------------------------------------------------------
# The lessons


def test_the_lessons_are_found():
    assert len(LESSONS) >= FEWEST_LESSONS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_lesson(path, check):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert check(notebook, path.stem) == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_lesson_file(path):
    text = path.read_text(encoding="utf-8")
    assert tool.in_form(text) == text, "run `python start.py notebooks`"
    assert len(text.encode()) <= MOST_BYTES
    assert re.fullmatch(r"\d\d_[a-z0-9_]+", path.stem)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_links_lead_somewhere(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    prose = "".join(
        text_of(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown"
    )
    for link in re.findall(r"\]\(([^)#]+)\)", prose):
        assert "://" in link or (path.parent / link).exists(), link


def missing_rows(readme, names):
    """Give the names of the lessons that no row of the README's table leads to."""
    rows = [line for line in readme.splitlines() if line.startswith("|")]
    return [name for name in names if not any(f"(notebooks/{name}.ipynb)" in row for row in rows)]


def test_readme_has_a_row_for_each_lesson():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = missing_rows(readme, [path.stem for path in LESSONS])
    assert missing == [], "give each lesson a row in the table of README.md"


# ---------------------------------------------------------------------------------------------
# The checks themselves


def put(*path_and_value):
    """Give a function that sets one value deep inside a notebook."""
    *path, last, value = path_and_value

    def change(notebook):
        for key in path:
            notebook = notebook[key]
        notebook[last] = value

    return change


def output_of_first(**output):
    return put("cells", 2, "outputs", [{"name": "stdout", "output_type": "stream"} | output])


PROSE = "## In the browser\n\n## Exercises\n\n"
BROKEN = [
    (executed, put("cells", 2, "execution_count", None)),
    (executed, put("cells", 3, "execution_count", 3)),
    (no_stray_errors, put("cells", 3, "outputs", [error()])),
    (no_machine_path, output_of_first(text=["in /home/me/course\n"])),
    (no_machine_path, put("cells", 3, "source", ["open('/srv/x')"])),
    (no_machine_path, put("cells", 0, "source", ["# Is it in C:\\Users\\reader?"])),
    (no_machine_path, put("cells", 3, "outputs", [error('File "/usr/lib/python3/x.py"')])),
    (in_form, output_of_first(text=["ws://localhost:8765\n"])),
    (in_form, output_of_first(text=["<object at 0x7fb1c0>\n"])),
    (in_form, output_of_first(text=['<div data-port="4711">\n'])),
    (in_form, output_of_first(text=['<div data-token="s3cr3t">\n'])),
    (in_form, put("cells", 2, "metadata", "execution", {"iopub.status.idle": "2026-01-01"})),
    (in_form, put("cells", 3, "id", "0f3a77c2")),
    (in_form, put("metadata", "kernelspec", "name", "my-own")),
    (in_form, put("metadata", "language_info", "version", "3.13.0")),
    (small_cells, put("cells", 3, "source", ["x = 1\n" * 25 + "x"])),
    (
        small_cells,
        put("cells", [code(n + 1, "1", [], f"cell-{n}") for n in range(MOST_CODE_CELLS + 1)]),
    ),
    (form_of_a_lesson, put("cells", 0, "source", ["# Echo"])),
    (form_of_a_lesson, put("cells", 0, "source", ["Is it a title?"])),
    (form_of_a_lesson, put("cells", 1, "source", ["Nothing to learn."])),
    (form_of_a_lesson, put("cells", 4, "source", [PROSE + "## Next\n\n## What to remember"])),
    (form_of_a_lesson, put("cells", 4, "source", [PROSE + "## Next"])),
    (
        form_of_a_lesson,
        put("cells", 4, "source", [PROSE + "## What to remember\n" + "- x\n" * 8 + "## Next"]),
    ),
    (asyncio_unpatched, put("cells", 3, "source", ["import nest_asyncio"])),
    (asyncio_unpatched, put("cells", 3, "source", ["from nest_asyncio import apply"])),
    (folded_answers, put("cells", 1, "source", ["(b). The server refuses."])),
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_good_notebook_passes(check):
    assert check(good_notebook(), "01_good") == []


@pytest.mark.parametrize(
    ("check", "spoil"), BROKEN, ids=[f"{check.__name__}-{n}" for n, (check, _) in enumerate(BROKEN)]
)
def test_a_broken_notebook_is_caught(check, spoil):
    # A copy, since some parts of the good one are shared.
    notebook = json.loads(json.dumps(good_notebook()))
    spoil(notebook)
    assert check(notebook, "01_broken") != []


def test_what_is_allowed_is_let_through():
    notebook = json.loads(json.dumps(good_notebook()))
    notebook["cells"][3]["outputs"] = [error()]
    notebook["cells"][3]["metadata"] = {"tags": ["raises-exception"]}
    assert no_stray_errors(notebook, "01_good") == []
    output_of_first(text=["http://127.0.0.1:<port>/home/page, opcode 0x81, mask 0x37fa213d\n"])(
        notebook
    )
    assert no_machine_path(notebook, "01_good") + in_form(notebook, "01_good") == []
    put("cells", 3, "source", ["import nest_asyncio"])(notebook)
    assert asyncio_unpatched(notebook, "00_start_here") == []


def test_a_missing_row_of_the_readme_is_caught():
    readme = (
        "| lesson |\n|---|\n| [01](notebooks/01_upgrade.ipynb) |\n[02](notebooks/02_echo.ipynb)"
    )
    assert missing_rows(readme, ["01_upgrade", "02_echo"]) == ["02_echo"]
