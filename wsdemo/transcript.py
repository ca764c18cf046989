"""What was seen on a wire, as text that is the same in every run."""

import re
from collections.abc import Iterable

from wsdemo.frames import Handshake
from wsdemo.link import DIRECTIONS
from wsdemo.tape import Tape, WireFrame

__all__ = ["Transcript", "transcribe"]

ARROWS = {"to server": "client → server", "to client": "server → client"}

PLACEHOLDERS = {
    "sec-websocket-key": "<16 random bytes in base64>",
    "sec-websocket-accept": "<computed from the key>",
    "date": "<now>",
    "user-agent": "<name and version of the client>",
    "server": "<name and version of the server>",
}


class Transcript(str):
    """A text that a notebook shows as it is, line by line."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def transcribe(tapes: Iterable[Tape], exact: bool = False) -> Transcript:
    """Write down what was seen on some connections.

    Args:
        tapes: what was seen, a tape for each connection.
        exact: show keys, ports, dates and versions too, which differ from run to run.

    Returns:
        A line for each line of a handshake, then one for each frame.
    """
    tapes = list(tapes)
    lines = []
    for tape in tapes:
        if len(tapes) > 1:
            lines.append(f"── connection {tape.number} ──")
        for direction in DIRECTIONS:
            lines += _handshake_lines(tape, direction, exact)
        if tape.forgotten:
            lines.append(f"                 … {tape.forgotten} earlier frames are forgotten")
        lines += [_event_line(tape, event) for event in tape.events]
    return Transcript("\n".join(lines))


def _handshake_lines(tape: Tape, direction: str, exact: bool) -> list[str]:
    shown = []
    if handshake := tape.handshakes.get(direction):
        shown += str(handshake if exact else _without_chance(handshake)).splitlines()
    if rest := tape.rest[direction]:
        shown += ["", *_text_lines(rest)] if handshake else _text_lines(rest)
    margins = [ARROWS[direction], *[" " * 15] * len(shown)]
    return [f"{margin}  {line}".rstrip() for margin, line in zip(margins, shown, strict=False)]


def _without_chance(handshake: Handshake) -> Handshake:
    """Replace what differs from run to run."""
    headers = tuple(
        (name, PLACEHOLDERS.get(name.lower(), _hide_port(value)))
        for name, value in handshake.headers
    )
    return Handshake(_hide_port(handshake.start), headers)


def _hide_port(text: str) -> str:
    return re.sub(r"(127\.0\.0\.1|localhost|\[::1\]):\d+", r"\1:<port>", text)


def _text_lines(data: bytes) -> list[str]:
    if data[:1] == b"\x16":  # a TLS handshake record (RFC 8446 §5.1)
        return ["TLS: from here on only ciphertext can be seen"]
    text = data[:1000].decode(errors="replace")
    return (
        text.splitlines()
        if text.replace("\n", "").replace("\r", "").isprintable()
        else [f"{len(data)} bytes that are neither HTTP nor frames: {data[:12].hex(' ')} …"]
    )


def _event_line(tape: Tape, event: WireFrame | str) -> str:
    if isinstance(event, str):
        return f"{'~ ' * 7}~  {event}"
    frame = event.frame
    parts = [f"{frame.size - frame.length} + {frame.length} bytes"]
    if frame.mask is not None:
        parts.append("masked")
    if frame.rsv1:
        parts.append("compressed")
    if not tape.delivered(event):
        lost = tape.link.flows[event.direction].finished
        parts.append("lost" if lost else "held on the line")
    return f"{ARROWS[event.direction]}  {event!s:<44} {', '.join(parts)}"
