"""Answers to 17.1 and 17.4: mistakes, what is no answer yet, right ones."""

import asyncio
import contextlib

from websockets.asyncio.server import serve

from tests.checks.worked import SOLUTIONS

right_exchange = SOLUTIONS["17.4"]


def address(server):
    return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


# 17.1


@contextlib.asynccontextmanager
async def fixed_port(handler):
    async with serve(handler, "127.0.0.1", 58_765):
        yield "ws://127.0.0.1:58765"


@contextlib.asynccontextmanager
async def never_stops(handler):
    yield address(await serve(handler, "127.0.0.1", 0))


@contextlib.asynccontextmanager
async def stops_after_success_only(handler):
    server = await serve(handler, "127.0.0.1", 0)
    yield address(server)
    server.close()
    await server.wait_closed()


@contextlib.asynccontextmanager
async def swallows(handler):
    async with serve(handler, "127.0.0.1", 0) as server:
        with contextlib.suppress(Exception):
            yield address(server)


@contextlib.asynccontextmanager
async def does_not_wait_for_the_end(handler):
    server = await serve(handler, "127.0.0.1", 0)
    try:
        yield address(server)
    finally:
        server.close()


@contextlib.asynccontextmanager
async def leaves_a_task(handler):
    async with serve(handler, "127.0.0.1", 0) as server:
        asyncio.create_task(asyncio.sleep(3600))  # noqa: RUF006
        yield address(server)


@contextlib.asynccontextmanager
async def everywhere(handler):
    async with serve(handler, "0.0.0.0", 0) as server:
        yield address(server)


@contextlib.asynccontextmanager
async def stops_before(handler):
    async with serve(handler, "127.0.0.1", 0) as server:
        url = address(server)
    yield url


@contextlib.asynccontextmanager
async def serves_something_else(handler):
    async def echo(connection):
        async for message in connection:
            await connection.send(message)

    async with serve(echo, "127.0.0.1", 0) as server:
        yield address(server)


@contextlib.asynccontextmanager
async def yields_the_server(handler):
    async with serve(handler, "127.0.0.1", 0) as server:
        yield server


@contextlib.asynccontextmanager
async def port_zero(handler):
    async with serve(handler, "127.0.0.1", 0):
        yield "ws://127.0.0.1:0"


async def not_a_manager(handler):
    async with serve(handler, "127.0.0.1", 0) as server:
        yield address(server)


async def returns(handler):
    async with serve(handler, "127.0.0.1", 0) as server:
        return address(server)


@contextlib.contextmanager
def synchronous(handler):
    yield "ws://127.0.0.1:8765"


_shared = {}


@contextlib.asynccontextmanager
async def one_for_all(handler):
    if "server" not in _shared or not _shared["server"].is_serving():
        _shared["server"] = await serve(handler, "127.0.0.1", 0)
    try:
        yield address(_shared["server"])
    finally:
        _shared["server"].close()
        await _shared["server"].wait_closed()


@contextlib.asynccontextmanager
async def by_hand(handler):
    server = await serve(handler, "127.0.0.1", 0)
    try:
        yield address(server)
    finally:
        server.close()
        await server.wait_closed()


class OnLocalhost:
    def __init__(self, handler):
        self.handler = handler

    async def __aenter__(self):
        self.server = await serve(self.handler, "127.0.0.1", 0)
        return "ws://localhost:" + address(self.server).rpartition(":")[2]

    async def __aexit__(self, *error):
        self.server.close()
        await self.server.wait_closed()


@contextlib.asynccontextmanager
async def with_a_stack(handler):
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(serve(handler, host="127.0.0.1", port=0))
        yield address(server) + "/"


@contextlib.asynccontextmanager
async def with_a_task(handler):
    """Serve in a task of its own, which ends with the block."""
    ready, end = asyncio.get_running_loop().create_future(), asyncio.Event()

    async def run():
        async with serve(handler, "127.0.0.1", 0) as server:
            ready.set_result(address(server))
            await end.wait()

    task = asyncio.create_task(run())
    try:
        yield await ready
    finally:
        end.set()
        await task


RUNNING = [
    (fixed_port, "a second server could not start"),
    (never_stops, "still listens after the block"),
    (stops_after_success_only, "still listens after a block that raised an exception"),
    (swallows, "the exception of the block was swallowed"),
    (does_not_wait_for_the_end, "was still stopping when the block had ended"),
    (leaves_a_task, "a task is left"),
    (everywhere, "listens on 0.0.0.0"),
    (one_for_all, "the two blocks have the same address"),
    (synchronous, "`async with`"),
    (serves_something_else, "not your handler"),
]
RUNNING_HINTS = [
    (yields_the_server, "the address, a text"),
    (port_zero, "port 0"),
    (not_a_manager, "@contextlib.asynccontextmanager"),
    (returns, "@contextlib.asynccontextmanager"),
    (stops_before, "nothing listens"),
]
RUNNING_RIGHT = [by_hand, OnLocalhost, with_a_stack, with_a_task]

