"""The bytes of one frame as spans (RFC 6455 §5.2)."""

from collections.abc import Iterator

from wsdemo.frames import Frame, Opcode
from wsdemo.text import decode
from wsdemo.wire.explain.layout import Layout
from wsdemo.wire.explain.rules import Verdict
from wsdemo.wire.explain.spans import Bits, Span, show_bytes, show_text

__all__ = ["frame_spans", "frame_title", "opcode_name"]

OPCODES: dict[int, str] = {
    Opcode.CONTINUATION: "The next part of a message.",
    Opcode.TEXT: "A text, in UTF-8.",
    Opcode.BINARY: "A message of any bytes.",
    Opcode.CLOSE: "It ends the WebSocket.",
    Opcode.PING: "It asks the other side: are you there?",
    Opcode.PONG: "It answers a Ping.",
}

CLOSE_CODES = {
    1000: ("normal closure", "The connection has done its work."),
    1001: ("going away", "The server stops, or the reader leaves the page."),
    1002: ("protocol error", "The other side broke a rule of the protocol."),
    1003: ("unsupported data", "The other side sent a kind of message that is not accepted."),
    1005: ("no status", "It is never sent: it stands for a Close frame without a code."),
    1006: (
        "abnormal closure",
        "It is never sent: it stands for a connection without a Close frame.",
    ),
    1007: ("invalid payload", "The other side sent a text that is not UTF-8."),
    1008: ("policy violation", "The other side broke a rule of the application."),
    1009: ("message too big", "The other side sent a message that is too long."),
    1010: ("mandatory extension", "The server lacks an extension that the client needs."),
    1011: ("internal error", "The server has failed."),
    1012: ("service restart", "The server restarts."),
    1013: ("try again later", "The server is too busy."),
    1014: ("bad gateway", "The server behind the proxy has failed."),
    1015: ("TLS handshake", "It is never sent: it stands for a failed TLS handshake."),
}


def opcode_name(opcode: int) -> str:
    """The name of an opcode, also of one that is reserved."""
    return Opcode(opcode).name if opcode in OPCODES else f"RESERVED {opcode}"


def frame_title(frame: Frame, verdict: Verdict) -> str:
    """Say in one short line what a frame carries, inflated where it was compressed."""
    if verdict.inflated is not None:
        return verdict.inflated.describe(verdict.text)
    return frame.describe(False if verdict.compressed or frame.rsv1 else verdict.text)


def frame_spans(layout: Layout, verdict: Verdict) -> Iterator[Span]:
    """Explain each byte of a frame.

    Args:
        layout: where its fields are; of a frame that has not come whole, those that are there.
        verdict: what its receiver makes of it.
    """
    yield _first_byte(layout.first, verdict)
    if layout.second:
        yield _second_byte(layout)
    if layout.extended:
        yield _extended_length(layout)
    if layout.key:
        yield _masking_key(layout)
    if layout.payload and layout.frame:
        yield from _payload(layout, layout.frame, verdict)


def _first_byte(data: bytes, verdict: Verdict) -> Span:
    byte = data[0]
    fin, opcode = byte >> 7, byte & 15
    name = opcode_name(opcode)
    last = "last frame" if fin else "more follow"
    meaning = OPCODES.get(opcode, "The RFC reserves this opcode for later.")
    if opcode < 8:
        value = f"{name}, last frame" if fin else f"{name}, more frames follow"
        rule = "FIN marks the last frame of a message."
    else:
        value, rule = name, "A control frame is never fragmented, so FIN is set."
        last = "not fragmented" if fin else "fragmented"
    compressed = verdict.compressed and bool(byte & 0x40)
    section = "RFC 7692 §6" if compressed else "RFC 6455 §5.2"
    if compressed:
        value += ", compressed"
        rule += " RSV1 says that permessage-deflate has compressed the message."
    bits = (
        Bits("FIN", 0, 1, fin, last),
        *(_reserved(byte, place, compressed) for place in (1, 2, 3)),
        Bits("opcode", 4, 4, opcode, name),
    )
    told = f"{meaning} {rule}"
    return Span(data, "opcode", "FIN, RSV1–3, opcode", value, told, section, bits)


def _reserved(byte: int, place: int, compressed: bool) -> Bits:
    """One of the bits that are reserved for extensions."""
    bit = byte >> (7 - place) & 1
    meaning = "for an extension" if bit else "not used"
    if bit and compressed and place == 1:
        meaning = "compressed"
    return Bits(f"RSV{place}", place, 1, bit, meaning)


def _count(size: int) -> str:
    return "1 byte" if size == 1 else f"{size} bytes"


def _second_byte(layout: Layout) -> Span:
    byte = layout.second[0]
    masked, length = byte >> 7, byte & 0x7F
    size = {126: 2, 127: 8}.get(length)
    told = f"the length is in the next {size} bytes" if size else f"{_count(length)} of payload"
    bits = (
        Bits("MASK", 0, 1, masked, "masked" if masked else "not masked"),
        Bits("length", 1, 7, length, f"in the next {size} bytes" if size else _count(length)),
    )
    meaning = (
        "Clients must mask each frame; the key follows."
        if masked
        else "Servers must not mask their frames."
    )
    value = f"{'masked' if masked else 'not masked'}, {told}"
    return Span(
        layout.second, "length", "MASK, payload length", value, meaning, "RFC 6455 §5.2", bits
    )


