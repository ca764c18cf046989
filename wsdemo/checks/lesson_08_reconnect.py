"""The exercises of lesson 08."""

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Iterable
from typing import Any

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import InvalidStatus
from websockets.http11 import Request, Response

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._serving import PATIENCE, serving
from wsdemo.checks._trial import in_time

DRAWS = 300
"""Generators that are tried: each wait comes near both its bounds, but once in 10**28 times."""


class Porter:
    """Who lets clients in after some refusals, and counts them.

    Args:
        statuses: what the first clients are refused with.

    Attributes:
        visits: how many clients have come.
        too_many: is set when four more have come than were refused for a while.
    """

    def __init__(self, statuses: Iterable[int]) -> None:
        self.visits = 0
        self.too_many = asyncio.Event()
        self._statuses = iter(statuses)

    def gate(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse, or let in."""
        self.visits += 1
        if self.visits > 5:
            self.too_many.set()
        status = next(self._statuses, None)
        return connection.respond(status, "") if status else None


async def _greet(connection: ServerConnection) -> None:
    await connection.send("welcome")


@exercise("08.1")
async def backoff(function: Any) -> str:
    """Judge ``waits(base, cap)``, a generator of times to wait with full jitter."""
    for base, cap in ((0.5, 6.0), (3.0, 90.0)):
        plans = [list(itertools.islice(function(base, cap), 8)) for _ in range(DRAWS)]
        shortest = min(map(len, plans))
        if shortest < 8:
            raise NotYet(f"your generator ended after {shortest} waits; it must go on for ever")
        for failures, waits in enumerate(zip(*plans, strict=True)):
            _judge_waits(waits, failures, base, cap)
    try:
        next(itertools.islice(function(5.0, 30.0), 1100, None))
    except OverflowError:
        raise Misconception(
            "after some 1,024 failures your code raises OverflowError: 2**1024 is more than a "
            "float can hold. With a cap of 30 s that is one night. Bound the power, or double a "
            "ceiling that is already capped."
        ) from None
    porter = Porter([503, 503])
    async with serving(_greet, process_request=porter.gate) as url:
        await in_time(_second_chance(url, function))
    return "random from 0 to a ceiling that doubles up to the cap, also in the 1,100th wait."


async def _second_chance(url: str, function: Callable[..., Any]) -> None:
    """Connect with the learner's waits, as often as it takes."""
    async for connection in connect(url, reconnect_delays=lambda: function(0.01, 0.02)):
        await connection.recv()
        break


def _judge_waits(waits: tuple[float, ...], failures: int, base: float, cap: float) -> None:
    ceiling = min(cap, base * 2**failures)
    least, most = min(waits), max(waits)
    told = f"with base {base} and cap {cap}, wait number {failures + 1}"
    if least < 0:
        raise NotYet(f"{told} was {least:.1f} s; nobody can wait for less than 0")
    if most - least < ceiling / 1000:
        raise Misconception(
            f"{told} is {most:g} s for everybody. All have lost the server at the same moment, and "
            "so all return at the same moment: choose at random."
        )
    if failures == 0 and most > base:
        raise Misconception(
            f"{told} came to {most:.1f} s. It grows before the first try has failed: the first "
            "ceiling is base."
        )
    if most > cap:
        raise Misconception(
            f"{told} came to {most:.1f} s. There is no cap: after an hour without a server one "
            "would wait for another hour."
        )
    if most > ceiling:
        raise NotYet(f"{told} came to {most:.1f} s; its ceiling is {ceiling:g} s")
    if most < 0.8 * ceiling:
        raise NotYet(f"{told} was never above {most:.1f} s; its ceiling is {ceiling:g} s")
    if least > 0.2 * ceiling:
        raise Misconception(
            f"{told} was never below {least:.1f} s. Nobody comes in that time, and all come in "
            "what is left of it: full jitter begins at 0."
        )


@exercise("08.2")
async def persistence(function: Any) -> str:
    """Judge ``async def first_message(url, pause)``, which tries again where that can help."""
    pauses = itertools.count(1)

    async def pause(*_: Any) -> None:
        next(pauses)
        await asyncio.sleep(0.01)

    porter = Porter([503, 502])
    async with serving(_greet, process_request=porter.gate) as url:
        heard = await _try(function(url, pause), porter)
    if isinstance(heard, InvalidStatus):
        status = heard.response.status_code
        raise Misconception(
            f"you gave up at a {status}. The server, or what stands before it, is busy: that "
            "passes. Look at the status: not every refusal is for good."
        )
    if heard != "welcome":
        raise NotYet(f"the server was busy twice, then said 'welcome'; you returned {heard!r}")
    if next(pauses) < 3:
        raise Misconception(
            "you came again without a pause, to a server that had said that it is busy. "
            "`await pause()` before each new try."
        )
    for status in (401, 403):
        await _judge_refusal(function, pause, status)
    await _judge_absence(function)
    return "busy or away: again, after a pause; refused for good: the caller is told at once."


async def _try(running: Any, porter: Porter) -> Any:
    """What the function returned or raised; an answer that comes again and again is stopped."""
    task = asyncio.ensure_future(running)
    alarm = asyncio.create_task(porter.too_many.wait())
    try:
        await asyncio.wait({task, alarm}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            return None
        error = task.exception()
        if error and not isinstance(error, InvalidStatus | OSError):
            raise error
        return error or task.result()
    finally:
        for each in (task, alarm):
            each.cancel()
        await asyncio.wait({task, alarm}, timeout=PATIENCE)


async def _judge_refusal(
    function: Callable[..., Any], pause: Callable[..., Any], status: int
) -> None:
    porter = Porter(itertools.repeat(status))
    async with serving(_greet, process_request=porter.gate) as url:
        end = await _try(function(url, pause), porter)
    if porter.visits > 1:
        raise Misconception(
            f"after a {status} you came again, {porter.visits - 1} times before you were stopped. "
            "No waiting turns a wrong token into a right one."
        )
    if not isinstance(end, InvalidStatus):
        raise Misconception(
            f"at a {status} you stopped, and returned {end!r}. Who called you takes that for a "
            "message: let the exception through."
        )


async def _judge_absence(function: Callable[..., Any]) -> None:
    porter = Porter([])
    async with serving(_greet, process_request=porter.gate) as url:
        port = int(url.rpartition(":")[2])
    async with contextlib.AsyncExitStack() as stack:
        pauses = itertools.count(1)

        async def pause(*_: Any) -> None:
            if next(pauses) == 2:  # now it comes back
                await stack.enter_async_context(serving(_greet, port, process_request=porter.gate))

        heard = await _try(function(url, pause), porter)
    if isinstance(heard, OSError):
        raise Misconception(
            "nobody was there, and you gave up. A server that restarts is away for a while: that "
            "is an OSError, and it heals."
        )
    if heard != "welcome":
        raise NotYet(f"the server was away for a while, then said 'welcome'; you gave {heard!r}")


KEPT = [(8, "h"), (9, "i"), (10, "j"), (11, "k")]

AS_TEXTS = "you compare texts, and as a text '10' comes before '9': compare numbers."


@exercise("08.3")
async def replay(function: Any) -> str:
    """Judge ``replay(kept, epoch, last)``: what a client gets that comes back."""
    gap, sent = _replay(function, "b-10")
    if sent[:1] == KEPT[2:3]:
        raise Misconception(
            "a client that had b-10 got number 10 again. Start after the last one, not at it."
        )
    if sent == [KEPT[0], KEPT[1], KEPT[3]]:
        raise Misconception(AS_TEXTS)
    if sent != KEPT[3:]:
        raise NotYet(f"a client that had b-10 has missed number 11 alone; you sent {sent}")
    if gap:
        raise NotYet("a client that had b-10 gets number 11; nothing is missing, and no gap")
    if _replay(function, "b-9")[1] != KEPT[2:]:
        raise Misconception(AS_TEXTS)
    for last, missed in (("b-11", []), ("b-7", KEPT)):
        if _replay(function, last) != (False, missed):
            raise NotYet(
                f"a client that had {last} misses nothing that is not kept: no gap, and {missed}"
            )
    if not _replay(function, "b-5")[0]:
        raise Misconception(
            "a client that had b-5 has missed 6 and 7, which are forgotten, and nobody tells it. "
            "It will show something wrong for ever: that is a gap."
        )
    for last in ("a-9", "a-11", "a-200"):
        if not _replay(function, last)[0]:
            raise Misconception(
                f"a client came with {last}, from another epoch. Number {last[2:]} of that history "
                "says nothing about this one: a gap."
            )
    for last in ("b-5", "a-9"):
        if _replay(function, last)[1] != KEPT:
            raise NotYet(f"for {last} there is a gap: then send all that is kept")
    if _replay(function, "2026-b-9", "2026-b") != (False, KEPT[2:]):
        raise NotYet("an epoch may hold a '-', as in 2026-b-9: the number is what follows the last")
    return "nothing lost, nothing twice, and who cannot be served without a hole is told so."


def _replay(function: Callable[..., Any], last: str, epoch: str = "b") -> tuple[bool, list[Any]]:
    answer = function(list(KEPT), epoch, last)
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise NotYet(f"return two things, gap and messages; not {answer!r}")
    return bool(answer[0]), [tuple(each) for each in answer[1]]
