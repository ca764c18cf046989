"""Lesson 13's programs in JavaScript, and the limit that the source's server does not set."""

import functools
import runpy
import socket
import struct

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import wsdemo
from tests.interop.programs import FOLDER, node_server

PATIENCE = 10  # s
DEFAULT = 100 * 2**20
"""Bytes that Node's ws takes in one message where nobody says otherwise."""

# The source's basic server as it stands, but for the port, the address and the limit's place.
SOURCE_SERVER = """
const WebSocket = require('ws');
const wss = new WebSocket.Server({ port: 0, host: '127.0.0.1', %s });
wss.on('listening', () => console.log(wss.address().port));

wss.on('connection', (ws) => {
  ws.on('error', () => {});
  ws.on('message', (message) => {
    ws.send(`Echo: ${message.length}`);
  });
});
"""

upload = runpy.run_path(str(FOLDER.parent / "solutions" / "13_limits.py"))["answers"]["13.3"]

pytestmark = pytest.mark.node


def header_of(size):
    """The beginning of a masked binary frame of so many bytes."""
    return struct.pack("!BBQ4x", 0x82, 0xFF, size)


def announce(port, size):
    """Announce a message; return the code with which the server refuses it, or None."""
    with connect(f"ws://127.0.0.1:{port}", compression=None, close_timeout=0.1) as client:
        client.socket.sendall(header_of(size))
        try:
            while True:
                client.recv(timeout=0.5)
        except ConnectionClosed as closed:
            return closed.rcvd.code
        except TimeoutError:
            return None


def test_ws_takes_a_hundred_megabytes(require_node):
    """Its maxPayload counts what a header announces: nothing so big has to be sent."""
    with node_server(require_node, "-e", SOURCE_SERVER % "") as (_, port):
        assert announce(port, DEFAULT) is None
        assert announce(port, DEFAULT + 1) == 1009
        with connect(f"ws://127.0.0.1:{port}", compression=None) as client:
            client.send(bytes(3_000_000))
            assert client.recv(timeout=PATIENCE) == "Echo: 3000000"


def test_max_payload_is_the_repair(require_node):
    with node_server(require_node, "-e", SOURCE_SERVER % "maxPayload: 65536") as (_, port):
        assert announce(port, 65_536) is None
        assert announce(port, 65_537) == 1009


def test_max_payload_counts_what_is_inflated(require_node):
    options = "maxPayload: 65536, perMessageDeflate: true"
    with (
        node_server(require_node, "-e", SOURCE_SERVER % options) as (_, port),
        wsdemo.Wire(f"ws://127.0.0.1:{port}") as wire,
        connect(wire.url) as client,
    ):
        client.send(bytes(1_000_000))
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=PATIENCE)
        assert closed.value.rcvd.code == 1009
        assert wire.bytes_to_server < 65_536


@pytest.fixture
def feed(require_node):
    """The twin's address; each of its messages is so long that a slow reader is soon behind."""
    with node_server(require_node, FOLDER / "13_limits_server.mjs", 0, 60_000) as (_, port):
        yield f"ws://127.0.0.1:{port}"


def read_all(client, seen):
    for text in client:
        seen.append(text)


def test_the_twins_feed_goes_on_beside_a_sleeper(feed):
    """The sleeper gets the latest, then 1008, when it wakes; the other one misses nothing."""
    port = int(feed.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)  # to be full soon
        with (
            connect(feed, sock=line, compression=None, max_queue=1) as sleeper,
            connect(feed, compression=None, max_queue=None) as reader,
        ):
            first = int(reader.recv(timeout=PATIENCE))
            numbers = [int(reader.recv(timeout=PATIENCE)) for _ in range(150)]
            assert numbers == list(range(first + 1, first + 151))
            seen = []
            with pytest.raises(ConnectionClosed) as closed:
                read_all(sleeper, seen)
    assert 0 < int(seen[-1]) < numbers[-1]
    assert closed.value.rcvd.code == 1008
    assert closed.value.rcvd.reason == "you read too slowly"


def test_the_twins_feed_refuses_what_is_too_big(feed):
    assert announce(int(feed.rpartition(":")[2]), 65_537) == 1009


@pytest.mark.parametrize(
    ("most", "told"), [(2**25, "answer: 16777216"), (2**20, "closed with 1009")]
)
def test_the_twins_upload_waits_for_the_line(node, most, told):
    handler = functools.partial(upload, most=most)
    with (
        wsdemo.serve(handler, name="upload", compression=None, max_queue=1) as server,
        wsdemo.Wire(server.url, keep=0) as wire,
    ):
        wire.throttle(20_000_000)
        lines = node("13_limits_client.mjs", wire.url, 2**24)
    assert told in lines
    assert "paused: true within the limit: true" in lines
