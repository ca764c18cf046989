"""Answers to 12.1 and 12.2 that change what is not theirs."""

import asyncio
import contextlib
import json
import uuid


async def keeps_the_id_of_the_dict(client, pending, request, seconds):
    """The same question, asked again, has its old id."""
    number = request.setdefault("id", uuid.uuid4().hex)
    pending[number] = asyncio.get_running_loop().create_future()
    try:
        async with asyncio.timeout(seconds):
            await client.send(json.dumps(request))
            return await pending[number]
    finally:
        with contextlib.suppress(KeyError):
            del pending[number]


async def only_the_last_topic(connection, topics):
    """A client that subscribes to a topic leaves the others."""
    try:
        async for text in connection:
            topic = json.loads(text)["topic"]
            if topic not in topics:
                await connection.send(json.dumps({"error": "no such topic"}))
                continue
            for subscribers in topics.values():
                subscribers.discard(connection)
            topics[topic].add(connection)
    finally:
        for subscribers in topics.values():
            subscribers.discard(connection)


async def a_new_set(connection, topics):
    """The last subscriber takes the others' place."""
    try:
        async for text in connection:
            topic = json.loads(text)["topic"]
            if topic in topics:
                topics[topic] = {connection}
            else:
                await connection.send(json.dumps({"error": "no such topic"}))
    finally:
        for subscribers in topics.values():
            subscribers.discard(connection)


MISTAKES = [
    ("12.1", keeps_the_id_of_the_dict, "the caller's dict"),
    ("12.2", only_the_last_topic, "A client can subscribe to several topics"),
    ("12.2", a_new_set, "another client is no longer in the set"),
]
