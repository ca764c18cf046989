"""Answers to the exercises 16.2 and 16.3: mistakes, what is no answer yet, right ones."""

import asyncio
import contextlib
import functools
import itertools
import time

from websockets.exceptions import ConnectionClosed

kept = set()
"""Tasks to which nobody else refers."""


def drains(*steps, code=1001):
    """Do these steps in turn, such as once, all, close, stop."""

    async def drain(connections, underway, bus):
        for step in steps:
            if callable(step):
                await step(connections, underway, bus)
            if step == "once":
                await asyncio.wait(set(underway))
            while step == "all" and underway:
                await asyncio.wait(set(underway))
            if step == "close":
                await asyncio.gather(*(each.close(code) for each in connections))
            if step == "stop":
                await bus.stop()

    return drain


def sleeps(seconds):
    return lambda *_: asyncio.sleep(seconds)


async def wait_a_little(connections, underway, bus):
    while underway:
        await asyncio.wait(set(underway), timeout=0.05)
        break


async def wait_without_looking(connections, underway, bus):
    await asyncio.wait(underway)
    while underway:
        await asyncio.wait(underway)


async def gather_all(connections, underway, bus):
    while underway:
        await asyncio.gather(*underway)


async def one_by_one(connections, underway, bus):
    for task in tuple(underway):
        await task


async def cancel_all(connections, underway, bus):
    for task in list(underway):
        task.cancel()


async def close_one(connections, underway, bus):
    await next(iter(connections)).close(1001)


async def close_in_tasks(connections, underway, bus):
    for each in connections:
        kept.add(asyncio.create_task(each.close(1001)))


async def forget_to_close(connections, underway, bus):
    for each in connections:
        each.close(1001)


async def abort(connections, underway, bus):
    for each in connections:
        each.transport.abort()


async def forget_to_stop(connections, underway, bus):
    bus.stop()


async def poll(connections, underway, bus):
    while len(underway):
        await asyncio.sleep(0.01)


async def gather_with_results(connections, underway, bus):
    while pending := tuple(underway):
        await asyncio.gather(*pending, return_exceptions=True)


class Drain:
    """One that waits for each task, and closes with a reason, one connection after the other."""

    def __init__(self, code):
        self.code = code

    async def __call__(self, connections, underway, bus):
        while underway:
            with contextlib.suppress(Exception):
                await next(iter(underway))
            await asyncio.sleep(0)
        for each in list(connections):
            await each.close(code=self.code, reason="the server restarts")
        await bus.stop()


async def in_a_stack(connections, underway, bus):
    """One that says what must happen in the end before it waits."""
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(bus.stop)
        for each in connections:
            stack.push_async_callback(each.close, 1001)
        await gather_with_results(connections, underway, bus)


def keeps(times, how="ping"):
    """Send so many pings in each period, or other signs of life."""

    async def keep(connection, idle):
        while True:
            await {"ping": connection.ping, "pong": connection.pong}.get(
                how, lambda: connection.send(how)
            )()
            await asyncio.sleep(idle / times)

    return keep


def keeps_each(seconds):
    async def keep(connection, idle):
        while True:
            await connection.ping()
            await asyncio.sleep(seconds)

    return keep


def keeps_for(count):
    """Send so many pings, and return, or wait."""

    async def keep(connection, idle):
        for _ in range(count):
            await connection.ping()
            await asyncio.sleep(idle / 3)

    return keep


async def pings_once(connection, idle):
    await connection.ping()
    await connection.wait_closed()


async def forgets_to_ping(connection, idle):
    while connection.state.name == "OPEN":
        connection.ping()
        await asyncio.sleep(idle / 3)


async def pings_while_it_hears(connection, idle):
    async for _ in connection:
        await connection.ping()


async def blocks(connection, idle):
    while True:
        await connection.ping()
        time.sleep(idle / 3)  # noqa: ASYNC251 - the mistake


async def goes_on(connection, idle):
    while True:
        with contextlib.suppress(ConnectionClosed):
            await connection.ping()
        await asyncio.sleep(idle / 3)


