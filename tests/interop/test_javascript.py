"""The course's programs in JavaScript, and the source's own, run under Node against Python."""

import contextlib
import json
import socket

import pytest
from websockets.sync.client import connect

import wsdemo.apps.echo
from tests.interop.programs import FOLDER, node_server
from wsdemo import frames

# The source's basic server, as it stands but for the port and the line that tells it.
SOURCE_SERVER = """
const WebSocket = require('ws');
const wss = new WebSocket.Server({ port: 0, host: '127.0.0.1' });
wss.on('listening', () => console.log(wss.address().port));

wss.on('connection', (ws) => {
  ws.on('message', (message) => {
    ws.send(`You said: ${message}`);
  });
  ws.send('Welcome!');
});
"""

# The source's browser client, as it stands but for the address and an end.
SOURCE_CLIENT = """
const WebSocket = require('ws');
const ws = new WebSocket(process.argv[1]);

ws.addEventListener('open', (event) => {
  console.log('Connected to server');
  ws.send('Hello Server!');
});
ws.addEventListener('message', (event) => {
  console.log('Server says:', event.data);
  if (event.data.startsWith('You said')) ws.close();
});
ws.addEventListener('close', (event) => {
  console.log('Disconnected');
});
ws.addEventListener('error', (error) => {
  console.error('WebSocket error:', error);
});
"""

pytestmark = pytest.mark.node


def test_handshake_by_hand(node):
    with wsdemo.apps.echo.serve(name="by hand") as server:
        assert node("01_upgrade.mjs", server.port) == [
            "HTTP/1.1 101 Switching Protocols",
            "accepted: true",
            "first frame: Welcome!",
        ]


def test_echo_client_against_python(node):
    with wsdemo.apps.echo.serve(name="for Node") as server:
        assert node("02_echo_client.mjs", server.url) == [
            "Connected to server",
            "Server says: Welcome!",
            "Server says: You said: Hello Server!",
            "Disconnected 1005",
        ]


def test_source_client_against_python(node):
    with wsdemo.apps.echo.serve(name="for the source") as server:
        assert node("-e", SOURCE_CLIENT, server.url) == [
            "Connected to server",
            "Server says: Welcome!",
            "Server says: You said: Hello Server!",
            "Disconnected",
        ]


@pytest.mark.parametrize("program", [("02_echo_server.mjs", 0), ("-e", SOURCE_SERVER)])
def test_python_against_echo_server(require_node, program):
    with (
        node_server(require_node, *program) as (_, port),
        connect(f"ws://127.0.0.1:{port}") as client,
    ):
        assert client.recv(timeout=5) == "Welcome!"
        client.send("Hello")
        assert client.recv(timeout=5) == "You said: Hello"


def break_the_protocol(port):
    """Shake hands, then send a frame without a mask; read until the server ends it."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        line.sendall(bytes(frames.Frame(frames.Opcode.TEXT, b"no mask")))
        with contextlib.suppress(ConnectionError):
            while line.recv(4096):
                pass


def test_source_server_dies_of_one_unmasked_frame(require_node):
    with node_server(require_node, "-e", SOURCE_SERVER) as (process, port):
        break_the_protocol(port)
        assert process.wait(timeout=10) != 0
        assert "MASK must be set" in process.stderr.read()


# The source's function beside its first server, as it stands, and somebody who calls it.
SOURCE_BROADCAST = """
const WebSocket = require('ws');
const wss = new WebSocket.Server({ port: 0, host: '127.0.0.1' });
wss.on('listening', () => console.log(wss.address().port));

// Broadcast to all clients
function broadcast(data) {
  wss.clients.forEach((client) => {
    if (client.readyState === WebSocket.OPEN) {
      client.send(data);
    }
  });
}
wss.on('connection', (ws) => ws.on('message', (message) => broadcast(`all: ${message}`)));
"""


def test_source_broadcast_reaches_all(require_node):
    with node_server(require_node, "-e", SOURCE_BROADCAST) as (_, port):
        url = f"ws://127.0.0.1:{port}"
        with connect(url) as ana, connect(url) as bob:
            ana.send("Hello")
            assert ana.recv(timeout=5) == bob.recv(timeout=5) == "all: Hello"


def test_our_server_survives_it(require_node):
    with node_server(require_node, "02_echo_server.mjs", 0) as (process, port):
        break_the_protocol(port)
        assert "MASK must be set" in process.stderr.readline()
        with connect(f"ws://127.0.0.1:{port}") as client:
            assert client.recv(timeout=5) == "Welcome!"
        assert process.poll() is None


def test_package_pins_one_version():
    package = json.loads((FOLDER / "package.json").read_text())
    assert package["dependencies"]["ws"].replace(".", "").isdecimal()
