"""RFC 6455 as data: handshakes and frames, to bytes and from bytes, without any I/O."""

import base64
import enum
import hashlib
from dataclasses import dataclass

from wsdemo.text import beginning, decode, is_plain, quote, visible

__all__ = ["Frame", "FrameParser", "Handshake", "Opcode", "accept_key", "apply_mask"]

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""What every WebSocket server appends to a client's key (RFC 6455 §1.3)."""

SHOWN = 48
"""Characters of a payload that a frame's short line shows."""

SHOWN_BYTES = 12
"""The same for a payload that is not text."""


class Opcode(enum.IntEnum):
    """What a frame is (RFC 6455 §5.2). The values 3-7 and 11-15 are reserved."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


def accept_key(key: str) -> str:
    """Compute the answer to a handshake's key (RFC 6455 §4.2.2).

    Args:
        key: the value of the client's Sec-WebSocket-Key.

    Returns:
        The value that the server's Sec-WebSocket-Accept must have.
    """
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


def apply_mask(data: bytes, mask: bytes) -> bytes:
    """XOR each byte with one of the mask's four, in turn; twice gives the data back (§5.3).

    Args:
        data: any number of bytes.
        mask: four bytes.
    """
    # One XOR of two big integers, because a loop over the bytes is slow.
    repeated = (mask * (len(data) // 4 + 1))[: len(data)]
    mixed = int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")
    return mixed.to_bytes(len(data), "big")


@dataclass(frozen=True, slots=True)
class Handshake:
    """One side of the opening handshake: an HTTP/1.1 request or response (§4).

    Attributes:
        start_line: the first line, such as ``GET /chat HTTP/1.1``.
        headers: the header fields in the order they came, as pairs of name and value.
    """

    start_line: str
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> tuple["Handshake", bytes] | None:
        """Read a handshake from the beginning of what one side sent.

        Args:
            data: the bytes so far.

        Returns:
            The handshake and the bytes after it, or ``None`` while its end is missing.
        """
        head, end, rest = bytes(data).partition(b"\r\n\r\n")
        if not end:
            return None
        start, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return cls(start, tuple((name.strip(), value.strip()) for name, _, value in pairs)), rest

    @property
    def status(self) -> int | None:
        """The status code of a response; ``None`` for a request or what is neither."""
        version, _, rest = self.start_line.partition(" ")
        return int(rest[:3]) if version.startswith("HTTP/") and rest[:3].isdecimal() else None

    def get(self, name: str, default: str = "") -> str:
        """The value of a header field; several of one name are joined by commas (RFC 9110 §5.2)."""
        found = [value for each, value in self.headers if each.lower() == name.lower()]
        return ", ".join(found) if found else default

    def __bytes__(self) -> bytes:
        lines = [self.start_line, *(f"{name}: {value}" for name, value in self.headers)]
        return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")

    def __str__(self) -> str:
        """Its lines as a reader can see them: no character of theirs disturbs a terminal."""
        lines = [self.start_line, *(f"{name}: {value}" for name, value in self.headers)]
        return "\n".join(visible(_as_sent(line)) for line in lines)


def _as_sent(line: str) -> str:
    """Read a line as UTF-8 where it is that; HTTP leaves open what is not ASCII (RFC 9110 §5.5)."""
    try:
        return line.encode("latin-1").decode()
    except UnicodeError:
        return line


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame (RFC 6455 §5.2). ``bytes(frame)`` is what goes over the wire.

    Attributes:
        opcode: an :class:`Opcode`, or the number of a reserved one.
        payload: the payload, unmasked.
        fin: whether this is the last frame of its message.
        rsv1: the first reserved bit; permessage-deflate sets it on a compressed message.
        rsv2: the second reserved bit.
        rsv3: the third reserved bit.
        mask: the four bytes that the payload is masked with on the wire, or ``None``.
        length_bits: how the length is written: 7, 16 or 64 bits; the shortest unless given.
        length: the payload's length; more than ``len(payload)`` where a parser kept only a part.
    """

    opcode: int
    payload: bytes = b""
    fin: bool = True
    rsv1: bool = False
    rsv2: bool = False
    rsv3: bool = False
    mask: bytes | None = None
    length_bits: int = 0
    length: int = -1

    def __post_init__(self) -> None:
        if self.length < 0:
            object.__setattr__(self, "length", len(self.payload))
        if not self.length_bits:
            bits = 7 if self.length < 126 else 16 if self.length < 65536 else 64
            object.__setattr__(self, "length_bits", bits)

    @property
    def name(self) -> str:
        """The name of the opcode."""
        known = self.opcode in list(Opcode)
        return Opcode(self.opcode).name if known else f"RESERVED {self.opcode}"

    @property
    def is_control(self) -> bool:
        """Whether it is a Close, Ping or Pong, which may come between fragments (§5.5)."""
        return self.opcode >= 8

    @property
    def close_code(self) -> int | None:
        """The code of a Close frame; ``None`` without one (§5.5.1)."""
        has_code = self.opcode == Opcode.CLOSE and len(self.payload) >= 2
        return int.from_bytes(self.payload[:2], "big") if has_code else None

    @property
    def close_reason(self) -> str:
        """The reason in a Close frame; empty if it is not UTF-8, against the RFC (§5.5.1)."""
        decoded = decode(self.payload[2:]) if self.opcode == Opcode.CLOSE else None
        return decoded[1] if decoded else ""

    @property
    def size(self) -> int:
        """All of its bytes on the wire: header, mask and payload."""
        extended = 0 if self.length_bits == 7 else self.length_bits // 8
        return 2 + extended + (0 if self.mask is None else 4) + self.length

    @property
    def header(self) -> bytes:
        """The bytes before the payload: 2 to 14 of them."""
        bits = (self.fin, self.rsv1, self.rsv2, self.rsv3)
        first = sum(bit << 7 - place for place, bit in enumerate(bits)) | self.opcode
        if self.length_bits == 7:
            second, extended = self.length, b""
        else:
            second = 126 if self.length_bits == 16 else 127
            extended = self.length.to_bytes(self.length_bits // 8, "big")
        masked = 0 if self.mask is None else 0x80
        return bytes([first, masked | second]) + extended + (self.mask or b"")

    def __bytes__(self) -> bytes:
        if self.length != len(self.payload):
            raise ValueError(f"only {len(self.payload)} of {self.length} payload bytes were kept")
        masked = self.payload if self.mask is None else apply_mask(self.payload, self.mask)
        return self.header + masked

    def __str__(self) -> str:
        """What it carries, in one short line: ``TEXT 'Hello'``."""
        return self.describe()

    def describe(self, text: bool | None = None) -> str:
        """Say what it carries, in one short line.

        Args:
            text: whether its message is text that is not compressed; ``None`` where only the frame
                itself is known. A fragment does not say what it is a part of (§5.4).

        Returns:
            Such as ``TEXT 'Hello'``. Bytes of a character that the fragments cut in two stand
            beside the quotes: ``TEXT 'Gr' + c3 (more follows)``.
        """
        more = "" if self.fin or self.is_control else " (more follows)"
        if self.opcode == Opcode.CLOSE:
            return " ".join([self.name, *self._close_words()])
        if not self.length:
            return f"{self.name}{more}" if self.is_control else f"{self.name} ''{more}"
        return f"{self.name} {self._preview(text)}{more}"

    def _close_words(self) -> list[str]:
        if self.close_code is None:
            return [self.payload.hex()] if self.payload else []
        reason = self.payload[2:]
        if not reason:
            return [str(self.close_code)]
        told = quote(self.close_reason) if self.close_reason else _some_bytes(reason, len(reason))
        return [str(self.close_code), told]

    def _preview(self, text: bool | None) -> str:
        """The beginning of the payload: text if it is text, else hexadecimal."""
        if text is None and self.opcode != Opcode.BINARY and not self.rsv1:
            return self._text_preview(sure=self.opcode == Opcode.TEXT)
        return self._text_preview() if text else _some_bytes(self.payload, self.length)

    def _text_preview(self, sure: bool = True) -> str:
        partly = self.length > len(self.payload)
        begins_later = self.opcode == Opcode.CONTINUATION
        decoded = decode(self.payload, begins_later, not self.fin or partly)
        if decoded is None or not (sure or is_plain(decoded[1])):
            return _some_bytes(self.payload, self.length)
        head, text, tail = decoded
        shown = beginning(text, SHOWN)
        parts = [head.hex(" ")] if head else []
        if partly or shown != text:
            return " + ".join([*parts, f"{quote(shown)}…"])
        parts += [quote(text)] if text else []
        return " + ".join([*parts, tail.hex(" ")] if tail else parts)


def _some_bytes(data: bytes, length: int) -> str:
    return data[:SHOWN_BYTES].hex(" ") + (" …" if length > SHOWN_BYTES else "")


class FrameParser:
    """Cut the bytes that one side sends into frames. Never fails: any bytes are frames of a kind.

    Args:
        keep: how many payload bytes of a frame to keep; the rest is only counted. A header may
            announce 2**64 - 1 bytes, so whoever watches strangers sets a bound.
    """

    def __init__(self, keep: int | None = None) -> None:
        self._keep = keep
        self._buffer = bytearray()  # the beginning of a frame ...
        self._needed = 2  # ... and how many bytes of it allow the next step
        self._skip = 0  # payload bytes yet to come that nobody will keep
        self._begun: Frame | None = None  # the frame that they belong to

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes.

        Args:
            data: the bytes that came, however the network has cut them.

        Returns:
            The frames that are complete now.
        """
        frames: list[Frame] = []
        start = 0
        if self._begun is not None:
            start = min(self._skip, len(data))
            self._skip -= start
            if self._skip:
                return frames
            frames.append(self._begun)
            self._begun = None
        if self._buffer:
            self._buffer += data
            if len(self._buffer) < self._needed:
                return frames
            data, self._buffer = bytes(self._buffer), bytearray()
        while (step := self._parse(data, start)) is not None:
            frame, start = step
            if start > len(data):
                self._begun, self._skip = frame, start - len(data)
                return frames
            frames.append(frame)
        self._buffer += data[start:]
        return frames

    def _parse(self, data: bytes, start: int) -> tuple[Frame, int] | None:
        """Read the frame that begins at ``start``; also tell where it ends, or will end."""
        self._needed = 2
        if len(data) < start + 2:
            return None
        first, second = data[start], data[start + 1]
        length, length_bits, size = second & 0x7F, 7, 2
        if length >= 126:
            length_bits = 16 if length == 126 else 64
            size += length_bits // 8
        mask_at = start + size
        if second >= 0x80:
            size += 4
        if len(data) < start + size:
            self._needed = size
            return None
        if length_bits > 7:
            length = int.from_bytes(data[start + 2 : mask_at], "big")
        kept = length if self._keep is None else min(length, self._keep)
        payload_at = start + size
        if len(data) < payload_at + kept:
            self._needed = size + kept
            return None
        payload, mask = data[payload_at : payload_at + kept], None
        if second >= 0x80:
            mask = data[mask_at:payload_at]
            payload = apply_mask(payload, mask)
        rsv = bool(first & 0x40), bool(first & 0x20), bool(first & 0x10)
        frame = Frame(first & 0x0F, payload, first >= 0x80, *rsv, mask, length_bits, length)
        return frame, payload_at + length
