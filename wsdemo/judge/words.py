"""The frames and handshakes that the cases are written with."""

import base64
import hashlib
from collections.abc import Mapping, Sequence

from wsdemo.frames import Frame, Handshake, Opcode

__all__ = [
    "SAMPLE_KEY",
    "binary",
    "close",
    "in_fragments",
    "key_for",
    "more",
    "ping",
    "pong",
    "shown",
    "text",
    "upgrade_request",
]

SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""The key of the RFC's own example (§1.3)."""

SHOWN = 40
"""Characters of a message that a verdict shows."""


def text(payload: str | bytes = "", fin: bool = True) -> Frame:
    """Return a TEXT frame.

    Args:
        payload: the text; bytes where it is not valid UTF-8, or a part of it.
        fin: whether it is the whole message.
    """
    return Frame(Opcode.TEXT, _bytes(payload), fin)


def binary(payload: bytes = b"", fin: bool = True) -> Frame:
    """Return a BINARY frame; ``fin`` says whether it is the whole message."""
    return Frame(Opcode.BINARY, payload, fin)


def more(payload: str | bytes = "", fin: bool = False) -> Frame:
    """Return a CONTINUATION frame; ``fin`` says whether it is the last of its message."""
    return Frame(Opcode.CONTINUATION, _bytes(payload), fin)


def ping(payload: str | bytes = "") -> Frame:
    """Return a PING frame."""
    return Frame(Opcode.PING, _bytes(payload))


def pong(payload: str | bytes = "") -> Frame:
    """Return a PONG frame."""
    return Frame(Opcode.PONG, _bytes(payload))


def close(code: int | None = None, reason: str | bytes = "") -> Frame:
    """Return a CLOSE frame, without a code unless one is given."""
    head = b"" if code is None else code.to_bytes(2, "big")
    return Frame(Opcode.CLOSE, head + _bytes(reason))


def in_fragments(message: Frame, size: int) -> list[Frame]:
    """Cut a message into frames.

    Args:
        message: a TEXT or BINARY frame.
        size: payload bytes of each frame.
    """
    payload = message.payload
    pieces = [payload[start : start + size] for start in range(0, len(payload), size)] or [b""]
    last = len(pieces) - 1
    return [
        Frame(Opcode.CONTINUATION if index else message.opcode, piece, fin=index == last)
        for index, piece in enumerate(pieces)
    ]


def _bytes(payload: str | bytes) -> bytes:
    return payload.encode() if isinstance(payload, str) else payload


def key_for(name: str) -> str:
    """Return a value of Sec-WebSocket-Key: 16 bytes in Base64 (§4.1).

    A client takes random bytes. The judge's are the same in each run, so that two reports can be
    compared.

    Args:
        name: each name has a key of its own.
    """
    return base64.b64encode(hashlib.sha256(name.encode()).digest()[:16]).decode()


def upgrade_request(
    host: str,
    key: str,
    target: str = "/",
    changes: Mapping[str, str | None] | None = None,
    start_line: str = "GET {target} HTTP/1.1",
) -> Handshake:
    """Return a client's opening handshake (§4.1), right unless it is changed.

    Args:
        host: the value of the Host header.
        key: the value of Sec-WebSocket-Key.
        target: the path and the query.
        changes: header fields to set instead; ``None`` leaves one out.
        start_line: the request line.
    """
    headers: dict[str, str | None] = {
        "Host": host,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Version": "13",
    }
    headers |= changes or {}
    given = tuple((name, value) for name, value in headers.items() if value is not None)
    return Handshake(start_line.format(target=target), given)


def shown(what: Frame | Sequence[Frame]) -> str:
    """Return frames as a verdict names them: ``TEXT 'Hello'``, and the length of a long one."""
    if not isinstance(what, Frame):
        return ", then ".join(shown(each) for each in what)
    size = f", {what.length} bytes in all" if what.length > SHOWN else ""
    return f"{what}{size}"
