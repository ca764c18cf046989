"""What was seen on one connection: its bytes decoded to a handshake and frames."""

import copy
import dataclasses
import itertools
import time
from collections import deque
from typing import Any

from wsdemo.frames import FrameParser, Handshake, Opcode
from wsdemo.wire.boundaries import Boundaries
from wsdemo.wire.deflate import Inflater
from wsdemo.wire.first_bytes import LENGTH, FirstBytes
from wsdemo.wire.link import DIRECTIONS, Link
from wsdemo.wire.side import Side
from wsdemo.wire.tcp import Conversation
from wsdemo.wire.wire_frame import Remark, WireFrame

__all__ = ["REST", "Recording"]

KEEP = 1024
"""Payload bytes kept of one frame."""

PENDING = 4096
"""Small pieces of one connection that wait to be decoded; then the oldest is decoded at once."""

BUDGET = 8 * 2**20
"""Bytes that the decoded frames of one connection take; then the oldest are forgotten."""

REST = 2**16
"""Bytes kept of what is no frames, such as the body of a response; somewhat more may be there."""

OBJECT = 512
"""About how many bytes a decoded frame takes beside its payload."""


class Recording:
    """What was seen on one connection; an observer of its link.

    Small pieces are only noted as they pass, and decoded when somebody looks: a relay that decodes
    at once is half as fast.

    Args:
        number: the connection's number, from 1.
        link: the relay's link.
        start: what :func:`time.perf_counter` gave when the wire was made.
        keep: payload bytes to keep of one frame; ``None`` for all.
        first: bytes to keep as they came.

    Attributes:
        number: as above.
        began: when the client connected, in seconds since the wire was made.
        answered: when the response to its first request was complete; before, the same.
        forgotten: how many frames are no longer among the events.
        first_bytes: the first bytes as they came, not decoded.
    """

    __slots__ = (
        "_client_port",
        "_dropped",
        "_ends",
        "_events",
        "_events_size",
        "_keep",
        "_link",
        "_pending",
        "_sides",
        "_start",
        "_upgraded",
        "answered",
        "began",
        "first_bytes",
        "forgotten",
        "number",
    )

    def __init__(
        self, number: int, link: Link, start: float, keep: int | None, first: int = LENGTH
    ) -> None:
        self.number = number
        self.forgotten = 0
        self.first_bytes = FirstBytes(first)
        self._link: Link | None = link  # until it is over
        self._client_port = 0  # until it is over, the link has it
        self._start = start
        self.began = self.answered = time.perf_counter() - start
        self._ends: tuple[Any, ...] = ()  # when, which direction, how, and so on; flat like these
        self._keep = keep
        # What is not decoded yet: direction, time, what came, and so on. Flat, because each tuple
        # that is kept makes Python's cyclic garbage collector run more often.
        self._pending: Any = deque()  # a tuple when the connection is over
        self._events: deque[WireFrame | Remark] | list[WireFrame | Remark] = deque()
        self._events_size = 0
        self._dropped = 0  # events that are no longer there
        self._sides = {direction: Side() for direction in DIRECTIONS}
        self._upgraded = False

    # What the relay tells

    def received(self, direction: str, data: bytes) -> None:
        """Note the next bytes."""
        now = time.perf_counter()
        self.first_bytes.add(now - self._start, direction, data)
        if len(data) > KEEP:  # most of it will not be kept, so there is nothing to put off
            self._decode()
            self._decode_bytes(direction, now, data)
            return
        self._pending += (direction, now, data)
        if len(self._pending) > 3 * PENDING:
            take = self._pending.popleft
            self._decode_piece(take(), take(), take())

    def ended(self, direction: str, by_reset: bool) -> None:
        """Note the end of what one side sends."""
        sender = "client" if direction == "to server" else "server"
        how = "reset" if by_reset else "ended"
        now = time.perf_counter()
        self._ends += (now - self._start, direction, how)
        told = f"the {sender} {how} the TCP connection without a Close frame"
        self._pending += (direction, now, told)

    def noted(self, what: str) -> None:
        """Note a remark."""
        self._pending += ("", time.perf_counter(), what)

    def over(self) -> None:
        """Let go of the link; of a connection that has ended, what was seen is all that is kept."""
        assert self._link is not None
        for direction, flow in self._link.flows.items():
            side = self._sides[direction]
            side.received, side.delivered = flow.received, flow.delivered
        now = time.perf_counter() - self._start
        for direction in () if "reset" in self._ends else DIRECTIONS:
            if direction not in self._ends:
                self._ends += (now, direction, "cut")
        self._client_port = self._link.client_port
        self._link = None
        self.first_bytes.close()
        # A deque has room for 64, even if it is empty.
        self._pending, self._events = tuple(self._pending), list(self._events)

    # What others ask

    @property
    def handshakes(self) -> dict[str, Handshake]:
        """The opening handshake's two sides, by direction."""
        self._decode()
        both = {direction: side.handshake for direction, side in self._sides.items()}
        return {direction: handshake for direction, handshake in both.items() if handshake}

    @property
    def rest(self) -> dict[str, bytes]:
        """By direction, the first bytes that are no frames: a refusal's text, TLS."""
        self._decode()
        return {direction: side.rest for direction, side in self._sides.items()}

    @property
    def events(self) -> list[WireFrame | Remark]:
        """Frames and remarks, in the order they were seen."""
        self._decode()
        return list(self._events)

    def take_events(self) -> list[WireFrame | Remark]:
        """Return the events since the last time, and keep them no longer."""
        taken = self.events
        self._dropped += len(taken)
        self._events.clear()
        self._events_size = 0
        return taken

    def events_after(self, count: int) -> tuple[list[WireFrame | Remark], int]:
        """Return the events after the first ones, as far as they are kept, and how many there were.

        Args:
            count: how many events to leave out.
        """
        self._decode()
        total = self._dropped + len(self._events)
        latest = list(itertools.islice(reversed(self._events), max(0, total - count)))
        return latest[::-1], total

    @property
    def is_over(self) -> bool:
        """Whether both connections have ended: nothing more will come."""
        return self._link is None

    def count(self, direction: str) -> int:
        """How many bytes have come in, in one direction."""
        source = self._link.flows if self._link else self._sides
        return source[direction].received

    def conversation(self, server_port: int) -> Conversation:
        """Return what a capture file says of this connection.

        Args:
            server_port: where the wire listens.
        """
        client_port = self._link.client_port if self._link else self._client_port
        ends = iter(self._ends)
        return Conversation(
            self.number,
            client_port or self.number,  # one that left at once can no longer be asked
            server_port,
            self.began,
            self.first_bytes.reads,
            tuple(zip(ends, ends, ends, strict=True)),
            {direction: self.count(direction) for direction in DIRECTIONS},
        )

    def fate(self, seen: WireFrame) -> str:
        """What became of a frame: ``"delivered"``, ``"held"`` by the wire, or ``"lost"``."""
        source = self._link.flows if self._link else self._sides
        if source[seen.direction].delivered >= seen.end_offset:
            return "delivered"
        still_there = self._link and not self._link.flows[seen.direction].finished
        return "held" if still_there else "lost"

    # What is put between

    def boundaries(self, direction: str) -> Boundaries | None:
        """Return where the frames of one direction end; ``None`` where no frame can follow."""
        self._decode()
        side = self._sides[direction]
        if side.parser is None or side.closed:
            return None
        begun = self.count(direction) - side.position
        return Boundaries(copy.deepcopy(side.parser), begun, side.in_message)

    def injects(self, direction: str, size: int) -> None:
        """Note that the next bytes of one direction, this many, are a frame from the wire."""
        side = self._sides[direction]
        yet_to_come = {end for end in side.injected if end > side.position}
        side.injected = frozenset({*yet_to_come, self.count(direction) + size})

    # Decoding

    def _decode(self) -> None:
        pieces = iter(self._pending)
        self._pending = deque() if self._link else ()
        for direction, now, what in zip(pieces, pieces, pieces, strict=True):
            self._decode_piece(direction, now, what)
        if not self._link:  # nothing more will come
            for side in self._sides.values():
                side.parser = side.inflater = None  # an inflater takes 40 KiB

    def _decode_piece(self, direction: str, now: float, what: str | bytes) -> None:
        if isinstance(what, bytes):
            self._decode_bytes(direction, now, what)
            return
        expected = direction and (not self._upgraded or self._sides[direction].closed)
        if not expected:
            self._events.append(Remark(what, now - self._start))

    def _decode_bytes(self, direction: str, now: float, data: bytes) -> None:
        now -= self._start
        side = self._sides[direction]
        if self._upgraded:
            self._add_frames(direction, now, data)
        elif len(side.rest) < REST:
            side.rest += data
            if side.handshake is None:
                self._look_for_handshake(side, now)

    def _look_for_handshake(self, side: Side, now: float) -> None:
        before = len(side.rest)
        parsed = Handshake.parse(side.rest)
        if parsed is None:
            return
        side.handshake, side.rest = parsed
        side.position = before - len(side.rest)
        if side.handshake.status is not None:
            self.answered = now
        if side.handshake.status == 101:
            self._upgraded = True
            self._get_ready(side.handshake.get("Sec-WebSocket-Extensions"))
            for direction, each in self._sides.items():
                data, each.rest = each.rest, b""
                self._add_frames(direction, now, data)

    def _get_ready(self, extensions: str) -> None:
        """Prepare for frames, compressed if the extensions agreed on say so."""
        compressed = "permessage-deflate" in extensions
        keep = self._keep
        if compressed and keep is not None:
            keep = max(keep, BUDGET)  # without all of one message the next cannot be inflated
        for name, side in zip(("client", "server"), self._sides.values(), strict=True):
            side.parser = FrameParser(keep)
            if compressed:
                fresh = f"{name}_no_context_takeover" in extensions
                side.inflater = Inflater(fresh, self._keep)

    def _add_frames(self, direction: str, now: float, data: bytes) -> None:
        side = self._sides[direction]
        assert side.parser is not None
        for frame in side.parser.feed(data):
            inflated, problem = None, ""
            if side.inflater:
                inflated, problem = side.inflater.feed(frame), side.inflater.problem
                frame = dataclasses.replace(frame, payload=frame.payload[: self._keep])
            if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
                side.text = frame.opcode == Opcode.TEXT
            side.in_message = not frame.fin if not frame.is_control else side.in_message
            side.position += frame.size
            side.closed |= frame.opcode == Opcode.CLOSE
            text = side.text if frame.opcode <= Opcode.BINARY else None
            injected = side.position in side.injected
            at = (now, frame, inflated, side.position, text, problem, injected)
            seen = WireFrame(self.number, direction, *at)
            self._events.append(seen)
            self._events_size += _size(seen)
        while self._events_size > BUDGET:
            event = self._events[0]
            del self._events[0]
            self._dropped += 1
            if isinstance(event, WireFrame):
                self._events_size -= _size(event)
                self.forgotten += 1


def _size(seen: WireFrame) -> int:
    """About how many bytes of memory it takes."""
    inflated = seen.inflated
    return (
        OBJECT + len(seen.frame.payload) + (OBJECT // 2 + len(inflated.payload) if inflated else 0)
    )
