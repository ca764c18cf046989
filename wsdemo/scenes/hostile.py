"""Eve sends more than a hundred kinds of hostile input to a room; a bystander must notice nothing.

The room passes each text message on to all its members, the sender included.
"""

import asyncio
import contextlib
import itertools
import socket
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from wsdemo.frames import FrameParser, Handshake, Opcode
from wsdemo.scenes.hostile_kinds import FRAMES, HANDSHAKES, LEAVES, MESSAGES, frame

__all__ = ["KINDS", "Bystander", "Report", "attack", "run_battery"]

PATIENCE = 5.0
"""Seconds in which an answer must come, even where the machine stalls."""
SILENCE = 2.0
"""Seconds after which Eve leaves a server that does not answer her handshake: some never do."""

GOOD_MESSAGE = b"Is anybody still there?"
AFTER_HANDSHAKE = {**FRAMES, **MESSAGES, **LEAVES}
RESET_ON_CLOSE = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)
GROUPS: dict[str, Mapping[str, object]] = {
    "handshake": HANDSHAKES,
    "frames": FRAMES,
    "message": MESSAGES,
    "leaves": LEAVES,
}
KINDS = [(group, name) for group, kinds in GROUPS.items() for name in kinds]
"""All kinds: pairs of a group, ``handshake``, ``frames``, ``message`` or ``leaves``, and a name."""


async def attack(url: str, group: str, name: str) -> str:
    """Send one kind of hostile input, and then, where the connection is open, a good message.

    Args:
        url: the address of a room.
        group: the kind's group.
        name: its name.

    Returns:
        What the server did: ``"refused 400"`` (or another status), ``"closed 1002"`` (or another
        code), ``"cut"`` where no Close frame came, ``"no answer"``, ``"let through"`` where the
        good message came back; ``"left"`` where Eve did not wait.
    """
    at = urlsplit(url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    good = Handshake(
        f"GET {at.path or '/'} HTTP/1.1",
        (
            ("Host", at.netloc),
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("Sec-WebSocket-Version", "13"),
        ),
    )
    try:
        async with asyncio.timeout(SILENCE if group == "handshake" else PATIENCE):
            writer.write(HANDSHAKES[name](good) if group == "handshake" else bytes(good))
            status, rest = await _response(reader)
            if status != 101:
                return f"refused {status}"
            writer.write(AFTER_HANDSHAKE.get(name, b""))
            if group == "leaves":
                await writer.drain()
                return "left"
            writer.write(frame(Opcode.TEXT, GOOD_MESSAGE))
            return await _fate(reader, rest)
    except TimeoutError:
        return "no answer"
    except ConnectionError:
        return "cut"
    finally:
        writer.transport.abort()


async def _response(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Read the head of a response; return its status and the bytes after it."""
    data = b""
    while (parsed := Handshake.parse(data)) is None:
        if not (more := await reader.read(2**16)):
            raise ConnectionResetError
        data += more
    response, rest = parsed
    return response.status or 0, rest


async def _fate(reader: asyncio.StreamReader, data: bytes) -> str:
    """Read frames until the good message comes back, or the connection ends."""
    parser = FrameParser()
    while True:
        for each in parser.feed(data):
            if each.opcode == Opcode.CLOSE:
                return f"closed {each.close_code or 1005}"
            if each.opcode == Opcode.TEXT and each.payload.endswith(GOOD_MESSAGE):
                return "let through"
        if not (data := await reader.read(2**16)):
            return "cut"


class Bystander:
    """Two members of the room who talk to each other, and to nobody else.

    Args:
        url: the address of the room.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._numbers = itertools.count(1)
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> "Bystander":
        self.ana = await self._join()
        self.bob = await self._join()
        return self

    async def _join(self) -> ClientConnection:
        joining = connect(self._url, max_size=None, close_timeout=0.5)
        return await self._stack.enter_async_context(joining)

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.aclose()

    async def trouble(self) -> str:
        """Let each send a message that both must receive; return what went wrong, or nothing."""
        for name, sender in (("ana", self.ana), ("bob", self.bob)):
            message = f"{name} {next(self._numbers)}"
            with contextlib.suppress(ConnectionClosed):
                await sender.send(message)
            for reader, client in (("ana", self.ana), ("bob", self.bob)):
                try:
                    async with asyncio.timeout(PATIENCE):
                        while await client.recv() != message:
                            pass  # what Eve sent to the room
                except ConnectionClosed:
                    return f"{reader} was disconnected"
                except TimeoutError:
                    return f"{reader} did not receive the message of {name}"
        return ""


@dataclass
class Report:
    """What a room did with each kind.

    Attributes:
        outcomes: from each kind to what :func:`attack` returned.
        trouble: what the bystanders noticed; empty if they noticed nothing.
    """

    outcomes: dict[tuple[str, str], str] = field(default_factory=dict)
    trouble: str = ""

    def kinds(self, group: str, outcome: str) -> list[str]:
        """Return the kinds with an outcome.

        Args:
            group: ``handshake``, ``frames``, ``message`` or ``leaves``.
            outcome: what the outcome begins with, such as ``"let through"`` or ``"refused"``.
        """
        found = self.outcomes.items()
        return [name for (of, name), each in found if of == group and each.startswith(outcome)]


async def run_battery(url: str) -> Report:
    """Send every kind to a room with two bystanders in it.

    All handshakes are sent at once, because some servers never answer some of them. The other kinds
    come one after the other. The battery ends at the first trouble.

    Args:
        url: the address of the room.
    """
    report = Report()
    async with Bystander(url) as bystander:
        outcomes = await asyncio.gather(*(attack(url, "handshake", each) for each in HANDSHAKES))
        for name, outcome in zip(HANDSHAKES, outcomes, strict=True):
            report.outcomes["handshake", name] = outcome
        report.trouble = await bystander.trouble()
        for group, name in KINDS:
            if report.trouble:
                break
            if group != "handshake":
                report.outcomes[group, name] = await attack(url, group, name)
                if trouble := await bystander.trouble():
                    report.trouble = f"after {name!r}, {trouble}"
    return report
