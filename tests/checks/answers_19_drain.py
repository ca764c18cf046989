"""Answers to exercise 19.1: mistakes, what is no answer yet, right ones."""

import asyncio
import contextlib
import time


async def close_all(server, code=1001):
    await asyncio.gather(*(each.close(code) for each in server.connections))


async def cut(underway):
    tasks = set(underway)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def finish(underway, deadline):
    end = time.monotonic() + deadline
    while underway and time.monotonic() < end:
        await asyncio.wait(set(underway), timeout=end - time.monotonic())


async def nothing(server, underway, deadline):
    server.close(close_connections=False)


async def only_close(server, underway, deadline):
    server.close()
    await server.wait_closed()


async def close_first(server, underway, deadline):
    server.close(close_connections=False)
    await close_all(server)
    await finish(underway, deadline)
    await cut(underway)


async def let_new_ones_in(server, underway, deadline):
    await finish(underway, deadline)
    await cut(underway)
    server.close()
    await server.wait_closed()


async def wait_without_limit(server, underway, deadline):
    server.close(close_connections=False)
    while underway:
        await asyncio.wait(set(underway))
    await close_all(server)


async def limit_for_each_round(server, underway, deadline):
    server.close(close_connections=False)
    while underway:
        await asyncio.wait(set(underway), timeout=deadline)
    await cut(underway)
    await close_all(server)


async def one_round(server, underway, deadline):
    server.close(close_connections=False)
    if underway:
        await asyncio.wait(set(underway), timeout=deadline)
    await cut(underway)
    await close_all(server)


async def sleep_the_deadline(server, underway, deadline):
    server.close(close_connections=False)
    await asyncio.sleep(deadline)
    await cut(underway)
    await close_all(server)


async def gather_raises(server, underway, deadline):
    server.close(close_connections=False)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(deadline):
            while underway:
                await asyncio.gather(*underway)
    await cut(underway)
    await close_all(server)


async def timeout_raises(server, underway, deadline):
    server.close(close_connections=False)
    async with asyncio.timeout(deadline):
        while underway:
            await asyncio.wait(set(underway))
    await cut(underway)
    await close_all(server)


async def forget_the_tasks(server, underway, deadline):
    server.close(close_connections=False)
    await finish(underway, deadline)
    await close_all(server)


async def cancel_and_forget(server, underway, deadline):
    server.close(close_connections=False)
    await finish(underway, deadline)
    for task in set(underway):
        task.cancel()
    for each in server.connections:
        each.transport.abort()


async def cancel_at_once(server, underway, deadline):
    server.close(close_connections=False)
    await cut(underway)
    await close_all(server)


async def normal_closure(server, underway, deadline):
    server.close(close_connections=False)
    await finish(underway, deadline)
    await cut(underway)
    await close_all(server, 1000)


async def abort(server, underway, deadline):
    server.close(close_connections=False)
    await finish(underway, deadline)
    await cut(underway)
    for each in server.connections:
        each.transport.abort()


async def close_twice(server, underway, deadline):
    server.close(close_connections=False)
    await finish(underway, deadline)
    await cut(underway)
    server.close()  # it has begun to close: this does nothing


async def close_without_await(server, underway, deadline):
    server.close(close_connections=False)
    await finish(underway, deadline)
    await cut(underway)
    for each in server.connections:
        each.close(1001)


async def by_timeout(server, underway, deadline):
    """One that polls, within one limit for all."""
    server.close(close_connections=False)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(deadline):
            while underway:
                await asyncio.sleep(0.01)
    await cut(underway)
    await close_all(server)


async def with_wait_for(server, underway, deadline):
    async def all_done():
        while underway:
            await asyncio.wait(tuple(underway), return_when=asyncio.FIRST_COMPLETED)

    server.close(False)
    try:
        await asyncio.wait_for(all_done(), deadline)
    except TimeoutError:
        while underway:
            for task in tuple(underway):
                task.cancel()
            await asyncio.wait(tuple(underway))
    finally:
        for each in tuple(server.connections):
            await each.close(1001, "the server restarts")
    await server.wait_closed()


class Drain:
    """One that closes the listening socket by itself, and gathers within a limit."""

    async def __call__(self, server, underway, deadline):
        server.server.close()
        end = asyncio.get_running_loop().time() + deadline
        try:
            async with asyncio.timeout_at(end):
                while underway:
                    await asyncio.gather(*map(asyncio.shield, underway), return_exceptions=True)
        except TimeoutError:
            await cut(underway)
        await close_all(server)


async def server_closes_the_rest(server, underway, deadline):
    """One that first refuses new clients, and then lets the library close the others."""
    server.server.close()
    await finish(underway, deadline)
    await cut(underway)
    server.close(code=1001)
    await server.wait_closed()


MISTAKES = [
    ("19.1", only_close, "her answer cannot reach"),
    ("19.1", close_first, "her answer cannot reach"),
    ("19.1", let_new_ones_in, "a new client got in"),
    ("19.1", wait_without_limit, "had not returned"),
    ("19.1", limit_for_each_round, "for all rounds together"),
    ("19.1", one_round, "Bob got no answer"),
    ("19.1", sleep_the_deadline, "drain waited for longer"),
    ("19.1", gather_raises, "raised what a task had raised"),
    ("19.1", timeout_raises, "raised TimeoutError"),
    ("19.1", forget_the_tasks, "a task is still running"),
    ("19.1", cancel_and_forget, "1006"),
    ("19.1", cancel_at_once, "long before the deadline"),
    ("19.1", normal_closure, "close with 1001"),
    ("19.1", abort, "1006"),
]

HINTS = [
    ("19.1", nothing, "tasks are still under way"),
    ("19.1", close_twice, "still connected"),
    ("19.1", close_without_await, "still connected"),
]

RIGHT = [
    ("19.1", by_timeout),
    ("19.1", with_wait_for),
    ("19.1", Drain()),
    ("19.1", server_closes_the_rest),
]
