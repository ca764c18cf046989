"""The exercises of lesson 15."""

import asyncio
import inspect
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from wsdemo.checks import Misconception, NotYet, OutOfTime, exercise
from wsdemo.checks._choices import compare, read
from wsdemo.checks._trial import in_time
from wsdemo.programs.brokers import broker

CATCH_UP_TIME = 3
"""Seconds to wait for a message that the broker has."""


@dataclass
class Told:
    """What a learner's clients have said.

    Attributes:
        names: their identifiers, in the order in which they were made.
        clean: whether each wanted a clean session.
        qos: the QoS of each subscription.
        inside: how many are connected.
        away: how often ``away()`` was called.
    """

    names: list[str | None] = field(default_factory=list)
    clean: list[bool] = field(default_factory=list)
    qos: list[int] = field(default_factory=list)
    inside: int = 0
    away: int = 0


def _client(host: str, port: int, told: Told) -> type:
    """Make a class of clients of one broker that remember what they were told."""
    import aiomqtt  # one of the extra "scale"

    class Client(aiomqtt.Client):
        def __init__(self, **options: Any) -> None:
            super().__init__(host, port, **options)
            told.names.append(options.get("identifier"))
            told.clean.append(options.get("clean_session") is not False)

        async def subscribe(self, topic: Any, qos: int = 0, *rest: Any, **more: Any) -> Any:
            pairs = topic if isinstance(topic, list) else [topic]
            told.qos.extend(each[1] if isinstance(each, tuple) else qos for each in pairs)
            return await super().subscribe(topic, qos, *rest, **more)

        async def __aenter__(self) -> Any:
            entered = await super().__aenter__()
            told.inside += 1
            return entered

        async def __aexit__(self, *error: Any) -> None:
            told.inside -= 1
            await super().__aexit__(*error)

    return Client


@exercise("15.1")
async def missed(answer: Callable[..., Any]) -> str:
    """Judge how somebody catches up, with a broker of its own."""
    if not inspect.iscoroutinefunction(answer):
        raise NotYet("write async def catch_up(connect, away)")
    return await asyncio.to_thread(_on_another_loop, _catch_up(answer))


def _on_another_loop(story: Coroutine[Any, Any, str]) -> str:
    # Windows' own loop cannot watch the sockets of aiomqtt.
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(story)


async def _catch_up(answer: Callable[..., Any]) -> str:
    told, text = Told(), uuid.uuid4().hex
    with broker("mqtt") as running:
        address = urlsplit(running.url)
        host, port = address.hostname or "127.0.0.1", address.port or 1883
        connect = _client(host, port, told)

        async def away() -> None:
            told.away += 1
            if told.inside:
                raise Misconception(
                    "you are still connected while you are away: leave the block of async with"
                )
            async with _client(host, port, Told())() as other:
                await other.publish("news", text, qos=1)

        try:
            found = await in_time(answer(connect, away), CATCH_UP_TIME)
        except (OutOfTime, TimeoutError):  # after our time, or the learner's
            found = None
    if not told.names:
        raise NotYet("async with connect(…) as client, and subscribe to news")
    if not told.away:
        raise NotYet("await away() when you have subscribed and left")
    if found == text:
        return "the broker has kept it under your name, and gave it to you when you came back."
    if found == text.encode():
        raise NotYet("that is the message; its payload is bytes: decode it")
    raise _why_nothing_came(told, found)


def _why_nothing_came(told: Told, found: Any) -> Exception:
    if any(told.clean):
        return Misconception(
            "a clean session is forgotten when its line ends, and with it what came since: nothing "
            "was kept for you. clean_session=False, both times."
        )
    if len(set(told.names)) > 1:
        return Misconception(
            "the broker keeps a session under a name, and you came back under another one: the "
            "same identifier, both times."
        )
    if 0 in told.qos:
        return Misconception(
            "your session was kept, with a subscription of QoS 0: at most once, which for who is "
            "away is never. Subscribe with qos=1."
        )
    if len(told.names) == 1:
        return NotYet("come back: async with connect(…) a second time, and take a message")
    return NotYet(f"return the text of the message, not {found!r}")


# 15.2

PACKETS = [
    (12, 0, 0),
    (2, 0, 2),
    (3, 2, 127),
    (8, 2, 128),
    (3, 11, 321),
    (3, 0, 16_383),
    (3, 4, 16_384),
    (3, 1, 2_097_151),
    (3, 13, 2_097_152),
    (3, 0, 268_435_455),
]
"""Types, flags and remaining lengths: the bounds are those of MQTT 3.1.1's table 2.4."""


