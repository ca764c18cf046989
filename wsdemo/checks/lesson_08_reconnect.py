"""The exercises of lesson 08."""

import asyncio
import contextlib
import itertools
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._attempt import attempt
from wsdemo.checks._plain import Plain
from wsdemo.checks._refusing import End, Refusing, run_against
from wsdemo.checks._serving import PATIENCE
from wsdemo.checks._trial import in_time
from wsdemo.checks._waits import (
    DRAWS,
    WAITS,
    check_that_it_does_not_sleep,
    judge_late_waits,
    judge_plans,
    take,
)

LONG_NIGHT = 1100
"""Failures after which a ceiling without a bound is more than a float can hold."""


@exercise("08.1")
async def backoff(function: Any) -> str:
    """Check ``waits(base, cap)``, a generator of times to wait with full jitter."""
    check_that_it_does_not_sleep(function)
    for base, cap in ((0.5, 6.0), (3.0, 90.0), (4.0, 1.0)):
        plans = [take(function, base, cap, WAITS) for _ in range(DRAWS)]
        judge_plans(plans, base, cap)
    try:
        take(function, 5.0, 30.0, LONG_NIGHT)
    except OverflowError as error:
        raise Misconception(
            "a float cannot hold 2**1024. With a cap of 30 s, that many failures take about five "
            "hours. Limit the power, or double a ceiling that is already capped.",
            input=Plain(f"waits(5.0, 30.0), {LONG_NIGHT} waits"),
            received=error,
        ) from None
    judge_late_waits(function)
    server = Refusing([503, 503])
    async with server.serve() as url:
        await in_time(_second_chance(url, function))
    return (
        "the waits are random, from 0 to a ceiling that doubles up to the cap, and 1,100 of them "
        "raised no error."
    )


async def _second_chance(url: str, function: Callable[..., Any]) -> None:
    """Connect with the learner's waits, as often as it takes."""
    async for connection in connect(url, reconnect_delays=lambda: function(0.01, 0.02)):
        await connection.recv()
        break


PASSING = (503, 500, 504, 502, 503, 503, 503, 503)


@exercise("08.2")
async def persistence(function: Any) -> str:
    """Check ``async def first_message(url, pause)``, which tries again where that can help."""
    for messages in (("one", "two"), (b"\x00", "two")):
        server = Refusing(PASSING, messages)
        async with server.serve() as url:
            end = await run_against(server, url, len(PASSING) + 1, function)
        _judge_persistence(server, end, messages[0])
    for status in (401, 403, 404):
        await _judge_refusal(function, status)
    await _judge_absence(function)
    await _judge_cancellation(function)
    return (
        "when the server is busy or away, your function pauses and tries again; when it refuses "
        "for another reason, the caller gets the exception."
    )


def _judge_persistence(server: Refusing, end: End, message: str | bytes) -> None:
    statuses = ", ".join(map(str, PASSING))
    happened = {"input": Plain(f"a server that refuses with {statuses}, then sends {message!r}")}
    if not server.events:
        raise NotYet("your function has not connected to `url`", received=end)
    if isinstance(end.raised, InvalidStatus):
        raise Misconception(
            f"you gave up at a {end.raised.response.status_code}, at try {len(server.visits)}. The "
            "server is busy or has a fault, and that may pass: try again, as often as it takes.",
            **happened,
        )
    _judge_pauses(server)
    if end.unfinished:
        raise Misconception(
            f"within {PATIENCE} s after try {len(server.visits)}, your function did not "
            "`await pause()`, did not connect again, and did not return",
            **happened,
        )
    if len(server.visits) <= len(PASSING):
        raise Misconception(
            f"you gave up after {len(server.visits)} tries, and the server was still busy: try "
            "again, as often as it takes",
            **happened,
            received=end,
        )
    if type(end.returned) is not type(message) or end.returned != message:
        raise NotYet(
            "return the first message, as it came", **happened, expected=message, received=end
        )


