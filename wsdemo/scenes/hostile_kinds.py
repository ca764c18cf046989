"""More than a hundred kinds of input that no server should suffer from.

Each kind is what one client sends: a handshake, or bytes after a good handshake. What a server does
with a kind differs; what must never differ is that other clients notice nothing.
"""

import json
from collections.abc import Callable

from wsdemo.frames import Frame, Handshake, Opcode

__all__ = ["FRAMES", "HANDSHAKES", "LEAVES", "MESSAGES", "close", "frame"]

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = Opcode
MASK = bytes.fromhex("37fa213d")
SPLIT = "☺".encode()  # three bytes
GARBAGE = bytes(range(128, 256)) * 8
MIB = 2**20

Change = Callable[[Handshake], bytes]


def frame(opcode: int, payload: bytes = b"", fin: bool = True, **more: bool) -> bytes:
    """Return a client's frame (RFC 6455 §5.2).

    Args:
        opcode: its opcode; a reserved number is allowed.
        payload: its payload, unmasked.
        fin: whether it is the last frame of its message.
        more: ``rsv1``, ``rsv2`` or ``rsv3``.
    """
    return bytes(Frame(opcode, payload, fin, mask=MASK, **more))


def close(code: int, reason: bytes = b"") -> bytes:
    """Return a client's Close frame (§5.5.1).

    Args:
        code: its close code; any number of 16 bits.
        reason: its reason, perhaps not valid UTF-8.
    """
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


def text(value: object) -> bytes:
    """Return a message with a value as JSON."""
    return frame(TEXT, json.dumps(value).encode())


def _headers(**changes: str | None) -> Change:
    """Change a handshake's headers; ``None`` leaves one out."""

    def change(good: Handshake) -> bytes:
        headers: dict[str, str | None] = dict(good.headers)
        headers |= {name.replace("_", "-"): value for name, value in changes.items()}
        given = tuple((name, value) for name, value in headers.items() if value is not None)
        return bytes(Handshake(good.start_line, given))

    return change


def _start(method: str = "GET", rest: str = "HTTP/1.1", path: str = "") -> Change:
    """Change the first line of a handshake."""

    def change(good: Handshake) -> bytes:
        line = f"{method} {path or good.start_line.split()[1]} {rest}".strip()
        return bytes(Handshake(line, good.headers))

    return change


def _exactly(data: bytes) -> Change:
    return lambda _: data


HANDSHAKES: dict[str, Change] = {
    # A request that asks for something else
    "POST": _start("POST"),
    "CONNECT": _start("CONNECT"),
    "method in lower case": _start("get"),
    "HTTP/1.0": _start(rest="HTTP/1.0"),
    "no Upgrade": _headers(Upgrade=None),
    "no Connection": _headers(Connection=None),
    "upgrade to h2c": _headers(Upgrade="h2c"),
    "keep-alive only": _headers(Connection="keep-alive"),
    "huge header": _headers(X="x" * 100_000),
    "header flood": _headers(**{f"X{number}": "y" for number in range(1000)}),
    "huge path": _start(path=f"/{'x' * 100_000}"),
    "missing path": _start(path="/nothing-here"),
    "path with dots": _start(path="/../../etc/passwd"),
    "path with bad escapes": _start(path="/%ff%00%zz"),
    # A bad WebSocket handshake
    "no key": _headers(Sec_WebSocket_Key=None),
    "empty key": _headers(Sec_WebSocket_Key=""),
    "key of 15 bytes": _headers(Sec_WebSocket_Key="MTIzNDU2Nzg5MDEyMzQ1"),
    "key not in base64": _headers(Sec_WebSocket_Key="*" * 24),
    "two keys": _headers(Sec_WebSocket_Key="a\r\nSec-WebSocket-Key: b"),
    "no version": _headers(Sec_WebSocket_Version=None),
    "version 8": _headers(Sec_WebSocket_Version="8"),
    "version in words": _headers(Sec_WebSocket_Version="thirteen"),
    "subprotocol with spaces": _headers(Sec_WebSocket_Protocol="a b/c"),
    "unknown extension": _headers(Sec_WebSocket_Extensions="x-turbo; level=11"),
    "extension with bad parameters": _headers(
        Sec_WebSocket_Extensions="permessage-deflate; server_max_window_bits=99"
    ),
    "foreign Origin": _headers(Origin="https://evil.example"),
    "no Host": _headers(Host=None),
    "two Hosts": _headers(Host="a\r\nHost: b"),
    # What is not HTTP/1.1 at all
    "HTTP/9.9": _start(rest="HTTP/9.9"),
    "no version of HTTP": _start(rest=""),
    "path with spaces": _start(path="/a b"),
    "no path": lambda good: bytes(Handshake("GET HTTP/1.1", good.headers)),
    "HTTP/2 preface": _exactly(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "header without colon": _headers(**{"no colon\r\nX": "y"}),
    "space before colon": _headers(**{"X ": "y"}),
    "NUL in a header": _headers(X="a\0b"),
    "Latin-1 in a header": _headers(X="caf\xe9"),
    "folded header": _headers(X="a\r\n b"),
    "bare LF": lambda good: bytes(good).replace(b"\r\n", b"\n"),
    "a body": _headers(Content_Length="5"),
    "negative Content-Length": _headers(Content_Length="-1"),
    "a body in chunks": _headers(Transfer_Encoding="chunked"),
    "two kinds of body": _headers(Content_Length="5", Transfer_Encoding="chunked"),
    "TLS hello": _exactly(bytes.fromhex("16030100050100000100") + bytes(300)),
    "garbage": _exactly(GARBAGE),
    "empty lines": _exactly(b"\r\n\r\n"),
    "a frame at once": _exactly(frame(TEXT, b"Hello")),
    "half a handshake": lambda good: bytes(good)[:50],
    "nothing": _exactly(b""),
}
"""From a good handshake, the bytes that the client sends instead (RFC 6455 §4.1)."""

FRAMES: dict[str, bytes] = {
    "unmasked text": bytes(Frame(TEXT, b"Hello")),
    "unmasked ping": bytes(Frame(PING)),
    **{f"reserved opcode {number}": frame(number) for number in (3, 4, 5, 6, 7)},
    **{f"reserved opcode {number}": frame(number) for number in (11, 12, 13, 14, 15)},
    **{bit: frame(TEXT, b"Hello", **{bit: True}) for bit in ("rsv1", "rsv2", "rsv3")},
    "rsv1 on a ping": frame(PING, rsv1=True),
    "fragmented ping": frame(PING, fin=False),
    "fragmented close": frame(CLOSE, fin=False),
    "ping of 126 bytes": frame(PING, bytes(126)),
    "close of 126 bytes": close(1000, b"x" * 124),
    "length with the top bit": Frame(BINARY, mask=MASK, length=2**63).header,
    "length of an exabyte": Frame(BINARY, mask=MASK, length=2**60).header,
    # Only the header comes, or the end of what nobody reads would reset the connection.
    "oversized message": Frame(TEXT, mask=MASK, length=16 * MIB + 1).header,
    "oversized by fragments": frame(TEXT, b"x", fin=False)
    + Frame(CONTINUATION, mask=MASK, length=16 * MIB).header,
    "bad UTF-8": frame(TEXT, b"\xff\xfe"),
    "a surrogate in UTF-8": frame(TEXT, b"\xed\xa0\x80"),
    "too long a form of UTF-8": frame(TEXT, b"\xc0\xaf"),
    "beyond Unicode": frame(TEXT, b"\xf4\x90\x80\x80"),
    "half a character": frame(TEXT, SPLIT[:2]),
    "bad UTF-8 over two fragments": frame(TEXT, SPLIT[:2], fin=False)
    + frame(CONTINUATION, SPLIT[:1]),
    "continuation without a beginning": frame(CONTINUATION, b"Hello"),
    "a message inside a message": frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"),
    "a binary message inside a text": frame(TEXT, b"a", fin=False) + frame(BINARY, b"b"),
    "close of one byte": frame(CLOSE, b"\x03"),
    **{
        f"close code {code}": close(code)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535)
    },
    "bad UTF-8 in a close reason": close(1000, b"\xff"),
    "two Close frames": close(1000) + close(1001),
    "frames after a Close frame": close(1000) + frame(TEXT, b"more") + GARBAGE,
    "garbage after the handshake": GARBAGE,
    "a second handshake": b"GET / HTTP/1.1\r\n\r\n",
}
"""What a client sends after a good handshake, and no server should pass on (§5, §7.4)."""

