"""The exercises of lesson 00."""

import asyncio
import inspect
from typing import Any

from wsdemo.checks import Misconception, NotYet, exercise


@exercise("00.1")
async def ask(answer: Any) -> str:
    """Judge a cell that was to be repaired: its result must be the server's answer."""
    if inspect.iscoroutine(answer):
        answer.close()
        raise Misconception(
            "calling ask() only makes a coroutine; nothing has run yet. In a cell, await runs it."
        )
    if hasattr(asyncio, "_nest_patched"):
        raise Misconception(
            "nest_asyncio makes asyncio.run() work, but it patches the whole kernel, and for good: "
            "restart the kernel, and use await instead."
        )
    if answer != "You said: Are you there?":
        raise NotYet("answer must be what ask() returns, the text that the server sent back")
    return "await runs a coroutine on the loop that the kernel already has."


@exercise("00.2")
async def blocking_line(line: Any) -> str:
    """Judge which line of the listing blocks the loop."""
    if line == 5:
        raise Misconception(
            "line 5 waits, too, but with await: meanwhile the loop serves everybody else."
        )
    if line == 6:
        raise Misconception("print takes microseconds; nobody notices.")
    if line != 4:
        raise NotYet("answer with the number of the line that keeps all other clients waiting")
    return "time.sleep gives nothing back to the loop; for two seconds no other client is served."
