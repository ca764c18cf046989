"""The exercises of lesson 15."""

import asyncio
import inspect
import uuid
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from wsdemo.checks import Misconception, NotYet, OutOfTime, exercise
from wsdemo.checks._choices import compare, read
from wsdemo.checks._trial import called, in_time
from wsdemo.programs.brokers import Broker, broker

CATCH_UP_TIME = 3
"""Seconds to wait for a message that the broker has."""


@dataclass
class Seen:
    """Facts about a learner's clients.

    Attributes:
        names: their identifiers, in the order in which they were made.
        clean: whether each wanted a clean session.
        qos: the QoS of each subscription.
        inside: how many are connected.
        away: how often ``away()`` was called.
        before: how many subscriptions there were when ``away()`` was first called.
    """

    names: list[str | None] = field(default_factory=list)
    clean: list[bool] = field(default_factory=list)
    qos: list[int] = field(default_factory=list)
    inside: int = 0
    away: int = 0
    before: int = 0


def _client(host: str, port: int, seen: Seen) -> type:
    """Make a class of clients of one broker that note what they do."""
    import aiomqtt  # one of the extra "scale"

    class Client(aiomqtt.Client):
        def __init__(self, **options: Any) -> None:
            super().__init__(host, port, **options)
            seen.names.append(options.get("identifier"))
            clean = options.get("clean_session")
            seen.clean.append(clean is None or bool(clean))

        async def subscribe(self, topic: Any, qos: int = 0, *rest: Any, **more: Any) -> Any:
            pairs = topic if isinstance(topic, list) else [topic]
            seen.qos.extend(each[1] if isinstance(each, tuple) else qos for each in pairs)
            return await super().subscribe(topic, qos, *rest, **more)

        async def __aenter__(self) -> Any:
            entered = await super().__aenter__()
            seen.inside += 1
            return entered

        async def __aexit__(self, *error: Any) -> None:
            seen.inside -= 1
            await super().__aexit__(*error)

    return Client


@exercise("15.1")
async def missed(answer: Callable[..., Any]) -> str:
    """Check how a client catches up, with a broker of its own."""
    return await asyncio.to_thread(_on_another_loop, _catch_up(answer))


def _on_another_loop(story: Coroutine[Any, Any, str]) -> str:
    # Windows' own loop cannot watch the sockets of aiomqtt.
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(story)


async def _until_gone(running: Broker, seen: Seen) -> None:
    """Wait until the broker has noticed that the last client has left.

    To one that it still takes for connected it would send the message, in vain, and NATS sends it
    again only after half a minute.
    """
    from wsdemo.programs.mqtt import until_gone  # needs the extra "scale"

    name = seen.names[-1] if seen.names else None
    if running.websocket_url and isinstance(name, str) and name:
        await until_gone(running.websocket_url, name, seen.clean[-1])


async def _catch_up(answer: Callable[..., Any]) -> str:
    seen, number = Seen(), uuid.uuid4().hex
    text, other_text = f"Café {number}", f"It rains in {number}"
    with broker("mqtt") as running:
        address = urlsplit(running.url)
        host, port = address.hostname or "127.0.0.1", address.port or 1883
        connect = _client(host, port, seen)

        async def away() -> None:
            seen.away += 1
            seen.before = seen.before or len(seen.qos)
            if seen.inside:
                raise Misconception(
                    "you are still connected while you are away: leave the block of async with"
                )
            await _until_gone(running, seen)
            async with _client(host, port, Seen())() as other:
                await other.publish("weather", other_text, qos=1)
                await other.publish("news", text, qos=1)

        found = None
        try:
            catching_up = answer(connect, away)
            if not inspect.isawaitable(catching_up):
                raise NotYet("write async def catch_up(connect, away)", received=catching_up)
            found = await in_time(catching_up, CATCH_UP_TIME)
        except (OutOfTime, TimeoutError):  # after our time, or the learner's
            pass
    if not seen.names:
        raise NotYet(
            "no client was made: write async with connect(…) as client, and subscribe to news"
        )
    if not seen.away:
        raise NotYet("away() has not run: await away() when you have subscribed and disconnected")
    if found == text:
        return (
            "the broker kept the message for your identifier, and you got it when you connected "
            "again."
        )
    raise _why_another(text, other_text, found) or _why_nothing(seen, found)


