"""The exercises of lesson 04; the one on a watch is in a module of its own."""

import json
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._attempt import attempt
from wsdemo.checks._inbox import settle, until
from wsdemo.checks._members import Member
from wsdemo.checks._plain import Plain
from wsdemo.checks._serving import connected

HEARTBEATS = [
    '{"type": "heartbeat"}',
    '{"type":"heartbeat"}',
    ' {\n  "type" : "heartbeat"\n}',
    r'{"type": "\u0068eartbeat"}',
]
"""One JSON object, written in four ways; a browser writes the second."""

CHAT: list[str | bytes] = [
    '{"type": "chat", "text": "Hello"}',
    '{"type": "chat", "text": "\\"type\\": \\"heartbeat\\""}',
    ' {"type":"chat",  "text": "é"} ',
    '{"type": "Heartbeat"}',
    '{"text": "heartbeat"}',
    '{"type": ["heartbeat"]}',
    "heartbeat",
    '"heartbeat"',
    '["heartbeat"]',
    "null",
    "42",
    "",
    b"\x00\xff",
]
"""Messages that are not heartbeats."""


async def _receive(member: Member, sender: Member, values: dict[str, Any]) -> str | bytes:
    """Return the next message to a member, after somebody has sent one.

    Raises:
        NotYet: none came.
        Misconception: its connection ended, or the sender's.
    """
    message = await member.receive()
    if message is not None:
        return message
    for each in (member, sender):
        if each.ended:
            raise Misconception(
                "the connection was closed after a message. Heartbeats are there to keep the "
                "connection open, and a chat message must not close it.",
                **values,
                received=Plain(f"a close with {each.code}"),
            )
    raise NotYet("a message was sent, and nothing came back", **values)


@exercise("04.2")
async def heartbeat_answer(handler: Any) -> str:
    """Check a chat's handler that answers heartbeats to their sender only."""
    async with connected(handler, 3, ping_interval=None) as clients:
        ana, bob, cas = [Member(client) for client in clients]
        for number, message in enumerate(CHAT):
            for sender in (ana, bob):
                await _check_heartbeat(sender, cas, HEARTBEATS[number % len(HEARTBEATS)])
            await _check_chat(ana, [bob, cas], message)
        cas.client.transport.abort()
        await until(lambda: cas.ended)
        for message in ("cas is gone", "is anybody there?"):
            await _check_chat(ana, [bob], message)
    return (
        "each heartbeat was answered, however it was written, and only its sender got the answer."
    )


async def _check_heartbeat(sender: Member, listener: Member, message: str) -> None:
    await sender.send(message)
    values: dict[str, Any] = {"input": message, "expected": HEARTBEATS[0]}
    answer = await _receive(sender, sender, values)
    if isinstance(answer, bytes):
        raise NotYet("the answer to a heartbeat must be text", **values, received=answer)
    if not _is_heartbeat(answer):
        raise NotYet("a heartbeat was not answered by a heartbeat", **values, received=answer)
    await settle()
    await _check_spelling(sender, listener, message)
    _check_that_none_came(listener)
    if sender.more:
        raise Misconception(
            "a heartbeat was answered with more than one message",
            **values,
            received=[answer, *sender.more],
        )


async def _check_spelling(sender: Member, listener: Member, message: str) -> None:
    """Raise a diagnosis if a heartbeat was passed on, and not in another spelling."""
    if message not in listener.more:
        return
    for other in HEARTBEATS:
        while sender.more:
            await sender.receive()
        before = len(listener.more)
        await sender.send(other)
        answer = await sender.receive(0.3)
        await settle()
        if answer is not None and _is_heartbeat(answer) and len(listener.more) == before:
            raise Misconception(
                "the same JSON object in another spelling was passed on to everybody, as if it "
                "were a chat message: your handler compares the text of the message. Spaces and "
                "escapes do not change JSON: parse it with json.loads, and compare the type.",
                input=Plain(f"{message!r}, which is the same JSON as {other!r}"),
                expected=Plain(f"to its sender only: {HEARTBEATS[0]!r}"),
                received=Plain(f"by cas, too: {listener.more[0]!r}"),
            )


