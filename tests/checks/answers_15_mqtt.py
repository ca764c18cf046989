"""Answers to the exercises of lesson 15: mistakes, what is no answer yet, right ones."""

import asyncio

from tests.checks.worked import SOLUTIONS


def catches_up(*names, clean=False, qos=1, stays=False, waits=1.0):
    """An answer to 15.1 that subscribes as the first of these names and comes back as the last."""

    async def catch_up(connect, away):
        def as_(name):
            return connect(identifier=name, clean_session=clean)

        async with as_(names[0]) as client:
            await client.subscribe("news", qos=qos)
            if stays:
                await away()
        if not stays:
            await away()
        async with as_(names[-1]) as client:
            message = await asyncio.wait_for(anext(client.messages), waits)
            return message.payload.decode()

    return catch_up


def reads_length(length, kind=lambda first: (first >> 4, first & 15)):
    """An answer to 15.2 with its own idea of the length."""
    return lambda data: (*kind(data[0]), length(data[1:]))


def groups_of(data):
    count = next(n for n, byte in enumerate(data) if byte < 128) + 1
    return [byte & 127 for byte in data[:count]]


def highest_first(data):
    return int("".join(f"{each:07b}" for each in groups_of(data)), 2)


def decides(**changes):
    """The worked answer to 15.3, but for some cases: a way, a reason, or both."""
    choices = dict(SOLUTIONS["15.3"])
    for case, (way, reason) in changes.items():
        case = case.replace("_", " ")
        choices[case] = (way or choices[case][0], reason or choices[case][1])
    return choices


async def returns_bytes(connect, away):
    text = await SOLUTIONS["15.1"](connect, away)
    return text.encode()


async def subscribes_and_no_more(connect, away):
    async with connect(identifier="ana", clean_session=False) as client:
        await client.subscribe([("news", 1)])


async def never_comes_back(connect, away):
    await subscribes_and_no_more(connect, away)
    await away()


MISTAKES = [
    ("15.1", catches_up("ana", clean=True), "a clean session is forgotten"),
    ("15.1", catches_up("ana", qos=0), "at most once"),
    ("15.1", catches_up("ana", "bob"), "under another one"),
    ("15.1", catches_up("ana", stays=True), "still connected"),
    ("15.1", catches_up("ana", clean=True, waits=60), "a clean session is forgotten"),
    ("15.2", reads_length(lambda data: data[0]), "2 bytes here, not one"),
    ("15.2", reads_length(lambda data: data[0] & 127), "2 bytes here, not one"),
    ("15.2", reads_length(highest_first), "lowest seven bits come first"),
    ("15.2", reads_length(len, lambda first: (first & 15, first >> 4)), "upper four bits"),
    ("15.3", decides(meter_page=("WebSocket", None)), "no rivals"),
    ("15.3", decides(meter_page=("MQTT", None)), "opens no TCP"),
    ("15.3", decides(game=("MQTT in WebSocket", None)), "twice the way"),
    ("15.3", decides(pump=(None, "offline")), "not because of “offline”"),
]


HINTS = [
    ("15.1", lambda connect, away: "text", "write async def"),
    ("15.1", subscribes_and_no_more, "await away()"),
    ("15.1", never_comes_back, "come back"),
    ("15.1", returns_bytes, "decode it"),
    ("15.2", lambda data: 3, "return (type, flags, remaining length)"),
    ("15.2", lambda data: (data[0], 0, 0), "type 12, flags 0; not 192 and 0"),
    ("15.2", reads_length(lambda data: data[0] + data[1]), "length is 0, not 129"),
    ("15.3", {"meters": "MQTT"}, "meters: give a pair"),
    ("15.3", decides(game=("HTTP", None)), 'game: "HTTP" is none of'),
]
