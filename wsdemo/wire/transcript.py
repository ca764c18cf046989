"""What was seen on a wire, as text that is the same in every run."""

import re
from collections.abc import Iterable, Iterator

from wsdemo.frames import Handshake
from wsdemo.text import keeps_order
from wsdemo.wire.bodies import body_lines, byte_lines, split_body
from wsdemo.wire.link import DIRECTIONS
from wsdemo.wire.recording import Recording
from wsdemo.wire.wire_frame import Remark, WireFrame

__all__ = [
    "ARROWS",
    "PLACEHOLDERS",
    "REMARK",
    "Transcript",
    "event_line",
    "handshake_lines",
    "hide_port",
    "transcribe",
]

ARROWS = {"to server": "client → server", "to client": "server → client"}
"""Who sends to whom, by direction."""

PLACEHOLDERS = {
    "sec-websocket-key": "<16 random bytes in base64>",
    "sec-websocket-accept": "<computed from the key>",
    "date": "<now>",
    "user-agent": "<name and version of the client>",
    "server": "<name and version of the server>",
}
"""Values of header fields that differ from run to run, by name in lower case."""


REMARK = "~ " * 7 + "~"
"""What a line begins with that shows no frame."""

LEFT_TO_RIGHT = "\u200e"
"""A mark that cannot be seen; what follows it is written from left to right (Unicode TR9 §2.6)."""


class Transcript(str):
    """A text that a notebook shows as it is, line by line."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def transcribe(recordings: Iterable[Recording], exact: bool = False) -> Transcript:
    """Write down what was seen on some connections.

    Args:
        recordings: what was seen, a recording for each connection.
        exact: show keys, ports, dates and versions too, which differ from run to run.

    Returns:
        A line for each line of a handshake, then one for each frame.
    """
    recordings = list(recordings)
    lines = []
    for recording in recordings:
        if len(recordings) > 1:
            lines.append(f"── connection {recording.number} ──")
        for direction in DIRECTIONS:
            lines += handshake_lines(recording, direction, exact)
        if recording.forgotten:
            lines.append(f"                 … {recording.forgotten} earlier frames are forgotten")
        lines += [event_line(recording, event) for event in recording.events]
    return Transcript("\n".join(lines))


def handshake_lines(recording: Recording, direction: str, exact: bool) -> list[str]:
    """Write down one side of the opening handshake, or what came in its place.

    Args:
        recording: what was seen on the connection.
        direction: ``"to server"`` for the request, ``"to client"`` for the response.
        exact: show what differs from run to run.
    """
    handshake, rest = recording.handshakes.get(direction), recording.rest[direction]
    shown = list(_http_lines(handshake, rest, exact)) if handshake else byte_lines(rest)
    margins = [ARROWS[direction], *[" " * 15] * len(shown)]
    return [f"{margin}  {line}".rstrip() for margin, line in zip(margins, shown, strict=False)]


def _http_lines(handshake: Handshake, rest: bytes, exact: bool) -> Iterator[str]:
    """The lines of a request or a response, and of those that follow on the same connection."""
    while True:
        yield from str(handshake if exact else _without_chance(handshake)).split("\n")
        body, rest = split_body(handshake, rest)
        if body is not None:
            yield from ["", *body_lines(handshake, body)]
        if not rest:
            return
        yield ""
        following = Handshake.parse(rest)
        if following is None:
            yield from byte_lines(rest)
            return
        handshake, rest = following


def _without_chance(handshake: Handshake) -> Handshake:
    """Replace what differs from run to run."""
    headers = tuple(
        (name, PLACEHOLDERS.get(name.lower(), hide_port(value)))
        for name, value in handshake.headers
    )
    return Handshake(hide_port(handshake.start_line), headers)


def hide_port(text: str) -> str:
    """Replace the ports of this machine's addresses, which differ from run to run."""
    return re.sub(r"(127\.0\.0\.1|localhost|\[::1\]):\d+", r"\1:<port>", text)


def event_line(recording: Recording, event: WireFrame | Remark) -> str:
    """Write down a frame, or a remark.

    Args:
        recording: what was seen on the connection.
        event: one of its events.
    """
    if isinstance(event, str):
        return f"{REMARK}  {event}"
    frame = event.frame
    parts = [f"{frame.size - frame.length} + {frame.length} bytes"]
    if frame.mask is not None:
        parts.append("masked")
    if frame.rsv1:
        parts.append("compressed")
    if event.injected:
        parts.append("injected")
    if event.problem:
        parts.append(f"not inflated: {event.problem}")
    fate = recording.fate(event)
    if fate != "delivered":
        parts.append("held on the wire" if fate == "held" else fate)
    told = str(event)
    # Numbers after Arabic or Hebrew would be shown to the left of it.
    turned = "" if keeps_order(told) else LEFT_TO_RIGHT
    return f"{ARROWS[event.direction]}  {told:<44}{turned} {', '.join(parts)}"
