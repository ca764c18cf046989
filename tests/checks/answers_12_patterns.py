"""Answers to the exercises of lesson 12: mistakes, what is no answer yet, right ones."""

import asyncio
import json

from websockets.asyncio.server import broadcast


async def ask_and_keep(client, pending, request, seconds):
    number = len(pending) + 1
    pending[number] = asyncio.get_running_loop().create_future()
    await client.send(json.dumps({**request, "id": number}))
    answer = await asyncio.wait_for(pending[number], seconds)
    del pending[number]
    return answer


async def ask_and_never_tidy(client, pending, request, seconds):
    number = len(pending) + 1
    pending[number] = asyncio.get_running_loop().create_future()
    await client.send(json.dumps({**request, "id": number}))
    return await asyncio.wait_for(pending[number], seconds)


async def ask_under_one_id(client, pending, request, seconds):
    future = pending.setdefault(1, asyncio.get_running_loop().create_future())
    await client.send(json.dumps({**request, "id": 1}))
    return await asyncio.wait_for(future, seconds)


async def any_topic(connection, topics):
    try:
        async for text in connection:
            topics.setdefault(json.loads(text)["topic"], set()).add(connection)
    finally:
        for each in topics.values():
            each.discard(connection)


def known_topics(tidy):
    async def handler(connection, topics):
        async for text in connection:
            topic = json.loads(text)["topic"]
            if topic in topics:
                topics[topic].add(connection)
            else:
                await connection.send(json.dumps({"error": "no such topic"}))
        if tidy:
            for each in topics.values():
                each.discard(connection)

    return handler


def room_that(*, asks, listens):
    async def handler(connection, members, keys):
        async for text in connection:
            request = json.loads(text)
            room = request["room"]
            if request["action"] == "join":
                if not asks or request["key"] == keys[room]:
                    members[room].add(connection)
                else:
                    await connection.send(json.dumps({"error": "wrong key"}))
            elif listens or connection in members[room]:
                broadcast(members[room], text)
            else:
                await connection.send(json.dumps({"error": "join first"}))

    return handler


MISTAKES = [
    ("12.1", ask_and_keep, "given up is still in pending"),
    ("12.1", ask_and_never_tidy, "grows with every question"),
    ("12.1", ask_under_one_id, "they had the same id"),
    ("12.2", any_topic, "a topic of its own"),
    ("12.2", known_topics(tidy=False), "still on the list: it grows"),
    ("12.2", known_topics(tidy=True), "`finally` is reached"),
    ("12.3", room_that(asks=False, listens=False), "with a wrong key has got in"),
    ("12.3", room_that(asks=True, listens=True), "was heard in it"),
]
