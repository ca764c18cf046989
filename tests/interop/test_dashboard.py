"""Lesson 11's programs in JavaScript, and the source's own dashboard."""

import json

import pytest
from websockets.sync.client import connect

import wsdemo
from tests.interop.programs import FOLDER, node_server
from wsdemo.apps import dashboard

PATIENCE = 10  # s

# The source's server, as it stands but for the port, the address and the interval.
SOURCE_SERVER = """
// Server: Broadcast sensor data to all dashboards
const WebSocket = require('ws');
const wss = new WebSocket.Server({ port: 0, host: '127.0.0.1' });
wss.on('listening', () => console.log(wss.address().port));

// Simulated sensor
setInterval(() => {
  const sensorData = {
    temperature: 70 + Math.random() * 10,
    humidity: 50 + Math.random() * 20,
    timestamp: Date.now()
  };

  // Broadcast to all connected dashboards
  wss.clients.forEach((client) => {
    if (client.readyState === WebSocket.OPEN) {
      client.send(JSON.stringify(sensorData));
    }
  });
}, 50);
"""

# The source's client, as it stands but for the address, the elements and an end.
SOURCE_CLIENT = """
const WebSocket = require('ws');
const elements = { temp: {}, humidity: {} };
const document = { getElementById: (id) => elements[id] };
const ws = new WebSocket(process.argv[1]);

ws.addEventListener('message', (event) => {
  const data = JSON.parse(event.data);

  // Update UI
  document.getElementById('temp').textContent = data.temperature.toFixed(1);
  document.getElementById('humidity').textContent = data.humidity.toFixed(1);
  ws.close();
});
ws.addEventListener('close', () => {
  console.log(elements.temp.textContent, elements.humidity.textContent);
});
"""

pytestmark = pytest.mark.node


def hear(client):
    return json.loads(client.recv(timeout=PATIENCE))


def test_the_sources_server(require_node):
    with (
        node_server(require_node, "-e", SOURCE_SERVER) as (_, port),
        connect(f"ws://127.0.0.1:{port}") as ana,
        connect(f"ws://127.0.0.1:{port}") as bob,
    ):
        to_ana = [hear(ana) for _ in range(5)]
        assert hear(bob) in to_ana
        assert all(70 <= each["temperature"] < 80 for each in to_ana)


def test_the_sources_client(node):
    with dashboard.serve(name="for the source") as server:
        [line] = node("-e", SOURCE_CLIENT, server.url)
    temperature, humidity = map(float, line.split())
    assert 70 <= temperature <= 80
    assert 50 <= humidity <= 70


@pytest.mark.parametrize("query", ["", "?deltas=1"])
def test_the_twin_adds_up_what_it_is_told(node, query):
    with dashboard.serve(rate=50, name="for the twin") as server:
        lines = node("11_dashboard_client.mjs", f"{server.url}/{query}", 5)
    assert lines == ["humidity temperature timestamp after 5"]


def test_the_twins_server_tells_a_frozen_client_nothing_old(require_node):
    with node_server(require_node, FOLDER / "11_dashboard_server.mjs", 0, 200) as (_, port):
        url = f"ws://127.0.0.1:{port}"
        with wsdemo.Wire(url) as wire, connect(wire.url, max_queue=None) as frozen:
            begin = hear(frozen)["timestamp"]
            wire.freeze()
            with connect(url) as other:
                while (now := hear(other)["timestamp"]) < begin + 300:
                    pass
            wire.thaw()
            got = [hear(frozen)["timestamp"]]
            while got[-1] < now:
                got.append(hear(frozen)["timestamp"])
    assert len(got) <= 20  # of 60 readings: before the freeze, one under way, the latest
