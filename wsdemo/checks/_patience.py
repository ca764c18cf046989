"""Waits whose limit is counted in steps: a machine that stalls makes one step longer, not all."""

import asyncio
from collections.abc import Callable
from typing import Any

__all__ = ["done_within", "until"]

STEP = 0.01
LONG_STEP = 0.1


async def until(condition: Callable[[], Any], seconds: float = 2.0) -> bool:
    """Let other tasks run until a condition is true, and return whether it is.

    Args:
        condition: what is waited for.
        seconds: how long at least, where it does not become true.
    """
    for _ in range(round(seconds / STEP)):
        if condition():
            return True
        await asyncio.sleep(STEP)
    return bool(condition())


async def done_within(task: "asyncio.Future[Any]", seconds: float) -> bool:
    """Wait until a task is done, and return whether it is; it is not cancelled.

    Args:
        task: the task.
        seconds: how long at least, where it is not done before.
    """
    whole, rest = divmod(seconds, LONG_STEP)
    for step in [LONG_STEP] * int(whole) + [rest]:
        await asyncio.wait({task}, timeout=step)
        if task.done():
            break
    return task.done()
