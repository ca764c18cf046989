"""Answers to the exercises of lesson 02: mistakes, what is no answer yet, right ones."""

import asyncio
import time


async def returns_after_one(connection):
    await connection.send("Welcome!")
    await connection.send(f"You said: {await connection.recv()}")


async def echoes_the_greeting(connection):
    await connection.send("Welcome!")
    async for _ in connection:
        await connection.send("You said: Welcome!")


async def sleeps(connection):
    async for message in connection:
        time.sleep(0.5)  # noqa: ASYNC251 - the mistake itself
        await connection.send(f"done: {message}")


async def locks(connection, lock=asyncio.Lock()):  # noqa: B008 - one lock for all, as they write it
    async for message in connection:
        async with lock:
            await asyncio.sleep(0.5)
        await connection.send(f"done: {message}")


async def closes_on_timeout(connection, seconds):
    try:
        return await asyncio.wait_for(connection.recv(), seconds)
    except TimeoutError:
        await connection.close()


async def waits_for_ever(connection, seconds):
    return await connection.recv()


async def greets_each_time(connection):
    async for message in connection:
        await connection.send("Welcome!")
        await connection.send(f"You said: {message}")


MISTAKES = [
    ("02.1", returns_after_one, "once per connection, not once per message"),
    ("02.1", echoes_the_greeting, "greets again"),
    ("02.2", sleeps, "time.sleep"),
    ("02.2", locks, "a lock"),
    ("02.3", closes_on_timeout, "do not close"),
    ("02.3", waits_for_ever, "still waited"),
]

HINTS = [
    ("02.1", greets_each_time, "the greeting: nothing came"),
]
