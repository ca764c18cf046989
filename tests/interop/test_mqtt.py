"""The table "WebSocket vs MQTT" as thirteen checks of a real broker, over TCP and over WebSocket.

They use paho-mqtt, which is beneath aiomqtt: its threads let a test be a plain function.
"""

import asyncio
import contextlib
import os
import queue
import socket
import threading
import uuid
from urllib.parse import urlsplit

import paho.mqtt.client as paho
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

import wsdemo
from tests.interop.programs import FOLDER
from wsdemo.programs.mqtt import until_gone

PATIENCE = 10  # s

TRANSPORTS = ["tcp", "websockets"]


@pytest.fixture(scope="module")
def broker():
    with wsdemo.broker("mqtt") as broker:
        yield broker


@pytest.fixture(params=TRANSPORTS)
def transport(request):
    return request.param


class Client:
    """A client that keeps what it is told.

    Attributes:
        present: whether the broker had a session for it.
        reason: how the broker answered.
    """

    def __init__(self, broker, transport, identifier="", clean=True, will=None):
        self.told, self._answers = queue.Queue(), queue.Queue()
        self.connected, self.gone = queue.Queue(), threading.Event()
        self._client = client = paho.Client(
            paho.CallbackAPIVersion.VERSION2,
            client_id=identifier,
            clean_session=clean,
            protocol=paho.MQTTv311,
            transport=transport,
        )
        client.reconnect_delay_set(0.2, 0.2)
        if will:
            client.will_set(*will)
        client.on_connect = lambda c, u, flags, reason, p: self.connected.put(
            (flags.session_present, str(reason))
        )
        client.on_message = lambda c, u, message: self.told.put(message)
        client.on_subscribe = lambda c, u, mid, reasons, p: self._answers.put(reasons)
        client.on_disconnect = lambda *_: self.gone.set()
        address = urlsplit(broker.url if transport == "tcp" else broker.websocket_url)
        client.connect(address.hostname, address.port, keepalive=30)
        client.loop_start()
        self.present, self.reason = self.connected.get(timeout=PATIENCE)

    def subscribe(self, topic, qos=0):
        self._client.subscribe(topic, qos)
        return [each.value for each in self._answers.get(timeout=PATIENCE)]

    def publish(self, topic, text, qos=1, retain=False):
        self._client.publish(topic, text, qos, retain).wait_for_publish(PATIENCE)

    def hear(self):
        return self.told.get(timeout=PATIENCE)

    def until(self, last):
        """The texts before this one."""
        got = []
        while (text := self.hear().payload.decode()) != last:
            got.append(text)
        return got

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()

    def crash(self):
        """End the line without a DISCONNECT, and stay away."""
        line = self._client.socket()
        self._client.reconnect_delay_set(100, 100)
        with contextlib.suppress(OSError):
            getattr(line, "_socket", line).shutdown(socket.SHUT_RDWR)
        assert self.gone.wait(PATIENCE)
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def join(broker):
    """Make clients, and close those that are still there in the end."""
    with contextlib.ExitStack() as stack:

        def join(transport="tcp", *words, **options):
            client = Client(broker, transport, *words, **options)
            stack.callback(client.close)
            return client

        yield join


@pytest.fixture
def name():
    """A name that no other test has used with this broker."""
    return uuid.uuid4().hex[:8]


@pytest.mark.parametrize(
    ("wanted", "gets"),
    [
        ("home/kitchen/temp", ["home/kitchen/temp"]),
        ("home/+/temp", ["home/kitchen/temp"]),
        ("home/#", ["home", "home/kitchen/temp", "home/kitchen/hum", "home/a/b/temp"]),
        ("+/temp", ["office/temp"]),
        ("#", ["home", "home/kitchen/temp", "home/kitchen/hum", "home/a/b/temp", "office/temp"]),
    ],
)
def test_wildcards(join, transport, wanted, gets):
    client, other = join(transport), join(transport)
    client.subscribe(wanted)
    if wanted != "#":
        client.subscribe("end")
    for topic in ["home", "home/kitchen/temp", "home/kitchen/hum", "home/a/b/temp", "office/temp"]:
        other.publish(topic, topic)
    other.publish("end", "end")
    assert client.until("end") == gets


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_a_hundred_in_order_none_twice(join, transport, name, qos):
    client, other = join(transport), join(transport)
    assert client.subscribe(name, qos) == [qos]
    for number in range(100):
        other.publish(name, str(number), qos)
    got = [client.hear() for _ in range(100)]
    assert [int(each.payload) for each in got] == list(range(100))
    assert {each.qos for each in got} == {qos}
    other.publish(name, "end", qos)
    assert client.until("end") == []


@pytest.mark.parametrize(("published", "subscribed"), [(2, 1), (1, 2), (2, 0), (0, 2)])
def test_the_lower_qos_counts(join, transport, name, published, subscribed):
    client, other = join(transport), join(transport)
    client.subscribe(name, subscribed)
    other.publish(name, "text", published)
    assert client.hear().qos == min(published, subscribed)


def test_the_retained_value_comes_at_once_and_can_be_cleared(join, transport, name):
    other = join(transport)
    for text in ("old", "new"):
        other.publish(name, text, retain=True)
    client = join(transport)
    client.subscribe(name, 1)
    first = client.hear()
    assert (first.payload, bool(first.retain)) == (b"new", True)
    other.publish(name, "", retain=True)
    late = join(transport)
    late.subscribe(name, 1)
    other.publish(name, "end")
    assert late.until("end") == []