# 17.4


def one_way(client, server):
    for data in client.data_to_send():
        server.receive_data(data)


def once_each(client, server):
    for sender, receiver in ((client, server), (server, client)):
        for data in sender.data_to_send():
            if data:
                receiver.receive_data(data)
            else:
                receiver.receive_eof()


def without_eof(client, server):
    moved = True
    while moved:
        moved = False
        for sender, receiver in ((client, server), (server, client)):
            for data in sender.data_to_send():
                moved = True
                if data:
                    receiver.receive_data(data)


def eof_as_data(client, server):
    moved = True
    while moved:
        moved = False
        for sender, receiver in ((client, server), (server, client)):
            for data in sender.data_to_send():
                moved = True
                receiver.receive_data(data)


def loses_the_rest(client, server):
    moved = True
    while moved:
        moved = False
        for sender, receiver in ((client, server), (server, client)):
            if pieces := sender.data_to_send():
                moved = True
                if pieces[0]:
                    receiver.receive_data(pieces[0])
                else:
                    receiver.receive_eof()


def asks_twice(client, server):
    while client.data_to_send() or server.data_to_send():
        once_each(client, server)


def joined(client, server):
    moved = True
    while moved:
        moved = False
        for sender, receiver in ((client, server), (server, client)):
            if data := b"".join(sender.data_to_send()):
                moved = True
                receiver.receive_data(data)


def server_first(client, server):
    for sender, receiver in ((server, client), (client, server)):
        for data in sender.data_to_send():
            receiver.receive_data(data) if data else receiver.receive_eof()


def to_itself(client, server):
    for each in (client, server):
        for data in each.data_to_send():
            each.receive_data(data) if data else each.receive_eof()


def for_ever(client, server):
    while True:
        once_each(client, server)


def text(client, server):
    for data in client.data_to_send():
        server.receive_data(data.decode())


def takes_events(client, server):
    """Carry all bytes, and read the events that belong to the caller."""
    right_exchange(client, server)
    client.events_received()
    server.events_received()


async def asynchronous(client, server):
    right_exchange(client, server)


def recursive(client, server):
    pieces = client.data_to_send()
    for data in pieces:
        server.receive_data(data) if data else server.receive_eof()
    answer = server.data_to_send()
    for data in answer:
        client.receive_data(data) if data else client.receive_eof()
    if pieces or answer:
        recursive(client, server)


def a_number_of_times(client, server):
    for _ in range(10):
        once_each(client, server)


def byte_by_byte(client, server):
    while True:
        there, back = client.data_to_send(), server.data_to_send()
        if not there + back:
            return
        for pieces, receiver in ((there, server), (back, client)):
            for data in pieces:
                for place in range(len(data)):
                    receiver.receive_data(data[place : place + 1])
                if not data:
                    receiver.receive_eof()


def with_queues(client, server):
    waiting = [(server, each) for each in client.data_to_send()]
    waiting += [(client, each) for each in server.data_to_send()]
    while waiting:
        receiver, data = waiting.pop(0)
        if data == b"":
            receiver.receive_eof()
        else:
            receiver.receive_data(data)
        other = client if receiver is server else server
        waiting += [(other, each) for each in receiver.data_to_send()]


EXCHANGE = [
    (for_ever, "does not end"),
    (takes_events, "takes the events"),
    (to_itself, "the other side"),
    (asynchronous, "`async def`"),
    (asks_twice, "bytes were lost"),
    (loses_the_rest, "bytes were lost"),
    (text, "raised an exception"),
]
EXCHANGE_HINTS = [
    (one_way, "only in one direction"),
    (once_each, "has more to send"),
    (server_first, "has more to send"),
    (eof_as_data, "the end of the data"),
    (without_eof, "the end of the data"),
    (joined, "the end of the data"),
]
EXCHANGE_RIGHT = [recursive, a_number_of_times, byte_by_byte, with_queues]

MISTAKES = [("17.1", *row) for row in RUNNING] + [("17.4", *row) for row in EXCHANGE]
HINTS = [("17.1", *row) for row in RUNNING_HINTS] + [("17.4", *row) for row in EXCHANGE_HINTS]
RIGHT = [("17.1", each) for each in RUNNING_RIGHT] + [("17.4", each) for each in EXCHANGE_RIGHT]
