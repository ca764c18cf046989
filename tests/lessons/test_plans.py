"""Each row of a plan in TEACHING.md can be taught: its lesson runs without the sections it skips.

A row names sections by the first half of their headings, in italics. What goes deeper is left out
in every plan.
"""

import copy
import re
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tests.lessons.kit import ROOT, sections
from tests.lessons.test_teaching import PLANS, rows
from tools.needs import lacking
from tools.warm_kernels import warm_kernels

SECONDS_A_CELL = 60
DAILY = next(iter(PLANS))
"""The shortest plan, which skips the most; the rows of the others run each week."""


def parts(*plans):
    """The rows of plans: pairs of a lesson's file name and the sections that are skipped."""
    found = set()
    for plan in plans:
        for _, lesson, _, skip in rows(plan):
            if link := re.search(r"\(notebooks/(\S+)\)", lesson):
                found.add((link[1], tuple(re.findall(r"(?<!\*)\*([^*]+)\*", skip))))
    return sorted(found)


def left_out(title, skipped):
    """Whether a section is one of those that are skipped, or goes deeper."""
    return title.startswith(("Deeper", *(f"{each}" for each in skipped)))


def without(notebook, skipped):
    """Copy a notebook without some of its sections.

    Raises:
        LookupError: it has no such section.
    """
    parts_of_it = sections(notebook)
    for each in skipped:
        if not any(title.startswith(each) for title, _ in parts_of_it):
            raise LookupError(f"there is no section {each!r}")
    rest = copy.deepcopy(notebook)
    rest["cells"] = [
        cell for title, cells in parts_of_it if not left_out(title, skipped) for cell in cells
    ]
    return rest


@pytest.fixture(scope="module")
def specs():
    with warm_kernels() as folder:
        yield KernelSpecManager(kernel_dirs=[str(folder / "kernels")])


@pytest.fixture
def run(specs, tmp_path):
    """Run a notebook in a kernel of its own, in the folder of the lessons."""

    def run(notebook):
        manager = AsyncKernelManager(
            kernel_spec_manager=specs, transport="ipc", ip=str(tmp_path / "k")
        )
        folder = {"metadata": {"path": str(ROOT / "notebooks")}}
        client = NotebookClient(
            notebook, timeout=SECONDS_A_CELL, resources=folder, record_timing=False
        )
        client.km = manager  # it ends with the notebook, as one that was given does not
        client.execute()

    return run


@pytest.mark.parametrize(
    ("lesson", "skipped"),
    [
        pytest.param(
            *part,
            id=f"{part[0][:2]} without {', '.join(part[1])}",
            marks=[] if part in parts(DAILY) else pytest.mark.weekly,
        )
        for part in parts(*PLANS)
    ],
)
def test_a_lesson_runs_without_what_a_plan_skips(run, lesson, skipped):
    if what := lacking(lesson):
        pytest.skip(what)
    notebook = nbformat.read(Path(ROOT, "notebooks", lesson), as_version=4)
    run(without(notebook, skipped))


def test_a_section_that_is_needed_is_missed(run):
    cells = [
        nbformat.v4.new_markdown_cell("# What?"),
        nbformat.v4.new_markdown_cell("## One: first"),
        nbformat.v4.new_code_cell("a = 1"),
        nbformat.v4.new_markdown_cell("## Two"),
        nbformat.v4.new_code_cell("a"),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    run(without(notebook, ["Two"]))
    with pytest.raises(CellExecutionError, match="name 'a' is not defined"):
        run(without(notebook, ["One"]))
    with pytest.raises(LookupError, match="no section 'Three'"):
        without(notebook, ["Three"])
