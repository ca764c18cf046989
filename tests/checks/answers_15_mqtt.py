"""Answers to the exercises of lesson 15: mistakes, what is no answer yet, right ones."""

import asyncio
import collections
import contextlib
import functools
import itertools
import types
import uuid

from tests.checks.worked import SOLUTIONS


def catches_up(
    *names,
    clean=False,
    qos=1,
    stays=False,
    again=True,
    waits=1.0,
    topic="news",
    text=lambda message: message.payload.decode(),
    late=False,
):
    """An answer to 15.1 that subscribes as the first of these names and comes back as the last.

    Args:
        names: the client's identifiers.
        clean: whether the session is forgotten at the end of the connection.
        qos: that of the subscription.
        stays: whether it stays connected while it is away.
        again: whether `away` is called.
        waits: how many seconds it waits for the message.
        topic: what it subscribes to.
        text: makes the result of the message.
        late: whether it subscribes only when it comes back.
    """

    async def catch_up(connect, away):
        def as_(name):
            return connect(identifier=name() if callable(name) else name, clean_session=clean)

        async with as_(names[0]) as client:
            if not late:
                await client.subscribe(topic, qos=qos)
            if stays:
                await away()
        if again and not stays:
            await away()
        async with as_(names[-1]) as client:
            if late:
                await client.subscribe(topic, qos=qos)
            return text(await asyncio.wait_for(anext(client.messages), waits))

    return catch_up


def new_name():
    return f"ana-{uuid.uuid4()}"


async def returns_nothing(connect, away):
    await SOLUTIONS["15.1"](connect, away)


async def subscribes_and_no_more(connect, away):
    async with connect(identifier="ana", clean_session=False) as client:
        await client.subscribe([("news", 1)])


async def never_comes_back(connect, away):
    await subscribes_and_no_more(connect, away)
    await away()


async def forgets_to_await(connect, away):
    await subscribes_and_no_more(connect, away)
    away()
    async with connect(identifier="ana", clean_session=False) as client:
        return (await asyncio.wait_for(anext(client.messages), 1)).payload.decode()


async def forgets_to_subscribe(connect, away):
    async with connect(identifier="ana", clean_session=False) as client:
        client.subscribe("news", qos=1)
    await away()
    async with connect(identifier="ana", clean_session=False) as client:
        return (await asyncio.wait_for(anext(client.messages), 1)).payload.decode()


async def a_constant(connect, away):
    with contextlib.suppress(TimeoutError):
        await SOLUTIONS["15.1"](connect, away)
    return "Hello"


def not_async(connect, away):
    return "text"


async def in_one_stack(connect, away):
    """One that leaves by hand, and takes the first message of an `async for`."""
    for turn in itertools.count():
        async with contextlib.AsyncExitStack() as stack:
            client = await stack.enter_async_context(
                connect(identifier="somebody", clean_session=False)
            )
            await client.subscribe([("news", 2)])
            if turn:
                async for message in client.messages:
                    return str(message.payload, "utf-8")
        await away()


class CatchUp:
    def __init__(self, name):
        self.options = {"identifier": name, "clean_session": 0, "keepalive": 10}

    async def __call__(self, connect, away):
        async with connect(**self.options) as client:
            await client.subscribe("news/#", qos=1)
        await asyncio.create_task(away())
        async with connect(**self.options) as client, asyncio.timeout(4):
            messages = aiter(client.messages)
            return bytes((await anext(messages)).payload).decode()


async def by_hand(connect, away, name):
    """One that enters and leaves by hand, and reads the payload as a memoryview."""
    for turn in range(2):
        client = connect(identifier=name, clean_session=False)
        await client.__aenter__()
        try:
            if turn:
                return str(memoryview((await anext(client.messages)).payload), "utf-8")
            await client.subscribe("news", 1)
        finally:
            await client.__aexit__(None, None, None)
        await away()


def reads_length(length, kind=lambda first: (first >> 4, first & 15), shape=tuple):
    """An answer to 15.2 with its own idea of the length, and of type and flags."""
    return lambda data: shape((*kind(data[0]), length(data[1:])))


def groups_of(data, most=4):
    groups = []
    for byte in data[:most]:
        groups.append(byte & 127)
        if byte < 128:
            break
    return groups


def highest_first(data):
    return int("".join(f"{each:07b}" for each in groups_of(data)), 2)


def lowest_first(data, *, base=128, most=4):
    return sum(each * base**place for place, each in enumerate(groups_of(data, most)))


def of_all_bytes(data):
    return sum((each & 127) << 7 * place for place, each in enumerate(data[:4]))


def with_the_highest_bits(data):
    return sum(each << 7 * place for place, each in enumerate(data[: len(groups_of(data))]))


def until_a_zero(data):
    groups = itertools.takewhile(bool, groups_of(data))
    return sum(each << 7 * place for place, each in enumerate(groups))


async def reads_asynchronously(data):
    return SOLUTIONS["15.2"](data)


Header = collections.namedtuple("Header", "type flags length")


def reads_by_generator(data):
    first, *rest = data
    yield from divmod(first, 16)
    yield lowest_first(bytes(rest))


