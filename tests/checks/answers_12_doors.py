"""Answers to exercise 12.3 that lose a room, or send a message twice."""

import hmac
import json

from websockets.asyncio.server import broadcast

NO = '{"error": "no"}'


def may_join(request, keys):
    room, key = request.get("room"), request.get("key")
    if not isinstance(key, str) or room not in keys:
        return False
    sent = key.encode("utf-8", "surrogatepass")
    return hmac.compare_digest(sent, keys[room].encode())


def door(moves=False, twice=False, tidies=False):
    async def handler(connection, members, keys):
        try:
            async for text in connection:
                request = json.loads(text)
                room = request.get("room")
                if request["action"] == "join" and may_join(request, keys):
                    for each in members.values() if moves else ():
                        each.discard(connection)
                    members[room].add(connection)
                elif request["action"] == "message" and connection in members.get(room, ()):
                    if twice:
                        await connection.send(text)
                    broadcast(members[room], text)
                else:
                    await connection.send(NO)
        finally:
            for room, each in list(members.items()):
                each.discard(connection)
                if tidies and not each:
                    del members[room]

    return handler


MISTAKES = [
    ("12.3", door(moves=True), "A client can be a member of several rooms"),
    ("12.3", door(twice=True), "the sender of a message received it twice"),
    ("12.3", door(tidies=True), "nobody can join an empty room"),
]
RIGHT = [("12.3", door())]
