"""The steps that receive: what must come after the opening handshake (RFC 6455 §5 to §8)."""

from dataclasses import dataclass, replace

from wsdemo.frames import Frame, Opcode
from wsdemo.judge.model import Failed, NoAnswer
from wsdemo.judge.peer import End, Peer
from wsdemo.judge.session import Session, Step
from wsdemo.judge.words import shown

__all__ = ["closes", "expect", "expect_any", "fails", "fresh_masks"]


@dataclass(frozen=True)
class Expect:
    """Expect messages and Pongs. Messages may come in fragments.

    Messages come in their order, and so do Pongs. Which comes first of a message and a Pong is left
    open: a Pong goes as soon as is practical (§5.5.2).

    Attributes:
        frames: each a whole message, or a Pong.
    """

    frames: tuple[Frame, ...]

    async def run(self, session: Session) -> None:
        """Receive them; Pings are answered, and Pongs that are not expected do not matter."""
        left = list(self.frames)
        while left:
            place = len(self.frames) - len(left) + 1
            of = f" ({place} of {len(self.frames)})" if len(self.frames) > 1 else ""
            pongs = [frame for frame in left if frame.opcode == Opcode.PONG]
            try:
                received = await _message(session.peer, shown(left[0]) + of, bool(pongs))
            except Failed as failed:
                raise _other_message(failed, left[0], of) from None
            of_its_kind = [
                frame
                for frame in left
                if (frame.opcode == Opcode.PONG) == (received.opcode == Opcode.PONG)
            ]
            wanted = (of_its_kind or left)[0]
            if (received.opcode, received.payload) != (wanted.opcode, wanted.payload):
                told = _difference(wanted, received)
                raise Failed(shown(wanted) + of, told, frame=received)
            left.remove(wanted)


def _other_message(failed: Failed, wanted: Frame, of: str) -> Failed:
    """Say which message was expected where a text came that is not UTF-8.

    Until UTF-8 is what a stage is about, the fault is another: a wrong type, or a wrong mask.
    """
    frame = failed.frame
    if failed.section != "8.1" or frame is None or frame.opcode != Opcode.TEXT:
        return failed
    told = shown(frame) + ("" if wanted.opcode == Opcode.BINARY else ", which is not UTF-8")
    return Failed(shown(wanted) + of, told, frame=frame)


async def _message(peer: Peer, expected: str, want_pong: bool = False) -> Frame:
    """Return the next message, put together from its fragments, or the next control frame."""
    parts: list[Frame] = []
    while True:
        try:
            event = await peer.frame(expected)
        except NoAnswer:
            if parts:
                told = f"{_with_fin_0(parts[-1])}: the judge waits for the rest of the message"
                raise NoAnswer(expected, told, frame=parts[-1]) from None
            raise
        if isinstance(event, End):
            begun = f" after {_with_fin_0(parts[-1])}, inside a message" if parts else ""
            how = "was reset" if event.how == "reset" else "ended"
            frame = parts[-1] if parts else None
            raise Failed(expected, f"the TCP connection {how}{begun}", frame=frame)
        if event.opcode == Opcode.PONG and not want_pong:
            continue
        if event.is_control:
            return event
        parts.append(event)
        if event.fin:
            return Frame(parts[0].opcode, b"".join(part.payload for part in parts))


def _with_fin_0(frame: Frame) -> str:
    """Return a frame after which more must come, as a verdict names it."""
    return f"{shown(replace(frame, fin=True))} with FIN 0"


def _difference(expected: Frame, received: Frame) -> str:
    """Say what came, and where a long message first differs."""
    told = shown(received)
    if received.opcode != expected.opcode or min(expected.length, received.length) < 16:
        return told
    pairs = zip(expected.payload, received.payload, strict=False)
    place = next((at for at, (a, b) in enumerate(pairs) if a != b), None)
    if place is None:
        return f"{told}, of the {expected.length} that were sent"
    a, b = expected.payload[place], received.payload[place]
    return f"{told}: byte {place} is {b:02x}, and {a:02x} was sent"


@dataclass(frozen=True)
class ExpectAny:
    """Expect the last of some frames; those before it may come too, in their order (§5.5.3).

    Attributes:
        frames: Pongs.
    """

    frames: tuple[Frame, ...]

    async def run(self, session: Session) -> None:
        """Receive until the last one."""
        expected = f"{shown(self.frames[-1])}, perhaps after the {len(self.frames) - 1} before it"
        left = list(self.frames)
        while left:
            received = await _message(session.peer, expected, want_pong=True)
            while left and left[0].payload != received.payload:
                del left[0]
            if not left or left[0].opcode != received.opcode:
                raise Failed(expected, shown(received), frame=received)
            del left[0]


