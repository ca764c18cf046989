"""Answers to the exercises of lesson 11: mistakes, what is no answer yet, right ones."""

import json
import time

from websockets.asyncio.server import broadcast


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


changes = names(lambda user, own, all_names: user != own and user in all_names)


async def changes_alone(connection, state, changes):
    while True:
        await connection.send(json.dumps(await changes.get()))


async def whole_each_time(connection, state, changes):
    await connection.send(json.dumps(state))
    while True:
        state.update(await changes.get())
        await connection.send(json.dumps(state))


async def sends_every_value(send, values):
    while True:
        await send(await values.get())


async def drops_while_busy(send, values):
    while True:
        await send(await values.get())
        while not values.empty():
            values.get_nowait()


MISTAKES = [
    ("11.1", changes_alone, "never what there was"),
    ("11.1", whole_each_time, "as long each time"),
    ("11.2", sends_every_value, "later and later"),
    ("11.2", drops_while_busy, "nothing follows that would put it right"),
]
