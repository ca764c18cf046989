"""Answers to the exercises of lesson 10: mistakes, what is no answer yet, right ones."""

from tests.checks.worked import SOLUTIONS


def counts(pick):
    """An answer to 10.1 that picks from (bytes there, bytes back, text, bytes before)."""

    def overhead(wire, ask):
        before = wire.bytes_to_server, wire.bytes_to_client
        text = ask()
        there, back = wire.bytes_to_server - before[0], wire.bytes_to_client - before[1]
        return pick(there, back, text, sum(before))

    return overhead


def chooses_ways(**changes):
    """The worked answer to 10.2, but for some cases: a way, a reason, or both."""
    choices = dict(SOLUTIONS["10.2"])
    for case, (way, reason) in changes.items():
        choices[case] = (way or choices[case][0], reason or choices[case][1])
    return choices


async def awaits(wire, ask):
    return ask()


MISTAKES = [
    ("10.1", counts(lambda there, back, text, before: there + back), "payload, no overhead"),
    ("10.1", counts(lambda there, back, text, before: back), "bytes of the request are missing"),
    (
        "10.1",
        counts(lambda there, back, text, before: back - len(text.encode())),
        "bytes of the request are missing",
    ),
    ("10.1", counts(lambda there, back, text, before: there), "the answer has"),
    (
        "10.1",
        counts(lambda there, back, text, before: there + back - len(text)),
        "encode the text first",
    ),
    (
        "10.1",
        counts(lambda there, back, text, before: before + there + back - len(text.encode())),
        "take the difference",
    ),
    ("10.2", dict.fromkeys(SOLUTIONS["10.2"], ("WebSocket", "both ways")), "weather by WebSocket"),
    ("10.2", chooses_ways(prices=("WebSocket", None)), "Last-Event-ID"),
    ("10.2", chooses_ways(prices=("short polling", None)), "asked for once"),
    ("10.2", chooses_ways(log=("long polling", None)), "asked for once"),
    ("10.2", chooses_ways(game=("SSE", None)), "a request of its own"),
    ("10.2", chooses_ways(camera=("SSE", None)), "1024 bytes became 1376, in a frame 1028"),
    ("10.2", chooses_ways(camera=("long polling", None)), "nobody had to ask"),
    ("10.2", chooses_ways(alarms=("SSE", None)), "when it is complete"),
    ("10.2", chooses_ways(alarms=("short polling", None)), "MB a day of nothing"),
    ("10.2", chooses_ways(camera=(None, "both ways")), "but not because of “both ways”"),
    ("10.2", chooses_ways(weather=(None, "one way")), "that is what decides"),
]


HINTS = [
    ("10.1", lambda wire, ask: 3, "call ask() once"),
    ("10.1", lambda wire, ask: len(ask() + ask()), "called 2 times"),
    ("10.1", lambda wire, ask: len(ask()) - 1, "bytes went there"),
    ("10.1", awaits, "not async def"),
    ("10.2", {"weather": "short polling"}, "weather: give a pair"),
    ("10.2", {"weather": ("short polling", "rare")}, "prices: give a pair"),
    ("10.2", chooses_ways(game=("telepathy", None)), 'game: "telepathy" is none of'),
    ("10.2", chooses_ways(game=(None, "fast")), 'game: "fast" is none of'),
]
