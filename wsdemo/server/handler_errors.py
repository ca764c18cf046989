"""What a handler raised: whether that is a fault of its own, and how to say it."""

import asyncio
import pathlib
import sysconfig
import traceback
from typing import Any

import websockets
from websockets.exceptions import ConnectionClosed

__all__ = ["authors_frames", "describe", "is_authors", "is_ended_from_outside", "is_goodbye"]

# Not every Python has its packages where it says so: that of a browser tab does not.
_LIBRARIES = (
    *map(sysconfig.get_path, ("stdlib", "purelib", "platlib")),
    asyncio.__file__.removesuffix("asyncio/__init__.py"),
    *websockets.__path__,
)

_SERVER = str(pathlib.Path(__file__).with_name("core.py"))

# What ends a program, or a task, does not end a server.
_HINTS = {
    SystemExit: "the server goes on; end a handler with return",
    KeyboardInterrupt: "the server goes on; end a handler with return",
    GeneratorExit: "the server goes on; end a handler with return",
    asyncio.CancelledError: "something that it awaited was cancelled",
}


def is_ended_from_outside(task: asyncio.Task[Any] | None, error: BaseException) -> bool:
    """Whether a task was cancelled, or dropped, and did not raise such an exception itself."""
    if task is None:
        return False
    if isinstance(error, GeneratorExit):  # dropped: thrown in by whoever closes the coroutine
        return asyncio.current_task(task.get_loop()) is not task
    return isinstance(error, asyncio.CancelledError) and task.cancelling() > 0


def is_goodbye(error: BaseException) -> bool:
    """Whether a handler ended only because its client left, alone or in a TaskGroup."""
    if isinstance(error, BaseExceptionGroup):
        return error.split(ConnectionClosed)[1] is None
    return isinstance(error, ConnectionClosed)


def describe(name: str, error: BaseException, seen: str) -> str:
    """Say what a handler raised and where, in words that are the same in every run."""
    told = "".join(traceback.format_exception_only(error)).rstrip()
    if type(error) in _HINTS:
        told = f"{type(error).__name__} ({_HINTS[type(error)]})"
    lines = [f"handler {name} failed, its client sees {seen}: {told}"]
    for frame in authors_frames(error, _SERVER):
        lines.append(f"  line {frame.lineno}, in {frame.name}: {frame.line}")
    return "\n".join(lines)


def authors_frames(error: BaseException, *ours: str) -> list[traceback.FrameSummary]:
    """Where in its author's code an exception was raised, outermost first.

    Args:
        error: the exception.
        ours: the beginnings of paths that are not the author's, beside those of Python's own
            library and of packages, whose lines change with their versions.
    """
    frames = traceback.extract_tb(error.__traceback__)
    return [each for each in frames if is_authors(each, *ours)]


def is_authors(frame: traceback.FrameSummary, *ours: str) -> bool:
    """Whether a frame is of its author's own code; for ``ours`` see :func:`authors_frames`."""
    others = (*ours, *_LIBRARIES)
    return bool(frame.line) and not frame.filename.startswith(others)