def _check_that_none_came(listener: Member) -> None:
    """Look at a client that has never sent a heartbeat, and so never receives one."""
    if listener.more and _is_heartbeat(listener.more[0]):
        raise Misconception(
            "heartbeats of one client reach another: with a thousand clients, that is a million "
            "messages in each interval. The answer goes to the sender only, once.",
            input=Plain("heartbeats from ana and bob, none from cas"),
            received=Plain(f"by cas: {listener.more[0]!r}"),
        )


async def _check_chat(sender: Member, others: list[Member], message: str | bytes) -> None:
    await sender.send(message)
    values: dict[str, Any] = {"input": message, "expected": message}
    for each in (sender, *others):
        received = await _receive(each, sender, values)
        if received == message:
            continue
        if each is sender and _is_heartbeat(received):
            await settle()
            _check_that_none_came(others[-1])
            raise Misconception(
                "a message that is not a heartbeat was answered like a heartbeat. Parse it, and "
                "decide by its type.",
                **values,
                received=received,
            )
        raise NotYet("a chat message must reach everybody as it came", **values, received=received)
    await settle()
    for each in (sender, *others):
        if each.more:
            raise NotYet(
                "one message was sent, and more than one was received", **values, received=each.more
            )


def _is_heartbeat(message: str | bytes) -> bool:
    try:
        data = json.loads(message)
    except ValueError:
        return False
    return isinstance(data, dict) and data.get("type") == "heartbeat"


COUNTS = [(1000, 30.0), (400, 0.5), (7, 20.0), (1, 3.0)]
TENTHS = 10
ENOUGH = 100
"""From so many pings on, each tenth of the interval must have a fair part of them."""


@exercise("04.3")
async def phases(function: Any) -> str:
    """Check ``phases(count, interval)``: when each connection gets its first ping."""
    for count, interval in COUNTS:
        values = {"input": Plain(f"phases({count}, {interval})")}
        answer = attempt(function, count, interval, shown=values["input"])
        given = _numbers(answer, count, values)
        if min(given) < 0:
            raise NotYet(
                "a first ping cannot be in the past: return 0 or more seconds from now",
                **values,
                received=min(given),
            )
        if max(given) > interval:
            raise Misconception(
                f"one connection waits {max(given):.1f} s for its first ping, longer than the "
                "interval. If it dies meanwhile, you notice late: stay within one interval.",
                **values,
                received=max(given),
            )
        if count > 1 and len(set(given)) == 1:
            raise Misconception(
                "all pings are sent at the same moment, and all pongs come back together. Choose "
                "a different moment for each connection.",
                **values,
                received=given[:3],
            )
        if count >= ENOUGH:
            _check_spread(given, count, interval, values)
    return "the number of pings is the same, but they are not sent at the same moment."


def _numbers(given: Any, count: int, values: dict[str, Any]) -> list[float]:
    if isinstance(given, Iterator):
        given = list(given)
    text = f"return a list of {count} numbers, each of them in seconds"
    if isinstance(given, dict | str | bytes):
        raise NotYet(text, **values, received=given)
    try:
        numbers = [float(each) for each in given if not isinstance(each, str | bytes)]
    except (TypeError, ValueError):
        numbers = []
    if not numbers or not all(map(math.isfinite, numbers)):
        raise NotYet(text, **values, received=given)
    if len(numbers) != count:
        raise NotYet(text, **values, received=Plain(f"{len(numbers)} numbers"))
    return numbers


def _check_spread(given: list[float], count: int, interval: float, values: dict[str, Any]) -> None:
    fair = count / TENTHS
    tenths = Counter(min(int(TENTHS * each / interval), TENTHS - 1) for each in given)
    for tenth in range(TENTHS):
        if not 0.4 * fair <= tenths[tenth] <= 2 * fair:
            raise Misconception(
                f"one tenth of the interval has {tenths[tenth]} of {count} pings, where {fair:.0f} "
                "would be fair. Spread them over the whole interval.",
                **values,
                received=Plain(f"tenth {tenth + 1}: {tenths[tenth]} pings"),
            )
