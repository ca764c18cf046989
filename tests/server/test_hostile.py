"""Whatever a client sends, it gets the right refusal, and nobody else notices."""

import contextlib
import socket

import pytest
from websockets.sync.client import connect

import wsdemo.apps.echo
from wsdemo.frames import Frame, Opcode

MASK = bytes.fromhex("37fa213d")
SPLIT = "☺".encode()  # three bytes
GARBAGE = bytes(range(128, 256)) * 8

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


def headers(**changes):
    """A handshake with other headers; None leaves one out."""
    return lambda raw: raw.request(**changes)


def start(line):
    """A handshake with another first line."""
    return lambda raw: raw.request(line)


def exactly(data):
    return lambda raw: data


HANDSHAKES = {
    # a request that asks for something else
    "POST": (start("POST / HTTP/1.1"), 405),
    "CONNECT": (start("CONNECT / HTTP/1.1"), 405),
    "method in lower case": (start("get / HTTP/1.1"), 405),
    "HTTP/1.0": (start("GET / HTTP/1.0"), 505),
    "no Upgrade": (headers(Upgrade=None), 200),  # a page was asked for
    "no Connection": (headers(Connection=None), 426),
    "upgrade to h2c": (headers(Upgrade="h2c"), 200),
    "keep-alive only": (headers(Connection="keep-alive"), 426),
    "huge header": (headers(X="x" * 100_000), 431),
    "header flood": (headers(**{f"X{number}": "y" for number in range(1000)}), 431),
    "huge path": (start(f"GET /{'x' * 100_000} HTTP/1.1"), 414),
    # a handshake that is wrong
    "no key": (headers(Sec_WebSocket_Key=None), 400),
    "empty key": (headers(Sec_WebSocket_Key=""), 400),
    "key of 15 bytes": (headers(Sec_WebSocket_Key="MTIzNDU2Nzg5MDEyMzQ1"), 400),
    "key not in base64": (headers(Sec_WebSocket_Key="*" * 24), 400),
    "two keys": (headers(Sec_WebSocket_Key="a\r\nSec-WebSocket-Key: b"), 400),
    "no version": (headers(Sec_WebSocket_Version=None), 400),
    "version 8": (headers(Sec_WebSocket_Version="8"), 400),
    "version in words": (headers(Sec_WebSocket_Version="thirteen"), 400),
    "subprotocol with spaces": (headers(Sec_WebSocket_Protocol="a b/c"), 400),
    # websockets does not look for Host, though RFC 9112 §3.2 asks for 400
    "no Host": (headers(Host=None), 101),
    # what is not HTTP/1.1 at all
    "HTTP/9.9": (start("GET / HTTP/9.9"), None),
    "no version of HTTP": (start("GET /"), None),
    "no path": (start("GET HTTP/1.1"), None),
    "path with spaces": (start("GET /a b HTTP/1.1"), None),
    "HTTP/2 preface": (exactly(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), None),
    "header without colon": (headers(**{"no colon\r\nX": "y"}), None),
    "space before colon": (headers(**{"X ": "y"}), None),
    "NUL in a header": (headers(X="a\0b"), None),
    "folded header": (headers(X="a\r\n b"), None),
    "bare LF": (lambda raw: raw.request().replace(b"\r\n", b"\n"), None),
    "a body": (headers(Content_Length="5"), None),
    "a body in chunks": (headers(Transfer_Encoding="chunked"), None),
    "TLS hello": (exactly(bytes.fromhex("16030100050100000100") + bytes(300)), None),
    "garbage": (exactly(GARBAGE), None),
    "empty lines": (exactly(b"\r\n\r\n"), None),
    "a frame at once": (exactly(bytes(Frame(TEXT, b"Hello", mask=MASK))), None),
    "half a handshake": (lambda raw: raw.request()[:50], None),  # and no more: open_timeout
    "nothing": (exactly(b""), None),
}


@pytest.mark.parametrize(("request_bytes", "status"), HANDSHAKES.values(), ids=HANDSHAKES)
def test_handshakes(server, bystander, raw, request_bytes, status):
    with raw(server.url) as client:
        client.send(request_bytes(client))
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


def frame(opcode, payload=b"", fin=True, **more):
    return bytes(Frame(opcode, payload, fin, mask=MASK, **more))


def close(code, reason=b""):
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


FRAMES = {
    "unmasked text": (bytes(Frame(TEXT, b"Hello")), 1002),
    "unmasked ping": (bytes(Frame(PING)), 1002),
    **{f"reserved opcode {number}": (frame(number), 1002) for number in (3, 7, 11, 15)},
    **{bit: (frame(TEXT, b"Hello", **{bit: True}), 1002) for bit in ("rsv1", "rsv2", "rsv3")},
    "fragmented ping": (frame(PING, fin=False), 1002),
    "fragmented close": (frame(CLOSE, fin=False), 1002),
    "ping of 126 bytes": (frame(PING, bytes(126)), 1002),
    "close of 126 bytes": (close(1000, b"x" * 124), 1002),
    "length with the top bit": (Frame(BINARY, mask=MASK, length=2**63).header, 1009),
    "oversized message": (Frame(TEXT, mask=MASK, length=2**20 + 1).header, 1009),
    "oversized by fragments": (
        frame(TEXT, b"x" * 2**19, fin=False)
        + frame(CONTINUATION, b"x" * 2**19, fin=False)
        + frame(CONTINUATION, b"x"),
        1009,
    ),
    "bad UTF-8": (frame(TEXT, b"\xff\xfe"), 1007),
    "a surrogate in UTF-8": (frame(TEXT, b"\xed\xa0\x80"), 1007),
    "half a character": (frame(TEXT, SPLIT[:2]), 1007),
    "bad UTF-8 over two fragments": (
        frame(TEXT, SPLIT[:2], fin=False) + frame(CONTINUATION, SPLIT[:1]),
        1007,
    ),
    "continuation without a beginning": (frame(CONTINUATION, b"Hello"), 1002),
    "a message inside a message": (frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"), 1002),
    "a binary message inside a text": (frame(TEXT, b"a", fin=False) + frame(BINARY, b"b"), 1002),
    "close of one byte": (frame(CLOSE, b"\x03"), 1002),
    **{
        f"close code {code}": (close(code), 1002) for code in (0, 999, 1004, 1005, 1006, 1015, 5000)
    },
    "bad UTF-8 in a close reason": (close(1000, b"\xff"), 1007),
    "garbage": (GARBAGE, 1002),
    "a second handshake": (b"GET / HTTP/1.1\r\n\r\n", 1002),
}


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
