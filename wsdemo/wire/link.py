"""A client's connection joined with a server's: one link of a relay, which knows only bytes."""

import asyncio
import contextlib
import socket
import struct
import sys
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

__all__ = ["DIRECTIONS", "Condition", "End", "Flow", "Link", "Observer", "reset_connection"]

DIRECTIONS = ("to server", "to client")

HOLD = 2**20
"""Bytes that a link holds (frozen, delayed) before it stops reading, as full buffers would."""


READ = 2**17
"""Bytes read at once; one message of 64 KiB and its header fit in."""


class Observer(Protocol):
    """An object that is notified of what happens on one link."""

    def received(self, direction: str, data: bytes) -> None:
        """Bytes have come in."""

    def ended(self, direction: str, by_reset: bool) -> None:
        """Nothing more will come in: the sender has closed its TCP connection, or reset it."""

    def noted(self, what: str) -> None:
        """Something happened to the connection."""

    def over(self) -> None:
        """Both connections have ended; the link's numbers are final."""


@dataclass
class Condition:
    """What happens to the bytes of one direction, on every link.

    Attributes:
        frozen: nothing leaves for now.
        delay: seconds that each byte is under way.
        rate: bytes that leave per second; ``None`` for no limit.
    """

    frozen: bool = False
    delay: float = 0.0
    rate: float | None = None


class Flow:
    """One direction of a link: what comes in at one end leaves at the other, in order.

    Attributes:
        delivered: how many bytes have left.
        finished: whether nothing more will leave.
        splitter: see :meth:`split_by`.
    """

    def __init__(self, link: "Link", direction: str, condition: Condition) -> None:
        self.delivered = 0
        self.finished = False
        self._lost = 0  # bytes that came and will not leave
        self.source: asyncio.Transport | None = None
        self.sink: asyncio.Transport | None = None
        self._link, self._direction, self._condition = link, direction, condition
        self._loop = asyncio.get_running_loop()
        self._held: deque[tuple[float, bytes]] = deque()  # when it is due, and what it is
        self._size = 0
        self._full = False  # the sink's buffer is over its limit
        self._ended = False  # the source will send nothing more
        self._next_turn = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._countdown: tuple[int, Callable[[], object]] | None = None
        self.splitter: Callable[[bytes], Iterable[bytes]] | None = None
        self._clear = False  # bytes may pass at once; asked for each piece, so kept

    @property
    def received(self) -> int:
        """How many bytes have come in."""
        return self.delivered + self._size + self._lost

    def take(self, data: bytes) -> None:
        """Accept bytes from the source."""
        if self._clear and self.sink:  # the next program can work while this one notes it
            self.delivered += len(data)
            self.sink.write(data)
            self._link.observer.received(self._direction, data)
            return
        for piece in self.splitter(data) if self.splitter else (data,):
            if piece:
                self.add(piece)

    def add(self, data: bytes) -> None:
        """Put bytes behind those that have come, as if the source had sent them."""
        self._link.observer.received(self._direction, data)
        if self.finished:  # the sink is gone
            self._lost += len(data)
            return
        delay = self._condition.delay
        self._held.append((self._loop.time() + delay if delay else 0.0, data))
        self._size += len(data)
        self.pump()

    def _look(self) -> None:
        """See whether nothing is before the next bytes, and no fault is set."""
        line = self._condition
        watched = self._countdown is not None or self.splitter is not None
        ails = line.frozen or line.delay or line.rate or watched
        blocked = self._held or self._full or self.finished or self.sink is None
        self._clear = not (ails or blocked)

    def split_by(self, splitter: Callable[[bytes], Iterable[bytes]] | None) -> None:
        """Have what comes cut by a function, which may put other bytes between; ``None`` ends it.

        Args:
            splitter: called with the next bytes that come; returns what is added in their place.
        """
        self.splitter = splitter
        self._look()

    def end(self, by_reset: bool = False, told: bool = True) -> None:
        """The source will send nothing more; what it sent is still delivered."""
        if not self._ended:
            self._ended = True
            if told:
                self._link.observer.ended(self._direction, by_reset)
        self.pump()

    def drop(self) -> None:
        """The sink is gone; what was on its way is lost."""
        self._held.clear()
        self._lost += self._size
        self._size = 0
        self.finished = True
        self._look()

    def choke(self, full: bool) -> None:
        """The sink's buffer has passed its limit, or has room again."""
        self._full = full
        self.pump()

    def act_after(self, after: int, action: Callable[[], object]) -> None:
        """Let ``after`` more bytes leave, then act."""
        if after:
            self._countdown = (after, action)
            self._look()
        else:
            action()

    def pump(self) -> None:
        """Let out what may leave now, and come back for the rest when its time has come."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._held and self.sink and not self._full and not self._condition.frozen:
            wait = max(self._held[0][0], self._next_turn)
            if wait > self._loop.time():
                self._timer = self._loop.call_at(wait, self.pump)
                break
            self._let_out(self.sink)
        self._pass_on_the_end()
        self._look()
        if self.source is not None:
            slow = self._size and self._condition.rate
            if self.sink is None or self._full or self._size > HOLD or slow:
                self.source.pause_reading()
            else:
                self.source.resume_reading()

    def _let_out(self, sink: asyncio.Transport) -> None:
        due, data = self._held.popleft()
        size = len(data)
        if self._condition.rate:  # small portions look like a slow line, large ones like a stutter
            size = min(size, max(1, int(self._condition.rate / 20)))
            self._next_turn = self._loop.time() + size / self._condition.rate
        if self._countdown is not None:
            size = min(size, self._countdown[0])
        if size < len(data):
            self._held.appendleft((due, data[size:]))
            data = data[:size]
        self._size -= size
        self.delivered += size
        sink.write(data)
        if self._countdown is not None:
            left, action = self._countdown[0] - size, self._countdown[1]
            self._countdown = (left, action) if left else None
            if not left:
                action()

    def _pass_on_the_end(self) -> None:
        if not self._ended or self._held or self.finished or self._condition.frozen:
            return
        if self.sink is not None:
            self.finished = True
            self._link.flow_finished(self)


class End(asyncio.BufferedProtocol):
    """One end of a link: the TCP connection with the client, or the one with the server.

    While it is connected it has a buffer of its own to read into; asyncio's default makes one of
    256 KiB at each read.
    """

    def __init__(self, link: "Link", inward: Flow, outward: Flow) -> None:
        self._link, self._inward, self._outward = link, inward, outward
        self._buffer = memoryview(b"")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to read from here, and to write to here."""
        assert isinstance(transport, asyncio.Transport)
        self._buffer = memoryview(bytearray(READ))
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._link.connected(self, transport)
        self._inward.source = self._outward.sink = transport
        self._outward.pump()
        self._inward.pump()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Say where the next bytes may be put."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take the bytes that were put there."""
        self._inward.take(bytes(self._buffer[:nbytes]))

    def eof_received(self) -> bool:
        """Pass on that no more will come."""
        self._inward.end()
        return True  # the other direction stays open

    def connection_lost(self, error: Exception | None) -> None:
        """Tell the other end, unless this one was cut without its knowledge."""
        self._buffer = memoryview(b"")
        self._outward.drop()
        if not self._link.half_open:
            by_peer = error is not None  # else it was closed from here
            self._link.was_reset |= by_peer
            self._inward.end(by_reset=by_peer, told=by_peer)
            self._link.close_if_finished()
        self._link.lost(self)

    def abort(self) -> None:
        """Close the connection, if there is one, and drop what waits in its buffer."""
        if self._outward.sink is not None:
            self._outward.sink.abort()

    def pause_writing(self) -> None:
        """Hold what goes out here: the buffer is full."""
        self._outward.choke(True)

    def resume_writing(self) -> None:
        """Go on."""
        self._outward.choke(False)


