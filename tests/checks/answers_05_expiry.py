"""Answers to exercise 05.3: mistakes, what is no answer yet, unusual right ones."""

import asyncio
import contextlib
import functools
import time

from websockets.exceptions import ConnectionClosed


async def echo(connection):
    async for message in connection:
        await connection.send(message)


def after(change=lambda s: s, code=4401, reason="token expired", loop=echo):
    """The worked answer, but for the time, the code, the reason, or the loop."""

    async def answer(connection, seconds):
        try:
            async with asyncio.timeout(change(seconds)):
                await loop(connection)
        except TimeoutError:
            await connection.close(code, reason)

    return answer


async def per_message(connection, seconds):
    try:
        while True:
            await connection.send(await asyncio.wait_for(connection.recv(), seconds))
    except TimeoutError:
        await connection.close(4401, "expired")


async def looks_on_message(connection, seconds):
    end = time.monotonic() + seconds
    async for message in connection:
        if time.monotonic() > end:
            await connection.close(4401, "expired")
            return
        await connection.send(message)


async def sleeps_then(connection, seconds):
    await asyncio.sleep(seconds)
    await connection.close(4401, "expired")


async def sleeps_between(connection, seconds):
    async for message in connection:
        await connection.send(message)
        await asyncio.sleep(seconds)
        await connection.close(4401, "expired")


async def one_echo_return(connection, seconds):
    await connection.send(await connection.recv())


async def default_close(connection, seconds):
    try:
        async with asyncio.timeout(seconds):
            await echo(connection)
    except TimeoutError:
        await connection.close()


async def lets_escape(connection, seconds):
    async with asyncio.timeout(seconds):
        await echo(connection)


async def aborts(connection, seconds):
    try:
        async with asyncio.timeout(seconds):
            await echo(connection)
    except TimeoutError:
        connection.transport.abort()


async def never(connection, seconds):
    await echo(connection)


async def forgets_await(connection, seconds):
    try:
        async with asyncio.timeout(seconds):
            await echo(connection)
    except TimeoutError:
        connection.close(4401, "token expired")


async def for_for(connection, seconds):
    try:
        async with asyncio.timeout(seconds):
            for message in connection:
                await connection.send(message)
    except TimeoutError:
        await connection.close(4401, "token expired")


async def blocks(connection, seconds):
    time.sleep(seconds)  # noqa: ASYNC251
    await connection.close(4401, "expired")


async def polls_blocking(connection, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.01):
                await connection.send(await connection.recv())
    await connection.close(4401, "expired")


async def text_only(connection):
    async for message in connection:
        await connection.send(f"{message}")


async def skip_empty(connection):
    async for message in connection:
        if message:
            await connection.send(message)


async def you_said(connection):
    async for message in connection:
        await connection.send(f"You said: {message}")


async def only_one(connection):
    await connection.send(await connection.recv())
    await connection.wait_closed()


ENDS = {}


async def first_clock(connection, seconds):
    """All connections of a server have the time of the first one."""
    loop = asyncio.get_running_loop()
    end = ENDS.setdefault(loop, loop.time() + seconds)
    try:
        async with asyncio.timeout_at(end):
            await echo(connection)
    except TimeoutError:
        await connection.close(4401, "token expired")


async def task_not_kept(connection, seconds):
    async def end():
        await asyncio.sleep(seconds)
        connection.close(4401, "expired")

    asyncio.create_task(end())  # noqa: RUF006
    await echo(connection)


def plain(connection, seconds):
    return None


async def by_task(connection, seconds):
    async def end():
        await asyncio.sleep(seconds)
        await connection.close(1008, "permission expired")

    task = asyncio.create_task(end())
    try:
        await echo(connection)
    finally:
        task.cancel()


async def by_call_later(connection, seconds):
    loop = asyncio.get_running_loop()
    tasks = set()
    timer = loop.call_later(
        seconds, lambda: tasks.add(asyncio.create_task(connection.close(4000, "over")))
    )
    try:
        while True:
            await connection.send(await connection.recv())
    except ConnectionClosed:
        timer.cancel()


async def by_wait(connection, seconds):
    work = asyncio.ensure_future(echo(connection))
    _, waiting = await asyncio.wait([work], timeout=seconds)
    if waiting:
        work.cancel()
        await connection.close(code=4999, reason="sorry, your time is up")


async def by_deadline(connection, seconds):
    end = asyncio.get_running_loop().time() + seconds
    while (left := end - asyncio.get_running_loop().time()) > 0:
        try:
            message = await asyncio.wait_for(connection.recv(), left)
        except TimeoutError:
            break
        await connection.send(message)
    await connection.close(4401, "token expired")


class Expiring:
    def __init__(self, code):
        self.code = code

    async def __call__(self, connection, seconds):
        try:
            await asyncio.wait_for(echo(connection), seconds)
        except TimeoutError:
            await connection.close(self.code, "expired")


async def fragments(connection, seconds):
    try:
        async with asyncio.timeout_at(asyncio.get_running_loop().time() + seconds):
            while True:
                await connection.send(
                    [message async for message in connection.recv_streaming()] or ""
                )
    except TimeoutError:
        await connection.close(1008, "expired")
    except ConnectionClosed:
        pass


async def with_code(code, connection, seconds):
    await after(code=code)(connection, seconds)


MISTAKES = [
    ("05.3", per_message, "a client that goes on sending stays"),
    ("05.3", looks_on_message, "a client that sends messages was"),
    ("05.3", default_close, "the connection ended with"),
    ("05.3", lets_escape, "the connection ended with"),
    ("05.3", aborts, "the connection ended with"),
    ("05.3", never, "the permission had ended, and the"),
    ("05.3", forgets_await, "the connection ended with"),
    ("05.3", first_clock, "the permission had ended, and the"),
    ("05.3", task_not_kept, "the permission had ended, and the"),
    ("05.3", after(lambda s: s / 2), "a client that sent nothing was disconnected"),
    ("05.3", after(lambda s: 2 * s), "the permission had ended, and the"),
    ("05.3", after(lambda s: 0.5), "a client that sent messages was"),
    ("05.3", after(lambda s: 1), "the permission had ended, and the"),
    ("05.3", after(code=1000), "the connection ended with"),
    ("05.3", after(code=1011), "the connection ended with"),
    ("05.3", after(code=401), "the connection ended with"),
    ("05.3", after(reason=""), "code 4401 came without a reason: say in a"),
]

HINTS = [
    ("05.3", one_echo_return, "a client that sent messages was"),
    ("05.3", for_for, "a client that sent nothing was disconnected"),
    ("05.3", plain, "a client that sent nothing was disconnected"),
    ("05.3", sleeps_then, "a message did not come back while the"),
    ("05.3", sleeps_between, "a message did not come back while the"),
    ("05.3", blocks, "a message did not come back while the"),
    ("05.3", after(loop=text_only), "a message did not come back as it was"),
    ("05.3", after(loop=skip_empty), "a message did not come back while the"),
    ("05.3", after(loop=you_said), "a message did not come back as it was"),
    ("05.3", after(loop=only_one), "a message did not come back while the"),
]

RIGHT = [
    ("05.3", after()),
    ("05.3", after(code=1008)),
    ("05.3", by_task),
    ("05.3", by_call_later),
    ("05.3", by_wait),
    ("05.3", by_deadline),
    ("05.3", Expiring(4403)),
    ("05.3", fragments),
    ("05.3", functools.partial(with_code, 4001)),
    ("05.3", polls_blocking),
]