def _judge_pauses(server: Refusing) -> None:
    """Check whether there was exactly one pause between two tries, and no other."""
    awaited = server.events.count("pause")
    happened = {"received": Plain(", ".join(str(each or "let in") for each in server.events[:8]))}
    if server.pauses > awaited + 1:
        raise Misconception(
            "you called `pause()`, and did not await it: so nothing pauses. Write `await pause()`.",
            **happened,
        )
    if server.events[:1] == ["pause"]:
        raise Misconception("you paused before the first try: try at once", **happened)
    for before, after in itertools.pairwise(server.events):
        if "pause" not in (before, after):
            raise Misconception(
                f"you tried again without `await pause()`, after the server had refused with "
                f"{before}. Pause before each new try.",
                **happened,
            )
        if before == after:
            raise Misconception("you paused twice between two tries", **happened)
    if server.events[-1] == "pause" and 0 in server.events:
        raise Misconception(
            "you paused when you had the message: return the message at once", **happened
        )


async def _judge_refusal(function: Callable[..., Any], status: int) -> None:
    server = Refusing(itertools.chain([503], itertools.repeat(status)))
    async with server.serve() as url:
        end = await run_against(server, url, 2, function)
    happened = {"input": Plain(f"a server that refuses with 503, then always with {status}")}
    if len(server.visits) > 2:
        raise Misconception(
            f"after a {status} you tried again. Waiting does not make a wrong token right, or a "
            "missing page appear: try again only after a status that may pass.",
            **happened,
            received=Plain(
                f"{len(server.visits) - 2} more tries, then the check stopped your function"
            ),
        )
    if end.unfinished:
        raise Misconception(f"after a {status} your function did not end", **happened)
    if not isinstance(end.raised, InvalidStatus):
        raise Misconception(
            f"at a {status} the caller got something other than the exception of `connect`: let "
            "that exception through",
            **happened,
            expected=Plain("InvalidStatus is raised"),
            received=end,
        )
    if server.events.count("pause") > 1:
        raise Misconception(f"you paused after a {status}: raise the exception at once", **happened)


async def _judge_absence(function: Callable[..., Any]) -> None:
    server = Refusing([], ["back"])
    async with server.serve() as url:
        port = int(url.rpartition(":")[2])
    async with contextlib.AsyncExitStack() as stack:

        async def come_back() -> None:
            if server.pauses == 3:
                await stack.enter_async_context(server.serve(port))

        server.after_pause = come_back
        end = await run_against(server, url, 1, function)
    happened = {"input": Plain("no server at the port; after three pauses a server sends 'back'")}
    if isinstance(end.raised, OSError):
        raise Misconception(
            "no server was there, and you gave up. A server that restarts is away for a while: "
            "connecting raises an OSError then, and that may pass.",
            **happened,
            received=end,
        )
    if end.returned != "back":
        raise NotYet("try again until the server is back", **happened, received=end)


async def _judge_cancellation(function: Callable[..., Any]) -> None:
    """Check whether the caller can stop it while it waits for a message that does not come."""
    server = Refusing([], ())
    async with server.serve() as url:
        task = asyncio.ensure_future(function(url, server.pause))
        await asyncio.wait_for(server.something(), PATIENCE)
        task.cancel()
        again = asyncio.create_task(server.something())
        await asyncio.wait({task, again}, timeout=1, return_when=asyncio.FIRST_COMPLETED)
        again.cancel()
        ended = task.done()
        task.cancel()
        await asyncio.wait({task}, timeout=1)
    if not ended:
        raise Misconception(
            "the caller cancelled your function, as a time limit does, and it went on. A bare "
            "`except:` catches CancelledError as well: catch OSError and InvalidStatus only.",
            input=Plain("a server that accepts and sends nothing"),
        )


KEPT = ((8, "h"), (9, "i"), (10, "j"), (11, "k"))
YOUNG = ((1, "a"), (2, "b"), (3, "c"))

# The kept messages, their epoch, the last message of the client, and the numbers that it missed;
# None is a gap. They are in this order, so that the first difference names the mistake.
CASES: tuple[tuple[tuple[tuple[int, str], ...], str, str, tuple[int, ...] | None], ...] = (
    (KEPT, "b", "b-10", (11,)),
    (KEPT, "b", "b-9", (10, 11)),
    (KEPT, "b", "b-11", ()),
    (KEPT, "b", "b-7", (8, 9, 10, 11)),
    (YOUNG, "b", "b-2", (3,)),
    (YOUNG, "b", "b-0", (1, 2, 3)),
    (KEPT, "b", "b-6", None),
    (KEPT, "b", "b-0", None),
    (KEPT, "b", "a-9", None),
    (KEPT, "b", "a-11", None),
    (KEPT, "b", "bb-9", None),
    (KEPT, "2026-b", "2026-b-9", (10, 11)),
    (KEPT, "2026-b", "2026-a-9", None),
    (KEPT, "b", "b-12", None),
    (KEPT, "b", "b-99", None),
    ((), "b", "b-0", ()),
    ((), "b", "b-3", None),
    ((), "b", "a-0", None),
)


