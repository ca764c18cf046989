"""Answers to the exercises of lesson 14: mistakes, what is no answer yet, right ones."""

import asyncio
import json

from websockets.asyncio.server import broadcast


async def sends_shown_bytes(connection, readings):
    async for _ in connection:
        for reading in readings:
            await connection.send(str(json.dumps(reading).encode()))


async def sends_fragments(connection, readings):
    async for _ in connection:
        await connection.send([json.dumps(reading) for reading in readings])


def answers_everybody():
    everybody = set()

    async def handler(connection, work):
        everybody.add(connection)
        async for text in connection:
            broadcast(everybody, await work(text))

    return handler


def answers_one_by_one():
    lock = asyncio.Lock()

    async def handler(connection, work):
        async for text in connection:
            async with lock:
                await connection.send(await work(text))

    return handler


async def takes_the_next_for_the_answer(connection):
    await connection.send("still there?")
    await connection.recv()
    await connection.send("good")
    async for text in connection:
        await connection.send(f"echo: {text}")


async def waits_for_yes(connection):
    await connection.send("still there?")
    while await connection.recv() != "yes":
        pass
    await connection.send("good")
    async for text in connection:
        await connection.send(f"echo: {text}")


async def reads_in_turns(connection):
    turn = asyncio.Lock()

    async def read():
        async with turn:
            return await connection.recv()

    async def ask():
        await connection.send("still there?")
        if await read() == "yes":
            await connection.send("good")

    asking = asyncio.create_task(ask())  # noqa: F841, RUF006 - kept while the loop runs
    while True:
        await connection.send(f"echo: {await read()}")


MISTAKES = [
    ("14.1", sends_shown_bytes, "Python shows them"),
    ("14.1", sends_fragments, "fragments of one message"),
    ("14.2", answers_everybody(), "for who has asked"),
    ("14.2", answers_one_by_one(), "nothing to lock"),
    ("14.3", takes_the_next_for_the_answer, "the next message for the answer"),
    ("14.3", waits_for_yes, "'one' was read"),
    ("14.3", reads_in_turns, "even in turns"),
]
