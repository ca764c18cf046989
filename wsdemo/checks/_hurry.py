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
    """Mark the code in the block, and its tasks: :func:`in_a_hurry` shortens their timers.

    The timers of the check and of the library stay as they are.
    """
    token = _hurried.set(True)
    try:
        yield
    finally:
        _hurried.reset(token)


@contextlib.contextmanager
def in_a_hurry(seconds: float) -> Iterator[None]:
    """Shorten the timers that :func:`hurried` code starts in the block.

    Args:
        seconds: the longest time that such a timer takes, whatever it was set to.
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
