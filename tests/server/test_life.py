"""How a server begins and ends."""

import asyncio
import contextlib
import gc
import socket
import sys
import threading
import time

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import wsdemo
import wsdemo.apps.echo
from tests.server.kit import close_code, echo, is_listening, python, says
from wsdemo.loop import SWITCH_INTERVAL

pytestmark = pytest.mark.usefixtures("nothing_left_running")


def test_serves_on_a_free_port_until_the_block_ends():
    with wsdemo.serve(echo) as server:
        assert server.url == f"ws://127.0.0.1:{server.port}"
        assert says(server.url) == "Hello"
        assert repr(server) == "<Server 'echo' running>"
    assert not is_listening(server.port)
    assert repr(server) == "<Server 'echo' stopped>"


def test_may_be_stopped_twice():
    server = wsdemo.serve(echo)
    server.stop()
    server.stop()
    assert not is_listening(server.port)


def test_stopping_closes_every_connection_with_1001():
    with contextlib.ExitStack() as open_clients:
        with wsdemo.serve(echo) as server:
            clients = [open_clients.enter_context(connect(server.url)) for _ in range(5)]
        assert [close_code(client) for client in clients] == [1001] * 5


def test_the_port_is_free_again_at_once():
    with wsdemo.serve(echo) as first:
        says(first.url)
    with wsdemo.serve(echo, port=first.port) as second:
        assert second.port == first.port
        assert says(second.url) == "Hello"


def test_a_stuck_handler_is_cancelled():
    cancelled = threading.Event()

    async def stuck(connection):
        try:
            await asyncio.Event().wait()  # it never looks at its connection
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with wsdemo.serve(stuck, close_timeout=0.1) as server, connect(server.url):
        server.stop()
        assert cancelled.is_set()
        assert not is_listening(server.port)


def test_a_line_on_which_nothing_was_said_is_ended():
    """Browsers open such lines in advance; nobody waits for them, and nothing is left of them."""
    with (
        wsdemo.serve(echo, close_timeout=5) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=5) as line,
        connect(server.url) as client,  # by now the server has the first line, too
    ):
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 4
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=5)
        with contextlib.suppress(ConnectionError):
            assert line.recv(1) == b""
    gc.collect()  # an unclosed transport would be an error here


def test_a_connection_that_is_only_half_made_does_not_disturb_a_stop(raw):
    half_made = []

    class HalfMade(ServerConnection):
        """As between two steps of asyncio: made, and not yet given its transport."""

        def connection_made(self, transport):
            half_made.append(self)
            transport.abort()

        def connection_lost(self, error):
            pass

    with wsdemo.serve(echo, create_connection=HalfMade) as server, raw(server.url) as client:
        client.drain()
        server.stop()
        assert not is_listening(server.port)
    assert len(half_made) == 1


def test_a_client_that_does_not_answer_the_close_holds_nobody_up(raw):
    with wsdemo.serve(echo, close_timeout=0.1) as server, raw(server.url) as client:
        client.upgrade()
        server.stop()
        assert not is_listening(server.port)
        assert client.frame().close_code == 1001


def test_a_handler_that_blocks_the_loop_is_warned_about(raw):
    came, blocked, release = [], threading.Event(), threading.Event()

    async def blocks(connection):
        came.append(connection)
        blocked.set()
        release.wait(10)

    server = wsdemo.serve(blocks, name="blocks", close_timeout=0.1)
    with raw(server.url) as client:
        client.upgrade()
        assert blocked.wait(5)
        begin = time.monotonic()
        with pytest.warns(RuntimeWarning, match="server 'blocks' did not stop: its handler blocks"):
            server.stop()
        assert time.monotonic() - begin < 4  # 1.4 s, and not as long as other threads may take
        with pytest.raises(
            OSError, match="of this notebook, whose handler blocks its event loop: wait"
        ):
            wsdemo.serve(echo, port=server.port)
        release.set()
        assert server._thread.stop(timeout=5)  # now it can
        with (
            socket.create_server(("127.0.0.1", server.port)),
            pytest.raises(OSError, match="is taken by another program"),
        ):
            wsdemo.serve(echo, port=server.port)
        with wsdemo.serve(echo, port=server.port) as repaired:
            assert says(repaired.url) == "Hello"
        assert came[0].transport.is_closing()


def test_ends_with_the_interpreter_promptly_and_quietly():
    program = """
import sys, wsdemo.apps.echo
server = wsdemo.apps.echo.serve()
print(server.url, flush=True)
sys.stdin.read()
"""
    with python(program) as child:
        with connect(child.stdout.readline().strip()) as client:
            assert client.recv(timeout=5) == "Welcome!"
            child.stdin.close()
            assert close_code(client) == 1001
        assert child.wait(timeout=5) == 0
        assert (child.stdout.read(), child.stderr.read()) == ("", "")


def test_switches_faster_while_it_runs():
    before = sys.getswitchinterval()
    with wsdemo.serve(echo, name="one"), wsdemo.serve(echo, name="two"):
        assert sys.getswitchinterval() == pytest.approx(SWITCH_INTERVAL)
    assert sys.getswitchinterval() == before