async def awaits_each_pong(connection, idle):
    with contextlib.suppress(ConnectionClosed):
        while True:
            pong = await connection.ping(b"still there?")
            await pong
            await asyncio.sleep(0.4 * idle)


async def until_closed(connection, idle, share):
    """One that waits for the end of the connection, and pings whenever it has not come."""
    while True:
        try:
            return await asyncio.wait_for(connection.wait_closed(), idle / share)
        except TimeoutError:
            await connection.ping()


class Pings:
    def __init__(self, numbers):
        self.numbers = numbers

    async def __call__(self, connection, idle):
        pinging = asyncio.ensure_future(self.ping(connection, idle))
        try:
            await connection.wait_closed()
        finally:
            pinging.cancel()

    async def ping(self, connection, idle):
        while True:
            await asyncio.sleep(idle / 2.5)
            await connection.ping(str(next(self.numbers)))


def looks_each(seconds):
    async def look(connections, underway, bus):
        while underway:
            await asyncio.sleep(seconds)

    return look


MISTAKES = [
    ("16.2", drains(looks_each(1), "close", "stop"), "not in steps of a fixed time"),
    ("16.2", drains(looks_each(2.5), "close", "stop"), "not in steps of a fixed time"),
    ("16.2", drains("all", close_one, "stop"), "stop the bus last"),
    ("16.2", drains("close", "all", "stop"), "First let the tasks finish"),
    ("16.2", drains("stop", "close"), "stop the bus last"),
    ("16.2", drains("all", "stop", "close"), "stop the bus last"),
    ("16.2", drains("once", "close", "stop"), "one more message"),
    ("16.2", drains("all", "close", "stop", code=1000), "need not reconnect"),
    ("16.2", drains("all", "close", "stop", code=1008), "need not reconnect"),
    ("16.2", drains("all", abort, sleeps(0.05), "stop"), "1006"),
    ("16.2", drains(sleeps(0.1), "close", "stop"), "under way"),
    ("16.2", drains(sleeps(1.5), "close", "stop"), "under way"),
    ("16.2", drains(wait_a_little, "close", "stop"), "under way"),
    ("16.2", drains(cancel_all, "close", "stop"), "under way"),
    ("16.2", drains(one_by_one, "close", "stop"), "failed"),
    ("16.2", drains(gather_all, "close", "stop"), "failed"),
    ("16.2", drains(wait_without_looking, "close", "stop"), "ValueError"),
    ("16.2", drains("all", close_in_tasks, "stop"), "stop the bus last"),
    ("16.3", keeps(1), "next one too late"),
    ("16.3", keeps(0.3), "next one too late"),
    ("16.3", keeps_each(20), "next one too late"),
    ("16.3", keeps_each(0.25), "next one too late"),
    ("16.3", pings_once, "next one too late"),
    ("16.3", keeps(3, how=""), "messages"),
    ("16.3", keeps(3, how="still there?"), "messages"),
    ("16.3", keeps(3, how=b""), "messages"),
    ("16.3", blocks, "blocked the event loop"),
    ("16.3", keeps(50), "are enough"),
    ("16.3", keeps_each(0), "are enough"),
]

HINTS = [
    ("16.3", goes_on, "goes on"),
    ("16.2", drains("all"), "still connected"),
    ("16.2", drains("all", forget_to_close), "still connected"),
    ("16.2", drains("all", "close"), "now stop the bus"),
    ("16.2", drains("all", "close", forget_to_stop), "now stop the bus"),
    ("16.3", asyncio.sleep, "ended the connection"),
    ("16.3", keeps_for(2), "ended the connection"),
    ("16.3", forgets_to_ping, "silent"),
    ("16.3", pings_while_it_hears, "silent"),
]

RIGHT = [
    ("16.2", drains(poll, "close", "stop", code=1012)),
    ("16.2", drains(gather_with_results, "close", "stop", code=1013)),
    ("16.2", Drain(1001)),
    ("16.2", functools.partial(in_a_stack)),
    ("16.3", keeps(2.5, how="pong")),
    ("16.3", awaits_each_pong),
    ("16.3", functools.partial(until_closed, share=3)),
    ("16.3", Pings(itertools.count())),
]
