"""The libraries that the source names: ws is everywhere in this folder; socket.io is no WebSocket.

uWebSockets.js is not here: npm has no build of it (it is fetched from its repository).
"""

import json

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from tests.interop.programs import node_server
from wsdemo.apps import echo

PATIENCE = 10  # s

SERVER = """
const { createServer } = require('http');
const { Server } = require('socket.io');
const http = createServer();
new Server(http).on('connection', (socket) => {
  socket.on('hello', (text) => socket.emit('answer', `You said: ${text}`));
});
http.listen(0, '127.0.0.1', () => console.log(http.address().port));
"""

CLIENT = """
const { io } = require('socket.io-client');
const socket = io(process.argv[1], { transports: ['websocket'], reconnection: false });
socket.on('connect', () => { console.log('connected'); socket.close(); });
socket.on('connect_error', (error) => { console.log('refused:', error.message); socket.close(); });
socket.on('disconnect', (reason) => console.log('disconnected:', reason));
"""

pytestmark = pytest.mark.node


@pytest.fixture
def server(require_node):
    with node_server(require_node, "-e", SERVER) as (_, port):
        yield f"ws://127.0.0.1:{port}"


def test_a_websocket_client_finds_no_websocket_at_a_socket_io_server(server):
    """It answers on a path of its own alone; others are hung up on."""
    with pytest.raises(InvalidHandshake):
        connect(server)


def test_on_its_own_path_it_speaks_another_protocol(server):
    """Inside the frames are packets of Engine.IO (0, 2, 4) and of Socket.IO (40, 42)."""
    with connect(f"{server}/socket.io/?EIO=4&transport=websocket") as client:
        assert client.recv(timeout=PATIENCE).startswith('0{"sid":')
        client.send("hello")  # a message, to us; to it no packet that it knows
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=PATIENCE)


def test_who_speaks_its_protocol_by_hand_is_answered(server):
    with connect(f"{server}/socket.io/?EIO=4&transport=websocket") as client:
        client.recv(timeout=PATIENCE)
        client.send("40")  # connect to the namespace "/"
        assert client.recv(timeout=PATIENCE).startswith('40{"sid":')
        client.send("42" + json.dumps(["hello", "Ana"]))
        assert client.recv(timeout=PATIENCE) == "42" + json.dumps(
            ["answer", "You said: Ana"], separators=(",", ":")
        )


def test_its_client_cannot_use_a_websocket_server(node):
    with echo.serve(name="no socket.io") as server:
        lines = node("-e", CLIENT, server.url)
    assert lines == ["refused: server error"]
