"""Whatever a client sends, it gets the right refusal, and nobody else notices."""

import contextlib
import socket

import pytest
from websockets.sync.client import connect

import wsdemo.apps.echo
from wsdemo.frames import Frame, Handshake, Opcode
from wsdemo.scenes import hostile_kinds as kinds
from wsdemo.scenes.hostile_kinds import GARBAGE, MASK, close, frame

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = Opcode


@pytest.fixture(scope="module")
def server():
    with wsdemo.apps.echo.serve(name="hostile", open_timeout=0.3, close_timeout=0.3) as server:
        yield server


@pytest.fixture(scope="module")
def bystander(server):
    with connect(server.url) as connection:
        assert connection.recv(timeout=5) == "Welcome!"

        def chats():
            connection.send("Hello")
            return connection.recv(timeout=5) == "You said: Hello"

        yield chats


@pytest.fixture(autouse=True)
def nobody_else_notices(server, bystander, capsys):
    assert bystander()
    yield
    assert bystander()
    assert server.errors == []
    assert capsys.readouterr() == ("", "")


# Handshakes: what is sent, and the status of the answer; None where there is none

# websockets does not look for Host, though RFC 9112 §3.2 asks for 400
WELCOME = dict.fromkeys(
    (
        "missing path",
        "path with dots",
        "path with bad escapes",
        "unknown extension",
        "extension with bad parameters",
        "no Host",
        "two Hosts",
        "Latin-1 in a header",
    ),
    101,
)
ELSEWHERE = {
    "POST": 405,
    "CONNECT": 405,
    "method in lower case": 405,
    "HTTP/1.0": 505,
    "no Upgrade": 200,  # a page was asked for
    "no Connection": 426,
    "upgrade to h2c": 200,
    "keep-alive only": 426,
    "huge header": 431,
    "header flood": 431,
    "huge path": 414,
    "foreign Origin": 403,
}
MALFORMED = dict.fromkeys(
    (
        "no key",
        "empty key",
        "key of 15 bytes",
        "key not in base64",
        "two keys",
        "no version",
        "version 8",
        "version in words",
        "subprotocol with spaces",
    ),
    400,
)
STATUSES = WELCOME | ELSEWHERE | MALFORMED
HANDSHAKES = {name: (change, STATUSES.get(name)) for name, change in kinds.HANDSHAKES.items()}


@pytest.mark.parametrize(("change", "status"), HANDSHAKES.values(), ids=HANDSHAKES)
def test_handshakes(server, bystander, raw, change, status):
    with raw(server.url) as client:
        good, _ = Handshake.parse(client.request())
        client.send(change(good))
        assert bystander()
        if status is not None:
            assert client.response().status == status
        if status != 101:
            rest = client.drain()
            assert status is not None or rest == b""


def test_a_handshake_that_comes_a_byte_at_a_time_ends_in_time(server, bystander, raw):
    with raw(server.url) as client, contextlib.suppress(ConnectionError):
        client.socket.settimeout(0.05)
        for byte in client.request(X="x" * 10_000):
            client.send(bytes([byte]))
            with contextlib.suppress(TimeoutError):
                assert client.socket.recv(1) == b""
                return
        pytest.fail("the server has waited for all of it")


# Frames: what is sent after a good handshake, and the code of the Close frame that answers it

TOO_BIG = ("length with the top bit", "length of an exabyte", "oversized message")
NOT_UTF_8 = (
    "bad UTF-8",
    "a surrogate in UTF-8",
    "too long a form of UTF-8",
    "beyond Unicode",
    "half a character",
    "bad UTF-8 over two fragments",
    "bad UTF-8 in a close reason",
)
CODES = {
    **dict.fromkeys((*TOO_BIG, "oversized by fragments"), 1009),
    **dict.fromkeys(NOT_UTF_8, 1007),
    **dict.fromkeys(("two Close frames", "frames after a Close frame"), 1000),
}
FRAMES = {name: (data, CODES.get(name, 1002)) for name, data in kinds.FRAMES.items()}


@pytest.mark.parametrize(("data", "code"), FRAMES.values(), ids=FRAMES)
def test_frames(server, bystander, raw, data, code):
    with raw(server.url) as client:
        assert client.upgrade().status == 101
        assert client.frame() == Frame(TEXT, b"Welcome!")
        client.send(data)
        assert bystander()
        answer = client.frame()
        assert (answer.name, answer.close_code) == ("CLOSE", code)
        assert client.last_frames() == []


# What needs more than one step


@pytest.fixture
def client(server, raw):
    """A client that is welcome, as yet."""
    with raw(server.url) as client:
        client.upgrade()
        assert client.frame() == Frame(TEXT, b"Welcome!")
        yield client


@pytest.mark.parametrize("bits", [16, 64])
def test_a_length_that_is_not_minimal_is_put_up_with(client, bits):
    client.send_frame(TEXT, b"Hello", length_bits=bits)
    assert client.frame() == Frame(TEXT, b"You said: Hello")


@pytest.mark.parametrize("code", [1000, 1001, 1011, 3000, 4999])
def test_a_good_close_code_comes_back(client, bystander, code):
    client.send(close(code, b"bye"))
    assert bystander()
    assert client.last_frames() == [Frame(CLOSE, code.to_bytes(2, "big") + b"bye")]


def test_a_close_without_a_code_is_good(client):
    client.send_frame(CLOSE)
    assert client.last_frames() == [Frame(CLOSE)]


def test_what_comes_after_a_close_is_not_heard(client, bystander):
    client.send(close(1000) + frame(TEXT, b"one more thing") + frame(PING) + GARBAGE)
    assert bystander()
    assert client.last_frames() == [Frame(CLOSE, b"\x03\xe8")]


def test_a_flood_of_pings_is_answered(client, bystander):
    client.send(frame(PING, b"?") * 1000)
    assert bystander()
    assert [client.frame() for _ in range(1000)] == [Frame(PONG, b"?")] * 1000


def test_pongs_that_nobody_asked_for_are_ignored(client):
    client.send(frame(PONG, b"!") * 1000 + frame(TEXT, b"Hello"))
    assert client.frame() == Frame(TEXT, b"You said: Hello")


def test_empty_fragments_without_end_stop_nobody_else(client, bystander):
    client.send(frame(TEXT, fin=False) + frame(CONTINUATION, fin=False) * 10_000)
    assert bystander()
    client.reset()


def test_who_never_reads_stops_nobody_else(client, bystander):
    client.socket.settimeout(0.3)
    with contextlib.suppress(TimeoutError):  # until all buffers are full
        client.send(frame(BINARY, bytes(2**20)) * 30)
    assert bystander()
    client.reset()


@pytest.mark.parametrize(
    "data",
    [b"\x81", Frame(TEXT, mask=MASK, length=100).header, frame(TEXT, b"Hel", fin=False)],
    ids=["one byte", "a header", "a fragment"],
)
@pytest.mark.parametrize("farewell", ["end", "reset"])
def test_who_leaves_in_the_middle_is_forgotten(server, client, bystander, data, farewell):
    client.send(data)
    assert bystander()
    if farewell == "end":
        client.socket.shutdown(socket.SHUT_WR)
        assert client.last_frames() == []
    else:
        client.reset()
