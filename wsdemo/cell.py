"""Which cell of a notebook is running, as far as its kernel can tell."""

import asyncio
import sys
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["Run", "ipython_shell", "is_on_screen", "running_cell", "when_idle"]

IDLE = 1.0
"""Seconds without a cell after which a person is reading."""


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


def when_idle(action: Callable[[], object]) -> None:
    """Call something once, on a thread, as soon as no cell has run for a second.

    In *Run All* one cell follows the other, and it is called after the last one. Where nobody
    watches the running cell, and outside a notebook, it is not called at all.

    Args:
        action: takes no arguments.
    """
    shell = ipython_shell()
    on_the_kernels_loop = threading.current_thread() is threading.main_thread()
    if shell is None or not on_the_kernels_loop or not is_on_screen():
        return
    loop = asyncio.get_running_loop()
    timer: asyncio.TimerHandle | None = None

    def begin() -> None:
        shell.events.unregister("pre_run_cell", stop)
        shell.events.unregister("post_run_cell", rest)
        threading.Thread(target=action, name="while the kernel is idle", daemon=True).start()

    def wait() -> None:
        nonlocal timer
        timer = loop.call_later(IDLE, begin)

    def rest(_: object = None) -> None:
        loop.call_soon(wait)  # what else follows the cell may take its time

    def stop(_: object = None) -> None:
        if timer is not None:
            timer.cancel()

    shell.events.register("pre_run_cell", stop)
    shell.events.register("post_run_cell", rest)
