"""What the course uses runs on the network in memory as it is: asyncio, http, websockets."""

import asyncio
import http.client
import http.server
import threading

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosedError, InvalidHandshake
from websockets.sync.client import connect as connect_sync
from websockets.sync.server import serve as serve_sync

from wsdemo.tab import patches
from wsdemo.tab.selector import Selector


async def echo(connection):
    async for message in connection:
        await connection.send(message)


def test_websockets_of_asyncio(run):
    async def talk():
        async with serve(echo, "127.0.0.1", 0, max_size=None) as server:
            port = server.sockets[0].getsockname()[1]
            async with connect(f"ws://127.0.0.1:{port}", max_size=None) as client:
                await client.send("hello")
                await client.send(bytes(3_000_000))
                return await client.recv(), len(await client.recv())

    assert run(talk()) == ("hello", 3_000_000)


def test_many_clients_at_once(run):
    async def talk():
        async with serve(echo, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]

            async def one(number):
                async with connect(f"ws://localhost:{port}") as client:
                    await client.send(str(number))
                    return await client.recv()

            return await asyncio.gather(*map(one, range(100)))

    assert run(talk()) == [str(number) for number in range(100)]


def test_an_aborted_connection(run):
    async def talk():
        async def drop(connection):
            connection.transport.abort()

        async with serve(drop, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with connect(f"ws://127.0.0.1:{port}") as client:
                await client.recv()

    with pytest.raises(ConnectionClosedError):
        run(talk())


def test_a_server_that_stopped(run):
    async def talk():
        async with serve(echo, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}"):
            pass

    with pytest.raises((ConnectionRefusedError, InvalidHandshake)):
        run(talk())


def test_websockets_of_threads(in_memory):
    def echo(connection):
        for message in connection:
            connection.send(message)

    with serve_sync(echo, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with connect_sync(f"ws://127.0.0.1:{server.socket.getsockname()[1]}") as client:
            client.send("from a thread")
            assert client.recv(5) == "from a thread"
        server.shutdown()
        thread.join(5)
    assert not thread.is_alive()


def test_http(in_memory):
    class Hello(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "6")
            self.end_headers()
            self.wfile.write(b"hello\n")

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=5)
        client.request("GET", "/")
        assert client.getresponse().read() == b"hello\n"
        client.close()
        server.shutdown()


def test_a_selector_waits_no_longer_than_it_may():
    with Selector() as selector:
        assert selector.select(0.01) == []


def test_an_event_loop_is_woken_by_another_thread(run):
    async def wait():
        loop, event = asyncio.get_running_loop(), asyncio.Event()
        threading.Timer(0.05, loop.call_soon_threadsafe, [event.set]).start()
        await event.wait()
        return "woken"

    assert run(wait()) == "woken"


async def abort_what_is_closed():
    """Close a transport that has data to send, let the peer read them, and abort it."""
    got = asyncio.get_running_loop().create_future()

    async def read_all(reader, writer):
        got.set_result(len(await reader.read()))
        writer.close()

    async with await asyncio.start_server(read_all, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(bytes(3_000_000))
        writer.close()
        count = await got
        await writer.wait_closed()
        writer.transport.abort()
        return count


def test_a_lost_connection_may_be_aborted(run, monkeypatch):
    transport = asyncio.selector_events._SelectorTransport
    monkeypatch.setattr(transport, "_force_close", transport._force_close)  # put back afterwards
    with pytest.raises(AttributeError, match="call_soon"):  # else the patch is needed no more
        run(abort_what_is_closed())
    patches.abort_when_lost()
    assert run(abort_what_is_closed()) == 3_000_000
