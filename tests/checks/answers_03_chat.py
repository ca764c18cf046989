"""Answers to the exercises of lesson 03: mistakes, what is no answer yet, right ones."""

import asyncio
import contextlib
import json
import time

from websockets.asyncio.server import broadcast


def loops_over(copy):
    """Make a relay that awaits each send, over the room itself or over a copy."""

    async def relay(connection, room):
        room.add(connection)
        try:
            async for text in connection:
                for other in copy(room):
                    await other.send(text)
        finally:
            room.discard(connection)

    return relay


async def leaves_only_politely(connection, room):
    room.add(connection)
    async for text in connection:
        broadcast(room, text)
    room.discard(connection)


async def never_leaves(connection, room):
    room.add(connection)
    async for text in connection:
        broadcast(room, text)


async def gathers(connection, room):
    room.add(connection)
    try:
        async for text in connection:
            await asyncio.gather(*(other.send(text) for other in room))
    finally:
        room.discard(connection)


def announce(room, data):
    """Tell the room, as the lesson's handlers do."""
    told = {key: data[key] for key in ("user", "message")}
    broadcast(room, json.dumps(told | {"timestamp": int(time.time() * 1000)}))


def names(refuses, forgets=True):
    """Make a chat that refuses a name when ``refuses(user, own name, names of all)``."""

    async def chat(connection, room):
        room[connection] = None
        try:
            async for text in connection:
                data = json.loads(text)
                if refuses(data["user"], room[connection], room.values()):
                    await connection.send(json.dumps({"error": "no"}))
                else:
                    room[connection] = data["user"]
                    announce(room, data)
        finally:
            if forgets:
                del room[connection]

    return chat


trusts = names(lambda user, own, all_names: False)


changes = names(lambda user, own, all_names: user != own and user in all_names)


two_anas = names(lambda user, own, all_names: own not in (None, user))


keeps_for_ever = names(
    lambda user, own, all_names: own not in (None, user) or (own is None and user in all_names),
    forgets=False,
)


def reads(what_to_do, errors=ValueError):
    """Make a chat that does something about what it cannot read."""

    async def chat(connection, room):
        room.add(connection)
        try:
            async for text in connection:
                try:
                    data = json.loads(text)
                    if not all(isinstance(data[key], str) for key in ("user", "message")):
                        raise ValueError("not text")
                except errors:
                    await what_to_do(connection, room)
                else:
                    announce(room, data)
        finally:
            room.discard(connection)

    return chat


async def nothing(connection, room):
    pass


async def hang_up(connection, room):
    await connection.close(1003)


async def tell(connection, room):
    await connection.send(json.dumps({"error": "no"}))


async def tell_all(connection, room):
    broadcast(room, json.dumps({"error": "no"}))


async def swallows_all(connection, room):
    room.add(connection)
    async for text in connection:
        with contextlib.suppress(Exception):
            announce(room, json.loads(text)["data"])


async def passes_on_anything(connection, room):
    room.add(connection)
    try:
        async for text in connection:
            try:
                data = json.loads(text)
                announce(room, {"user": data.get("user"), "message": data.get("message")})
            except (ValueError, AttributeError):
                await tell(connection, room)
    finally:
        room.discard(connection)


MISTAKES = [
    ("03.1", loops_over(lambda room: room), "changed while you iterated"),
    ("03.1", loops_over(list), "waits for the slowest"),
    ("03.1", gathers, "waits for the slowest"),
    ("03.1", leaves_only_politely, "`finally` does"),
    ("03.1", never_leaves, "for ever"),
    ("03.2", trusts, "You trust data['user']"),
    ("03.2", changes, "The first one must hold"),
    ("03.2", two_anas, "two Anas"),
    ("03.2", keeps_for_ever, "Give it back"),
    ("03.3", reads(tell), "hang up: answer with an error"),
    ("03.3", reads(hang_up, Exception), "hang up: answer with an error"),
    ("03.3", reads(nothing, Exception), "ignored in silence"),
    ("03.3", reads(tell_all, Exception), "its sender alone"),
    ("03.3", swallows_all, "swallowed without a word"),
    ("03.3", passes_on_anything, "before you send them to others"),
]