def leave(client, watcher, politely):
    """Let a client go; the broker has noticed a crash when this returns."""
    if politely:
        client.close()
    else:
        client.crash()
        assert watcher.hear().payload == b"gone"


@pytest.mark.parametrize("politely", [True, False], ids=["goodbye", "crash"])
def test_a_client_with_a_session_gets_what_it_has_missed(broker, join, transport, name, politely):
    watcher = join()
    watcher.subscribe("will/" + name, 1)
    client = join(transport, name, clean=False, will=("will/" + name, "gone", 1))
    assert not client.present
    client.subscribe("room/" + name, 1)
    leave(client, watcher, politely)
    if politely:  # else the last will has come, so the broker knows already
        asyncio.run(until_gone(broker.websocket_url, name, clean_session=False))
    for number in range(5):
        watcher.publish("room/" + name, str(number))
    client = join(transport, name, clean=False)
    assert client.present
    watcher.publish("room/" + name, "end")
    assert client.until("end") == list("01234")


@pytest.mark.parametrize(("clean", "qos"), [(True, 1), (False, 0)])
def test_a_clean_session_or_qos_0_gets_nothing(join, transport, name, clean, qos):
    other = join()
    client = join(transport, name, clean=clean)
    client.subscribe(name, qos)
    client.close()
    other.publish(name, "missed")
    client = join(transport, name, clean=clean)
    assert client.present != clean
    client.subscribe(name, 1)
    other.publish(name, "end")
    assert client.until("end") == []


def test_a_last_will_is_of_who_vanishes_not_of_who_says_goodbye(join, transport, name):
    watcher = join()
    watcher.subscribe(f"will/{name}/+", 1)
    join(transport, will=(f"will/{name}/polite", "goodbye", 1)).close()
    join(transport, will=(f"will/{name}/rude", "crash", 1)).crash()
    assert watcher.hear().payload == b"crash"
    watcher.publish(f"will/{name}/end", "end")
    assert watcher.until("end") == []


def test_the_second_of_one_name_ends_the_first(join, transport, name):
    first = join(transport, name)
    first._client.reconnect_delay_set(100, 100)
    second = join(transport, name)
    assert first.gone.wait(PATIENCE)
    second.subscribe(name, 1)
    second.publish(name, "still here")
    assert second.hear().payload == b"still here"


def test_over_tcp_and_over_websocket_they_hear_each_other(join, name):
    by_tcp, by_websocket = join("tcp"), join("websockets")
    by_tcp.subscribe(name + "/to-tcp", 1)
    by_websocket.subscribe(name + "/to-websocket", 1)
    by_tcp.publish(name + "/to-websocket", "from tcp")
    by_websocket.publish(name + "/to-tcp", "from websocket")
    assert by_websocket.hear().payload == b"from tcp"
    assert by_tcp.hear().payload == b"from websocket"


async def answer_by_tcp(broker, packet):
    """All bytes that the broker sends until it closes the connection."""
    address = urlsplit(broker.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(packet)
    answer = b""
    with contextlib.suppress(ConnectionResetError):
        while part := await reader.read(100):
            answer += part
    writer.close()
    return answer


async def answer_by_websocket(broker, packet):
    """All messages that the broker sends until it closes the connection."""
    answer = b""
    async with connect(broker.websocket_url, subprotocols=["mqtt"]) as connection:
        with contextlib.suppress(ConnectionClosed):
            await connection.send(packet)
            while True:
                answer += await connection.recv()
    return answer


@pytest.mark.parametrize("ask", [answer_by_tcp, answer_by_websocket])
def test_no_mqtt_5(broker, ask):
    """The thirteenth check, which this broker does not pass.

    It does not wait until its reason has been sent before it closes: over WebSocket, on a busy
    machine, the reason arrived in 105 of 8,606 attempts.
    """
    level_5 = bytes.fromhex("10 0d 00 04 4d 51 54 54 05 02 00 3c 00 00 00")
    unacceptable = bytes.fromhex("20 02 00 01")  # MQTT 3.1.1, §3.2.2.3
    answer = asyncio.run(asyncio.wait_for(ask(broker, level_5), PATIENCE))
    assert answer in (unacceptable, b"")
    reason = paho.convert_connack_rc_to_reason_code(unacceptable[3])
    assert str(reason) == "Unsupported protocol version"  # what a client makes of it


def test_after_a_crash_of_the_broker_clients_come_back_and_sessions_were_kept(transport, name):
    with wsdemo.broker("mqtt") as broker:
        client = Client(broker, transport, name, clean=False)
        other = Client(broker, transport, name + "2", clean=False)
        client.subscribe("room", 1)
        other.publish("state", "kept", retain=True)
        broker.kill()
        assert client.gone.wait(PATIENCE)
        broker.start()
        assert client.connected.get(timeout=PATIENCE)[0]
        assert other.connected.get(timeout=PATIENCE)[0]
        other.publish("room", "after")
        assert client.hear().payload == b"after"
        client.subscribe("state", 1)
        assert client.hear().payload == b"kept"
        for each in (client, other):
            each.close()


# JavaScript


@pytest.fixture(scope="module")
def require_mqtt(require_node):
    if not (FOLDER / "node_modules" / "mqtt").is_dir():
        missing = "npm's mqtt is not installed: run `python start.py test`"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)


@pytest.mark.node
def test_the_twin(node, require_mqtt, broker, transport):
    lines = node("15_mqtt.mjs", broker.url if transport == "tcp" else broker.websocket_url)
    assert lines == [
        "a session was kept: missed",
        "the last value: 20 °C",
        "the last will: eve has vanished",
    ]