@dataclass(frozen=True)
class Fails:
    """Expect that the program fails the connection (§7.1.7).

    It may send a Close frame first, with one of the codes or with none, and must end the TCP
    connection. No message is echoed, and no Ping answered, after what was wrong.

    Attributes:
        codes: the close codes that fit; the first is the best.
    """

    codes: tuple[int, ...]

    async def run(self, session: Session) -> None:
        """Receive until the end."""
        peer = session.peer
        expected = f"CLOSE {self.codes[0]}, or the end of the TCP connection"
        closed: Frame | None = None
        while True:
            if closed:
                expected = f"the end of the TCP connection after {shown(closed)}"
            event = await peer.frame(expected)
            if isinstance(event, End):
                await peer.leave()
                return
            if event.opcode != Opcode.CLOSE:
                raise Failed(expected, shown(event), "7.1.7", event)
            if event.close_code is not None and event.close_code not in self.codes:
                raise Failed(expected, shown(event), "7.4.1", event)
            closed = event
            if not peer.closing:
                await peer.send(Frame(Opcode.CLOSE, event.payload[:2]))
            if session.talk.side == "client":
                return  # it may wait for the server to end the TCP connection (§7.1.1)


@dataclass(frozen=True)
class Closes:
    """Expect the closing handshake: a Close frame, then the end of the TCP connection (§7.1.1).

    Attributes:
        codes: the close codes that may come; empty: any that may be sent, or none.
        before: messages and Pongs that may come before the Close frame; a program may also answer
            the Close frame first (§5.5.1).
    """

    codes: tuple[int, ...] = ()
    before: tuple[Frame, ...] = ()

    async def run(self, session: Session) -> None:
        """Receive the Close frame, and the end."""
        peer = session.peer
        code = f"CLOSE {self.codes[0]}" if self.codes else "CLOSE"
        allowed = [(frame.opcode, frame.payload) for frame in self.before]
        received = await _message(peer, code)
        while (received.opcode, received.payload) in allowed:
            allowed.remove((received.opcode, received.payload))
            received = await _message(peer, code)
        if received.opcode != Opcode.CLOSE:
            raise Failed(code, shown(received), frame=received)
        if self.codes and received.close_code not in (*self.codes, None):
            raise Failed(code, shown(received), "7.4.1", received)
        expected = f"the end of the TCP connection after {shown(received)}"
        if session.talk.side == "client":
            await peer.leave()  # a client may wait for the server to end it (§7.1.1)
            return
        event = await peer.frame(expected)
        if not isinstance(event, End):
            raise Failed(expected, shown(event), "5.5.1", event)
        await peer.leave()


@dataclass(frozen=True)
class FreshMasks:
    """Expect messages whose masks all differ (§5.3).

    Attributes:
        count: how many messages.
    """

    count: int

    async def run(self, session: Session) -> None:
        """Receive them."""
        expected = f"{self.count} masked frames, each with a mask of its own"
        masks: set[bytes | None] = set()
        while len(masks) < self.count:
            event = await session.peer.frame(expected)
            if isinstance(event, End) or event.is_control:
                told = "the end of the TCP connection" if isinstance(event, End) else shown(event)
                raise Failed(expected, told)
            if event.mask in masks:
                told = f"the mask {(event.mask or b'').hex(' ')} a second time"
                raise Failed(expected, told, frame=event)
            masks.add(event.mask)


def expect(*frames: Frame) -> Step:
    """Expect messages and control frames; see :class:`Expect`."""
    return Expect(frames)


def expect_any(*frames: Frame) -> Step:
    """Expect the last of some Pongs; see :class:`ExpectAny`."""
    return ExpectAny(frames)


def fails(*codes: int) -> Step:
    """Expect that the connection fails; see :class:`Fails`."""
    return Fails(codes)


def closes(*codes: int, before: tuple[Frame, ...] = ()) -> Step:
    """Expect the closing handshake; see :class:`Closes`."""
    return Closes(codes, before)


def fresh_masks(count: int) -> Step:
    """Expect messages whose masks all differ; see :class:`FreshMasks`."""
    return FreshMasks(count)
