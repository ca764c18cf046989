"""One message to many connections: complete, in order, never inside another message, bounded."""

import asyncio
import contextlib
import logging
import random
import socket

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from wsdemo.server.fanout import Fanout

PATIENCE = 10


@contextlib.asynccontextmanager
async def room(count, fanout, handler=None, client_options=None, **options):
    """A server whose connections are all members, and some clients of it."""

    async def attend(connection):
        fanout.add(connection)
        try:
            if handler:
                await handler(connection)
            await connection.wait_closed()
        finally:
            fanout.discard(connection)

    options = {"compression": None, "close_timeout": 0.2, **options}
    async with (
        asyncio.timeout(PATIENCE),
        serve(attend, "127.0.0.1", 0, **options) as server,
        contextlib.AsyncExitStack() as stack,
    ):
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        clients = [
            await stack.enter_async_context(connect(url, close_timeout=0.2, **client_options or {}))
            for _ in range(count)
        ]
        while len(fanout) < count:
            await asyncio.sleep(0)
        yield server, clients


def run(function):
    """Run a coroutine function as a test."""

    def test():
        asyncio.run(function())

    test.__name__, test.__doc__ = function.__name__, function.__doc__
    return test


def written_to(connection):
    """Note what is written to a connection from now on."""
    writes = []
    write = connection.transport.write
    connection.transport.write = lambda data: (writes.append(data), write(data))
    return writes


@run
async def test_all_get_all_in_order():
    fanout = Fanout()
    async with room(5, fanout) as (_, clients):
        sent = ["grüß dich ☺", b"\0\1", "", "x" * 70_000, b"y" * 130] * 3
        for message in sent[:8]:
            fanout.send(message)
        await asyncio.sleep(0)
        for message in sent[8:]:
            fanout.send(message)
        for client in clients:
            assert [await client.recv() for _ in sent] == sent


@run
async def test_one_turn_is_one_write():
    fanout = Fanout()
    async with room(1, fanout) as (server, [client]):
        [connection] = server.connections
        writes = written_to(connection)
        for number in range(100):
            fanout.send(str(number))
        assert [await client.recv() for _ in range(100)] == [str(each) for each in range(100)]
        assert len(writes) == 1


@run
async def test_a_newcomer_hears_nothing_that_was_said_before():
    fanout = Fanout()
    async with room(2, fanout) as (server, clients):
        late = next(iter(server.connections))
        fanout.discard(late)
        fanout.send("before")
        fanout.add(late)
        fanout.send("after")
        heard = sorted([await client.recv() for client in clients])
        assert heard == ["after", "before"]


@run
async def test_who_has_left_hears_no_more():
    fanout = Fanout()
    async with room(2, fanout) as (_, clients):
        await clients[0].close()
        while len(fanout) > 1:
            await asyncio.sleep(0)
        fanout.send("still here?")
        assert await clients[1].recv() == "still here?"
    assert len(fanout) == 0


@run
async def test_a_connection_that_is_closing_is_left_alone():
    fanout = Fanout()
    async with room(2, fanout) as (server, clients):
        leaving = next(iter(server.connections))
        closing = asyncio.create_task(leaving.close(4000))
        await asyncio.sleep(0)
        writes = written_to(leaving)
        fanout.send("news")
        assert await asyncio.wait_for(_one_of(clients), PATIENCE) == "news"
        await closing
        assert writes == []  # no data after a Close frame (RFC 6455 §5.5.1)


async def _one_of(clients):
    """What the client hears that is not being closed."""
    answers = await asyncio.gather(*(each.recv() for each in clients), return_exceptions=True)
    [heard] = [each for each in answers if isinstance(each, str)]
    return heard


@run
async def test_where_compression_was_agreed_on_both_kinds_mix():
    fanout = Fanout()
    async with room(2, fanout, compression="deflate") as (server, clients):
        connections = list(server.connections)
        assert [each.protocol.extensions[0].name for each in connections] == [
            "permessage-deflate"
        ] * 2
        for number in range(50):
            fanout.send(f"for all {number} {'a' * 100}")
            await asyncio.sleep(0)
            for connection in connections:
                await connection.send(f"for one {number} {'a' * 100}")
        for client in clients:
            heard = [(await client.recv()).rpartition(" ")[0] for _ in range(100)]
            assert heard == [f"for {who} {n}" for n in range(50) for who in ("all", "one")]


