"""Find the learner's line at which a task waits or a thread is busy, and end such a thread."""

import asyncio
import contextlib
import ctypes
import sys
import traceback
from concurrent.futures import CancelledError
from types import FrameType
from typing import Any

from wsdemo.checks._mishaps import PACKAGE
from wsdemo.loop import LoopThread, NoResult
from wsdemo.server.handler_errors import is_authors

__all__ = ["end", "place_of_block", "place_of_wait"]


def place_of_wait(task: "asyncio.Task[Any]") -> str:
    """Return the learner's line at which a task waits; empty if it waits elsewhere."""
    awaited: Any = task.get_coro()
    frames = []
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "gi_frame", None)
        if frame is not None:
            frames.append(frame)
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "gi_yieldfrom", None)
    return _innermost(frames)


def place_of_block(thread: LoopThread) -> str:
    """Return the learner's line that keeps a thread busy; empty if it is busy elsewhere."""
    frame = sys._current_frames().get(thread.ident)
    frames = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    return _innermost(frames[::-1])


def _innermost(frames: list[FrameType]) -> str:
    summary = traceback.StackSummary.extract((frame, frame.f_lineno) for frame in frames)
    theirs = [each for each in summary if is_authors(each, PACKAGE)]
    if not theirs:
        return ""
    return f"line {theirs[-1].lineno}, in {theirs[-1].name}: {theirs[-1].line}"


def end(thread: LoopThread, attempts: int = 20) -> bool:
    """End a thread even where a learner's loop never yields.

    An exception is raised in it, between two of its bytecodes. So a call into C, such as
    ``time.sleep``, goes on until it returns, and the thread ends then.

    Args:
        thread: the thread of the event loop.
        attempts: how often to try, 50 ms each: a learner's ``except`` may catch the exception.

    Returns:
        Whether the thread has ended.
    """
    for _ in range(attempts):
        if place_of_block(thread):
            exit = ctypes.py_object(SystemExit)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), exit)
        with contextlib.suppress(NoResult, RuntimeError, CancelledError):
            thread.run(_settle(), timeout=2 if not place_of_block(thread) else 0.05)
            break
    # Where none of their code runs, it ends by itself, on a busy machine a little later.
    return thread.stop(timeout=0.5 if place_of_block(thread) else 5)


async def _settle() -> None:
    """Let the check close what it has opened, before the loop ends."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    judging = [each for each in others if each.cancelling()]
    if judging:
        await asyncio.wait(judging, timeout=1)