def _why_another(text: str, other_text: str, found: Any) -> Exception | None:
    """Return a diagnosis if something was found, and it is not the text of the message."""
    if found in (text.encode(), str(text.encode())):
        return NotYet("that is the message's payload, as bytes: decode it", received=found)
    if hasattr(found, "payload"):
        return NotYet("that is the message; its payload is bytes: decode it, and return the text")
    if found == other_text:
        return Misconception(
            "that was published to another topic, 'weather'. Subscribe to 'news', and not to a "
            "wildcard or to another topic.",
            received=found,
        )
    if isinstance(found, str) and found and found.encode("latin-1", "replace") == text.encode():
        return Misconception(
            "the payload is UTF-8, and you decoded it as another encoding.",
            expected=text,
            received=found,
        )
    return None


def _why_nothing(seen: Seen, found: Any) -> Exception:
    if not seen.qos:
        return NotYet("subscribe to news before you leave")
    if not seen.before:
        return Misconception(
            "you had not subscribed before you were away. A broker keeps a message only for the "
            "subscriptions that exist when the message comes."
        )
    if any(seen.clean):
        return Misconception(
            "a clean session is forgotten when its connection ends, and no later message is kept "
            "for it. Use clean_session=False, both times."
        )
    if len(set(seen.names)) > 1:
        return Misconception(
            "the broker keeps a session under an identifier, and you came back under another one: "
            "use the same identifier, both times.",
            received=seen.names,
        )
    if 0 in seen.qos:
        return Misconception(
            "your session was kept, with a subscription of QoS 0. This means at most once, and "
            "for a client that is away it means never. Subscribe with qos=1."
        )
    if len(seen.names) == 1:
        return NotYet(
            "you made only one client: come back with a second async with connect(…), and take a "
            "message"
        )
    return NotYet("return the text of the message that you have missed", received=found)


# 15.2

PACKETS = [
    (12, 0, 0),
    (2, 0, 2),
    (3, 2, 127),
    (3, 11, 321),
    (8, 2, 128),
    (3, 0, 16_383),
    (3, 4, 16_384),
    (3, 1, 2_097_151),
    (3, 13, 2_097_152),
    (3, 0, 268_435_455),
]
"""Types, flags and remaining lengths; the bounds are from MQTT 3.1.1, table 2.4."""

AFTER = bytes([0x81, 0x82, 0x03, 0x04])
"""Bytes that come after the header."""


def _groups(length: int) -> list[int]:
    """Return a length in groups of seven bits, the lowest first."""
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
    """Check a parser by the bounds of each length's form, and by what follows the header."""
    for kind, flags, length in PACKETS:
        header = _header(kind, flags, length)
        shown = header.hex(" ")
        given = called(answer, header + AFTER)
        # A set has no order, and a text is a sequence of texts.
        ordered = isinstance(given, Iterable) and not isinstance(given, str | bytes | set | Mapping)
        found = tuple(given) if ordered else ()
        if len(found) != 3:
            raise NotYet(
                "return (type, flags, remaining length)", input=header + AFTER, received=given
            )
        if found[:2] == (flags, kind) != (kind, flags):
            raise Misconception(
                f"{shown}: the upper four bits are the type, the lower four the flags"
            )
        if found[:2] != (kind, flags):
            raise NotYet(
                f"{shown}: the type is {kind} and the flags are {flags}, not {found[0]} and "
                f"{found[1]}"
            )
        if found[2] != length:
            raise _why_wrong(header, length, found[2])
    return (
        "your function reads the type, the flags, and lengths of one to four bytes: a receiver "
        "must know where a packet ends."
    )