class ReadHeader:
    """Reads the length from its end, by recursion."""

    def __call__(self, data):
        return [data[0] // 16, data[0] % 16, self.length(memoryview(data)[1:])]

    def length(self, data):
        return data[0] if data[0] < 128 else data[0] - 128 + 128 * self.length(data[1:])


def decides(shape=tuple, whole=dict, text=str, **changes):
    """The worked answer to 15.3, but for some cases: a way, a reason, or both."""
    choices = dict(SOLUTIONS["15.3"])
    for case, (way, reason) in changes.items():
        case = case.replace("_", " ")
        choices[case] = (way or choices[case][0], reason or choices[case][1])
    return whole({case: shape(map(text, pair)) for case, pair in choices.items()})


MISTAKES = [
    ("15.1", catches_up("ana", clean=True), "a clean session is forgotten"),
    ("15.1", catches_up("ana", qos=0), "at most once"),
    ("15.1", catches_up("ana", "bob"), "under another one"),
    ("15.1", catches_up(new_name), "under another one"),
    ("15.1", catches_up("ana", stays=True), "still connected"),
    ("15.1", catches_up("ana", clean=True, waits=60), "a clean session is forgotten"),
    ("15.1", catches_up("ana", late=True), "had not subscribed before"),
    ("15.1", catches_up("ana", topic="#"), "another topic"),
    ("15.1", catches_up("ana", text=lambda message: message.payload.decode("latin-1")), "UTF-8"),
    ("15.2", reads_length(lambda data: data[0]), "takes 2 bytes here"),
    ("15.2", reads_length(lambda data: data[0] & 127), "takes 2 bytes here"),
    ("15.2", reads_length(highest_first), "lowest seven bits come first"),
    ("15.2", reads_length(len, lambda first: (first & 15, first >> 4)), "upper four bits"),
    ("15.2", reads_length(functools.partial(lowest_first, base=256)), "by 128, not by 256"),
    ("15.2", reads_length(functools.partial(lowest_first, most=2)), "takes 3 bytes here"),
    ("15.2", reads_length(functools.partial(lowest_first, most=3)), "takes 4 bytes here"),
    ("15.2", reads_length(of_all_bytes), "your function has read on"),
    ("15.2", reads_length(with_the_highest_bits), "not part"),
    ("15.2", reads_length(until_a_zero), "takes 2 bytes here"),
    ("15.2", reads_asynchronously, "async def"),
    ("15.3", decides(meters=("WebSocket", "offline")), "meters"),
    ("15.3", decides(meters=("MQTT in WebSocket", None)), "meters"),
    ("15.3", decides(meters=(None, "last will")), "not because of “last will”"),
    ("15.3", decides(meter_page=("WebSocket", None)), "do not exclude"),
    ("15.3", decides(meter_page=("MQTT", None)), "cannot open a TCP"),
    ("15.3", decides(meter_page=(None, "offline")), "not because of “offline”"),
    ("15.3", decides(game=("MQTT in WebSocket", None)), "twice as far"),
    ("15.3", decides(game=("MQTT", None)), "game"),
    ("15.3", decides(pump=("WebSocket", None)), "pump"),
    ("15.3", decides(pump=(None, "offline")), "not because of “offline”"),
    ("15.3", decides(terminal=("MQTT in WebSocket", None)), "terminal"),
    ("15.3", decides(terminal=(None, "page")), "not because of “page”"),
]

HINTS = [
    ("15.1", a_constant, "return the text"),
    ("15.1", not_async, "async def"),
    ("15.1", subscribes_and_no_more, "await away()"),
    ("15.1", catches_up("ana", again=False), "await away()"),
    ("15.1", forgets_to_await, "await away()"),
    ("15.1", forgets_to_subscribe, "subscribe to news before"),
    ("15.1", never_comes_back, "come back"),
    ("15.1", returns_nothing, "return the text"),
    ("15.1", catches_up("ana", text=lambda message: message.payload), "decode it"),
    ("15.1", catches_up("ana", text=lambda message: str(message.payload)), "decode it"),
    ("15.1", catches_up("ana", text=lambda message: message), "payload"),
    ("15.1", catches_up("ana", text=lambda message: str(message.topic)), "missed"),
    ("15.2", lambda data: 3, "return (type, flags, remaining length)"),
    ("15.2", lambda data: (data[0], 0, 0), "the type is 12 and the flags are 0, not 192 and 0"),
    ("15.2", reads_length(lowest_first, lambda first: (first & 0xF0, first & 15)), "type is 12"),
    ("15.2", reads_length(lowest_first, lambda first: (first >> 4, first)), "flags are 0"),
    ("15.2", reads_length(lambda data: data[0] + data[1]), "length is 0, not 129"),
    ("15.2", reads_length(lowest_first, shape=str), "return (type, flags, remaining length)"),
    ("15.2", reads_length(lowest_first, shape=set), "return (type, flags, remaining length)"),
    ("15.3", {"meters": "MQTT"}, "meters: write a pair"),
    ("15.3", {}, "meters: write a pair"),
    ("15.3", [("MQTT", "offline")] * 5, "meters: write a pair"),
    ("15.3", decides(shape=lambda pair: next(iter(pair))), "write a pair"),
    ("15.3", decides(game=("HTTP", None)), 'game: "HTTP" is not one of'),
    ("15.3", decides(pump=(None, "fast")), 'pump: "fast" is not one of'),
    ("15.3", decides(shape=lambda pair: tuple(pair)[::-1]), "is not one of"),
]

RIGHT = [
    ("15.1", in_one_stack),
    ("15.1", CatchUp("ana")),
    ("15.1", functools.partial(by_hand, name="somebody")),
    ("15.1", lambda connect, away: catches_up("ana", qos=2)(connect, away)),
    ("15.2", reads_length(lowest_first, shape=list)),
    ("15.2", lambda data: Header(data[0] >> 4, data[0] & 15, lowest_first(data[1:]))),
    ("15.2", ReadHeader()),
    ("15.2", reads_by_generator),
    ("15.3", decides(shape=list)),
    ("15.3", decides(whole=types.MappingProxyType)),
    ("15.3", decides(whole=collections.UserDict)),
    ("15.3", decides(text=lambda text: f" {text.upper()} ")),
]
