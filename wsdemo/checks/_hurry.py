"""A handler's time limits, which end early, so that a check need not wait for them."""

import asyncio
import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any

__all__ = ["hurried", "in_a_hurry"]

_hurried = contextvars.ContextVar("_hurried", default=False)


@contextlib.contextmanager
def hurried() -> Iterator[None]:
    """Mark what runs in the block, and the tasks that it starts, as what :func:`in_a_hurry` meets.

    The check's own tasks, and those of the library, keep their times.
    """
    token = _hurried.set(True)
    try:
        yield
    finally:
        _hurried.reset(token)


@contextlib.contextmanager
def in_a_hurry(seconds: float) -> Iterator[None]:
    """Let timers that begin in the block, in code that is :func:`hurried`, end soon.

    Args:
        seconds: how long each of them takes at most, an hour as well as a second.
    """
    loop: Any = asyncio.get_running_loop()
    call_at = loop.call_at

    def call_soon_enough(when: float, *arguments: Any, **options: Any) -> Any:
        if _hurried.get():
            when = min(when, loop.time() + seconds)
        return call_at(when, *arguments, **options)

    loop.call_at = call_soon_enough
    try:
        yield
    finally:
        del loop.call_at
