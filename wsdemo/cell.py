"""Which cell of a notebook is running, as far as its kernel can tell."""

import sys
from typing import Any, NamedTuple

__all__ = ["Run", "ipython_shell", "is_on_screen", "running_cell"]


class Run(NamedTuple):
    """One run of a cell.

    Attributes:
        cell: what stays the same when the cell is run again.
        number: what differs from one run to the next.
    """

    cell: str
    number: str


def ipython_shell() -> Any:
    """IPython's shell in a notebook's kernel; ``None`` in any other program."""
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    return shell if hasattr(shell, "kernel") else None


def running_cell() -> Run | None:
    """The cell that is running; ``None`` outside a notebook.

    JupyterLab, Notebook and VS Code name the cell in the message that runs it. Where nobody does
    (nbclient, nbval), cells of the same text count as one.
    """
    shell = ipython_shell()
    if shell is None:
        return None
    message = shell.kernel.get_parent()
    text = message.get("content", {}).get("code", "")
    cell = message.get("metadata", {}).get("cellId") or text
    return Run(cell, message.get("header", {}).get("msg_id", ""))


def is_on_screen() -> bool:
    """Whether somebody may be watching the running cell.

    JupyterLab, Notebook and VS Code say which cell they run; nbclient and nbval do not.
    """
    shell = ipython_shell()
    return shell is not None and "cellId" in shell.kernel.get_parent().get("metadata", {})
