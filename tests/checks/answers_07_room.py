"""Answers to exercise 07.3, cleaning up: mistakes, what is no answer yet, right ones."""

import asyncio
import contextlib
import functools
from fractions import Fraction

from websockets.exceptions import ConnectionClosed


async def serve(connection, quotient=lambda text: str(10 / int(text))):
    async for message in connection:
        await connection.send(quotient(message))


async def loop_only(connection, room):
    await serve(connection)


async def discards_after_recv(connection, room):
    room.add(connection)
    while True:
        await connection.send(str(10 / int(await connection.recv())))
    room.discard(connection)


async def discards_after_the_loop(connection, room):
    room.add(connection)
    await serve(connection)
    room.discard(connection)


def discards_when(*errors):
    """Make a handler that cleans up where it has caught these errors."""

    async def divide(connection, room):
        room.add(connection)
        try:
            while True:
                await connection.send(str(10 / int(await connection.recv())))
        except errors:
            room.discard(connection)

    return divide


def finally_does(clean_up, quotient=lambda text: str(10 / int(text))):
    """Make a handler that does this in the end, whatever happens."""

    async def divide(connection, room):
        room.add(connection)
        try:
            await serve(connection, quotient)
        finally:
            result = clean_up(connection, room)
            if asyncio.iscoroutine(result):
                await result

    return divide


def discards(connection, room):
    room.discard(connection)


def discards_later(connection, room):
    asyncio.get_running_loop().call_later(0.2, room.discard, connection)


async def discards_after_a_while(connection, room):
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.sleep(0.3)
    room.discard(connection)


async def adds_in_the_loop(connection, room):
    try:
        async for message in connection:
            room.add(connection)
            await connection.send(str(10 / int(message)))
    finally:
        room.discard(connection)


async def adds_after_the_first(connection, room):
    message = await connection.recv()
    room.add(connection)
    try:
        await connection.send(str(10 / int(message)))
        await serve(connection)
    finally:
        room.discard(connection)


async def stays_for_one(connection, room):
    async for message in connection:
        room.add(connection)
        try:
            await connection.send(str(10 / int(message)))
        finally:
            room.discard(connection)


async def one_message(connection, room):
    room.add(connection)
    try:
        await connection.send(str(10 / int(await connection.recv())))
    finally:
        room.discard(connection)


async def alone_in_the_room(connection, room):
    room.clear()
    await finally_does(discards)(connection, room)


async def adds_its_address(connection, room):
    room.add(connection.remote_address)
    try:
        await serve(connection)
    finally:
        room.discard(connection.remote_address)


async def adds_to_a_copy(connection, room):
    room = room | {connection}
    await serve(connection)


def after_an_error(react):
    """Make a handler that does this with an error, and goes on."""

    async def divide(connection, room):
        room.add(connection)
        try:
            async for message in connection:
                try:
                    await connection.send(str(10 / int(message)))
                except (ValueError, ZeroDivisionError):
                    await react(connection, room)
        finally:
            room.discard(connection)

    return divide


async def leaves_the_room(connection, room):
    room.discard(connection)


async def replies(connection, room):
    await connection.send("no")


async def swallows_all(connection, room):
    room.add(connection)
    try:
        while True:
            try:
                await connection.send(str(10 / int(await connection.recv())))
            except Exception:
                await asyncio.sleep(0.01)
    finally:
        room.discard(connection)


async def does_not_wait(connection, room):
    room.add(connection)
    try:
        task = asyncio.create_task(serve(connection))
    finally:
        room.discard(connection)
    return task


async def waits_for_the_end_only(connection, room):
    room.add(connection)
    try:
        await connection.wait_closed()
    finally:
        room.discard(connection)


async def by_context(connection, room):
    @contextlib.contextmanager
    def inside():
        room.add(connection)
        try:
            yield
        finally:
            room.remove(connection)

    with inside():
        await serve(connection)


async def by_callback(connection, room):
    room.add(connection)
    asyncio.current_task().add_done_callback(lambda _: room.discard(connection))
    await serve(connection)


async def by_all_exceptions(connection, room):
    room.add(connection)
    try:
        await serve(connection)
    except BaseException:
        room.discard(connection)
        raise
    room.discard(connection)


class Divide:
    async def __call__(self, connection, room):
        with contextlib.ExitStack() as stack:
            room.add(connection)
            stack.callback(room.remove, connection)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(serve(connection))


async def number_by(number, connection, room):
    room |= {connection}
    try:
        while True:
            quotient = float(Fraction(number) / int(await connection.recv()))
            await connection.send(f"{quotient:.15g}".encode())
    except ConnectionClosed:
        pass
    finally:
        room -= {connection}


WRONG = [
    (discards_after_recv, "Nothing has removed it"),
    (finally_does(lambda connection, room: room - {connection}), "Nothing has removed it"),
    (finally_does(lambda connection, room: room.clear()), "after another client closed"),
    (discards_after_the_loop, "lines after them do not run"),
    (discards_when(ConnectionClosed), "another exception than ConnectionClosed"),
    (discards_when(ConnectionClosed, ZeroDivisionError), "such as ValueError"),
    (discards_when(Exception), "CancelledError is not a subclass"),
    (finally_does(discards_later), "only some time after"),
    (finally_does(discards_after_a_while), "only some time after"),
    (alone_in_the_room, "a connection was not in the room"),
    (adds_its_address, "a connection was not in the room"),
    (after_an_error(leaves_the_room), "though it is still served"),
    (swallows_all, "your handler goes on"),
]
MISTAKES = [("07.3", *row) for row in WRONG]
HINTS = [
    ("07.3", adds_after_the_first, "`room` is still empty"),
    ("07.3", adds_in_the_loop, "`room` is still empty"),
    ("07.3", loop_only, "`room` is still empty"),
    ("07.3", adds_to_a_copy, "`room` is still empty"),
    ("07.3", stays_for_one, "`room` is still empty"),
    ("07.3", one_message, "your handler has ended"),
    ("07.3", does_not_wait, "your handler has ended"),
    ("07.3", waits_for_the_end_only, "send the quotient back"),
    ("07.3", finally_does(discards, lambda text: str(10 // int(text))), "send the quotient"),
    ("07.3", finally_does(discards, lambda text: f"{10 / int(text):.2f}"), "send the quotient"),
    ("07.3", finally_does(discards, lambda text: str(int(text) / 10)), "send the quotient"),
    ("07.3", finally_does(discards, lambda text: 10 / int(text)), "send the quotient"),
    ("07.3", lambda connection, room: room.add(connection), "write `async def`"),
]
RIGHT = [
    ("07.3", by_context),
    ("07.3", by_callback),
    ("07.3", by_all_exceptions),
    ("07.3", Divide()),
    ("07.3", functools.partial(number_by, 10)),
    ("07.3", after_an_error(replies)),
]
