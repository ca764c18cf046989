"""Answers to the exercises of lesson 04: mistakes, what is no answer yet, right ones."""

import asyncio
import json

from websockets.asyncio.server import broadcast


async def pings_blindly(connection):
    while True:
        await connection.ping()
        await asyncio.sleep(0.2)


async def takes_slow_for_dead(connection):
    while True:
        try:
            await asyncio.wait_for(await connection.ping(), 0.1)
        except TimeoutError:
            return connection.transport.abort()
        await asyncio.sleep(0.2)


async def takes_silence_for_death(connection):
    try:
        await asyncio.wait_for(connection.recv(), 0.8)
    except TimeoutError:
        connection.transport.abort()


async def says_goodbye_to_the_dead(connection):
    while True:
        try:
            await asyncio.wait_for(await connection.ping(), 0.5)
        except TimeoutError:
            return await connection.close()
        await asyncio.sleep(0.2)


async def finds_them_late(connection):
    while True:
        try:
            await asyncio.wait_for(await connection.ping(), 0.9)
        except TimeoutError:
            return connection.transport.abort()
        await asyncio.sleep(0.8)


async def tells_everybody(connection, clients=set()):  # noqa: B006 - one set for all
    clients.add(connection)
    async for message in connection:
        broadcast(clients, message)


async def hangs_up_on_heartbeats(connection):
    async for message in connection:
        if json.loads(message)["type"] != "chat":
            await connection.close(1008, "not a chat message")


def all_at_once(count, interval):
    return [0.0] * count


def beyond_the_interval(count, interval):
    return [2 * interval * n / count for n in range(count)]


def bunched(count, interval):
    return [interval / 10 * n / count for n in range(count)]


MISTAKES = [
    ("04.1", pings_blindly, "nobody looked for the pongs"),
    ("04.1", takes_slow_for_dead, "only slow"),
    ("04.1", takes_silence_for_death, "Silence is not death"),
    ("04.1", says_goodbye_to_the_dead, "close_timeout"),
    ("04.1", finds_them_late, "more than a second"),
    ("04.2", tells_everybody, "for the sender alone"),
    ("04.2", hangs_up_on_heartbeats, "hung up with 1008"),
    ("04.3", all_at_once, "at the same moment"),
    ("04.3", beyond_the_interval, "within one interval"),
    ("04.3", bunched, "over the whole interval"),
]
