"""What an explanation is made of: units of spans, spans of bytes, and the bits of a byte."""

from dataclasses import dataclass

from wsdemo.text import beginning, decode, is_plain, quote, visible

__all__ = ["KINDS", "Bits", "Span", "Unit", "show_bytes", "show_text", "show_words"]

KINDS = {
    "start": "start line of a request or a response",
    "header": "header field",
    "end": "blank line, line end",
    "body": "HTTP content",
    "opcode": "FIN, RSV1–3, opcode",
    "length": "MASK and length",
    "mask": "masking key",
    "data": "payload of a message",
    "control": "payload of a Ping or Pong",
    "close": "close code and reason",
    "unread": "not read",
}
"""The kinds of spans, and how a page describes them; each has a colour of its own."""

SHOWN = 160
"""Characters of a text that a value shows."""

SHOWN_BYTES = 16
"""The same for bytes that are not text."""


@dataclass(frozen=True, slots=True)
class Bits:
    """Some bits of one byte.

    Attributes:
        name: the field, such as ``FIN``.
        start: its first bit; 0 is the most significant bit, as the RFC counts them.
        width: how many bits it has.
        value: what they are, as a number.
        meaning: what this value means, in a few words.
    """

    name: str
    start: int
    width: int
    value: int
    meaning: str

    def __str__(self) -> str:
        """Its name, its bits and what they mean: ``FIN 1 (the last frame)``."""
        return f"{self.name} {self.value:0{self.width}b} ({self.meaning})"


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes that mean one thing.

    Attributes:
        data: the bytes on the wire, at least one.
        kind: one of :data:`KINDS`.
        name: the field, as the RFC or the header calls it.
        value: what the bytes say, in one short line; safe to show anywhere.
        meaning: what that is for, in a sentence or two.
        section: where it is defined, such as ``RFC 6455 §5.2``.
        bits: the fields in a byte that has several.
        clear: the bytes without the mask; ``None`` where they are not masked.
        steady: the value to show where outputs must be the same in every run; empty if the value
            and the bytes already are.
    """

    data: bytes
    kind: str
    name: str
    value: str
    meaning: str
    section: str
    bits: tuple[Bits, ...] = ()
    clear: bytes | None = None
    steady: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """One request or response, one frame, or bytes that nobody reads.

    Attributes:
        connection: the number of its connection, from 1.
        direction: ``"to server"`` or ``"to client"``.
        offset: how many bytes this side had sent before it.
        title: what it is, in one short line.
        spans: its bytes, in order.
        problem: the rule that it breaks; empty if it breaks none.
        steady: the title that is the same in every run; empty if the title already is.
    """

    connection: int
    direction: str
    offset: int
    title: str
    spans: tuple[Span, ...]
    problem: str = ""
    steady: str = ""

    @property
    def data(self) -> bytes:
        """Its bytes on the wire."""
        return b"".join(span.data for span in self.spans)

    @property
    def sender(self) -> str:
        """Who sent it: ``"client"`` or ``"server"``."""
        return "client" if self.direction == "to server" else "server"


def show_bytes(data: bytes) -> str:
    """Write the first bytes in hexadecimal, and how many there are if that is not all."""
    if len(data) <= SHOWN_BYTES:
        return data.hex(" ")
    return f"{data[:SHOWN_BYTES].hex(' ')} … ({len(data)} bytes)"


def show_text(data: bytes, cut_before: bool = False, cut_after: bool = False) -> str:
    """Quote a text; write bytes in hexadecimal where they are none.

    Args:
        data: the bytes of a text, or of a part of one.
        cut_before: whether they may begin inside a character.
        cut_after: whether they may end inside one.
    """
    decoded = decode(data, cut_before, cut_after)
    if decoded is None or not is_plain(decoded[1]):
        return show_bytes(data)
    head, text, tail = decoded
    shown = beginning(text, SHOWN)
    if shown != text:
        return f"{quote(shown)}… ({len(data)} bytes)"
    parts = [head.hex(" "), quote(text) if text or not head + tail else "", tail.hex(" ")]
    return " + ".join(part for part in parts if part)


def show_words(data: bytes) -> str:
    """Show a piece of an HTTP head as it is, without quotes; ``(empty)`` for none."""
    try:
        text = data.decode().strip()
    except UnicodeDecodeError:  # HTTP leaves open what is not ASCII (RFC 9110 §5.5)
        text = data.decode("latin-1").strip()
    shown = beginning(text, SHOWN)
    return (visible(shown) + ("…" if shown != text else "")) or "(empty)"
