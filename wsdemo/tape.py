"""What was seen on one connection: its bytes decoded to a handshake and frames."""

import time
from collections import deque
from dataclasses import dataclass

from wsdemo.deflate import Inflater
from wsdemo.frames import Frame, FrameParser, Handshake, Opcode
from wsdemo.link import DIRECTIONS, Link

__all__ = ["Tape", "WireFrame"]

KEEP = 1024
"""Payload bytes kept of one frame; of a compressed one more, or the next could not be inflated."""

PENDING = 4096
"""Small pieces of one connection that wait to be decoded; then the oldest is decoded at once."""

BUDGET = 8 * 2**20
"""Bytes that the decoded frames of one connection take; then the oldest are forgotten."""

OBJECT = 512
"""About how many bytes a decoded frame takes beside its payload."""


@dataclass(frozen=True, slots=True)
class WireFrame:
    """A frame that was seen on the wire.

    Attributes:
        connection: the number of its connection, from 1.
        direction: ``"to server"`` or ``"to client"``.
        time: seconds since the wire was made.
        frame: the :class:`~wsdemo.frames.Frame`.
        inflated: its payload as it was before compression; ``None`` if it is not compressed.
        end: how many bytes had come in this direction when it was complete.
    """

    connection: int
    direction: str
    time: float
    frame: Frame
    inflated: bytes | None
    end: int

    @property
    def data(self) -> bytes:
        """Its payload, inflated where it was compressed."""
        return self.frame.payload if self.inflated is None else self.inflated

    def __str__(self) -> str:
        """What it carries, in one short line: ``TEXT 'Hello'``."""
        if self.inflated is None:
            return str(self.frame)
        return str(Frame(self.frame.opcode, self.inflated, self.frame.fin))


class Tape:
    """What was seen on one connection; an observer of its link.

    Small pieces are only noted as they pass, and decoded when somebody looks: a relay that decodes
    at once is half as fast.

    Args:
        number: the connection's number, from 1.
        link: the relay's link.
        start: what :func:`time.perf_counter` gave when the wire was made.
        keep: payload bytes to keep of one frame; ``None`` for all.

    Attributes:
        forgotten: how many frames are no longer among the events.
    """

    def __init__(self, number: int, link: Link, start: float, keep: int | None) -> None:
        self.number = number
        self.link = link
        self.forgotten = 0
        self._start = start
        self._keep = keep
        # What is not decoded yet: direction, time, what came, and so on. Flat, because each tuple
        # that is kept makes Python's cyclic garbage collector run more often.
        self._pending: deque[str | float | bytes] = deque()
        self._events: deque[WireFrame | str] = deque()
        self._events_size = 0
        self._handshakes: dict[str, Handshake] = {}
        self._rest = dict.fromkeys(DIRECTIONS, b"")
        self._position = dict.fromkeys(DIRECTIONS, 0)  # bytes decoded
        self._parsers: dict[str, FrameParser] = {}
        self._inflaters: dict[str, Inflater] = {}
        self._closed = set[str]()

    # What the relay tells

    def received(self, direction: str, data: bytes) -> None:
        """Note the next bytes."""
        if len(data) > KEEP:  # most of it will not be kept, so there is nothing to put off
            self._decode()
            self._decode_bytes(direction, time.perf_counter(), data)
            return
        self._pending += (direction, time.perf_counter(), data)
        if len(self._pending) > 3 * PENDING:
            self._decode_next()

    def ended(self, direction: str, reset: bool) -> None:
        """Note the end of what one side sends."""
        sender = "client" if direction == "to server" else "server"
        how = "reset" if reset else "ended"
        told = f"the {sender} {how} the TCP connection without a Close frame"
        self._pending += (direction, 0.0, told)

    def noted(self, what: str) -> None:
        """Note a remark."""
        self._pending += ("", 0.0, what)

    # What others ask

    @property
    def handshakes(self) -> dict[str, Handshake]:
        """The opening handshake's two sides, by direction."""
        self._decode()
        return self._handshakes

    @property
    def rest(self) -> dict[str, bytes]:
        """By direction, the first bytes that are no frames: a refusal's text, TLS."""
        self._decode()
        return self._rest

    @property
    def events(self) -> list[WireFrame | str]:
        """Frames and remarks, in the order they were seen."""
        self._decode()
        return list(self._events)

    def delivered(self, seen: WireFrame) -> bool:
        """Whether all of a frame has left for the other side."""
        return self.link.flows[seen.direction].delivered >= seen.end

    # Decoding

    def _decode(self) -> None:
        while self._pending:
            self._decode_next()

    def _decode_next(self) -> None:
        take = self._pending.popleft
        direction, now, what = take(), take(), take()
        if isinstance(what, bytes):
            self._decode_bytes(direction, now, what)
            return
        expected = direction in self._closed or (direction and not self._parsers)
        if not expected:
            self._events.append(what)

    def _decode_bytes(self, direction: str, now: float, data: bytes) -> None:
        now -= self._start
        if direction in self._parsers:
            self._add_frames(direction, now, data)
        elif len(self._rest[direction]) < 2**16:
            self._rest[direction] += data
            if direction not in self._handshakes:
                self._look_for_handshake(direction, now)

    def _look_for_handshake(self, direction: str, now: float) -> None:
        before = len(self._rest[direction])
        parsed = Handshake.parse(self._rest[direction])
        if parsed is None:
            return
        handshake, self._rest[direction] = parsed
        self._handshakes[direction] = handshake
        self._position[direction] = before - len(self._rest[direction])
        if handshake.status == 101:
            self._agree_on_compression(handshake.get("Sec-WebSocket-Extensions"))
            self._parsers = {each: FrameParser(self._keep) for each in DIRECTIONS}
            for each in DIRECTIONS:
                data, self._rest[each] = self._rest[each], b""
                self._add_frames(each, now, data)

    def _agree_on_compression(self, extensions: str) -> None:
        if "permessage-deflate" in extensions:
            self._keep = self._keep and BUDGET
            for side, direction in zip(("client", "server"), DIRECTIONS, strict=True):
                fresh = f"{side}_no_context_takeover" in extensions
                self._inflaters[direction] = Inflater(fresh)

    def _add_frames(self, direction: str, now: float, data: bytes) -> None:
        for frame in self._parsers[direction].feed(data):
            inflater = self._inflaters.get(direction)
            inflated = inflater.feed(frame) if inflater else None
            self._position[direction] += frame.size
            end = self._position[direction]
            self._events.append(WireFrame(self.number, direction, now, frame, inflated, end))
            self._events_size += len(frame.payload) + OBJECT
            if frame.opcode == Opcode.CLOSE:
                self._closed.add(direction)
        while self._events_size > BUDGET:
            event = self._events.popleft()
            if isinstance(event, WireFrame):
                self._events_size -= len(event.frame.payload) + OBJECT
                self.forgotten += 1
