"""The exercises 15.2 and 15.3."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._choices import compare, read
from wsdemo.checks._trial import called

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