def _extended_length(layout: Layout) -> Span:
    size = 2 if layout.second[0] & 0x7F == 126 else 8
    meaning = f"The length of the payload, in {size} bytes; the most significant one is first."
    value = f"{_count(layout.length)} of payload"
    if layout.length < 0:
        value = f"{len(layout.extended)} of {size} bytes are here"
    name = "extended payload length"
    return Span(layout.extended, "length", name, value, meaning, "RFC 6455 §5.2")


def _masking_key(layout: Layout) -> Span:
    meaning = (
        "Four random bytes, new for each frame. XOR each byte of the payload with the next one "
        "of them, in turn, to read it."
    )
    value = show_bytes(layout.key)
    if len(layout.key) < 4:
        value, meaning = f"{len(layout.key)} of 4 bytes are here", f"{meaning} It has not all come."
    steady = "<4 random bytes>"
    name = "masking key"
    return Span(layout.key, "mask", name, value, meaning, "RFC 6455 §5.3", steady=steady)


def _payload(layout: Layout, frame: Frame, verdict: Verdict) -> Iterator[Span]:
    if frame.opcode == Opcode.CLOSE:
        yield from _close(layout, frame)
        return
    value, meaning, section = _message_part(frame, verdict)
    kind, name = "data", "payload"
    if frame.opcode in (Opcode.PING, Opcode.PONG):
        kind, name = "control", "application data"
    if frame.mask is not None:
        meaning += " It is masked: XOR with the key gives the bytes without the mask."
    if len(frame.payload) < frame.length:
        meaning += f" {len(frame.payload)} of {frame.length} bytes are here."
    clear = frame.payload if frame.mask is not None else None
    # What deflate makes may differ between versions of zlib, and a mask is random.
    steady = value if clear is not None or verdict.compressed else ""
    yield Span(layout.payload, kind, name, value, meaning, section, clear=clear, steady=steady)


def _message_part(frame: Frame, verdict: Verdict) -> tuple[str, str, str]:
    """The value of a payload, what it is, and the section."""
    cut = not frame.fin or len(frame.payload) < frame.length
    later = frame.opcode == Opcode.CONTINUATION
    if frame.opcode == Opcode.PING:
        told = "Any bytes; the Pong must carry the same."
        return show_text(frame.payload, cut_after=cut), told, "RFC 6455 §5.5.2"
    if frame.opcode == Opcode.PONG:
        told = "The bytes of the Ping that it answers."
        return show_text(frame.payload, cut_after=cut), told, "RFC 6455 §5.5.3"
    if frame.is_control or (3 <= frame.opcode <= 7):
        return (
            show_bytes(frame.payload),
            "The RFC does not define what these bytes are.",
            "RFC 6455 §5.2",
        )
    if verdict.inflated is not None:
        data = verdict.inflated.payload
        shown = show_text(data, later, cut) if verdict.text else show_bytes(data)
        told = f"Compressed with deflate; inflated it has {_count(len(data))}."
        return shown if data else "(empty)", told, "RFC 7692 §7.2.2"
    if verdict.compressed:
        told = "Compressed with deflate, and not inflated here."
        return show_bytes(frame.payload), told, "RFC 7692 §7.2.2"
    section = "RFC 6455 §5.4" if later or not frame.fin else "RFC 6455 §5.6"
    part = "The next part of the message" if later else "The message"
    part = "The first part of the message" if not later and not frame.fin else part
    if verdict.text:
        return show_text(frame.payload, later, cut), f"{part}: text in UTF-8.", section
    return show_bytes(frame.payload), f"{part}: bytes.", section


def _close(layout: Layout, frame: Frame) -> Iterator[Span]:
    masked = frame.mask is not None
    code, wire = frame.close_code, layout.payload

    def span(name: str, part: slice, value: str, meaning: str, section: str) -> Span:
        clear = frame.payload[part] if masked else None
        steady = value if masked else ""
        told = meaning + (" It is masked, as is all of the payload." if masked else "")
        return Span(wire[part], "close", name, value, told, section, clear=clear, steady=steady)

    if code is None:
        told = "A code has two bytes: this is a part of one."
        yield span("close code", slice(1), show_bytes(frame.payload), told, "RFC 6455 §5.5.1")
        return
    name, meaning = _close_code(code)
    yield span("close code", slice(2), f"{code} ({name})", meaning, "RFC 6455 §7.4")
    if reason := frame.payload[2:]:
        whole = len(frame.payload) == frame.length
        shown = show_text(reason, cut_after=not whole)
        told = "The reason in words, for people and logs."
        if whole and decode(reason) is None:
            told = "The reason should be text in UTF-8, and is not."
        yield span("close reason", slice(2, None), shown, told, "RFC 6455 §7.1.6")


def _close_code(code: int) -> tuple[str, str]:
    if code in CLOSE_CODES:
        return CLOSE_CODES[code]
    if 3000 <= code <= 3999:
        return "registered", "Its meaning is in IANA's registry of close codes."
    if 4000 <= code <= 4999:
        return "private", "Its meaning is for the application to say."
    return "not allowed", "No Close frame may carry this code."
