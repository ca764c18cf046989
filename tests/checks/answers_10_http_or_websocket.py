"""Answers to the exercises of lesson 10: mistakes, what is no answer yet, right ones."""

import functools
from decimal import Decimal

from tests.checks.worked import SOLUTIONS


def counts(pick):
    """An answer to 10.1 that picks from (bytes there, bytes back, text, bytes before)."""

    def overhead(wire, ask):
        before = wire.bytes_to_server, wire.bytes_to_client
        text = ask()
        there, back = wire.bytes_to_server - before[0], wire.bytes_to_client - before[1]
        return pick(there, back, text, sum(before))

    return overhead


def counts_right(wrap):
    return counts(lambda there, back, text, before: wrap(there + back - len(text.encode())))


def asks_twice(wire, ask):
    ask()
    return SOLUTIONS["10.1"](wire, ask)


async def awaits(wire, ask):
    return ask()


class Overhead:
    def __call__(self, wire, ask):
        start = self.total(wire)
        payload = bytes(ask(), "utf-8")
        return self.total(wire) - start - len(payload)

    def total(self, wire):
        return sum((wire.bytes_to_server, wire.bytes_to_client))


def of_a_wire_at_rest(unit, wire, ask):
    there = wire.bytes_to_server
    back = wire.bytes_to_client + unit * len(ask().encode())
    return unit * (wire.bytes_to_server - there) + wire.bytes_to_client - back


def chooses_ways(**changes):
    """The worked answer to 10.2, but for some cases: a way, a reason, or both."""
    choices = dict(SOLUTIONS["10.2"])
    for case, (way, reason) in changes.items():
        choices[case] = (way or choices[case][0], reason or choices[case][1])
    return choices


WRONG_COUNTS = [
    (lambda there, back, text, before: there + back, "and not overhead"),
    (lambda there, back, text, before: back, "bytes of the request are missing"),
    (lambda there, back, text, before: back - len(text.encode()), "of the request are missing"),
    (lambda there, back, text, before: back - len(text), "of the request are missing"),
    (lambda there, back, text, before: there, "of the answer's header are missing"),
    (lambda there, back, text, before: there + back - len(text), "encode the text first"),
    (lambda there, back, text, before: before + there + back, "take the difference"),
    (
        lambda there, back, text, before: before + there + back - len(text.encode()),
        "take the difference",
    ),
]
WRONG_CHOICES = [
    (dict.fromkeys(SOLUTIONS["10.2"], ("WebSocket", "both ways")), "weather by WebSocket"),
    (chooses_ways(weather=("SSE", None)), "a connection open for each reader"),
    (chooses_ways(prices=("WebSocket", None)), "Last-Event-ID"),
    (chooses_ways(prices=("short polling", None)), "A stream needs one request"),
    (chooses_ways(log=("long polling", None)), "A stream needs one request"),
    (chooses_ways(log=("WebSocket", None)), "it would work"),
    (chooses_ways(game=("SSE", None)), "a request of its own"),
    (chooses_ways(game=("long polling", None)), "a request of its own"),
    (chooses_ways(camera=("SSE", None)), "1024 bytes became 1376; in a frame they took 1028"),
    (chooses_ways(camera=("long polling", None)), "needs no request"),
    (chooses_ways(alarms=("SSE", None)), "when it is complete"),
    (chooses_ways(alarms=("WebSocket", None)), "when it is complete"),
    (chooses_ways(alarms=("short polling", None)), "MB a day"),
    (chooses_ways(camera=(None, "both ways")), "but not because of “both ways”"),
    (chooses_ways(weather=(None, "one way")), "that decides"),
    (chooses_ways(prices=(None, "rare")), "Does the client send anything?"),
]
MISTAKES = [
    *(("10.1", counts(pick), diagnosis) for pick, diagnosis in WRONG_COUNTS),
    *(("10.2", *row) for row in WRONG_CHOICES),
]
HINTS = [
    ("10.1", lambda wire, ask: 3, "call ask() once"),
    ("10.1", asks_twice, "called 2 times"),
    ("10.1", lambda wire, ask: len(ask()) - 1, "count the bytes of both directions"),
    ("10.1", lambda wire, ask: bool(ask()) and 150, "count the bytes of both directions"),
    ("10.1", counts_right(lambda count: 2 * count), "count the bytes of both directions"),
    ("10.1", counts_right(lambda count: f"{count} bytes"), "return a number"),
    ("10.1", lambda wire, ask: ask(), "return a number"),
    ("10.1", awaits, "not async def"),
    ("10.2", {"weather": "short polling"}, "weather: write a pair"),
    ("10.2", {"weather": ("short polling", "rare")}, "prices: write a pair"),
    ("10.2", ["short polling", "SSE"], "weather: write a pair"),
    ("10.2", chooses_ways(game=("telepathy", None)), 'game: "telepathy" is not one of'),
    ("10.2", chooses_ways(game=(None, "fast")), 'game: "fast" is not one of'),
]
RIGHT = [
    ("10.1", Overhead()),
    ("10.1", counts_right(float)),
    ("10.1", counts_right(Decimal)),
    ("10.1", functools.partial(of_a_wire_at_rest, 1)),
    ("10.2", {case: list(pair) for case, pair in SOLUTIONS["10.2"].items()}),
    ("10.2", {case: tuple(map(str.upper, pair)) for case, pair in SOLUTIONS["10.2"].items()}),
    ("10.2", dict(reversed(SOLUTIONS["10.2"].items()))),
    ("10.2", SOLUTIONS["10.2"] | {"chat": ("WebSocket", "both ways")}),
]
