"""Bytes between Node and Python."""

import pytest
from websockets.sync.client import connect

from tests.interop.programs import node_server
from wsdemo.apps import binary

pytestmark = pytest.mark.node

# The source's binary client, as it stands but for the address and an end. Node's ws gives a
# Buffer and no Blob unless it is asked for one.
SOURCE_CLIENT = """
const WebSocket = require('ws');
const ws = new WebSocket(process.argv[1]);
ws.binaryType = 'blob';
ws.addEventListener('open', () => {
  const buffer = new Uint8Array([1, 2, 3, 4]);
  ws.send(buffer);
});
ws.addEventListener('message', (event) => {
  if (event.data instanceof Blob) {
    event.data.arrayBuffer().then(buffer => {
      const view = new Uint8Array(buffer);
      console.log(view);
      ws.close();
    });
  }
});
"""
# How the source's rooms pass a message on.
SOURCE_RELAY = """
const WebSocket = require('ws');
const wss = new WebSocket.Server({ port: 0, host: '127.0.0.1' });
wss.on('listening', () => console.log(wss.address().port));
wss.on('connection', (client) => {
  client.on('message', (message) => {
    if (client.readyState === WebSocket.OPEN) {
      client.send(message);
    }
  });
});
"""


def test_client_against_python(node):
    with binary.serve(name="for Node") as server:
        assert node("06_binary_client.mjs", server.url) == [
            "Uint8Array(4) [ 1, 2, 3, 4 ]",
            "sensor 7 has 21.5",
            "text",
        ]


def test_source_client_against_python(node):
    with binary.serve(name="for the source") as server:
        assert node("-e", SOURCE_CLIENT, server.url) == ["Uint8Array(4) [ 1, 2, 3, 4 ]"]


@pytest.mark.parametrize("message", ["text ☺", b"\x00\xff", "", b""])
def test_python_against_server(require_node, message):
    with (
        node_server(require_node, "06_binary_server.mjs", 0) as (_, port),
        connect(f"ws://127.0.0.1:{port}") as client,
    ):
        client.send(message)
        assert client.recv(timeout=5) == message


def test_the_sources_way_makes_bytes_of_text(require_node):
    with (
        node_server(require_node, "-e", SOURCE_RELAY) as (_, port),
        connect(f"ws://127.0.0.1:{port}") as client,
    ):
        client.send("text")
        assert client.recv(timeout=5) == b"text"
