"""Lesson 04's programs in JavaScript, and the source's own, on lines that freeze."""

import contextlib
import json
import subprocess
import time

import pytest
from websockets.sync.client import connect

import wsdemo
from tests.interop.programs import FOLDER, node_server
from wsdemo.apps import heartbeat

INTERVAL = 1000  # ms; the living answer in less, however busy this machine is
PATIENCE = 10  # s

# The source's server, as it stands but for the port, the line that tells it, and the interval.
SOURCE_SERVER = f"""
const WebSocket = require('ws');
const wss = new WebSocket.Server({{ port: 0, host: '127.0.0.1' }});
wss.on('listening', () => console.log(wss.address().port));

wss.on('connection', (ws) => {{
  ws.isAlive = true;

  ws.on('pong', () => {{
    ws.isAlive = true;
  }});

  ws.on('message', (message) => {{
    // Handle messages
  }});
}});

// Check every 30 seconds
const interval = setInterval(() => {{
  wss.clients.forEach((ws) => {{
    if (ws.isAlive === false) {{
      return ws.terminate(); // Dead connection
    }}

    ws.isAlive = false;
    ws.ping(); // Send ping, expect pong
  }});
}}, {INTERVAL});

wss.on('close', () => {{
  clearInterval(interval);
}});
"""

# The source's client, as it stands but for the address, the interval and lines that tell.
SOURCE_CLIENT = """
const WebSocket = require('ws');
const ws = new WebSocket(process.argv[1]);
ws.addEventListener('close', () => console.log('close'));

setInterval(() => {
  if (ws.readyState === WebSocket.OPEN) {
    ws.send(JSON.stringify({ type: 'heartbeat' }));
  }
  console.log('readyState', ws.readyState);
}, 100);
"""

pytestmark = pytest.mark.node


@contextlib.contextmanager
def node_client(node, *arguments):
    """Run a Node program that may not end by itself."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([node, *map(str, arguments)], cwd=FOLDER, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process, line):
    """Read what a program prints until this line comes; the test's own time limit is the bound."""
    seen = []
    for text in process.stdout:
        seen.append(text.rstrip())
        if seen[-1] == line:
            return seen
    raise AssertionError(f"no {line!r} in {seen}: {process.stderr.read()}")


async def answer_heartbeats(connection):
    async for message in connection:
        assert json.loads(message) == {"type": "heartbeat"}
        await connection.send(message)


async def ignore(connection):
    async for _ in connection:
        pass


@pytest.mark.parametrize(
    "program", [("04_heartbeat_server.mjs", 0, INTERVAL, INTERVAL), ("-e", SOURCE_SERVER)]
)
def test_servers_find_the_dead_and_let_the_living_live(require_node, program):
    with (
        node_server(require_node, *program) as (_, port),
        wsdemo.Wire(f"ws://127.0.0.1:{port}") as wire,
        connect(f"ws://127.0.0.1:{port}", ping_interval=None) as living,
        connect(wire.url, ping_interval=None, close_timeout=0.1),
    ):
        wire.freeze("to server")  # no pong gets through; what the server does can still be seen
        frozen = time.perf_counter()
        while "the TCP connection without a Close frame" not in wire.log():
            assert time.perf_counter() < frozen + PATIENCE
            time.sleep(0.01)
        took = time.perf_counter() - frozen
        assert 0.9 * INTERVAL < 1000 * took < 2 * INTERVAL + 3000
        assert living.ping().wait(PATIENCE)


def test_our_server_says_so_and_answers_heartbeats(require_node):
    program = ("04_heartbeat_server.mjs", 0, INTERVAL, INTERVAL)
    with (
        node_server(require_node, *program) as (process, port),
        wsdemo.Wire(f"ws://127.0.0.1:{port}") as wire,
        connect(wire.url, ping_interval=None, close_timeout=0.1) as client,
    ):
        for text in ("not JSON", "null", "[]", '{"type": "chat"}', '{"type": "heartbeat"}'):
            client.send(text)
        assert json.loads(client.recv(timeout=PATIENCE)) == {"type": "heartbeat"}
        wire.freeze()
        read_until(process, "no pong: gave up on a peer")


def test_our_client_lives_while_it_is_answered(require_node):
    with (
        wsdemo.serve(answer_heartbeats, name="answers") as server,
        node_client(require_node, "04_heartbeat_client.mjs", server.url, 50, 1000) as client,
    ):
        for _ in range(25):  # for longer than the time limit
            read_until(client, "answered")


def test_our_clients_timers_end_with_the_connection(require_node):
    with (
        wsdemo.serve(answer_heartbeats, name="leaves") as server,
        node_client(require_node, "04_heartbeat_client.mjs", server.url, 50, 60_000) as client,
    ):
        read_until(client, "answered")
        server.stop()
        read_until(client, "Disconnected 1001")
        assert client.wait(PATIENCE) == 0


def test_our_client_finds_a_dead_server(require_node):
    with (
        wsdemo.serve(answer_heartbeats, name="freezes") as server,
        wsdemo.Wire(server.url) as wire,
        node_client(require_node, "04_heartbeat_client.mjs", wire.url, 50, 500) as client,
    ):
        read_until(client, "answered")
        wire.freeze()
        seen = read_until(client, "Disconnected 1006")
        assert seen[-2] == "no answer: gave up on the server"
        assert client.wait(PATIENCE) == 0


def test_sources_client_learns_nothing_of_a_dead_line(require_node):
    with (
        wsdemo.serve(ignore, name="ignores") as server,
        wsdemo.Wire(server.url) as wire,
        node_client(require_node, "-e", SOURCE_CLIENT, wire.url) as client,
    ):
        read_until(client, "readyState 1")
        wire.freeze()
        for _ in range(8):  # it sends eight heartbeats more, and believes in the line
            assert client.stdout.readline() == "readyState 1\n"


def test_sources_client_never_clears_its_timer(require_node):
    with (
        wsdemo.serve(ignore, name="ends") as server,
        node_client(require_node, "-e", SOURCE_CLIENT, server.url) as client,
    ):
        read_until(client, "readyState 1")
        server.stop()
        read_until(client, "close")
        for _ in range(3):
            assert client.stdout.readline() == "readyState 3\n"
        assert client.poll() is None


def test_node_answers_the_pings_of_python(require_node):
    options = {"ping_interval": 0.05, "ping_timeout": 2}
    with (
        wsdemo.serve(answer_heartbeats, name="pings", **options) as server,
        wsdemo.Wire(server.url) as wire,
        node_client(require_node, "04_heartbeat_client.mjs", wire.url, 50, 2000) as client,
    ):
        for _ in range(5):
            read_until(client, "answered")
        names = {(seen.direction, seen.frame.name) for seen in wire.frames}
        assert {("to client", "PING"), ("to server", "PONG")} <= names


def test_sources_client_lives_on_the_finished_server(require_node):
    with (
        heartbeat.serve(interval=0.5, name="finished") as server,
        node_client(require_node, "-e", SOURCE_CLIENT, server.url) as client,
    ):
        seen = [client.stdout.readline().rstrip() for _ in range(12)]  # more than two sweeps
        assert "close" not in seen  # it has answered the server's pings
        assert seen[-1] == "readyState 1"
        assert len(server.connections) == 1
