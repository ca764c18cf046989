"""The steps of the opening handshake, with the judge as the server (RFC 6455 §4.1, §4.2.2)."""

import asyncio
import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from wsdemo.frames import Handshake, accept_key
from wsdemo.judge.model import Failed
from wsdemo.judge.peer import End, Peer
from wsdemo.judge.session import Session, Step
from wsdemo.judge.talk import quoted

__all__ = ["ACCEPT", "ASKED", "QUIET", "answer", "asked", "goes"]


@dataclass(frozen=True)
class Asked:
    """Wait for the client's request, and look at what every server looks at (§4.2.1).

    Attributes:
        header: look at this header field as well ...
        value: ... which must have this value; ``{host}`` stands for the host and the port.
        target: what the request line must ask for; empty: whatever.
    """

    header: str = ""
    value: str = ""
    target: str = ""

    async def run(self, session: Session) -> None:
        """Receive the connection, and the request."""
        peer = await session.open()
        expected = "a request that ends with an empty line"
        event = await peer.next(expected)
        if isinstance(event, End):
            raise Failed(expected, "the end of the TCP connection", "4.1")
        if not isinstance(event, Handshake):
            raise Failed(expected, str(event), "4.1")
        session.asked = event
        _check_request(event)
        if self.target and event.start_line.split(" ")[1] != self.target:
            raise Failed(f"GET {self.target} HTTP/1.1", quoted(event.start_line), "4.1")
        if self.header:
            value = self.value.format(host=session.host)
            received = event.get(self.header)
            if received != value:
                raise Failed(f"{self.header}: {value}", f"{self.header}: {received}", "4.1")


def _check_request(request: Handshake) -> None:
    words = request.start_line.split(" ")
    if len(words) != 3 or words[0] != "GET" or not words[1].startswith("/"):
        raise Failed("GET, a path, and HTTP/1.1", quoted(request.start_line), "4.1")
    if words[2] != "HTTP/1.1":
        raise Failed("HTTP/1.1", quoted(request.start_line), "4.1")
    for name, token in (("Upgrade", "websocket"), ("Connection", "upgrade")):
        values = [each.strip().lower() for each in request.get(name).split(",")]
        if token not in values:
            _missing(request, name, token)
    if request.get("Sec-WebSocket-Version") != "13":
        _missing(request, "Sec-WebSocket-Version", "13")
    if not request.get("Host"):
        _missing(request, "Host", "with the host and the port of the address")
    try:
        size = len(base64.b64decode(request.get("Sec-WebSocket-Key"), validate=True))
    except (binascii.Error, ValueError):
        size = -1
    if size != 16:
        _missing(request, "Sec-WebSocket-Key", "with 16 bytes in Base64")


def _missing(request: Handshake, name: str, right: str) -> None:
    value = request.get(name)
    told = f"{name}: {value}" if value else f"no {name} header"
    raise Failed(f"the header {name}: {right}", told, "4.1")


@dataclass(frozen=True)
class Answer:
    """Send a response.

    Attributes:
        status: its status line, without the version.
        changes: header fields to set instead of the right ones; ``None`` leaves one out.
        lower: whether the names of the header fields are in lower case.
        cut: send it in pieces of so many bytes; 0: at once.
        more: bytes of frames that follow in the same packet.
    """

    status: str
    changes: Mapping[str, str | None]
    lower: bool = False
    cut: int = 0
    more: bytes = b""

    async def run(self, session: Session) -> None:
        """Send it."""
        headers: dict[str, str | None] = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Accept": accept_key(session.asked.get("Sec-WebSocket-Key")),
        }
        headers |= self.changes
        given = [(name, value) for name, value in headers.items() if value is not None]
        if self.lower:
            given = [(name.lower(), value) for name, value in given]
        response = Handshake(f"HTTP/1.1 {self.status}", tuple(given))
        session.peer.remark(response)
        await session.peer.send_bytes(bytes(response) + self.more, self.cut)


@dataclass(frozen=True)
class Quiet:
    """Expect that nothing comes for a while.

    Attributes:
        seconds: how long.
    """

    seconds: float = 0.1

    async def run(self, session: Session) -> None:
        """Wait, and look."""
        await asyncio.sleep(self.seconds)
        if session.peer.waiting():
            event = await session.peer.next("nothing before the response")
            told = "the end of the TCP connection" if isinstance(event, End) else str(event)
            raise Failed("nothing before the response has come", told, "4.1")


@dataclass(frozen=True)
class Goes:
    """Expect that the client ends the connection, without a frame before that (§4.1)."""

    async def run(self, session: Session) -> None:
        """Receive the end."""
        peer: Peer = session.peer
        expected = "the end of the TCP connection: this response does not accept the upgrade"
        event = await peer.frame(expected)
        if not isinstance(event, End):
            raise Failed(expected, str(event), "4.1", event)


ASKED = Asked()
ACCEPT = Answer("101 Switching Protocols", {})
QUIET = Quiet()


def asked(header: str = "", value: str = "", target: str = "") -> Step:
    """Wait for the client's request; see :class:`Asked`."""
    return Asked(header, value, target)


def answer(
    status: str = "101 Switching Protocols",
    changes: Mapping[str, str | None] | None = None,
    lower: bool = False,
    cut: int = 0,
    more: bytes = b"",
) -> Step:
    """Send a response; see :class:`Answer`."""
    return Answer(status, changes or {}, lower, cut, more)


def goes() -> Step:
    """Expect that the client ends the connection; see :class:`Goes`."""
    return Goes()
