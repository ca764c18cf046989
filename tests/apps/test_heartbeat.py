"""The finished heartbeat server: the dead are found, the slow are spared."""

import contextlib
import json
import threading
import time

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import wsdemo
from tests.waiting import wait_until
from wsdemo.apps import heartbeat
from wsdemo.frames import Opcode

pytestmark = pytest.mark.usefixtures("nothing_left_running")

INTERVAL = 0.2


def test_a_dead_peer_is_ended_after_one_to_two_sweeps():
    with (
        heartbeat.serve(INTERVAL) as server,
        wsdemo.Wire(server.url) as wire,
        connect(wire.url, ping_interval=None, close_timeout=0.1),
        connect(server.url, ping_interval=None) as alive,
    ):
        assert len(server.connections) == 2
        wire.freeze()
        frozen = time.monotonic()
        wait_until(lambda: len(server.connections) == 1)
        took = time.monotonic() - frozen
        assert INTERVAL * 0.9 < took < INTERVAL * 2 + 1
        alive.send('{"type": "heartbeat"}')
        assert json.loads(alive.recv(timeout=5))["type"] == "heartbeat"


def test_whoever_answers_pings_lives_on():
    # Three sweeps that each leave a busy machine enough time to answer.
    with heartbeat.serve(0.4) as server, connect(server.url, ping_interval=None) as client:
        with wsdemo.Wire(server.url) as wire, connect(wire.url, ping_interval=None):
            wait_until(lambda: sum(seen.frame.opcode == Opcode.PONG for seen in wire.frames) >= 3)
        client.send('{"type": "heartbeat"}')
        client.recv(timeout=5)


def test_a_client_that_never_reads_is_ended_too(raw):
    with heartbeat.serve(INTERVAL) as server, raw(server.url) as client:
        client.upgrade()
        with contextlib.suppress(OSError):
            for _ in range(50):  # their answers fill the line
                client.send_frame(Opcode.TEXT, b'{"type": "heartbeat"}')
        wait_until(lambda: not server.connections)


def test_the_sources_heartbeat_is_answered():
    with heartbeat.serve() as server, connect(server.url) as client:
        client.send(json.dumps({"type": "heartbeat"}))
        answer = json.loads(client.recv(timeout=5))
        assert answer["type"] == "heartbeat"
        assert abs(answer["timestamp"] / 1000 - time.time()) < 60


@pytest.mark.parametrize(
    "message",
    ["", "hello", "[]", "null", '{"type": "chat"}', "[" * 10_000, b"\xff", "NaN"],
    ids=repr,
)
def test_anything_else_is_refused_with_a_reason(message):
    with heartbeat.serve() as server, connect(server.url) as client:
        client.send(message)
        assert "heartbeat" in json.loads(client.recv(timeout=5))["error"]
        client.send('{"type": "heartbeat"}')
        assert "timestamp" in client.recv(timeout=5)


@pytest.mark.parametrize("interval", [0, -1, float("nan"), float("inf")])
def test_an_interval_that_is_none_is_refused(interval):
    with pytest.raises(ValueError, match="more than 0 s"):
        heartbeat.serve(interval)


def test_an_end_in_the_midst_of_a_sweep_is_quiet(capsys):
    with heartbeat.serve(0.01) as server:
        threads = [threading.Thread(target=_come_and_go, args=[server.url]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert capsys.readouterr() == ("", "")
    assert server.errors == []


def _come_and_go(url):
    for _ in range(10):
        # A client that is later than two sweeps, on a busy machine, is dropped as dead.
        with contextlib.suppress(ConnectionClosed), connect(url, ping_interval=None) as client:
            client.send('{"type": "heartbeat"}')
            client.recv(timeout=5)
