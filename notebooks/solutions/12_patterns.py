"""One worked answer for each exercise of lesson 12."""

import asyncio
import hmac
import json
import uuid

from websockets.asyncio.server import broadcast


async def ask(client, pending, request, seconds):
    """Send a request under an id that is never used again, and leave nothing behind."""
    number = uuid.uuid4().hex
    pending[number] = asyncio.get_running_loop().create_future()
    try:
        async with asyncio.timeout(seconds):
            await client.send(json.dumps({**request, "id": number}))
            return await pending[number]
    finally:
        del pending[number]


async def feed(connection, topics):
    """Keep the sets of subscribers: known topics only, and only clients that are connected."""
    try:
        async for text in connection:
            match json.loads(text):
                case {"action": "subscribe", "topic": str(topic)} if topic in topics:
                    topics[topic].add(connection)
                case _:
                    await connection.send(json.dumps({"error": "no such topic"}))
    finally:
        for subscribers in topics.values():
            subscribers.discard(connection)


def same(one, other):
    """Compare two keys in constant time; compare_digest takes texts only if they are ASCII."""
    # JSON allows half a surrogate pair, which is not valid UTF-8.
    return hmac.compare_digest(*(key.encode("utf-8", "surrogatepass") for key in (one, other)))


async def rooms(connection, members, keys):
    """Admit clients that have the room's key, and pass on messages of its members."""
    try:
        async for text in connection:
            match json.loads(text):
                case {"action": "join", "room": str(room), "key": str(key)} if (
                    room in keys and same(key, keys[room])
                ):
                    members[room].add(connection)
                case {"action": "message", "room": str(room)} if connection in members.get(
                    room, ()
                ):
                    broadcast(members[room], text)
                case _:
                    await connection.send(json.dumps({"error": "not allowed"}))
    finally:
        for each in members.values():
            each.discard(connection)


answers = {"12.1": ask, "12.2": feed, "12.3": rooms}
