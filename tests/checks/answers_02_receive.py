"""Answers to exercise 02.3: mistakes, what is no answer yet, unusual right ones."""

import asyncio
import contextlib
import functools
import time


def recv(
    limit=lambda seconds: seconds, catch=TimeoutError, result=lambda message: message, empty=None
):
    async def receive(connection, seconds):
        try:
            async with asyncio.timeout(limit(seconds)):
                return result(await connection.recv())
        except catch:
            return empty

    return receive


async def r_no_limit(connection, seconds):
    return await connection.recv()


async def r_none(connection, seconds):
    return None


async def r_escape(connection, seconds):
    return await asyncio.wait_for(connection.recv(), seconds)


async def r_closes(connection, seconds):
    try:
        return await asyncio.wait_for(connection.recv(), seconds)
    except TimeoutError:
        await connection.close()


async def r_shield(connection, seconds):
    try:
        return await asyncio.wait_for(asyncio.shield(connection.recv()), seconds)
    except TimeoutError:
        return None


async def r_task(connection, seconds):
    t = asyncio.create_task(connection.recv())
    done, _ = await asyncio.wait([t], timeout=seconds)
    return t.result() if done else None


async def r_sleep(connection, seconds):
    await asyncio.sleep(seconds)
    try:
        return await asyncio.wait_for(connection.recv(), 0.01)
    except TimeoutError:
        return None


async def r_timesleep(connection, seconds):
    time.sleep(seconds)  # noqa: ASYNC251 - the mistake itself
    try:
        return await asyncio.wait_for(connection.recv(), 0.01)
    except TimeoutError:
        return None


async def r_timeout_arg(connection, seconds):
    return await connection.recv(timeout=seconds)


async def r_forgot(connection, seconds):
    try:
        return asyncio.wait_for(connection.recv(), seconds)
    except TimeoutError:
        return None


async def r_for(connection, seconds):
    try:
        async with asyncio.timeout(seconds):
            async for message in connection:  # noqa: B007 - it waits for the last one
                pass
            return message
    except TimeoutError:
        return None


async def r_list(connection, seconds):
    got = []
    try:
        async with asyncio.timeout(seconds):
            async for message in connection:
                got.append(message)
    except TimeoutError:
        pass
    return got[-1] if got else None


async def r_falsy(connection, seconds):
    try:
        return await asyncio.wait_for(connection.recv(), seconds) or None
    except TimeoutError:
        return None


async def r_two(connection, seconds):
    try:
        async with asyncio.timeout(seconds):
            await connection.recv()
            return await connection.recv()
    except TimeoutError:
        return None


def r_plain(connection, seconds):
    return None


async def r_suppress(connection, seconds):
    with contextlib.suppress(Exception):
        return await asyncio.wait_for(connection.recv(), seconds)


async def r_waitfor(connection, seconds):
    try:
        return await asyncio.wait_for(connection.recv(), timeout=seconds)
    except TimeoutError:
        return None


async def r_wait(connection, seconds):
    t = asyncio.ensure_future(connection.recv())
    _, waiting = await asyncio.wait({t}, timeout=seconds)
    if waiting:
        t.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await t
        return None
    return t.result()


class Receive:
    def __init__(self, default=None):
        self.default = default

    async def __call__(self, connection, seconds):
        receiving = asyncio.create_task(connection.recv())
        timer = asyncio.get_running_loop().call_later(seconds, receiving.cancel)
        try:
            return await receiving
        except asyncio.CancelledError:
            return self.default
        finally:
            timer.cancel()


async def r_kw(connection, seconds, *, default=None):
    try:
        return await asyncio.wait_for(connection.recv(), seconds)
    except TimeoutError:
        return default


MISTAKES = [
    ("02.3", r_no_limit, "no message came, and your function still"),
    ("02.3", r_escape, "no message came in time, and your function"),
    ("02.3", r_closes, "after the time limit the connection was"),
    ("02.3", r_shield, "a recv() of your function was still running"),
    ("02.3", r_task, "a recv() of your function was still running"),
    ("02.3", r_sleep, "a message was there, and your function went"),
    ("02.3", r_timesleep, "your function blocks the event loop:"),
    ("02.3", r_timeout_arg, "your code raised TypeError:"),
    ("02.3", r_list, "a message was there, and your function went"),
    ("02.3", r_plain, "your function must be `async def`"),
    ("02.3", r_suppress, "the connection was closed, and your"),
    ("02.3", recv(lambda s: s / 2), "no message came, and your function did not"),
    ("02.3", recv(lambda s: 2 * s), "no message came, and your function waited"),
    ("02.3", recv(lambda s: 1), "no message came, and your function waited"),
    ("02.3", recv(lambda s: 0.2), "no message came, and your function did not"),
]

HINTS = [
    ("02.3", r_none, "no message came, and your function did not"),
    ("02.3", r_forgot, "when no message comes in time, return None"),
    ("02.3", r_for, "return the next message as it came"),
    ("02.3", r_falsy, "return the next message as it came"),
    ("02.3", r_two, "return the next message as it came"),
    ("02.3", recv(lambda s: s / 1000), "no message came, and your function did not"),
    ("02.3", recv(empty=""), "when no message comes in time, return None"),
    ("02.3", recv(result=str.upper), "return the next message as it came"),
    ("02.3", recv(result=str), "return the next message as it came"),
    ("02.3", recv(result=lambda m: (m,)), "return the next message as it came"),
    ("02.3", recv(result=lambda m: m.strip()), "return the next message as it came"),
]

RIGHT = [
    ("02.3", recv()),
    ("02.3", r_waitfor),
    ("02.3", r_wait),
    ("02.3", Receive()),
    ("02.3", functools.partial(r_kw, default=None)),
]
