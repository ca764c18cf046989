"""The steps that open a connection, send, and leave (RFC 6455 §5)."""

import asyncio
from dataclasses import dataclass

from wsdemo.frames import Frame
from wsdemo.judge.answering import ACCEPT, ASKED
from wsdemo.judge.opening import answered, request
from wsdemo.judge.session import Session, Step
from wsdemo.judge.talk import some_bytes

__all__ = ["FINISH", "LEAVE", "OPEN", "RESET", "STOP_READING", "apart", "pour", "send"]


POURED = 2**18
"""Bytes that are sent at once of a long payload."""


@dataclass(frozen=True)
class Open:
    """Do the opening handshake, whatever side the judge has."""

    async def run(self, session: Session) -> None:
        """Open a connection that is ready for frames."""
        steps = (request(), answered()) if session.talk.side == "server" else (ASKED, ACCEPT)
        for step in steps:
            await step.run(session)


@dataclass(frozen=True)
class Send:
    """Send frames, or bytes.

    Attributes:
        what: frames, which are masked where the judge is the client, and bytes.
        masked: ``False``: send the frames as they are.
        cut: send all in pieces of so many bytes; 0: at once, in as few packets as possible.
    """

    what: tuple[Frame | bytes, ...]
    masked: bool | None = None
    cut: int = 0

    async def run(self, session: Session) -> None:
        """Send all of it."""
        peer, data = session.peer, bytearray()
        for each in self.what:
            if isinstance(each, Frame):
                frame = peer.note(each, self.masked)
                whole = frame.length == len(frame.payload)
                data += bytes(frame) if whole else frame.header
            else:
                peer.remark(f"the judge sends {some_bytes(each)}")
                data += each
        await peer.send_bytes(bytes(data), self.cut)


@dataclass(frozen=True)
class Pour:
    """Send bytes of a payload until the program ends the connection, or all are sent.

    Attributes:
        size: how many bytes.
    """

    size: int

    async def run(self, session: Session) -> None:
        """Send them."""
        peer, sent = session.peer, 0
        while sent < self.size and not (peer.waiting() or peer.ended):
            await peer.send_bytes(bytes(POURED))
            sent += POURED
        if sent:
            peer.remark(f"the judge sends {sent} bytes of that payload")


@dataclass(frozen=True)
class Leave:
    """End the TCP connection without a Close frame.

    Attributes:
        reset: whether it ends with an RST.
    """

    reset: bool = False

    async def run(self, session: Session) -> None:
        """Leave."""
        how = "resets" if self.reset else "closes"
        session.peer.remark(f"the judge {how} the TCP connection")
        await session.peer.leave(self.reset)


@dataclass(frozen=True)
class StopReading:
    """Read nothing more from this connection."""

    async def run(self, session: Session) -> None:
        """Stop."""
        session.peer.remark("the judge stops reading")
        session.peer.stop_reading()


@dataclass(frozen=True)
class Apart:
    """Do some steps on other connections, while those before stay open.

    Attributes:
        steps: they open the others.
        times: how many of them do these steps at once.
    """

    steps: tuple[Step, ...]
    times: int = 1

    async def run(self, session: Session) -> None:
        """Do the steps, with a session for each of the others."""

        async def one() -> None:
            other = Session(session.connect, session.host, session.target, session.talk)
            try:
                for step in self.steps:
                    await step.run(other)
            finally:
                await other.close()

        others = [one() for _ in range(self.times)]
        for result in await asyncio.gather(*others, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result


@dataclass(frozen=True)
class Finish:
    """End what the judge sends; it still reads."""

    async def run(self, session: Session) -> None:
        """Finish."""
        session.peer.remark("the judge ends its side of the TCP connection")
        await session.peer.finish()


FINISH = Finish()
OPEN = Open()
LEAVE = Leave()
RESET = Leave(reset=True)
STOP_READING = StopReading()


def send(*what: Frame | bytes, masked: bool | None = None, cut: int = 0) -> Step:
    """Send frames or bytes; see :class:`Send`."""
    return Send(what, masked, cut)


def pour(size: int) -> Step:
    """Send bytes of a payload that has been announced; see :class:`Pour`."""
    return Pour(size)


def apart(*steps: Step, times: int = 1) -> Step:
    """Do some steps on other connections meanwhile; see :class:`Apart`."""
    return Apart(steps, times)
