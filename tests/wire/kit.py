"""What the tests of the wire share."""

import contextlib
import socket
import time
import urllib.parse

from websockets.sync.client import connect

import wsdemo
from wsdemo.frames import Frame, Handshake, Opcode
from wsdemo.wire.first_bytes import LENGTH

SYMBOL = "~ ~ ~ ~ ~ ~ ~ ~  "


async def echo(connection):
    async for message in connection:
        await connection.send(message)


@contextlib.contextmanager
def client(wire, **options):
    """Connect without what differs between clients: compression, keepalive."""
    options = {"compression": None, "ping_interval": None, "close_timeout": 0.2, **options}
    with connect(wire.url, **options) as connection:
        yield connection


def said(wire):
    """The log after the handshakes."""
    lines = wire.log().splitlines()
    return lines[lines.index(LOG.splitlines()[12]) + 1 :]  # the handshake ends with Server: …


def remarks(wire):
    return [line.removeprefix(SYMBOL) for line in wire.log().splitlines() if line[0] == "~"]


def until(condition):
    """Wait for what another thread is about to do."""
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "it did not come true within 5 s"
        time.sleep(0.001)


@contextlib.contextmanager
def two_ends(scheme="ws"):
    """A wire, and the sockets at its ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        with wsdemo.Wire(url) as wire, socket.socket() as near:
            near.settimeout(20)
            near.connect(("127.0.0.1", urllib.parse.urlsplit(wire.url).port))
            far, _ = listener.accept()
            with far:
                far.settimeout(20)
                yield wire, near, far


LOG = """\
client → server  GET /chat HTTP/1.1
                 Host: 127.0.0.1:<port>
                 Upgrade: websocket
                 Connection: Upgrade
                 Sec-WebSocket-Key: <16 random bytes in base64>
                 Sec-WebSocket-Version: 13
                 User-Agent: <name and version of the client>
server → client  HTTP/1.1 101 Switching Protocols
                 Date: <now>
                 Upgrade: websocket
                 Connection: Upgrade
                 Sec-WebSocket-Accept: <computed from the key>
                 Server: <name and version of the server>
client → server  TEXT 'Hello'                                 6 + 5 bytes, masked
server → client  TEXT 'Hello'                                 2 + 5 bytes
client → server  BINARY 00 01                                 6 + 2 bytes, masked
server → client  BINARY 00 01                                 2 + 2 bytes
client → server  CLOSE 1000                                   6 + 2 bytes, masked
server → client  CLOSE 1000                                   2 + 2 bytes"""


def converse(url):
    with connect(url, compression=None) as connection:
        for message in ("Hello", b"\0\1"):
            connection.send(message)
            assert connection.recv(timeout=5) == message


REQUEST = bytes(Handshake("GET / HTTP/1.1", (("Upgrade", "websocket"),)))


RESPONSE = bytes(Handshake("HTTP/1.1 101 Switching Protocols"))


def shake_hands(near, far, response=RESPONSE):
    near.sendall(REQUEST)
    assert far.recv(1000) == REQUEST
    far.sendall(response)
    assert near.recv(1000) == response


def send_too_much(wire, near, far):
    """Shake hands and send a frame that is longer than what a wire keeps of a connection."""
    shake_hands(near, far)
    frame = bytes(Frame(Opcode.BINARY, bytes(LENGTH), mask=bytes(4)))
    near.sendall(frame)
    while wire.bytes_to_server < len(frame):
        far.recv(2**20)
