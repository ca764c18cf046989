"""One raw connection of the judge: bytes out, handshakes and frames in, every wait bounded."""

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass, replace

from wsdemo.frames import Frame, FrameParser, Handshake, Opcode
from wsdemo.judge.model import Failed, NoAnswer
from wsdemo.judge.rules import Rules
from wsdemo.judge.talk import Talk, quoted, some_bytes
from wsdemo.wire.link import reset_connection

__all__ = ["End", "Peer"]

HEAD = 2**16
"""Bytes of a handshake; the judge reads no longer one."""

FLOOD = 2**24
"""Bytes from one connection; no case asks for half as many."""

CROWD = 10_000
"""Frames that have come and that nobody has looked at; no case asks for half as many."""

PINGS = 1_000
"""Pings and Pongs from one connection; no case asks for a tenth of them."""

PIECE = 2**16
"""Bytes that are read at once."""

GOODBYE = 0.5
"""Seconds for what was sent to leave, when the judge ends a connection."""

PAUSE = 0.001
"""Seconds between two pieces of what is sent in pieces, so that each is a packet of its own."""

MASK = bytes.fromhex("37fa213d")
"""The mask of the RFC's own example (§5.7); a fixed one makes a talk easy to compare."""


@dataclass(frozen=True)
class End:
    """The end of what the other side sends.

    Attributes:
        how: ``"ended"``, or ``"reset"``.
    """

    how: str


