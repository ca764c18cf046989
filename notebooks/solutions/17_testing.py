"""One worked answer for each exercise of lesson 17."""

import asyncio
import contextlib
import json

import pytest
from websockets.asyncio.server import serve as serve_on_this_loop
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect


@contextlib.asynccontextmanager
async def running(handler):
    """Serve a handler for as long as the block lasts."""
    async with serve_on_this_loop(handler, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"ws://127.0.0.1:{port}"


def test_messages(url):
    """Each message comes to all others, once, in order, and not to its sender."""
    with connect(url + "/ana") as ana, connect(url + "/bob") as bob, connect(url + "/cas") as cas:
        ana.send("one")
        ana.send("two")
        for other in (bob, cas):
            assert other.recv(timeout=2) == "ana: one"
            assert other.recv(timeout=2) == "ana: two"
        bob.send("three")
        assert ana.recv(timeout=2) == "bob: three"
        assert cas.recv(timeout=2) == "bob: three"


def test_members_come_and_go(url):
    """When somebody leaves, the others go on, and the name is free again."""
    with connect(url + "/ana") as ana, connect(url + "/bob") as bob, connect(url + "/cas") as cas:
        with connect(url + "/ana") as second, pytest.raises(ConnectionClosed) as closed:
            second.recv(timeout=2)
        assert closed.value.rcvd.code == 1008
        bob.close()
        ana.send("one")
        assert cas.recv(timeout=2) == "ana: one"
        with connect(url + "/bob") as bob:
            cas.send("two")
            assert bob.recv(timeout=2) == "cas: two"


def test_bytes_are_refused(url):
    """A binary message ends the connection with 1003."""
    with connect(url + "/ana") as ana:
        ana.send(b"bytes")
        with pytest.raises(ConnectionClosed) as closed:
            ana.recv(timeout=2)
        assert closed.value.rcvd.code == 1003


def test_replies(ask, serve):
    """Only the reply with the question's id counts; its data may be 0."""
    requests = []

    async def script(connection):
        async for message in connection:
            requests.append(json.loads(message))
            await connection.send("not JSON")
            await connection.send(json.dumps({"id": -1, "data": "another"}))
            await connection.send(json.dumps({"id": requests[-1]["id"], "data": 0}))

    server = serve(script)
    assert ask(server.url, "first") == 0
    assert ask(server.url, "second") == 0
    assert [each["question"] for each in requests] == ["first", "second"]
    assert requests[0]["id"] != requests[1]["id"]


def test_trouble(ask, serve):
    """An error, a close and silence each raise their exception."""

    async def refuses(connection):
        question = json.loads(await connection.recv())
        await connection.send(json.dumps({"id": question["id"], "error": "no such question"}))

    async def closes(connection):
        await connection.recv()

    async def says_nothing(connection):
        async for _ in connection:
            pass

    with pytest.raises(LookupError, match="no such question"):
        ask(serve(refuses).url, "first")
    with pytest.raises(ConnectionClosed):
        ask(serve(closes).url, "first")
    with pytest.raises(TimeoutError):
        ask(serve(says_nothing).url, "first", limit=0.1)


def test_the_limit(ask, serve):
    """Other messages do not make the time limit longer."""

    async def talks(connection):
        question = json.loads(await connection.recv())
        for _ in range(5):
            await connection.send("wait a moment")
            await asyncio.sleep(0.06)
        await connection.send(json.dumps({"id": question["id"], "data": 1}))

    with pytest.raises(TimeoutError):
        ask(serve(talks).url, "first", limit=0.1)


def exchange(client, server):
    """Carry the bytes of both sides, until neither has any more."""
    moved = True
    while moved:
        moved = False
        for sender, receiver in ((client, server), (server, client)):
            for data in sender.data_to_send():
                moved = True
                if data:
                    receiver.receive_data(data)
                else:  # the sender has closed its side
                    receiver.receive_eof()


answers = {
    "17.1": running,
    "17.2": [test_messages, test_members_come_and_go, test_bytes_are_refused],
    "17.3": [test_replies, test_trouble, test_the_limit],
    "17.4": exchange,
}
