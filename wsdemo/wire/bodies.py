"""The bodies of HTTP messages, and other bytes that are no frames, in lines for a reader."""

import re

from wsdemo.frames import Handshake
from wsdemo.text import decode, is_plain, visible
from wsdemo.wire.recording import REST

__all__ = ["body_lines", "byte_lines", "has_body", "split_body"]

SHOWN = 1000
"""Bytes of a text that are shown."""

SHOWN_BYTES = 12
"""The same of what is not text."""

NO_BODY = {204, 304}
"""Statuses of responses without a body; so are those below 200 (RFC 9112 §6.3)."""


def has_body(handshake: Handshake) -> bool:
    """Tell whether a body follows the header fields (RFC 9112 §6.3).

    Args:
        handshake: the request or response.
    """
    status = handshake.status
    if status is not None:
        return status >= 200 and status not in NO_BODY
    chunked = "chunked" in handshake.get("Transfer-Encoding").lower()
    return chunked or bool(handshake.get("Content-Length"))


def split_body(handshake: Handshake, rest: bytes) -> tuple[bytes | None, bytes]:
    """Tell a body from what follows it on the connection (RFC 9112 §6).

    Args:
        handshake: the request or response.
        rest: what came after its header fields.

    Returns:
        The body without the lengths of its chunks, or ``None`` for a message without a body; and
        the bytes that follow.
    """
    if not rest or not has_body(handshake):
        return None, rest
    length = handshake.get("Content-Length")
    chunked = "chunked" in handshake.get("Transfer-Encoding").lower()
    if chunked:
        return _join_chunks(rest)
    if length.isdecimal():
        return rest[: int(length)], rest[int(length) :]
    return rest, b""  # until the connection ends


def _join_chunks(data: bytes) -> tuple[bytes, bytes]:
    """Undo the chunked transfer coding (RFC 9112 §7.1), as far as the bytes go."""
    body = b""
    while True:
        line, end, data = data.partition(b"\r\n")
        size = re.match(rb"[0-9A-Fa-f]{1,16}", line)
        if not end or size is None:
            return body, b""
        length = int(size[0], 16)
        if not length:  # trailer fields, then an empty line
            return body, (b"\r\n" + data).partition(b"\r\n\r\n")[2]
        body += data[:length]
        data = data[length + 2 :]


def body_lines(handshake: Handshake, body: bytes) -> list[str]:
    """Show a body: text as its lines, anything else in one line that says what it is.

    Args:
        handshake: the request or response that it belongs to.
        body: the body, or as much of it as was kept.
    """
    coding, length = handshake.get("Content-Encoding"), handshake.get("Content-Length")
    size = length if length.isdecimal() else f"{len(body)}{' or more' if len(body) >= REST else ''}"
    lines = None if coding else _lines(body, size)
    if lines is not None:
        return lines
    kind = ", ".join(filter(None, (handshake.get("Content-Type"), coding)))
    what = visible(f"an HTTP body of {size} bytes{kind and f' ({kind})'}")
    return [f"{what}: {_some_bytes(body)}"]


def byte_lines(data: bytes) -> list[str]:
    """Show bytes that belong to no HTTP message: as lines if they are text.

    Args:
        data: the bytes, or as much of them as was kept.
    """
    if data[:1] == b"\x16":  # a TLS handshake record (RFC 8446 §5.1)
        return ["TLS: from here on only ciphertext can be seen"]
    lines = _lines(data, f"{len(data)}{' or more' if len(data) >= REST else ''}")
    if lines is not None:
        return lines
    return [f"{len(data)} bytes that are neither HTTP nor frames: {_some_bytes(data)}"]


def _some_bytes(data: bytes) -> str:
    return data[:SHOWN_BYTES].hex(" ") + (" …" if len(data) > SHOWN_BYTES else "")


def _lines(data: bytes, size: str) -> list[str] | None:
    """The lines of a text, or of its beginning; ``None`` if it is not text."""
    partly = len(data) > SHOWN or size != str(len(data))
    decoded = decode(data[:SHOWN], cut_after=partly)
    if decoded is None or not is_plain(decoded[1]):
        return None
    lines = re.split("\r\n|\r|\n", decoded[1])
    if not lines[-1]:
        del lines[-1]
    # A tab is what it was meant to be here, where the lines stand below each other.
    shown = ["\t".join(map(visible, line.split("\t"))) for line in lines]
    return [*shown, f"… {size} bytes in all"] if len(data) > SHOWN else shown