MESSAGES: dict[str, bytes] = {
    # All of it is valid WebSocket; an app has to cope with it.
    "empty text": frame(TEXT),
    "empty binary": frame(BINARY),
    "binary": frame(BINARY, b"\x00\xff\xfe"),
    "binary that is text": frame(BINARY, b"Hello"),
    "UTF-16": frame(BINARY, "Hello".encode("utf-16")),
    "not JSON": frame(TEXT, b"hello"),
    "half of JSON": frame(TEXT, b'{"user": "eve", "mess'),
    "NaN": frame(TEXT, b"NaN"),
    "null": text(None),
    "an array": text(["eve", "hello"]),
    "a number": text(42),
    "an empty object": text({}),
    "user null": text({"user": None, "message": "hello"}),
    "message an object": text({"user": "eve", "message": {"a": 1}}),
    "deep nesting": frame(TEXT, b"[" * 20_000 + b"]" * 20_000),
    "deep and unended": frame(TEXT, b"[" * 50_000),
    "a long number": frame(TEXT, b"9" * 50_000),
    "half a surrogate pair": frame(TEXT, b'{"user": "\\ud83d", "message": "x"}'),
    "markup": text({"user": "<b>eve</b>", "message": "<img src=x onerror=alert(1)>"}),
    "NUL": frame(TEXT, b"a\0b"),
    "turned text": frame(TEXT, "\u202eevil".encode()),
    "a long text": frame(TEXT, b"x" * 60_000),
    "a length that is not minimal": bytes(Frame(TEXT, b"Hello", mask=MASK, length_bits=64)),
    "a mask of zeros": bytes(Frame(TEXT, b"Hello", mask=bytes(4))),
    "a thousand pings": frame(PING, b"?") * 1000,
    "a thousand pongs": frame(PONG, b"!") * 1000,
    "empty fragments": frame(TEXT, b"a", fin=False)
    + frame(CONTINUATION, fin=False) * 1000
    + frame(CONTINUATION, b"b"),
    "a ping inside a message": frame(TEXT, b"a", fin=False) + frame(PING) + frame(CONTINUATION),
    "two hundred messages": frame(TEXT, b"flood") * 200,
}
"""Valid messages that an app may not expect."""

LEAVES: dict[str, bytes] = {
    "gone after the handshake": b"",
    "gone after one byte": b"\x81",
    "gone after a header": Frame(TEXT, mask=MASK, length=100).header,
    "gone inside a payload": frame(TEXT, b"Hello")[:-2],
    "gone after a fragment": frame(TEXT, b"Hel", fin=False),
    "gone inside a ping": frame(PING, b"Hello")[:-1],
    "gone inside a Close frame": close(1000)[:-1],
    "gone after a message": frame(TEXT, b"Bye"),
    "gone after ten thousand fragments": frame(TEXT, fin=False)
    + frame(CONTINUATION, fin=False) * 10_000,
}
"""What a client sends before it resets its connection."""
