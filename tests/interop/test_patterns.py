"""Lesson 12's programs in JavaScript, and the source's three patterns."""

import json

import pytest
from websockets.sync.client import connect

from tests.interop.programs import FOLDER, node_server
from wsdemo.apps import patterns

PATIENCE = 10  # s

# The source's client of pattern 1 and 2, as it stands but for the address, open and an end.
SOURCE_CLIENT = """
const WebSocket = require('ws');
const ws = new WebSocket(process.argv[1]);
ws.addEventListener('open', () => {
  // Client
  ws.send(JSON.stringify({ id: 123, action: 'getData' }));

  ws.addEventListener('message', (event) => {
    const response = JSON.parse(event.data);
    if (response.id === 123) {
      console.log('Got response:', response.data);
    }
  });

  // Client subscribes to specific data
  ws.send(JSON.stringify({
    action: 'subscribe',
    topic: 'sensor-1'
  }));
  ws.addEventListener('message', (event) => {
    const { topic, data } = JSON.parse(event.data);
    if (topic) { console.log(topic, data); ws.close(); }
  });
  ws.send(JSON.stringify({ action: 'publish', topic: 'sensor-1', data: 21.5 }));
});
"""

# The source's servers of pattern 2 and 3, as they stand but for the server around them.
SOURCE_SERVER = """
const WebSocket = require('ws');
const wss = new WebSocket.Server({ port: 0, host: '127.0.0.1' });
wss.on('listening', () => console.log(wss.address().port));

// Server tracks subscriptions
const subscriptions = new Map();

// Server manages rooms
const rooms = new Map();

function joinRoom(ws, roomId) {
  if (!rooms.has(roomId)) {
    rooms.set(roomId, new Set());
  }
  rooms.get(roomId).add(ws);
}

function broadcast(roomId, message) {
  rooms.get(roomId)?.forEach((client) => {
    if (client.readyState === WebSocket.OPEN) {
      client.send(message);
    }
  });
}

wss.on('connection', (ws) => {
  ws.on('message', (message) => {
    const msg = JSON.parse(message);

    if (msg.action === 'subscribe') {
      if (!subscriptions.has(msg.topic)) {
        subscriptions.set(msg.topic, new Set());
      }
      subscriptions.get(msg.topic).add(ws);
    }
    if (msg.action === 'join') joinRoom(ws, msg.room);
    if (msg.action === 'message') broadcast(msg.room, message);
    if (msg.action === 'count') {
      const sizes = [...subscriptions.values()].map((each) => each.size);
      ws.send(JSON.stringify([subscriptions.size, ...sizes]));
    }
  });
});
"""

pytestmark = pytest.mark.node


@pytest.fixture
def server():
    with patterns.serve(name="patterns for Node") as server:
        yield server


def tell(client, **request):
    client.send(json.dumps(request))


def hear(client):
    return json.loads(client.recv(timeout=PATIENCE))


def told_again_and_again(client):
    """What getData gives: the server hears of an end a moment after the other side."""
    for number in range(3, 1000):
        tell(client, id=number, action="getData")
        yield hear(client)["data"]


def test_the_sources_client(node, server):
    lines = node("-e", SOURCE_CLIENT, server.url)
    assert lines[0].startswith("Got response: {")
    assert lines[-1] == "sensor-1 21.5"


def test_the_sources_subscriptions_only_grow(require_node):
    with node_server(require_node, "-e", SOURCE_SERVER) as (_, port):
        url = f"ws://127.0.0.1:{port}"
        with connect(url) as client:
            tell(client, action="subscribe", topic="sensor-1")
            tell(client, action="count")
            assert hear(client) == [1, 1]
        with connect(url) as client:
            tell(client, action="subscribe", topic="one of my own")
            tell(client, action="count")
            assert hear(client) == [2, 1, 1]


def test_the_sources_room_turns_text_into_bytes(require_node):
    """Since ws 8 a message is a Buffer; passed on without isBinary it becomes a binary one."""
    with (
        node_server(require_node, "-e", SOURCE_SERVER) as (_, port),
        connect(f"ws://127.0.0.1:{port}") as client,
    ):
        tell(client, action="join", room="lobby")
        tell(client, action="message", room="lobby", message="Hello")
        message = client.recv(timeout=PATIENCE)
    assert isinstance(message, bytes)
    assert json.loads(message)["message"] == "Hello"


def test_the_twin_asks(node, server):
    assert node("12_patterns_client.mjs", server.url) == [
        "sensor-1 sensor-2 news",
        "no room with that name; the rooms are: lobby",
        "pending 0",
    ]


def test_the_twin_forgets_who_has_gone(require_node):
    with node_server(require_node, FOLDER / "12_patterns_server.mjs", 0, "news") as (_, port):
        url = f"ws://127.0.0.1:{port}"
        with connect(url) as ana, connect(url) as bob:
            tell(bob, id=1, action="subscribe", topic="news")
            assert hear(bob) == {"id": 1, "data": None}
            tell(ana, id=1, action="publish", topic="news", data=[1, 2])
            assert hear(bob) == {"topic": "news", "data": [1, 2]}
            assert hear(ana) == {"id": 1, "data": None}
            tell(ana, id=2, action="subscribe", topic="my own")
            assert hear(ana) == {"id": 2, "error": "no such topic; there are: news"}
            ana.send("no JSON")
            assert hear(ana) == {"error": "send JSON"}
            bob.close()
            assert {"news": 0} in told_again_and_again(ana)