def _groups(length: int) -> list[int]:
    """A length in groups of seven bits, the lowest first."""
    groups = [length % 128]
    while length := length // 128:
        groups.append(length % 128)
    return groups


def _header(kind: int, flags: int, length: int) -> bytes:
    groups = _groups(length)
    last = len(groups) - 1
    return bytes([kind << 4 | flags, *(g | (n < last) << 7 for n, g in enumerate(groups))])


@exercise("15.2")
async def read_header(answer: Callable[..., Any]) -> str:
    """Judge a parser by the bounds of each length's form, and by what follows the header."""
    for kind, flags, length in PACKETS:
        header = _header(kind, flags, length)
        found = answer(header + bytes([0x81, 0x82, 0x03, 0x04]))
        shown = header.hex(" ")
        if not isinstance(found, tuple) or len(found) != 3:
            raise NotYet(f"return (type, flags, remaining length); for {shown} that is no {found}")
        if found[:2] == (flags, kind) != (kind, flags):
            raise Misconception(
                f"{shown}: the upper four bits are the type, the lower four the flags"
            )
        if found[:2] != (kind, flags):
            raise NotYet(f"{shown}: type {kind}, flags {flags}; not {found[0]} and {found[1]}")
        if found[2] != length:
            raise _why_wrong(header, length, found[2])
    return "type, flags, and lengths of one byte to four: a receiver knows where a packet ends."


def _why_wrong(header: bytes, length: int, found: Any) -> Exception:
    shown, groups = header.hex(" "), _groups(length)
    if len(groups) > 1 and found in (header[1], header[1] % 128):
        return Misconception(
            f"{shown}: the length takes {len(groups)} bytes here, not one. The highest bit of a "
            "byte says that another one follows."
        )
    backwards = 0
    for each in groups:
        backwards = backwards * 128 + each
    if found == backwards:
        return Misconception(
            f"{shown}: {length}, not {found}. The lowest seven bits come first; in a WebSocket "
            "frame's length it is the other way round."
        )
    return NotYet(f"{shown}: the remaining length is {length}, not {found}")


# 15.3

WAYS = ("WebSocket", "MQTT", "MQTT in WebSocket")
RIGHT = {
    "meters": ("MQTT", "offline"),
    "meter page": ("MQTT in WebSocket", "page"),
    "game": ("WebSocket", "own server"),
    "pump": ("MQTT", "last will"),
    "terminal": ("WebSocket", "one stream"),
}
REASONS = tuple(sorted(reason for _, reason in RIGHT.values()))
WHY = {
    "meters": "Who is not there when a message comes gets it later",
    "meter page": "Which connections can a page open at all?",
    "game": "Who judges the moves?",
    "pump": "What has to be told, and when?",
    "terminal": "Who else would want these bytes?",
}
NO_TCP = "a page opens no TCP connection. What it can open, and send bytes on, is a WebSocket."
IN_VAIN = "nobody here is a page: TCP is open to all of them, and the frames would be in vain."
WHY_NOT = {
    ("meters", "WebSocket"): "it can be done: numbers, answers and a history for each program, all "
    "of it your own code. The broker has that: sessions, and QoS 1.",
    ("meters", "MQTT in WebSocket"): IN_VAIN,
    ("meter page", "WebSocket"): "the two are no rivals. The readings are at the broker; a server "
    "of your own would only translate them, and the broker speaks MQTT inside a WebSocket already.",
    ("meter page", "MQTT"): NO_TCP,
    ("game", "MQTT"): NO_TCP,
    ("game", "MQTT in WebSocket"): "a broker passes on whatever is published and judges nothing. "
    "So your server would be one more client of it, as the referee was: twice the way for nothing.",
    ("pump", "WebSocket"): "it can be done: a server of your own, its heartbeat, a `finally`, and "
    "a list of who has to know. A last will is all of that.",
    ("pump", "MQTT in WebSocket"): IN_VAIN,
    ("terminal", "MQTT"): NO_TCP,
    ("terminal", "MQTT in WebSocket"): "two topics that nobody else will ever subscribe to, and a "
    "broker between two ends that could speak directly.",
}


@exercise("15.3")
async def choose(choices: dict[str, tuple[str, str]]) -> str:
    """Judge a choice for each of five cases, and its reason."""
    pairs = read(choices, RIGHT, WAYS, REASONS)
    compare(pairs, RIGHT, lambda case, way: WHY_NOT[case, way], WHY.__getitem__)
    return "each chosen by what it needs; where it is a page, a WebSocket carries it either way."
