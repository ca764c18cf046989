"""Faults of a learner's code that its result does not show.

When a handler raises an exception, its client only sees a close code. A coroutine that nobody
awaits does nothing at all. Both are noted here while an answer is tried; the verdict shows them.
"""

import contextlib
import inspect
import pathlib
import re
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from typing import Any

from wsdemo.server.handler_errors import authors_frames, is_goodbye

__all__ = ["describe", "forgotten_coroutines", "learners_frames", "noting", "watched"]

PACKAGE = str(pathlib.Path(__file__).parents[1])

_noted: ContextVar[list[BaseException] | None] = ContextVar("noted", default=None)


def learners_frames(error: BaseException) -> list[Any]:
    """Return the frames of the learner's own code in which an exception was raised."""
    return authors_frames(error, PACKAGE)


def describe(error: BaseException) -> str:
    """Return an exception's type and text, and the learner's line that raised it."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    frames = learners_frames(error)
    if not frames:
        return text
    return f"{text} (line {frames[-1].lineno}, in {frames[-1].name}: {frames[-1].line})"


@contextlib.contextmanager
def noting() -> Iterator[list[BaseException]]:
    """Note the exceptions of handlers that are served within the block."""
    errors: list[BaseException] = []
    token = _noted.set(errors)
    try:
        yield errors
    finally:
        _noted.reset(token)


def watched(handler: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Return a handler that does the same, and notes what it raises.

    ConnectionClosed is not noted: it can be raised in every handler.
    """

    async def watch(*arguments: Any) -> None:
        errors = _noted.get()
        try:
            result = handler(*arguments)
            if not inspect.isawaitable(result):
                kind = type(result).__name__
                raise TypeError(f"the handler returned {kind}, not a coroutine: write `async def`")
            await result
        except Exception as error:
            theirs = learners_frames(error) or isinstance(error, TypeError)
            if errors is not None and theirs and not is_goodbye(error):
                errors.append(error)
            raise

    return watch


@contextlib.contextmanager
def forgotten_coroutines() -> Iterator[list[str]]:
    """Note the names of coroutines that were never awaited, in place of Python's warnings."""
    names: list[str] = []
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", RuntimeWarning)
        yield names
        others = []
        for warning in seen:
            found = re.fullmatch(r"coroutine '(.+)' was never awaited", str(warning.message))
            if found:
                names.append(found[1])
            else:
                others.append(warning)
    for warning in others:
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
