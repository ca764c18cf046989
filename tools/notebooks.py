"""Run the lessons in place and save them in one form, so that a diff shows what was written.

python start.py notebooks               run and save all of them
python start.py notebooks 01 echo       run and save those whose name has one of these in it
python start.py notebooks --check       run nothing, write nothing: say which are not in form
"""

import argparse
import configparser
import itertools
import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from tools import slides

ROOT = Path(__file__).resolve().parent.parent
LESSONS = ROOT / "notebooks"
SECONDS_PER_CELL = 60

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python"}
# What an author sets on purpose; the rest is left by editors and by execution.
KEPT_METADATA = ("jupyter", "tags")

# A section that goes further than the core of a lesson stays closed until the reader opens it.
COLLAPSED = "jp-MarkdownHeadingCollapsed"

RANDOM_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})?")
KEPT_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
NUMBERED_ID = re.compile(r"cell-(\d+)")
# The folders above a package in a traceback are those of one machine.
FOLDERS = re.compile(
    r"(?:[A-Za-z]:)?[/\\](?:[^\s'\"<>:/\\]+[/\\])*(?:site-packages|python3\.\d+)[/\\]"
)


def rules() -> list[tuple[str, str]]:
    """Give nbval's rules for what is saved: pairs of a pattern and what is put in its place."""
    config = configparser.RawConfigParser()
    config.read(ROOT / "tests" / "sanitize.cfg", encoding="utf-8")
    return [
        (config[name]["regex"], config[name]["replace"])
        for name in config.sections()
        if name != "plot"
    ]


def sanitize(text: str) -> str:
    """Replace what differs from run to run.

    Args:
        text: a piece of an output.
    """
    for pattern, replacement in rules():
        text = re.sub(pattern, replacement, text)
    return text


def normalise(notebook: NotebookNode) -> NotebookNode:
    """Bring a notebook into the one form in which it is saved. What is in that form stays as it is.

    Args:
        notebook: a notebook of format 4; it is changed.

    Returns:
        The same notebook.
    """
    notebook.metadata = NotebookNode(
        kernelspec=NotebookNode(KERNEL), language_info=NotebookNode(LANGUAGE)
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell, name in zip(notebook.cells, cell_ids(notebook), strict=True):
        cell.id = name
        cell.metadata = NotebookNode(
            {key: cell.metadata[key] for key in KEPT_METADATA if cell.metadata.get(key)}
        )
        if cell.cell_type == "markdown" and cell.source.startswith("## Deeper"):
            cell.metadata[COLLAPSED] = True
        if cell.cell_type == "code":
            cell.outputs = merge_streams(cell.outputs)
            for output in cell.outputs:
                normalise_output(output)
    for cell, place in zip(notebook.cells, slides.places(notebook.cells), strict=True):
        if place:
            cell.metadata.slideshow = NotebookNode(slide_type=place)
    return notebook


def cell_ids(notebook: NotebookNode) -> list[str]:
    """Give each cell's id: the one that it has, or a new number for one that an editor made up.

    An id stays when cells before it come and go. By it, an update finds a cell in the copies of
    those who learn from this notebook.

    Args:
        notebook: the notebook.
    """
    names: list[str] = [cell.get("id", "") for cell in notebook.cells]
    numbers = [int(found[1]) for found in map(NUMBERED_ID.fullmatch, names) if found]
    free = itertools.count(max(numbers, default=0) + 1)
    ids: list[str] = []
    for name in names:
        kept = KEPT_ID.fullmatch(name) and not RANDOM_ID.fullmatch(name) and name not in ids
        ids.append(name if kept else f"cell-{next(free):02}")
    return ids


def merge_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join neighbouring pieces of one stream; how they were cut depends on the machine's load.

    Args:
        outputs: a cell's outputs.
    """
    merged: list[NotebookNode] = []
    for output in outputs:
        last = merged[-1] if merged else None
        if last and output.output_type == "stream" and last.get("name") == output.name:
            last.text += output.text
        else:
            merged.append(output)
    return merged


def normalise_output(output: NotebookNode) -> None:
    """Replace in place what differs from run to run and from machine to machine.

    Args:
        output: one output of a cell.
    """
    if output.output_type == "stream":
        output.text = sanitize(output.text)
    elif output.output_type == "error":
        output.evalue = sanitize(output.evalue)
        output.traceback = [
            FOLDERS.sub("", sanitize(line)).replace(f"{ROOT}/", "") for line in output.traceback
        ]
    else:
        for kind, value in output.data.items():
            # "<port>" would break an SVG; nbval replaces it there as it compares.
            if isinstance(value, str) and not kind.startswith("image/"):
                output.data[kind] = sanitize(value)


def dumps(notebook: NotebookNode) -> str:
    """Give a notebook as the text of its file.

    Args:
        notebook: the notebook.
    """
    text: str = nbformat.writes(notebook)
    return text.rstrip("\n") + "\n"


def in_form(text: str) -> str:
    """Give the text of a notebook's file as it should be; that of a normalised one as it is.

    Args:
        text: the file's text.
    """
    return dumps(normalise(nbformat.reads(text, as_version=4)))


def run(path: Path) -> str:
    """Run a notebook, each cell with a time limit.

    Args:
        path: the notebook's file, which is not changed.

    Returns:
        The text of the file with the new outputs, normalised.

    Raises:
        CellExecutionError: a cell raised and is not tagged `raises-exception`.
        CellTimeoutError: a cell took too long.
        DeadKernelError: the kernel died.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        kernel_name=KERNEL["name"],
        timeout=SECONDS_PER_CELL,
        startup_timeout=SECONDS_PER_CELL,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    return dumps(normalise(notebook))


def lessons(names: list[str]) -> list[Path]:
    """Find the lessons meant, in reading order.

    Args:
        names: parts of file names; none means every lesson.

    Raises:
        LookupError: no lesson has that name.
    """
    paths = sorted(LESSONS.glob("*.ipynb"))
    for name in names or [""]:
        if not any(Path(name).stem in path.stem for path in paths):
            raise LookupError(f"no notebook in {LESSONS.name}/ has {name!r} in its name")
    return [path for path in paths if any(Path(name).stem in path.stem for name in names or [""])]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status.

    Args:
        arguments: the words after the command's name; those of the command line unless given.
    """
    parser = argparse.ArgumentParser("notebooks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help="parts of names; every notebook unless given")
    parser.add_argument(
        "--check", action="store_true", help="run and write nothing; say what is off"
    )
    chosen = parser.parse_args(arguments)
    try:
        paths = lessons(chosen.names)
    except LookupError as error:
        print(error, file=sys.stderr)
        return 1
    faults = 0
    for path in paths:
        began = time.monotonic()
        before = path.read_text(encoding="utf-8")
        try:
            after = in_form(before) if chosen.check else run(path)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            faults += 1
            print(f"{path.name}: not saved\n{error}", flush=True)
            continue
        same = after == before
        if chosen.check:
            faults += not same
            print(f"{path.name}: {'in form' if same else 'would change'}")
            continue
        if not same:
            path.write_text(after, encoding="utf-8", newline="\n")
        seconds = time.monotonic() - began
        print(f"{path.name}: {'the same' if same else 'saved'}, {seconds:.1f} s", flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