def _sum(groups: Iterable[int], base: int = 128) -> int:
    return sum(each * base**place for place, each in enumerate(groups))


def _why_wrong(header: bytes, length: int, found: Any) -> Exception:
    shown, groups = header.hex(" "), _groups(length)
    fewer = [_sum(groups[:count]) for count in range(1, len(groups))]
    if len(groups) > 1 and found in (*fewer, header[1]):
        return Misconception(
            f"{shown}: the length takes {len(groups)} bytes here, and {found} is the value of "
            "fewer of them. The highest bit of a byte says that another one follows."
        )
    if found == _sum(reversed(groups)):
        return Misconception(
            f"{shown}: the length is {length}, not {found}. The lowest seven bits come first; in "
            "a WebSocket frame's length it is the other way round."
        )
    if found == _sum(groups, 256):
        return Misconception(
            f"{shown}: the length is {length}, not {found}. Each byte holds seven bits of the "
            "length, so the second one counts by 128, not by 256."
        )
    if found == _sum(header[1:]):
        return Misconception(
            f"{shown}: the length is {length}, not {found}. The highest bit of a byte is not part "
            "of the length."
        )
    if found == _sum(each & 127 for each in (header + AFTER)[1:5]):
        return Misconception(
            f"{shown}: the length is {length}, not {found}. The highest bit of {header[-1]:02x} "
            "is 0, so it is the last byte of the length; your function has read on."
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
    "meters": "A client that is away when a message comes gets it later",
    "meter page": "Which connections can a page open at all?",
    "game": "Which program checks the moves?",
    "pump": "What must the programs learn, and when?",
    "terminal": "Who else would want these bytes?",
}
NO_TCP = "a page cannot open a TCP connection. It can open a WebSocket, and send bytes on that."
NO_PAGE = "none of these programs is a page: all of them can use TCP, without frames around it."
WHY_NOT = {
    ("meters", "WebSocket"): "it can be done, with numbers, answers and a history for each "
    "program, and all of it is your own code. The broker already has that: sessions, and QoS 1.",
    ("meters", "MQTT in WebSocket"): NO_PAGE,
    (
        "meter page",
        "WebSocket",
    ): "the two do not exclude each other. The readings are at the broker; your own server would "
    "only translate them, and the broker already accepts MQTT inside a WebSocket.",
    ("meter page", "MQTT"): NO_TCP,
    ("game", "MQTT"): NO_TCP,
    ("game", "MQTT in WebSocket"): "a broker passes on whatever is published, and checks nothing. "
    "So your server would be one more client of the broker, as the referee was: each message "
    "would go twice as far, without any gain.",
    ("pump", "WebSocket"): "it can be done, with your own server, its heartbeat, a `finally`, and "
    "a list of programs to notify. A last will does all of that.",
    ("pump", "MQTT in WebSocket"): NO_PAGE,
    ("terminal", "MQTT"): NO_TCP,
    ("terminal", "MQTT in WebSocket"): "it would need two topics that nobody else will ever "
    "subscribe to, and a broker between two ends that could be connected directly.",
}


def _as_written(choices: Any) -> Any:
    """Return choices with each known way and reason as the exercise writes it."""
    known = {each.casefold(): each for each in (*WAYS, *REASONS)}

    def plain(text: Any) -> Any:
        return known.get(text.strip().casefold(), text) if isinstance(text, str) else text

    try:
        return {
            case: pair if isinstance(pair, str) else tuple(map(plain, pair))
            for case, pair in choices.items()
        }
    except (AttributeError, TypeError):
        return choices  # what is wrong with it is found when it is read


@exercise("15.3")
async def choose(choices: Any) -> str:
    """Check a choice for each of five cases, and its reason."""
    pairs = read(_as_written(choices), RIGHT, WAYS, REASONS)
    compare(pairs, RIGHT, lambda case, way: WHY_NOT[case, way], WHY.__getitem__)
    return "you chose each by what it needs. To a page, a WebSocket carries the bytes either way."
