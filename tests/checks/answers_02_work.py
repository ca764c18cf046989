"""Answers to exercise 02.2: mistakes, what is no answer yet, unusual right ones."""

import asyncio
import contextlib
import functools
import time
from concurrent.futures import ThreadPoolExecutor

from websockets.exceptions import ConnectionClosed


def worker(work, before=None):
    async def handler(connection):
        if before:
            await before()
        async for message in connection:
            await work()
            await connection.send(f"done: {message}")

    return handler


async def half():
    await asyncio.sleep(0.5)


async def nothing():
    pass


async def forgets():
    asyncio.sleep(0.5)


async def blocks():
    time.sleep(0.5)  # noqa: ASYNC251 - the mistake itself


LOCKS = {}


def lock():
    return LOCKS.setdefault(asyncio.get_running_loop(), asyncio.Lock())


async def locked():
    async with lock():
        await asyncio.sleep(0.5)


POOL = ThreadPoolExecutor(1)


async def one_worker():
    await asyncio.get_running_loop().run_in_executor(POOL, time.sleep, 0.5)


async def two_at_once():
    semaphore = LOCKS.setdefault((asyncio.get_running_loop(), 2), asyncio.Semaphore(2))
    async with semaphore:
        await asyncio.sleep(0.5)


async def busy():
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        pass


async def answers_first(connection):
    async for message in connection:
        await connection.send(f"done: {message}")
        await asyncio.sleep(0.5)


async def first_only(connection):
    count = 0
    async for message in connection:
        if not count:
            await asyncio.sleep(0.5)
        count += 1
        await connection.send(f"done: {message}")


async def one_then_return(connection):
    message = await connection.recv()
    await asyncio.sleep(0.5)
    await connection.send(f"done: {message}")


async def batch(connection):
    async for _ in connection:
        await asyncio.sleep(0.5)
        await connection.send("done: ...")


async def wrong_text(connection):
    async for message in connection:
        await asyncio.sleep(0.5)
        await connection.send(f"done {message}")


async def gather3(connection):
    async for message in connection:
        await asyncio.gather(*(asyncio.sleep(0.5) for _ in range(3)))
        await connection.send(f"done: {message}")


async def parts():
    for _ in range(5):
        await asyncio.sleep(0.1)


async def by_timeout():
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.5):
            await asyncio.Event().wait()


async def later(connection):
    loop = asyncio.get_running_loop()
    while True:
        try:
            message = await connection.recv()
        except ConnectionClosed:
            return
        over = loop.create_future()
        loop.call_later(0.5, over.set_result, None)
        await over
        await connection.send(f"done: {message}")


class Work:
    def __init__(self, seconds):
        self.seconds = seconds

    async def __call__(self, connection):
        async for message in connection:
            await connection.send(await asyncio.sleep(self.seconds, f"done: {message}"))


async def part(seconds, connection):
    async for message in connection:
        await asyncio.wait([asyncio.create_task(asyncio.sleep(seconds))])
        await connection.send("done: " + message)


async def task_each(connection):
    async with asyncio.TaskGroup() as group:

        async def do(message):
            await asyncio.sleep(0.5)
            await connection.send(f"done: {message}")

        async for message in connection:
            group.create_task(do(message))


async def longer_each_time(connection):
    seconds = 0.5
    async for message in connection:
        await asyncio.sleep(seconds)
        await connection.send(f"done: {message}")
        seconds += 0.5


MISTAKES = [
    ("02.2", worker(blocks), "your handler blocks the event loop at line"),
    ("02.2", worker(locked), "three clients had to wait for each other,"),
    ("02.2", worker(one_worker), "three clients had to wait for each other,"),
    ("02.2", worker(two_at_once), "three clients had to wait for each other,"),
    ("02.2", worker(busy), "your handler blocks the event loop at line"),
    ("02.2", one_then_return, "the server had closed the connection. A"),
]

HINTS = [
    ("02.2", worker(nothing), "the work must take half a second for each"),
    ("02.2", worker(nothing, half), "the work must take half a second for each"),
    ("02.2", worker(forgets), "the work must take half a second for each"),
    ("02.2", answers_first, "the work must take half a second for each"),
    ("02.2", first_only, "the work must take half a second for each"),
    ("02.2", batch, "a message was not answered as the exercise"),
    ("02.2", wrong_text, "a message was not answered as the exercise"),
    ("02.2", worker(lambda: asyncio.sleep(1)), "the work must take half a second; each"),
    ("02.2", worker(lambda: asyncio.sleep(5)), "no message came within"),
    ("02.2", worker(lambda: asyncio.sleep(0.25)), "the work must take half a second for each"),
    ("02.2", worker(lambda: asyncio.sleep(0)), "the work must take half a second for each"),
    ("02.2", longer_each_time, "a later one took longer"),
]

RIGHT = [
    ("02.2", worker(half)),
    ("02.2", worker(parts)),
    ("02.2", worker(by_timeout)),
    ("02.2", later),
    ("02.2", Work(0.5)),
    ("02.2", functools.partial(part, 0.5)),
    ("02.2", gather3),
    ("02.2", task_each),
]
