"""The echo server of lesson 02: it greets, then repeats what it is told."""

import pathlib
from typing import Any

from websockets.asyncio.server import ServerConnection

import wsdemo.server

__all__ = ["PAGE", "handler", "serve"]

PAGE = pathlib.Path(__file__).with_name("echo.html")


async def handler(connection: ServerConnection) -> None:
    """Send ``Welcome!``; then answer text with ``You said: …``, and bytes with the same bytes."""
    await connection.send("Welcome!")
    async for message in connection:
        await connection.send(f"You said: {message}" if isinstance(message, str) else message)


def serve(**options: Any) -> wsdemo.server.Server:
    """Start the echo server, with its page at ``/``.

    Args:
        options: those of :func:`wsdemo.serve`. Messages are not compressed unless
            ``compression="deflate"`` asks for it: it would more than triple a connection's memory.
    """
    options = {"name": "echo", "pages": {"/": PAGE}, "compression": None, **options}
    return wsdemo.server.serve(handler, **options)