@run
async def test_a_fragmented_message_is_not_interrupted():
    fanout = Fanout()
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def pieces():
        yield "frag"
        begun.set()
        await go_on.wait()
        yield "ments"

    async def handler(connection):
        await connection.send(pieces())
        await connection.send("afterwards")

    async with room(1, fanout, handler) as (_, [client]):
        await begun.wait()
        fanout.send("one")
        await asyncio.sleep(0.01)
        fanout.send("two")
        go_on.set()
        heard = [await client.recv() for _ in range(4)]
        assert heard[0] == "fragments"
        assert sorted(heard[1:]) == ["afterwards", "one", "two"]
        assert heard.index("one") < heard.index("two")
        fanout.send("three")
        assert await client.recv() == "three"


@run
async def test_a_client_that_does_not_read_is_dropped_and_the_others_go_on():
    dropped = []
    handler = logging.Handler()
    handler.emit = lambda record: dropped.append(record.getMessage())
    logging.getLogger("wsdemo.fanout").addHandler(handler)
    fanout = Fanout(most_pending=2**18)
    try:
        async with room(3, fanout) as (server, clients):
            with socket.socket() as deaf:
                deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                deaf.connect(server.sockets[0].getsockname())
                deaf.sendall(
                    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    b"Sec-WebSocket-Version: 13\r\n\r\n"
                )
                while len(fanout) < 4:
                    await asyncio.sleep(0)
                count, size = 0, 2**14
                while len(fanout) == 4:
                    fanout.send(bytes(size))
                    count += 1
                    assert [len(await client.recv()) for client in clients] == [size] * 3
                assert count * size < 16 * 2**20  # the kernel's buffers and ours
                fanout.send("on")
                assert [await client.recv() for client in clients] == ["on"] * 3
    finally:
        logging.getLogger("wsdemo.fanout").removeHandler(handler)
    [text] = dropped
    assert text.startswith("dropped a client that does not read: ")


@run
async def test_as_much_as_is_allowed_may_wait():
    fanout = Fanout(most_pending=1000)
    async with room(1, fanout) as (server, [client]):
        [connection] = server.connections
        connection.transport.get_write_buffer_size = lambda: 1000
        for text in ("just enough", "again"):
            fanout.send(text)
            assert await client.recv() == text
        connection.transport.get_write_buffer_size = lambda: 1001
        fanout.send("too much")
        await client.wait_closed()
        assert client.close_code == 1006


@run
async def test_chance_finds_no_message_lost_or_out_of_order():
    """Members come and go, fragments and plain messages mix; each hears its own in order."""
    chance = random.Random(1)
    fanout = Fanout()

    async def slow(number):
        yield f"{number} "
        await asyncio.sleep(0)
        yield "whole"

    async with room(4, fanout, compression="deflate") as (server, clients):
        connections = sorted(server.connections, key=lambda each: each.remote_address)
        clients = sorted(clients, key=lambda each: each.local_address)
        expected = {connection: [] for connection in connections}
        own = {connection: [] for connection in connections}
        tasks = []
        for number in range(300):
            connection = chance.choice(connections)
            match chance.choice(["all", "all", "turn", "one", "fragments"]):
                case "all":
                    fanout.send(f"all {number}")
                    for each in connections:
                        expected[each].append(f"all {number}")
                case "turn":
                    await asyncio.sleep(0)
                case "one":
                    tasks.append(asyncio.create_task(connection.send(f"one {number}")))
                    own[connection].append(f"one {number}")
                case "fragments":
                    tasks.append(asyncio.create_task(connection.send(slow(number))))
                    own[connection].append(f"{number} whole")
        await asyncio.gather(*tasks)
        for connection, client in zip(connections, clients, strict=True):
            total = len(expected[connection]) + len(own[connection])
            heard = [await client.recv() for _ in range(total)]
            assert [each for each in heard if each.startswith("all")] == expected[connection]
            assert sorted(each for each in heard if not each.startswith("all")) == sorted(
                own[connection]
            )


def test_half_a_surrogate_pair_is_refused_at_once():
    async def main():
        with pytest.raises(UnicodeEncodeError):
            Fanout().send("\ud83d")

    asyncio.run(main())
