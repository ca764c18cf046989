"""Answers to exercise 03.1: mistakes, what is no answer yet, unusual right ones."""

import asyncio
import contextlib
import functools
import json

from websockets.asyncio.server import broadcast
from websockets.exceptions import ConnectionClosed


async def does_nothing(connection, room):
    pass


def plain(connection, room):
    return None


def relay(
    change=lambda message: message,
    to=lambda room, connection: room,
    once=False,
    fin=True,
    text_only=False,
):
    async def handler(connection, room):
        room.add(connection)

        async def loop():
            async for message in connection:
                if text_only and isinstance(message, bytes):
                    continue
                broadcast(to(room, connection), change(message))
                if once:
                    return

        if not fin:
            await loop()
            room.discard(connection)
            return
        try:
            await loop()
        finally:
            room.discard(connection)

    return handler


async def list_loop(connection, room):
    room.add(connection)
    try:
        async for message in connection:
            for each in list(room):
                await each.send(message)
    finally:
        room.discard(connection)


async def set_loop(connection, room):
    room.add(connection)
    try:
        async for message in connection:
            for each in room:
                await each.send(message)
    finally:
        room.discard(connection)


async def gathers(connection, room):
    room.add(connection)
    try:
        async for message in connection:
            await asyncio.gather(*(e.send(message) for e in room), return_exceptions=True)
    finally:
        room.discard(connection)


async def timeouts(connection, room):
    room.add(connection)
    try:
        async for message in connection:
            for e in list(room):
                with contextlib.suppress(ConnectionClosed, TimeoutError):
                    await asyncio.wait_for(e.send(message), 1)
    finally:
        room.discard(connection)


async def awaits_broadcast(connection, room):
    room.add(connection)
    try:
        async for message in connection:
            await broadcast(room, message)
    finally:
        room.discard(connection)


async def joins_late(connection, room):
    try:
        async for message in connection:
            room.add(connection)
            broadcast(room, message)
    finally:
        room.discard(connection)


async def never_leaves(connection, room):
    room.add(connection)
    async for message in connection:
        broadcast(room, message)


async def clears(connection, room):
    room.add(connection)
    try:
        async for message in connection:
            broadcast(room, message)
    finally:
        room.clear()


OWN = set()


async def own_room(connection, room):
    OWN.add(connection)
    try:
        async for message in connection:
            broadcast(OWN, message)
    finally:
        OWN.discard(connection)


FIRST = {}


async def first_room(connection, room):
    first = FIRST.setdefault(asyncio.get_running_loop(), room)
    room.add(connection)
    try:
        async for message in connection:
            broadcast(first, message)
    finally:
        room.discard(connection)


async def removes_on_ok(connection, room):
    room.add(connection)
    try:
        async for message in connection:
            broadcast(room, message)
    except ConnectionClosed:
        pass
    else:
        room.discard(connection)


async def typo(connection, room):
    room.add(connection)
    try:
        async for _ in connection:
            broadcast(room, mesage)  # noqa: F821
    finally:
        room.discard(connection)


async def for_for(connection, room):
    room.add(connection)
    try:
        for message in connection:
            broadcast(room, message)
    finally:
        room.discard(connection)


async def rebinds(connection, room):
    room = room | {connection}
    try:
        async for message in connection:
            broadcast(room, message)
    finally:
        room = room - {connection}


async def last_only(connection, room):
    room.add(connection)
    try:
        while True:
            message = await connection.recv()
            broadcast(room, message)
    except ConnectionClosed:
        room.discard(connection)


async def by_tasks(connection, room):
    room.add(connection)
    tasks = set()
    try:
        async for message in connection:
            for e in room:
                t = asyncio.create_task(e.send(message))
                tasks.add(t)
                t.add_done_callback(lambda t: (tasks.discard(t), t.cancelled() or t.exception()))
    finally:
        room.remove(connection)


class Relay:
    async def __call__(self, connection, room):
        room |= {connection}
        try:
            async for message in connection:
                broadcast(frozenset(room), message)
        finally:
            room -= {connection}


@contextlib.contextmanager
def member(connection, room):
    room.add(connection)
    try:
        yield
    finally:
        room.remove(connection)


async def by_context(connection, room):
    with member(connection, room):
        while True:
            try:
                broadcast(room, await connection.recv())
            except ConnectionClosed:
                return


async def by_stack(connection, room, *, send=broadcast):
    async with contextlib.AsyncExitStack() as s:
        room.add(connection)
        s.callback(room.discard, connection)
        async for message in connection:
            send(list(room), message)


async def by_queue(connection, room):
    q = asyncio.Queue()

    async def out():
        while True:
            broadcast(room, await q.get())

    room.add(connection)
    t = asyncio.create_task(out())
    try:
        async for message in connection:
            q.put_nowait(message)
    finally:
        t.cancel()
        room.discard(connection)


def read(message):
    d = json.loads(message)
    return d["user"], d["message"]


def r(check, catch=(ValueError, RecursionError)):
    def read(message):
        try:
            d = json.loads(message)
        except catch:
            return None
        return d if check(d) else None

    return read


MISTAKES = [
    ("03.1", relay(fin=False), "bob closed the connection, and was removed."),
    ("03.1", list_loop, "one member does not read, and the others"),
    ("03.1", set_loop, "your loop waited for a member that does not"),
    ("03.1", gathers, "one member does not read, and the others"),
    ("03.1", timeouts, "one member does not read, and the others"),
    ("03.1", never_leaves, "a member that has left stays in your room:"),
    ("03.1", own_room, "dora received a message that was not for"),
    ("03.1", removes_on_ok, "bob closed the connection, and was removed."),
]

HINTS = [
    ("03.1", relay(to=lambda r, c: r - {c}), "ana sent a message, and the sender did not"),
    ("03.1", relay(to=lambda r, c: {c}), "ana sent a message, and bob did not receive"),
    ("03.1", relay(once=True), "the connection of ana was closed, and the"),
    ("03.1", relay(str), "pass each message on as it came"),
    ("03.1", relay(lambda m: m.strip()), "pass each message on as it came"),
    ("03.1", relay(lambda m: f"You said: {m}"), "pass each message on as it came"),
    ("03.1", awaits_broadcast, "the connection of ana was closed, and the"),
    ("03.1", joins_late, "ana sent a message, and bob did not receive"),
    ("03.1", clears, "ana is still connected, but no longer in"),
    ("03.1", first_room, "dora sent a message, and the sender did not"),
    ("03.1", typo, "the connection of ana was closed, and the"),
    ("03.1", for_for, "the connection of bob was closed, and the"),
    ("03.1", rebinds, "ana sent a message, and bob did not receive"),
    ("03.1", does_nothing, "the connection of bob was closed, and the"),
    ("03.1", plain, "the connection of bob was closed, and the"),
]

RIGHT = [
    ("03.1", relay()),
    ("03.1", last_only),
    ("03.1", by_tasks),
    ("03.1", Relay()),
    ("03.1", by_context),
    ("03.1", functools.partial(by_stack, send=broadcast)),
    ("03.1", by_queue),
]
