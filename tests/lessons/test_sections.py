"""Each section works after the first cells alone, and a lesson's core fits into half an hour.

The beginning of a lesson is what stands above its first heading of level 2; a section is what
stands below one. A section whose heading begins with "Deeper" may be skipped by everybody. A lesson
with stages is a project of several evenings: each stage has limits of its own (project.py).
"""

import ast
import builtins
import json
import re

import pytest

from tests.lessons import project
from tests.lessons.kit import (
    LESSONS,
    code,
    codes,
    good_notebook,
    is_a_file,
    markdown,
    python_of,
    sections,
    text_of,
)

MOST_CORE_LINES, MOST_CORE_WORDS = 220, 1250
WORDS_A_MINUTE, LINES_A_MINUTE, MINUTES_AN_EXERCISE = 160, 20, 4
KNOWN = {*dir(builtins), "display", "get_ipython", "__name__"}
LINKS = ("glossary.md", "errors.md", "solutions/{}")


def words(cells):
    texts = [text_of(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    return len(" ".join(texts).split())


def lines(cells):
    """Count the lines of code that are not empty."""
    texts = [text_of(cell["source"]) for cell in codes(cells)]
    return sum(bool(line.strip()) for text in texts for line in text.splitlines())


def minutes(core):
    """Estimate how long some cells take."""
    exercises = sum("wsdemo.check(" in text_of(cell["source"]) for cell in codes(core))
    prose = words(core) / WORDS_A_MINUTE
    return prose + lines(core) / LINES_A_MINUTE + exercises * MINUTES_AN_EXERCISE


def in_fives(number):
    """Round minutes up to the next five."""
    return int(-(-number // 5) * 5)


def core_of(notebook):
    parts = sections(notebook)
    return [cell for title, cells in parts if not title.startswith("Deeper") for cell in cells]


def parsed(cell):
    """Return a cell's Python as a tree; that of a file of its own concerns no other cell."""
    return ast.parse("" if is_a_file(cell) else python_of(cell))


def bound(tree):
    """The names that code gives a value, at any depth."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.partition(".")[0]
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name
        elif isinstance(node, ast.MatchMapping) and node.rest:
            yield node.rest


def used(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id


# ---------------------------------------------------------------------------------------------
# The checks


def imports_first(notebook, name):
    """A reader who skips a section must not miss an import of the next one."""
    (_, beginning), *rest = sections(notebook)
    # An exercise's cell works in a fresh kernel, so it imports what it needs.
    later = [cell for title, cells in rest if title != "Exercises" for cell in codes(cells)]
    late = [
        cell["id"]
        for cell in [*codes(beginning)[1:], *later]
        if any(isinstance(node, ast.Import | ast.ImportFrom) for node in parsed(cell).body)
        and "late-import" not in cell["metadata"].get("tags", [])
    ]
    return [f"cell {each} imports: move it to the first cell" for each in late]


def sections_stand_alone(notebook, name):
    """A teacher may skip any section, and a learner may begin with any."""
    (_, beginning), *rest = sections(notebook)
    first = {each for cell in codes(beginning) for each in bound(parsed(cell))}
    faults = []
    for title, cells in rest:
        there = KNOWN | first
        for cell in codes(cells):
            there |= set(bound(parsed(cell)))
            missing = sorted(set(used(parsed(cell))) - there)
            if missing:
                needs = ", ".join(missing)
                faults.append(f"cell {cell['id']} in {title!r} needs {needs} of another section")
    return faults


def core_is_short(notebook, name):
    """What everybody reads takes half an hour; in a project, each stage has its own limits."""
    core, faults = core_of(notebook), []
    for number, cells in project.stages(notebook):
        core = project.rest(notebook)
        if (count := lines(cells)) > project.MOST_STAGE_LINES:
            faults.append(f"stage {number} has {count} lines of code")
        if (count := words(cells)) > project.MOST_STAGE_WORDS:
            faults.append(f"stage {number} has {count} words")
    if (count := lines(core)) > MOST_CORE_LINES:
        faults.append(f"the core has {count} lines of code: move some below a heading Deeper")
    if (count := words(core)) > MOST_CORE_WORDS:
        faults.append(f"the core has {count} words: move some below a heading Deeper")
    return faults


def minutes_are_honest(notebook, name):
    """The minutes that a lesson names are those that its core takes, to the next five."""
    if stages := project.stages(notebook):
        return stage_minutes_are_honest(stages) + project.plan_faults(notebook)
    told = re.search(r"\*\*(\d+) minutes\*\*", text_of(notebook["cells"][0]["source"]))
    expected = in_fives(minutes(core_of(notebook)))
    if told and int(told[1]) == expected:
        return []
    return [f"the first cell should say **{expected} minutes**"]


def stage_minutes_are_honest(stages):
    """A stage takes the time to read it, and to write what its worked answer adds."""
    faults = []
    for number, cells in stages:
        writing = project.lines_to_write(number) / project.LINES_TO_WRITE_A_MINUTE
        expected = in_fives(minutes(cells) + writing)
        if project.told_minutes(cells) != expected:
            faults.append(f"stage {number} should say **{expected} minutes**")
        if expected > project.MOST_STAGE_MINUTES:
            faults.append(f"stage {number} takes {expected} minutes: move some into another stage")
    return faults


def deeper_is_closed(notebook, name):
    """JupyterLab shows its heading, and a button that opens it."""
    return [
        f"{title!r} is open: run `python start.py notebooks`"
        for title, cells in sections(notebook)
        if title.startswith("Deeper")
        and not cells[0]["metadata"].get("jp-MarkdownHeadingCollapsed")
    ]


def links_help(notebook, name):
    """Whoever reads a lesson finds the glossary, the errors and the worked answers."""
    texts = [text_of(cell["source"]) for cell in notebook["cells"]]
    wanted = [each.format(name) for each in LINKS]
    return [f"has no link to {each}" for each in wanted if f"]({each}" not in "".join(texts)]


CHECKS = [
    imports_first,
    sections_stand_alone,
    core_is_short,
    minutes_are_honest,
    deeper_is_closed,
    links_help,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_can_be_read_in_parts(path, check):
    assert check(json.loads(path.read_text(encoding="utf-8")), path.stem) == []


# ---------------------------------------------------------------------------------------------
# That each check can fail


def lesson(*cells, minutes=5):
    notebook = good_notebook()
    links = "[terms](glossary.md) [errors](errors.md#x) [answers](solutions/02_echo.py)"
    first = markdown(f"# What?\n\n**{minutes} minutes** {links}", "title")
    notebook["cells"] = [first, code(1, "import time\na = 1", [], "imports"), *cells]
    return notebook


def section(title, *sources, **metadata):
    heading = markdown(f"## {title}", title.lower().replace(" ", "-"))
    heading["metadata"] = metadata
    name = heading["id"]
    return [heading, *(code(2, each, [], f"{name}-{i}") for i, each in enumerate(sources))]


RIGHT = lesson(
    *section("One", "b = a", "def f(x):\n    return [y for y in range(x)] + [b, time]"),
    *section("Two", "b = 2\nprint(b)", "%%pytest -q\nimport json\n\nprint(json, elsewhere)"),
    *section("Three", "%load_ext wsdemo.pytest_cell\nprint(a)"),
    *section("Deeper more", "a\n" * 400, **{"jp-MarkdownHeadingCollapsed": True}),
)
LONG = " ".join(["word"] * 1300)
CHECKED = 'wsdemo.check("21.2", "server.py")\n'
STAGE = lesson(*section("Stage 2", CHECKED))
PLANNED = lesson(
    markdown("| 1 | 2 to 3 | much | 80 |", "plan"), *section("Stage 2\n\n**5 minutes**", CHECKED)
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_good_lesson_passes(check):
    assert check(RIGHT, "02_echo") == []


@pytest.mark.parametrize(
    ("check", "notebook", "fault"),
    [
        (imports_first, lesson(*section("One", "import json")), "cell one-0 imports"),
        (imports_first, lesson(code(2, "import json", [], "more")), "cell more imports"),
        (
            sections_stand_alone,
            lesson(*section("One", "b = 1"), *section("Two", "def f():\n    return b + a")),
            "cell two-0 in 'Two' needs b of another section",
        ),
        (core_is_short, lesson(*section("One", "a\n" * 221)), "the core has 223 lines of code"),
        (core_is_short, lesson(markdown(LONG, "prose")), "words: move some below"),
        (minutes_are_honest, lesson(markdown(LONG, "prose")), r"\*\*10 minutes"),
        (core_is_short, lesson(*section("Stage 2", "a\n" * 31)), "stage 2 has 31 lines of code"),
        (core_is_short, lesson(*section(f"Stage 2 {LONG[:800]}")), "stage 2 has 1.. words"),
        (core_is_short, lesson(*section("Stage 2"), *section(LONG)), "the core has 1... words"),
        (minutes_are_honest, STAGE, r"stage 2 should say \*\*10 minutes"),
        (
            minutes_are_honest,
            lesson(*section(f"Stage 11 {LONG[:800]}", CHECKED)),
            "takes 25 minutes: move",
        ),
        (minutes_are_honest, STAGE, r"evenings should have the stages \[2\]"),
        (minutes_are_honest, STAGE, r"first cell should say \*\*0 hours"),
        (minutes_are_honest, PLANNED, "the stages 2 to 3 takes 5 minutes"),
        (minutes_are_honest, PLANNED, "the stages 2 to 3 is too long"),
        (minutes_are_honest, PLANNED, r"first cell should say \*\*½ hours"),
        (deeper_is_closed, lesson(*section("Deeper")), "'Deeper' is open"),
        (links_help, good_notebook(), "has no link to glossary.md"),
    ],
)
def test_a_fault_is_found(check, notebook, fault):
    found = check(notebook, "02_echo")
    assert re.search(fault, "\n".join(found)), found
