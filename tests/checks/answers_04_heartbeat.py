"""Answers to exercise 04.2: mistakes, what is no answer yet, unusual right ones."""

import asyncio
import contextlib
import functools
import json
import time

from websockets.asyncio.server import broadcast
from websockets.exceptions import ConnectionClosed


def chat(kind_of, reply=lambda message: '{"type": "heartbeat"}', forward=lambda message: message):
    clients = set()

    async def handler(connection):
        clients.add(connection)
        try:
            async for message in connection:
                if kind_of(message):
                    await connection.send(reply(message))
                else:
                    broadcast(clients, forward(message))
        finally:
            clients.discard(connection)

    return handler


def is_beat(message):
    try:
        data = json.loads(message)
    except ValueError:
        return False
    return isinstance(data, dict) and data.get("type") == "heartbeat"


def loads_type(message):
    return json.loads(message)["type"] == "heartbeat"


def loads_get(message):
    return json.loads(message).get("type") == "heartbeat"


def only_value_error(message):
    try:
        return json.loads(message)["type"] == "heartbeat"
    except ValueError:
        return False


def no_key_error(message):
    try:
        return json.loads(message).get("type") == "heartbeat"
    except ValueError:
        return False


def whole(message):
    try:
        return json.loads(message) == {"type": "heartbeat"}
    except ValueError:
        return False


def reencode(message):
    try:
        return json.dumps(json.loads(message))
    except ValueError:
        return message


def any_type(message):
    try:
        return "type" in json.loads(message)
    except (ValueError, TypeError):
        return False


def case(message):
    try:
        return str(json.loads(message)["type"]).lower() == "heartbeat"
    except (ValueError, TypeError, KeyError):
        return False


def strbytes(message):
    return message.decode() if isinstance(message, bytes) else message


def variant(
    to_all=False,
    no_reply=False,
    drop=False,
    but_sender=False,
    sender_only=False,
    never_leaves=False,
    first_only=False,
    noawait=False,
    twice=False,
    also=False,
    text_only=False,
):
    clients = set()

    async def handler(connection):
        clients.add(connection)
        try:
            async for message in connection:
                if is_beat(message):
                    if to_all:
                        broadcast(clients, '{"type": "heartbeat"}')
                    elif noawait:
                        connection.send('{"type": "heartbeat"}')
                    elif not no_reply:
                        await connection.send('{"type": "heartbeat"}')
                    if also:
                        broadcast(clients, message)
                elif drop or (text_only and isinstance(message, bytes)):
                    pass
                elif but_sender:
                    broadcast(clients - {connection}, message)
                elif sender_only:
                    await connection.send(message)
                else:
                    broadcast(clients, message)
                if twice:
                    await connection.send(message)
                if first_only:
                    break
        finally:
            if not never_leaves:
                clients.discard(connection)

    return handler


EVERYBODY = {}


async def loops_never_leaves(connection):
    clients = EVERYBODY.setdefault(asyncio.get_running_loop(), set())
    clients.add(connection)
    async for message in connection:
        if is_beat(message):
            await connection.send('{"type": "heartbeat"}')
        else:
            for each in clients:
                await each.send(message)


async def stub(connection):
    async for _ in connection:
        await connection.send('{"type": "unknown"}')


class Chat:
    def __init__(self):
        self.members = {}

    async def __call__(self, connection):
        self.members[connection.id] = connection
        try:
            async for message in connection:
                match self.read(message):
                    case {"type": "heartbeat"}:
                        await connection.send(json.dumps({"type": "heartbeat", "at": time.time()}))
                    case _:
                        await asyncio.gather(
                            *(each.send(message) for each in list(self.members.values())),
                            return_exceptions=True,
                        )
        finally:
            del self.members[connection.id]

    def read(self, message):
        with contextlib.suppress(ValueError):
            return json.loads(message)


async def by_recv(members, connection):
    members.append(connection)
    try:
        while True:
            message = await connection.recv()
            if isinstance(message, str) and is_beat(message):
                await connection.send(message)
            else:
                broadcast(members, message)
    except ConnectionClosed:
        pass
    finally:
        members.remove(connection)


async def by_tasks(connection, clients=set()):  # noqa: B006 - one set for all
    clients.add(connection)
    try:
        async for message in connection:
            if is_beat(message):
                await connection.send(b'{"type":"heartbeat"}', text=True)
            else:
                async with asyncio.TaskGroup() as group:
                    for each in clients:
                        group.create_task(each.send(message))
    finally:
        clients.discard(connection)


MISTAKES = [
    (
        "04.2",
        chat(lambda m: m == '{"type": "heartbeat"}'),
        "the same JSON object in another spelling",
    ),
    (
        "04.2",
        chat(lambda m: m == '{"type":"heartbeat"}'),
        "the same JSON object in another spelling",
    ),
    ("04.2", chat(lambda m: "heartbeat" in m), "a message that is not a heartbeat was"),
    (
        "04.2",
        chat(lambda m: str(m).replace(" ", "") == '{"type":"heartbeat"}'),
        "the same JSON object in another spelling",
    ),
    ("04.2", chat(loads_type), "the connection was closed after a message."),
    ("04.2", chat(loads_get), "the connection was closed after a message."),
    ("04.2", chat(only_value_error), "the connection was closed after a message."),
    ("04.2", chat(no_key_error), "the connection was closed after a message."),
    ("04.2", chat(any_type), "a message that is not a heartbeat was"),
    ("04.2", chat(case), "a message that is not a heartbeat was"),
    ("04.2", chat(is_beat, forward=strbytes), "the connection was closed after a message."),
    (
        "04.2",
        chat(is_beat, reply=lambda m: {"type": "heartbeat"}),
        "the connection was closed after a message.",
    ),
    ("04.2", variant(to_all=True), "heartbeats of one client reach another:"),
    ("04.2", variant(first_only=True), "the connection was closed after a message."),
    ("04.2", variant(twice=True), "a heartbeat was answered with more than one"),
    ("04.2", loops_never_leaves, "the connection was closed after a message."),
    ("04.2", variant(also=True), "heartbeats of one client reach another:"),
]

HINTS = [
    ("04.2", stub, "a heartbeat was not answered by a heartbeat"),
    ("04.2", chat(is_beat, forward=reencode), "a chat message must reach everybody as it"),
    ("04.2", chat(is_beat, forward=str), "a chat message must reach everybody as it"),
    (
        "04.2",
        chat(is_beat, reply=lambda m: '{"type": "pong"}'),
        "a heartbeat was not answered by a heartbeat",
    ),
    (
        "04.2",
        chat(is_beat, reply=lambda m: str({"type": "heartbeat"})),
        "a heartbeat was not answered by a heartbeat",
    ),
    (
        "04.2",
        chat(is_beat, reply=lambda m: b'{"type": "heartbeat"}'),
        "the answer to a heartbeat must be text",
    ),
    ("04.2", variant(no_reply=True), "a message was sent, and nothing came back"),
    ("04.2", variant(drop=True), "a message was sent, and nothing came back"),
    ("04.2", variant(sender_only=True), "a message was sent, and nothing came back"),
    ("04.2", variant(noawait=True), "a message was sent, and nothing came back"),
    ("04.2", variant(text_only=True), "a message was sent, and nothing came back"),
]

RIGHT = [
    ("04.2", chat(is_beat)),
    ("04.2", chat(whole)),
    ("04.2", chat(is_beat, reply=lambda m: m)),
    ("04.2", Chat()),
    ("04.2", functools.partial(by_recv, [])),
    ("04.2", by_tasks),
]
