"""A notebook as data: what its author wrote, apart from what running it has left there."""

import json
import re
from typing import Any

from wsdemo.text import beginning, visible

__all__ = [
    "Cell",
    "Notebook",
    "Unreadable",
    "content",
    "dump",
    "exercises",
    "label",
    "load",
    "text",
]

Cell = dict[str, Any]
Notebook = dict[str, Any]

_CHECK = re.compile(r"""wsdemo\.check\(\s*["'](\d\d\.\d+)["']""")
_LABEL = 40


class Unreadable(ValueError):
    """The file is not a notebook; the text says why."""


def load(data: bytes) -> Notebook:
    """Read a notebook of format 4.

    Args:
        data: what its file contains.

    Raises:
        Unreadable: it is not such a notebook.
    """
    try:
        notebook = json.loads(data)
    except (ValueError, RecursionError) as error:
        reason = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "its text"
        raise Unreadable(f"{reason} is not valid JSON" if data.strip() else "it is empty") from None
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4:
        raise Unreadable("it is not a notebook of format 4")
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not all(map(_is_cell, cells)):
        raise Unreadable("its list of cells is damaged")
    if not isinstance(notebook.get("metadata", {}), dict):
        raise Unreadable("its metadata are damaged")
    return notebook


def _is_cell(cell: Any) -> bool:
    if not isinstance(cell, dict) or not isinstance(cell.get("metadata", {}), dict):
        return False
    source = cell.get("source", "")
    lines = source if isinstance(source, list) else [source]
    return isinstance(cell.get("cell_type"), str) and all(isinstance(each, str) for each in lines)


def dump(notebook: Notebook) -> bytes:
    """Return the text of a notebook's file, in the form in which Jupyter saves it.

    Args:
        notebook: the notebook.
    """
    options: dict[str, Any] = {"indent": 1, "sort_keys": True, "separators": (",", ": ")}
    try:
        return f"{json.dumps(notebook, ensure_ascii=False, **options)}\n".encode()
    except UnicodeEncodeError:  # half a surrogate pair, in somebody's output
        return f"{json.dumps(notebook, **options)}\n".encode()


def text(cell: Cell) -> str:
    """Return the source of a cell."""
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def content(cell: Cell) -> tuple[str, str, str]:
    """Return what was written in a cell: neither outputs, nor counts, nor how it is shown."""
    attachments = json.dumps(cell.get("attachments") or {}, sort_keys=True)
    return cell["cell_type"], text(cell), attachments


def exercises(cell: Cell) -> tuple[str, ...]:
    """Return the numbers of the exercises that are answered in a cell."""
    return tuple(_CHECK.findall(text(cell))) if cell["cell_type"] == "code" else ()


def label(cell: Cell) -> str:
    """Return how to name a cell to a person: its exercise, or how it begins."""
    if numbers := exercises(cell):
        return f"exercise {numbers[0]}"
    first = next((line.strip() for line in text(cell).splitlines() if line.strip()), "")
    short = beginning(first, _LABEL)
    return f'"{visible(short)}{"…" if short != first else ""}"'
