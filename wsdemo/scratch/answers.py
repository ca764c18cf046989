"""What a right server answers: the worked server of lesson 21, in memory, without a network."""

import asyncio
import contextlib
import functools
from typing import Any

from wsdemo.frames import Frame, FrameParser, Handshake
from wsdemo.scratch.stages import STAGES, program_after

__all__ = ["answers", "respond"]


async def respond(request: bytes | Handshake) -> Handshake:
    """Return the worked server's response to a request.

    Args:
        request: the bytes that a client sends, up to the empty line.
    """
    sent = _Sent()
    with contextlib.suppress(EOFError):
        await _worked()["shake_hands"](_reader(bytes(request)), sent)
    parsed = Handshake.parse(bytes(sent.data))
    assert parsed is not None
    return parsed[0]


async def answers(*sent: Frame | bytes) -> list[Frame]:
    """Return the frames that the worked server answers with, after the opening handshake.

    Args:
        sent: what a client sends, one after the other.
    """
    reader, back = _reader(b"".join(map(bytes, sent))), _Sent()
    server = _worked()
    with contextlib.suppress(EOFError):
        await server["echo"](server["Connection"](reader, back))
    return FrameParser().feed(bytes(back.data))


class _Sent:
    """A writer that keeps what is written."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> None:
        self.data += data

    async def drain(self) -> None:
        """Do nothing: memory is always ready."""


def _reader(data: bytes) -> asyncio.StreamReader:
    """Return a reader in which some bytes have come, and then the end."""
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return reader


@functools.cache
def _worked() -> dict[str, Any]:
    """Return the names that the worked server defines."""
    names: dict[str, Any] = {"__name__": "server"}
    exec(compile(program_after(STAGES[-1]), "server.py", "exec"), names)
    return names
