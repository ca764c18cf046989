"""Whatever a client sends, it gets the right refusal, and nobody else notices."""

import socket

import pytest
from websockets.sync.client import connect

import wsdemo.apps.echo
from wsdemo.frames import Frame, Opcode

MASK = bytes.fromhex("37fa213d")
HELLO = "Hello".encode()
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
    "POST": (start("POST / HTTP/1.1"), 405),
    "CONNECT": (start("CONNECT / HTTP/1.1"), 405),
    "lower-case method": (start("get / HTTP/1.1"), 405),
    "HTTP/1.0": (start("GET / HTTP/1.0"), 505),
    "HTTP/9.9": (start("GET / HTTP/9.9"), 505),
    "no version": (start("GET /"), 400),
    "no path": (start("GET HTTP/1.1"), 400),
    "path with spaces": (start("GET /a b HTTP/1.1"), 400),
    "HTTP/2 preface": (exactly(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 400),
    "no Host": (headers(Host=None), 400),
    "no Upgrade": (headers(Upgrade=None), 200),
    "no Connection": (headers(Connection=None), 426),
    "no key": (headers(Sec_WebSocket_Key=None), 400),
    "no version header": (headers(Sec_WebSocket_Version=None), 400),
    "upgrade to h2c": (headers(Upgrade="h2c"), 426),
    "keep-alive only": (headers(Connection="keep-alive"), 426),
    "version 8": (headers(Sec_WebSocket_Version="8"), 426),
    "version not a number": (headers(Sec_WebSocket_Version="thirteen"), 426),
    "key of 15 bytes": (headers(Sec_WebSocket_Key="MTIzNDU2Nzg5MDEyMzQ1"), 400),
    "key not in base64": (headers(Sec_WebSocket_Key="*" * 24), 400),
    "empty key": (headers(Sec_WebSocket_Key=""), 400),
    "two keys": (headers(Sec_WebSocket_Key="a\r\nSec-WebSocket-Key: b"), 400),
    "bad extension": (headers(Sec_WebSocket_Extensions="=,;"), 400),
    "bad subprotocol": (headers(Sec_WebSocket_Protocol="a b/c"), 400),
    "header without colon": (headers(**{"no colon\r\nX": "y"}), 400),
    "space before colon": (headers(**{"X ": "y"}), 400),
    "NUL in a header": (headers(X="a\0b"), 400),
    "folded header": (headers(X="a\r\n b"), 400),
    "huge header": (headers(X="x" * 100_000), 431),
    "header flood": (headers(**{f"X{number}": "y" for number in range(1000)}), 431),
    "huge path": (start(f"GET /{'x' * 100_000} HTTP/1.1"), 414),
    "bare LF": (lambda raw: raw.request().replace(b"\r\n", b"\n"), 400),
    "a body": (headers(Content_Length="5"), 400),
    "a chunked body": (headers(Transfer_Encoding="chunked"), 400),
    "TLS hello": (exactly(bytes.fromhex("16030100050100000100") + bytes(300)), 400),
    "garbage": (exactly(GARBAGE), 400),
    "empty line": (exactly(b"\r\n\r\n"), 400),
    "a frame at once": (exactly(bytes(Frame(TEXT, HELLO, mask=MASK))), None),
    "half a handshake": (lambda raw: raw.request()[:50], None),
    "nothing": (exactly(b""), None),
}


@pytest.mark.parametrize(("request_bytes", "status"), HANDSHAKES.values(), ids=HANDSHAKES)
def test_handshakes(server, bystander, raw, request_bytes, status):
    with raw(server.url) as client:
        client.send(request_bytes(client))
        assert bystander()
        if status is not None:
            assert client.response().status == status
        client.drain()  # and that was all


# Frames: what is sent after a good handshake, and the code of the Close frame that answers it


def frame(opcode, payload=b"", fin=True, **more):
    return bytes(Frame(opcode, payload, fin, mask=MASK, **more))


def close(code, reason=b""):
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


FRAMES = {
    "unmasked text": (bytes(Frame(TEXT, HELLO)), 1002),
    "unmasked ping": (bytes(Frame(PING)), 1002),
    **{f"reserved opcode {number}": (frame(number), 1002) for number in (3, 7, 11, 15)},
    **{bit: (frame(TEXT, HELLO, **{bit: True}), 1002) for bit in ("rsv1", "rsv2", "rsv3")},
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
    "continuation without a beginning": (frame(CONTINUATION, HELLO), 1002),
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
