"""The steps of the opening handshake, with the judge as the client (RFC 6455 §4.1, §4.2)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wsdemo.frames import Handshake, accept_key
from wsdemo.judge.model import Failed
from wsdemo.judge.peer import End, Peer
from wsdemo.judge.session import Session, Step
from wsdemo.judge.talk import quoted
from wsdemo.judge.words import key_for, upgrade_request

__all__ = ["answered", "ended", "refused", "refused_or_answered", "request", "status_101", "tokens"]


@dataclass(frozen=True)
class Request:
    """Open a TCP connection and send a request.

    Attributes:
        changes: header fields to set instead of the right ones; ``None`` leaves one out.
        start_line: the request line.
        query: what to add to the address's own path.
        form: what becomes of the bytes before they are sent.
        cut: send them in pieces of so many bytes; 0: at once.
    """

    changes: Mapping[str, str | None]
    start_line: str = "GET {target} HTTP/1.1"
    query: str = ""
    form: Callable[[bytes], bytes] = bytes
    cut: int = 0

    async def run(self, session: Session) -> None:
        """Connect, and send."""
        peer = await session.open()
        target = session.target + self.query
        key = key_for(f"{session.talk.name} {peer.number}")
        asked = upgrade_request(session.host, key, target, self.changes, self.start_line)
        session.asked = asked
        sent = self.form(bytes(asked))
        peer.remark(_as_sent(sent))
        await peer.send_bytes(sent, self.cut)


def _as_sent(data: bytes) -> Handshake | str:
    """Return a request for the conversation, with its names and its spaces as they are sent."""
    head, end, _ = data.partition(b"\r\n\r\n")
    if not end:
        return f"the judge sends {quoted(data)}" if data else "the judge sends nothing"
    start, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Handshake(start, tuple((name, value.removeprefix(" ")) for name, _, value in pairs))


LOOKS_AT = ("Upgrade", "Connection", "accept", "extensions", "subprotocol")
"""What a client must look at in a response, beside its status (§4.1)."""


@dataclass(frozen=True)
class Answered:
    """Expect the response 101.

    Attributes:
        looks_at: what is looked at beside the status, of :data:`LOOKS_AT`.
    """

    looks_at: tuple[str, ...] = LOOKS_AT

    async def run(self, session: Session) -> None:
        """Read the response."""
        expected = "the response HTTP/1.1 101 Switching Protocols"
        response = await _response(session.peer, expected)
        if response.status != 101:
            raise Failed(expected, quoted(response.start_line), "4.2.2")
        _check_response(session.asked, response, self.looks_at)


async def _response(peer: Peer, expected: str) -> Handshake:
    event = await peer.next(expected)
    if isinstance(event, Handshake) and event.status is not None:
        return event
    if isinstance(event, End):
        cut_off = f" after {quoted(peer.rest)}" if peer.rest else " without a response"
        how = "was reset" if event.how == "reset" else "ended"
        raise Failed(expected, f"the TCP connection {how}{cut_off}", "4.2.2")
    line = event.start_line if isinstance(event, Handshake) else str(event)
    raise Failed(expected, f"{quoted(line)}, which is not a status line of HTTP", "4.2.2")


def _check_response(
    asked: Handshake, response: Handshake, looks_at: tuple[str, ...] = LOOKS_AT
) -> None:
    def fail(header: str, right: str) -> None:
        value = response.get(header)
        told = f"{header}: {value}" if value else f"no {header} header"
        raise Failed(f"the header {header}: {right}", told, "4.2.2")

    if "Upgrade" in looks_at and response.get("Upgrade").lower() != "websocket":
        fail("Upgrade", "websocket")
    if "Connection" in looks_at and "upgrade" not in tokens(response.get("Connection")):
        fail("Connection", "Upgrade")
    right = accept_key(asked.get("Sec-WebSocket-Key"))
    if "accept" in looks_at and response.get("Sec-WebSocket-Accept") != right:
        fail("Sec-WebSocket-Accept", right)
    for header, what in (
        ("Sec-WebSocket-Extensions", "extensions"),
        ("Sec-WebSocket-Protocol", "subprotocol"),
    ):
        offered = tokens(asked.get(header))
        unknown = [each for each in tokens(response.get(header)) if each not in offered]
        if what in looks_at and unknown:
            raise Failed(f"no {what} but those offered", f"{header}: {unknown[0]}", "4.1")


def tokens(value: str) -> list[str]:
    """Return the names in a list of a header, without their parameters.

    Args:
        value: the value of a header such as Sec-WebSocket-Extensions.
    """
    names = (each.partition(";")[0].strip().lower() for each in value.split(","))
    return [name for name in names if name]


@dataclass(frozen=True)
class RefusedOrAnswered:
    """Expect a refusal, or the response 101 with all that belongs to it."""

    async def run(self, session: Session) -> None:
        """Read the response."""
        expected = "a response with a status of 4xx, or 101"
        response = await _response(session.peer, expected)
        if response.status == 101:
            _check_response(session.asked, response)
        elif (response.status or 0) < 400:
            raise Failed(expected, quoted(response.start_line))


@dataclass(frozen=True)
class Refused:
    """Expect a response that refuses the request: any status from 400 on (§4.2.1, §4.2.2).

    Attributes:
        may_close: whether the program may also end the connection without a response.
        may_answer: whether another status than an error is right, too, if it is not 101.
    """

    may_close: bool = False
    may_answer: bool = False

    async def run(self, session: Session) -> None:
        """Read the response."""
        expected = "a response with a status of 4xx"
        expected += ", or the end of the connection" if self.may_close else ""
        try:
            response = await _response(session.peer, expected)
        except Failed as failed:
            if self.may_close and "TCP connection" in failed.received and session.peer.ended:
                return
            raise
        if response.status == 101 or not (self.may_answer or (response.status or 0) >= 400):
            raise Failed(expected, quoted(response.start_line))


@dataclass(frozen=True)
class Ended:
    """Expect the end of the TCP connection; a refusal may come before it."""

    async def run(self, session: Session) -> None:
        """Receive until the end."""
        expected = "the end of the TCP connection, perhaps after a response with a status of 4xx"
        while not isinstance(event := await session.peer.next(expected), End):
            if not isinstance(event, Handshake) or (event.status or 0) < 400:
                line = event.start_line if isinstance(event, Handshake) else str(event)
                raise Failed(expected, quoted(line))


def request(
    changes: Mapping[str, str | None] | None = None,
    start_line: str = "GET {target} HTTP/1.1",
    query: str = "",
    form: Callable[[bytes], bytes] = bytes,
    cut: int = 0,
) -> Step:
    """Connect, and send a request; see :class:`Request`."""
    return Request(changes or {}, start_line, query, form, cut)


def answered(*looks_at: str) -> Step:
    """Expect the response 101; see :class:`Answered`.

    Args:
        looks_at: what is looked at beside the status; all of it unless given.
    """
    return Answered(looks_at or LOOKS_AT)


def status_101() -> Step:
    """Expect the status 101, whatever the header fields are."""
    return Answered(())


def refused_or_answered() -> Step:
    """Expect a refusal, or 101 with all that belongs to it; see :class:`RefusedOrAnswered`."""
    return RefusedOrAnswered()


def ended() -> Step:
    """Expect the end of the TCP connection; see :class:`Ended`."""
    return Ended()


def refused(may_close: bool = False, may_answer: bool = False) -> Step:
    """Expect a refusal of the request before; see :class:`Refused`."""
    return Refused(may_close, may_answer)
