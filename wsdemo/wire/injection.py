"""Frames and bytes that the wire itself sends, in the place of the client or the server."""

import dataclasses
import os
from collections import deque
from collections.abc import Iterator

from wsdemo.frames import Frame, Opcode
from wsdemo.wire.boundaries import Boundaries
from wsdemo.wire.link import Flow, Link
from wsdemo.wire.recording import Recording

__all__ = ["KINDS", "inject", "make_frame"]

KINDS = ("text", "binary", "ping", "pong", "close", "raw")
"""What can be injected."""

LONGEST_CONTROL = 125
"""Bytes that the payload of a Ping, a Pong or a Close can have (RFC 6455 §5.5)."""

RESERVED_CODES = (1004, 1005, 1006)
"""Close codes that no frame may carry (RFC 6455 §7.4.1)."""


def make_frame(data: str | bytes | Frame, kind: str | None, code: int) -> Frame | bytes:
    """Make what is to be injected.

    Args:
        data: a text, bytes, or a whole frame.
        kind: one of :data:`KINDS`; ``None`` takes what fits the data.
        code: of a Close frame.

    Returns:
        A frame without a mask; or bytes, if they are to be sent as they are.

    Raises:
        TypeError: the data do not fit the kind.
        ValueError: the kind, the code or the length of the data makes no sense.
    """
    if kind is not None and kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}, or None, not {kind!r}")
    if isinstance(data, Frame) and kind is None:
        return data
    kind = kind or ("text" if isinstance(data, str) else "binary")
    payload = _payload(data, kind)
    if kind == "raw":
        return payload
    if kind == "close":
        payload = _check_code(code).to_bytes(2, "big") + payload
    frame = Frame(Opcode[kind.upper()], payload)
    if frame.is_control and frame.length > LONGEST_CONTROL:
        what = "a close reason" if kind == "close" else f"the payload of a {kind}"
        most = LONGEST_CONTROL - 2 * (kind == "close")
        excess = f"at most {most} bytes in UTF-8, not {frame.length - 2 * (kind == 'close')}"
        raise ValueError(f"{what} has {excess} (RFC 6455 §5.5)")
    return frame


def _payload(data: str | bytes | Frame, kind: str) -> bytes:
    of_text, of_bytes = kind in ("text", "close"), kind in ("binary", "raw")
    if isinstance(data, str) and not of_bytes:
        try:
            return data.encode()
        except UnicodeEncodeError:
            raise ValueError(
                "this text has half of a character (a surrogate): UTF-8 cannot carry "
                'it; kind="raw" sends any bytes'
            ) from None
    if isinstance(data, bytes | bytearray | memoryview) and not of_text:
        return bytes(data)
    needed = "str" if of_text else "bytes" if of_bytes else "str or bytes"
    raise TypeError(f"kind {kind!r} takes {needed}, not {type(data).__name__}")


def _check_code(code: int) -> int:
    known = isinstance(code, int) and 1000 <= code <= 1014 and code not in RESERVED_CODES
    if known or (isinstance(code, int) and 3000 <= code <= 4999):
        return code
    raise ValueError(
        "a Close frame carries 1000 to 1003, 1007 to 1014 or 3000 to 4999 (RFC 6455 §7.4), "
        f'not {code}; kind="raw" sends any bytes'
    )


def inject(links: list[Link], direction: str, made: Frame | bytes, number: int | None) -> None:
    """Send a frame or bytes on some connections.

    Args:
        links: the connections that are open.
        direction: where it goes.
        made: what :func:`make_frame` has made.
        number: of the connection; ``None`` for all.

    Raises:
        LookupError: there is no open connection to send it on.
    """
    open_ones = {_recording(link).number: link for link in links if direction in link.transports}
    meant = open_ones if number is None else {number: open_ones.get(number)}
    if not any([_inject(link, direction, made) for link in meant.values() if link]):
        raise LookupError(_reason(list(open_ones), number))


def _reason(open_ones: list[int], number: int | None) -> str:
    if not open_ones:
        return "no connection is open: connect a client to wire.url, then inject"
    if number is not None and number not in open_ones:
        numbers = ", ".join(map(str, open_ones))
        return f"connection {number} is not open; open now: {numbers}"
    return (
        "no frame can follow here: the handshake is not complete, a Close frame has passed, or it "
        'is TLS; kind="raw" sends any bytes'
    )


def _recording(link: Link) -> Recording:
    assert isinstance(link.observer, Recording)
    return link.observer


def _inject(link: Link, direction: str, made: Frame | bytes) -> bool:
    """Send it, a frame with the mask of its direction; return whether it can follow there."""
    if isinstance(made, bytes):
        link.observer.noted(f"injected {len(made)} bytes ({direction})")
        link.flows[direction].add(made)
        return True
    recording, flow = _recording(link), link.flows[direction]
    boundaries = recording.boundaries(direction)
    if boundaries is None:
        return False
    queue = flow.splitter  # frames may wait there already
    if not isinstance(queue, _Queue):
        queue = _Queue(flow, recording, direction, boundaries)
    mask = os.urandom(4) if direction == "to server" else None
    queue.put(dataclasses.replace(made, mask=mask))
    return True


class _Queue:
    """Frames that wait for their place in what passes on one connection in one direction."""

    def __init__(
        self, flow: Flow, recording: Recording, direction: str, boundaries: Boundaries
    ) -> None:
        self._flow, self._recording, self._direction = flow, recording, direction
        self._boundaries = boundaries
        self._waiting: deque[Frame] = deque()

    def put(self, frame: Frame) -> None:
        """Send a frame now, if it has a place behind what has come; else let it wait."""
        data = bytes(frame)
        if not self._boundaries.in_frame and self._fits(frame):
            self._recording.injects(self._direction, len(data))
            self._flow.add(data)
            return
        self._recording.noted(f"an injected frame waits for its place ({self._direction})")
        self._waiting.append(frame)
        self._flow.split_by(self)

    def _fits(self, frame: Frame) -> bool:
        # Control frames may come between the fragments of a message, other messages may not.
        of_this_message = frame.is_control or frame.opcode == Opcode.CONTINUATION
        return of_this_message or not self._boundaries.in_message

    def __call__(self, data: bytes) -> Iterator[bytes]:
        """Cut the next bytes where waiting frames have their place, and put these there."""
        start = 0
        for place, passed in self._boundaries.find(data):
            if passed.opcode == Opcode.CLOSE:  # nothing may follow it (RFC 6455 §5.5.1)
                self._waiting.clear()
            while self._waiting and self._fits(self._waiting[0]):
                yield data[start:place]
                start = place
                injected = bytes(self._waiting.popleft())
                self._recording.injects(self._direction, len(injected))
                yield injected
        if not self._waiting:
            self._flow.split_by(None)
        yield data[start:]
