"""The exercises of lesson 00."""

import asyncio
import inspect
import re
from numbers import Real
from typing import Any

from wsdemo.checks import Misconception, NotYet, exercise

ANSWER = "You said: Are you there?"


@exercise("00.1")
async def ask(answer: Any) -> str:
    """Check a cell that the learner has repaired: its result must be the server's answer."""
    if inspect.iscoroutine(answer):
        answer.close()
        raise Misconception(
            "calling ask() only makes a coroutine; nothing has run yet. In a cell, await runs it."
        )
    if hasattr(asyncio, "_nest_patched"):
        raise Misconception(
            "nest_asyncio makes asyncio.run() work, but it patches the whole kernel, and the "
            "patch stays: restart the kernel, and use await instead."
        )
    if isinstance(answer, asyncio.Future):
        raise Misconception(
            "that is a task: it runs ask(), but it is not what ask() returns. Await the task, or "
            "ask() itself, which needs no task."
        )
    if inspect.isawaitable(answer):
        raise Misconception(
            "that can be awaited, and nobody has awaited it: the answer is its result"
        )
    if inspect.iscoroutinefunction(answer):
        raise Misconception(
            "that is the function itself, and nobody has called it: ask() makes a coroutine, and "
            "await runs it."
        )
    if answer != ANSWER:
        raise NotYet(
            "answer must be what ask() returns, the text that the server sent back",
            expected=ANSWER,
            received=answer,
        )
    return "await runs a coroutine on the loop that the kernel already has."


LINES = {
    1: "line 1 runs once for each client, and waits for nothing.",
    2: "line 2 sends with await: while it waits, the event loop serves everybody else.",
    3: "line 3 waits with async for: meanwhile the event loop serves everybody else.",
    5: "line 5 waits, too, but with await: meanwhile the event loop serves everybody else.",
    6: "line 6 prints, which takes microseconds; nobody notices.",
}


@exercise("00.2")
async def blocking_line(line: Any) -> str:
    """Check which line of the listing blocks the event loop."""
    number = _number(line)
    if number in LINES:
        raise Misconception(LINES[number], received=line)
    if number != 4:
        raise NotYet(
            "answer with one number, from 1 to 6: the line that keeps all other clients waiting",
            received=line,
        )
    return "time.sleep blocks the event loop; for two seconds no other client is served."


def _number(line: Any) -> int | None:
    """Return the number that a learner means, also by text such as ``"line 4"``."""
    if isinstance(line, str):
        if line.strip() in ("time.sleep(2)", "time.sleep"):
            return 4
        found = re.fullmatch(r"\s*(?:line\s*)?(\d+)\s*", line, re.IGNORECASE)
        return int(found[1]) if found else None
    if not isinstance(line, Real) or isinstance(line, bool):
        return None
    number = float(line)
    return int(number) if number.is_integer() else None