@exercise("08.3")
async def replay(function: Any) -> str:
    """Check ``replay(kept, epoch, last)``: what a client gets when it reconnects."""
    for kept, epoch, last, missed in CASES:
        asked = Plain(f"replay({list(kept)}, {epoch!r}, {last!r})")
        right = [each for each in kept if missed is None or each[0] in missed]
        given = list(kept)
        answer = attempt(function, given, epoch, last, shown=asked)
        gap, messages = _read_replay(answer, asked)
        if given != list(kept):
            raise Misconception(
                "your function changed `kept`. The server needs it for the next client: return a "
                "new list.",
                input=asked,
                expected=Plain(f"kept is still {list(kept)}"),
                received=Plain(f"kept is {given}"),
            )
        if gap == (missed is None) and messages == right:
            continue
        if not gap and not messages and missed:
            raise NotYet(
                "return the messages that the client has not had",
                input=asked,
                expected=(False, right),
                received=(gap, messages),
            )
        diagnosis = (
            _why_a_gap(kept, epoch, last, messages == right)
            if missed is None
            else _why_no_gap(kept, last, gap, messages, right)
        )
        raise Misconception(
            diagnosis, input=asked, expected=(missed is None, right), received=(gap, messages)
        )
    return "no message is lost, none is sent twice, and a client that may have a gap is notified."


def _read_replay(answer: Any, asked: str) -> tuple[bool, list[Any]]:
    """Read a pair of a gap and messages, in any kind of sequence."""
    try:
        gap, messages = answer
        messages = list(messages)
    except (TypeError, ValueError):
        raise NotYet(
            "return two things: whether there is a gap, and a list of messages",
            input=asked,
            received=answer,
        ) from None
    if isinstance(gap, str | bytes) or callable(gap):
        raise NotYet("the first of the two must be True or False", input=asked, received=answer)
    for each in messages:
        if not isinstance(each, tuple | list) or len(each) != 2:
            raise NotYet(
                "each message must be a pair (number, text), as in `kept`",
                input=asked,
                received=answer,
            )
    return bool(gap), [tuple(each) for each in messages]


def _why_a_gap(kept: tuple[tuple[int, str], ...], epoch: str, last: str, all_sent: bool) -> str:
    had_epoch, _, number = last.rpartition("-")
    newest = kept[-1][0] if kept else 0
    if had_epoch != epoch:
        reason = f"{last} is from another epoch, so its number says nothing about this history"
    elif int(number) > newest:
        reason = (
            f"{last} is newer than the newest message, number {newest}: the client had it from a "
            "history that is lost"
        )
    else:
        reason = f"message {int(number) + 1} is no longer kept, and the client has not had it"
    return f"{reason}. That is a gap" + (
        ", and it must be reported." if all_sent else ": report it, and send all that is kept."
    )


def _why_no_gap(
    kept: tuple[tuple[int, str], ...], last: str, gap: bool, messages: list[Any], right: list[Any]
) -> str:
    number = int(last.rpartition("-")[2])
    if number in [each[0] for each in messages if not gap]:
        return f"a client that had {last} gets number {number} again. Start after it."
    if messages == right:
        return "all that the client has missed is still kept, so there is no gap."
    if sorted(messages) == right:
        return "the messages are in the wrong order: oldest first."
    as_text = [each for each in kept if str(each[0]) > str(number)]
    if messages == as_text:
        return "as a text '9' is greater than '10': compare numbers, not texts."
    if "-" in last.rpartition("-")[0]:
        return "an epoch may contain a '-': the number is what follows the last one."
    if gap:
        return "all that the client has missed is still kept: report no gap, and send only that."
    return "return the messages that the client has not had."