class Link:
    """A client's connection, and the one to the server that it is joined with.

    Attributes:
        observer: who is told what passes.
        client_port: the port of the client's end; 0 while it is not known.
        flows: the two :class:`Flow`, by direction.
        was_reset: whether a connection of this link has ended by a reset.
        half_open: whether one end was cut without the other's knowledge.
    """

    observer: Observer

    def __init__(self, conditions: dict[str, Condition]) -> None:
        self.client_port = 0
        self.was_reset = False
        self.half_open = False
        self.flows = {each: Flow(self, each, conditions[each]) for each in DIRECTIONS}
        to_server, to_client = self.flows.values()
        self.client_end = End(self, inward=to_server, outward=to_client)
        self.server_end = End(self, inward=to_client, outward=to_server)
        self._ends = {self.client_end, self.server_end}

    @property
    def transports(self) -> dict[str, asyncio.Transport]:
        """The connections that are open, by the direction that leads there."""
        sinks = {direction: flow.sink for direction, flow in self.flows.items()}
        return {each: sink for each, sink in sinks.items() if sink and not sink.is_closing()}

    @property
    def over(self) -> bool:
        """Whether both connections have ended, or were never made."""
        return not self._ends

    def connected(self, end: End, transport: asyncio.Transport) -> None:
        """Note where the client is."""
        if end is self.client_end:
            address = transport.get_extra_info("peername")  # None if it has already gone
            self.client_port = address[1] if address else 0

    def lost(self, end: End) -> None:
        """Note that one end has no connection any more, or never will have."""
        if end in self._ends:
            self._ends.remove(end)
            if self.over:
                self.observer.over()

    def flow_finished(self, flow: Flow) -> None:
        """Pass on the end of one direction."""
        if not self.was_reset and flow.sink and not flow.sink.is_closing():
            with contextlib.suppress(OSError):
                flow.sink.write_eof()
        self.close_if_finished()

    def close_if_finished(self) -> None:
        """Close both ends once nothing more can pass either way."""
        if all(flow.finished for flow in self.flows.values()):
            for transport in self.transports.values():
                if self.was_reset:
                    reset_connection(transport)
                else:
                    transport.close()

    def abort(self) -> None:
        """Close what is connected, also what is closing: the rest of its data waits."""
        # Not what has closed: asyncio's transport may fail then.
        for end in self._ends:
            end.abort()

    def cut(self, directions: tuple[str, ...]) -> None:
        """Reset the connections that these directions lead to; the other one hears nothing."""
        self.half_open = directions != DIRECTIONS
        for direction, transport in self.transports.items():
            if direction in directions:
                reset_connection(transport)


def reset_connection(transport: asyncio.Transport) -> None:
    """Close a TCP connection with RST."""
    # Lingering for zero seconds makes close() send RST instead of FIN.
    linger = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)
    with contextlib.suppress(OSError):
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
