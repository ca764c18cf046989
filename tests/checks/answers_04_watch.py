"""Answers to exercise 04.1: mistakes, what is no answer yet, unusual right ones."""

import asyncio
import contextlib
import functools
import itertools
import time

from websockets.exceptions import ConnectionClosed


def ping_and_wait(pause, limit, rounds=None):
    async def watch(connection):
        try:
            for _ in itertools.count() if rounds is None else range(rounds):
                async with asyncio.timeout(limit):
                    await (await connection.ping())
                await asyncio.sleep(pause)
        except TimeoutError:
            connection.transport.abort()
        except ConnectionClosed:
            pass

    return watch


async def does_nothing(connection):
    pass


async def no_wait(connection):
    while True:
        await connection.ping()
        await asyncio.sleep(0.3)


async def no_limit(connection):
    while True:
        await (await connection.ping())
        await asyncio.sleep(0.3)


async def closes(connection):
    while True:
        try:
            await asyncio.wait_for(await connection.ping(), 0.5)
        except TimeoutError:
            await connection.close()
            return
        await asyncio.sleep(0.3)


async def no_except(connection):
    while True:
        await asyncio.wait_for(await connection.ping(), 0.5)
        await asyncio.sleep(0.3)


async def receives(connection):
    while True:
        try:
            await asyncio.wait_for(connection.recv(), 0.8)
        except TimeoutError:
            connection.transport.abort()
            return


async def sends_text(connection):
    while True:
        await connection.send("ping")
        try:
            await asyncio.wait_for(connection.recv(), 0.5)
        except TimeoutError:
            connection.transport.abort()
            return
        await asyncio.sleep(0.3)


async def blocks(connection):
    while True:
        pong = await connection.ping()
        time.sleep(0.5)  # noqa: ASYNC251
        if not pong.done():
            connection.transport.abort()
            return


async def blocking_pause(connection):
    while True:
        try:
            await asyncio.wait_for(await connection.ping(), 0.5)
        except TimeoutError:
            connection.transport.abort()
            return
        time.sleep(0.3)  # noqa: ASYNC251


async def swallows(connection):
    while True:
        with contextlib.suppress(Exception):
            await asyncio.wait_for(await connection.ping(), 0.5)
        await asyncio.sleep(0.2)


async def aborts_at_once(connection):
    connection.transport.abort()


async def aborts_after(connection):
    await asyncio.sleep(0.9)
    connection.transport.abort()


async def by_state(connection):
    while connection.state.name == "OPEN":
        await asyncio.sleep(0.1)
    connection.transport.abort()


async def by_latency(connection):
    while True:
        await connection.ping()
        await asyncio.sleep(0.5)
        if connection.latency > 0.4:
            connection.transport.abort()
            return


PONG = None


async def one_pong(connection):
    global PONG
    while True:
        if PONG is not None and not PONG.done():
            connection.transport.abort()
            return
        PONG = await connection.ping()
        await asyncio.sleep(0.45)


async def forgets_await_ping(connection):
    while True:
        connection.ping()
        await asyncio.sleep(0.3)


async def forgets_await_in_wait(connection):
    while True:
        try:
            await asyncio.wait_for(connection.ping(), 0.5)
        except TimeoutError:
            connection.transport.abort()
            return
        await asyncio.sleep(0.3)


async def no_parens(connection):
    while True:
        try:
            await asyncio.wait_for(await connection.ping(), 0.5)
        except TimeoutError:
            connection.transport.abort  # noqa: B018
            return
        await asyncio.sleep(0.3)


def plain(connection):
    connection.transport.abort()


async def typo(connection):
    while True:
        try:
            await asyncio.wait_for(await connection.ping(), 0.5)
        except TimeoutError:
            connection.abort()
            return
        await asyncio.sleep(0.3)


async def raises_closed(connection):
    await connection.ping()
    raise RuntimeError("peer is dead")


async def by_wait(connection):
    while True:
        done, _ = await asyncio.wait([await connection.ping()], timeout=0.6)
        if not done:
            return connection.transport.abort()
        await asyncio.sleep(0.1)


async def by_call_later(connection):
    loop = asyncio.get_running_loop()
    while True:
        timer = loop.call_later(0.55, connection.transport.abort)
        await (await connection.ping(b"\x00\xff"))
        timer.cancel()
        await asyncio.sleep(0.2)


async def overlapping(connection):
    last = time.monotonic()

    def alive(_):
        nonlocal last
        last = time.monotonic()

    with contextlib.suppress(ConnectionClosed):
        while time.monotonic() - last < 0.7:
            (await connection.ping()).add_done_callback(alive)
            await asyncio.sleep(0.1)
    connection.transport.abort()


class Watch:
    def __init__(self, limit):
        self.limit = limit

    async def __call__(self, connection):
        await ping_and_wait(0.1, self.limit)(connection)


async def with_pause(pause, connection):
    await ping_and_wait(pause, 0.5)(connection)


async def polls(connection):
    while True:
        pong = await connection.ping()
        for _ in range(12):
            await asyncio.sleep(0.05)
            if pong.done():
                break
        else:
            connection.transport.abort()
            return


MISTAKES = [
    ("04.1", no_wait, "the peer died, and its connection was still"),
    ("04.1", no_limit, "the peer died, and its connection was still"),
    ("04.1", closes, "you found the dead peer, and began a"),
    ("04.1", no_except, "your code raised TimeoutError (line"),
    ("04.1", receives, "a peer that was alive was disconnected: it"),
    ("04.1", sends_text, "a peer that was alive was disconnected: it"),
    ("04.1", blocks, "your watch blocks the event loop, which all"),
    ("04.1", blocking_pause, "your watch blocks the event loop, which all"),
    ("04.1", swallows, "the peer died, and its connection was still"),
    ("04.1", aborts_at_once, "a peer that was alive was disconnected: it"),
    ("04.1", aborts_after, "a peer that was alive was disconnected: it"),
    ("04.1", by_latency, "the peer died, and its connection was still"),
    ("04.1", one_pong, "a peer that was alive was disconnected: it"),
    ("04.1", forgets_await_in_wait, "the peer died, and its connection was still"),
    ("04.1", plain, "the watch must be `async def`"),
    ("04.1", typo, "your code raised AttributeError:"),
    ("04.1", raises_closed, "your code raised RuntimeError: peer is dead"),
    ("04.1", ping_and_wait(0.3, 0.2), "a peer that was only slow was disconnected:"),
    ("04.1", ping_and_wait(0.3, 1), "the dead peer was found, but not within a"),
    ("04.1", ping_and_wait(0.8, 0.5), "the dead peer was found, but not within a"),
    ("04.1", ping_and_wait(0.65, 0.5), "the dead peer was found, but not within a"),
]

HINTS = [
    ("04.1", does_nothing, "your watch returned while its connection"),
    ("04.1", by_state, "no ping reached the peer; only a pong shows"),
    ("04.1", forgets_await_ping, "no ping reached the peer; only a pong shows"),
    ("04.1", no_parens, "your watch returned while its connection"),
    ("04.1", ping_and_wait(0.2, 0.5, 1), "your watch returned while its connection"),
]

RIGHT = [
    ("04.1", ping_and_wait(0.2, 0.5)),
    ("04.1", ping_and_wait(0.3, 0.6)),
    ("04.1", by_wait),
    ("04.1", by_call_later),
    ("04.1", overlapping),
    ("04.1", Watch(0.6)),
    ("04.1", functools.partial(with_pause, 0.1)),
    ("04.1", polls),
    ("04.1", ping_and_wait(0.05, 0.8)),
]
