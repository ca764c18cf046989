"""One worked answer for each exercise of lesson 03."""

import json
import time

from websockets.asyncio.server import broadcast


async def relay(connection, room):
    """Pass each message on to everybody in the room, a set of connections."""
    room.add(connection)
    try:
        async for text in connection:
            broadcast(room, text)
    finally:
        room.discard(connection)


def read(text):
    """Return the user and the text of a message; raise ValueError if it has another form."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(data, dict):
        raise ValueError("not an object")
    if not all(isinstance(data.get(key), str) for key in ("user", "message")):
        raise ValueError("user and message must be text")
    return data["user"], data["message"]


def send_to_all(room, user, message):
    """Send a message to everybody in the room."""
    now = int(time.time() * 1000)
    broadcast(room, json.dumps({"user": user, "message": message, "timestamp": now}))


def bind(connection, room, user):
    """Bind a connection to its first name; raise ValueError for any other, or for a taken one."""
    if room[connection] is None and user in room.values():
        raise ValueError(f"the name {user} is taken")
    if room[connection] not in (None, user):
        raise ValueError(f"you are {room[connection]}")
    room[connection] = user


async def chat(connection, room):
    """Let each connection use one name, its first; the room is a dict from connection to name."""
    room[connection] = None
    try:
        async for text in connection:
            try:
                user, message = read(text)
                bind(connection, room, user)
            except ValueError as problem:
                await connection.send(json.dumps({"error": str(problem)}))
            else:
                send_to_all(room, user, message)
    finally:
        del room[connection]


async def survivor(connection, room):
    """Answer what is not a message with an error, and go on."""
    room.add(connection)
    try:
        async for text in connection:
            try:
                user, message = read(text)
            except ValueError as problem:
                await connection.send(json.dumps({"error": str(problem)}))
            else:
                send_to_all(room, user, message)
    finally:
        room.discard(connection)


answers = {"03.1": relay, "03.2": chat, "03.3": survivor}