class Peer:
    """The judge's end of one connection.

    It reads all the time, whatever it is sending: a program that answers while the judge still
    sends must not wait for the judge.

    Args:
        reader: the stream of what comes.
        writer: the stream of what goes.
        talk: where to note both.
        patience: seconds that each wait may last.

    Attributes:
        number: the number of this connection in the talk, from 1.
        upgraded: whether the opening handshake is over, and frames come.
        handshake: the other side's request or response, once it came.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        talk: Talk,
        patience: float,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._talk, self.number, self.patience = talk, talk.new_connection(), patience
        self._other = talk.side
        self._rules = Rules(talk.side)
        self._events: deque[Handshake | Frame | End] = deque()
        self._news = asyncio.Event()
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._parser = FrameParser()
        self._rest = b""  # bytes that are not a whole handshake or frame yet
        self._count = self._pings = 0
        self.upgraded = False
        self.handshake: Handshake | None = None
        self._closing = False  # whether the judge has sent a Close frame
        self._reading = asyncio.create_task(self._read())

    # Receiving

    async def _read(self) -> None:
        how = "ended"
        try:
            while data := await self._reader.read(PIECE):
                await self._may_read.wait()
                self._count += len(data)
                if self._count > FLOOD:
                    how = "flood"
                    break
                self._take(data)
                if len(self._events) > CROWD:
                    how = "flood"
                    break
        except (OSError, asyncio.IncompleteReadError):
            how = "reset"
        self._events.append(End(how))
        self._news.set()

    def _take(self, data: bytes) -> None:
        if self.handshake is None:
            self._rest += data if len(self._rest) <= HEAD else b""
            parsed = Handshake.parse(self._rest) if len(self._rest) <= HEAD else None
            if parsed is None:
                return
            self.handshake, data = parsed
            self._rest = b""
            self._events.append(self.handshake)
            # Frames follow a request as soon as the judge has answered it, and a response of 101.
            self.upgraded = self.handshake.status == 101 or self._other == "client"
        if not self.upgraded:
            self._rest = (self._rest + data)[:HEAD]
        else:
            frames = self._parser.feed(data)
            self._rest = b"" if frames else (self._rest + data)[:HEAD]
            self._events += frames
        self._news.set()

    async def next(self, expected: str) -> Handshake | Frame | End:
        """Return what comes next.

        Args:
            expected: what the case waits for, for its verdict.

        Raises:
            NoAnswer: nothing came in time.
            Failed: no right program sends this frame here.
        """
        try:
            async with asyncio.timeout(self.patience):
                while not self._events:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            await asyncio.sleep(0)  # what has come meanwhile, while the judge was busy, counts
            if not self._events:
                raise NoAnswer(expected, self._nothing()) from None
        event = self._events.popleft()
        if isinstance(event, End):
            self._events.append(event)  # an end stays the end
            if event.how == "flood":
                size = f"{FLOOD // 2**20} MiB, or {CROWD} frames at once"
                raise Failed(expected, f"more than {size}: the {self._other} floods")
        if isinstance(event, Handshake):
            self._talk.add(self.number, event)
        elif isinstance(event, Frame):
            self._talk.add_frame(self.number, event, by_judge=False)
            self._rules.check(event)
            self._pings += event.opcode in (Opcode.PING, Opcode.PONG)
            if self._pings > PINGS:
                raise Failed(expected, f"{PINGS} Pings or Pongs: the {self._other} floods")
        else:
            self._note_end(event)
        return event

    def _nothing(self) -> str:
        told = f"no answer within {self.patience:g} s"
        if not self._rest:
            return f"{told}; the TCP connection is still open"
        kind = "whole frame" if self.upgraded else "whole response: no empty line ends it"
        if self._other == "client" and not self.upgraded:
            kind = "whole request: no empty line ends it"
        shown = self._shown_rest()
        count = f"{len(self._rest)}" if len(self._rest) < HEAD else f"more than {HEAD}"
        return f"{told} but {count} bytes that are not a {kind}: {shown}"

    def _shown_rest(self) -> str:
        return some_bytes(self._rest) if self.upgraded else quoted(self._rest)

    def _note_end(self, end: End) -> None:
        how = "reset" if end.how == "reset" else "closed"
        rest = f", after {self._shown_rest()}" if self._rest and not self.upgraded else ""
        self._talk.add(self.number, f"the {self._other} {how} the TCP connection{rest}")

    @property
    def ended(self) -> bool:
        """Whether the other side has ended the TCP connection."""
        return bool(self._events) and isinstance(self._events[-1], End)

    @property
    def rest(self) -> bytes:
        """What came after a response that is not an upgrade, or of one that is not whole."""
        return self._rest

    async def frame(self, expected: str) -> Frame | End:
        """Return the next frame, or the end; a Ping is answered, and passed over.

        Args:
            expected: what the case waits for, for its verdict.

        Raises:
            Failed: it is wrong, or did not come.
        """
        while True:
            event = await self.next(expected)
            if isinstance(event, Handshake):
                raise Failed(expected, "another handshake")
            if isinstance(event, Frame) and event.opcode == Opcode.PING:
                await self.send(Frame(Opcode.PONG, event.payload))
                continue
            return event

    def remark(self, step: Handshake | str) -> None:
        """Note what the judge does: its handshake, raw bytes, the end of the connection."""
        self._talk.add(self.number, step)

    def waiting(self) -> int:
        """Return how many events have come that nobody has looked at."""
        return len(self._events)

    def stop_reading(self) -> None:
        """Read nothing more, so that what the other side sends fills the system's buffers."""
        self._may_read.clear()

    # Sending

    async def send(self, frame: Frame, masked: bool | None = None) -> None:
        """Send a frame; the judge masks it where it is the client.

        Args:
            frame: the frame, without a mask, or with the mask to use.
            masked: ``False`` sends it as it is.

        Raises:
            NoAnswer: the other side does not read.
        """
        await self.send_bytes(bytes(self.note(frame, masked)))

    def note(self, frame: Frame, masked: bool | None = None) -> Frame:
        """Note a frame as sent, and return it as it goes over the wire."""
        if masked is None and frame.mask is None and self._talk.side == "server":
            frame = replace(frame, mask=MASK)
        self._closing |= frame.opcode == Opcode.CLOSE
        self._talk.add_frame(self.number, frame, by_judge=True)
        return frame

    @property
    def closing(self) -> bool:
        """Whether the judge has sent a Close frame."""
        return self._closing

    async def send_bytes(self, data: bytes, cut: int = 0) -> None:
        """Send bytes as they are.

        Args:
            data: the bytes.
            cut: send them in pieces of so many bytes, each in a packet of its own; 0: at once.

        Raises:
            NoAnswer: the other side does not read.
        """
        size = cut or len(data) or 1
        # If the program has ended the connection, what it sent before that says why.
        with contextlib.suppress(OSError):
            try:
                for start in range(0, len(data), size):
                    if self._writer.is_closing():
                        break
                    self._writer.write(data[start : start + size])
                    async with asyncio.timeout(self.patience):
                        await self._writer.drain()
                    if cut:
                        await asyncio.sleep(PAUSE)
            except TimeoutError:
                expected = f"the {self._other} to read what is sent"
                received = f"it did not read {len(data)} bytes within {self.patience:g} s"
                raise NoAnswer(expected, received) from None

    async def finish(self) -> None:
        """Send nothing more: the other side receives the end, and the judge still reads."""
        with contextlib.suppress(OSError):
            self._writer.write_eof()

    async def leave(self, reset: bool = False) -> None:
        """End the TCP connection.

        Args:
            reset: end it with an RST, as a program that was killed may.
        """
        transport = self._writer.transport
        self._reading.cancel()
        if reset and isinstance(transport, asyncio.Transport):
            reset_connection(transport)
        self._writer.close()
        closed = asyncio.create_task(self._writer.wait_closed())
        await asyncio.wait([closed], timeout=GOODBYE)
        if not closed.done():  # what was sent is not read
            transport.abort()
        with contextlib.suppress(OSError):
            await closed
