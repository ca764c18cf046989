"""The echo server of lesson 02: it greets, then repeats what it receives."""

from typing import Any

from websockets.asyncio.server import ServerConnection

from wsdemo.apps import pages
from wsdemo.apps._app import App
from wsdemo.server.core import Server
from wsdemo.server.limits import Limits, rate_limited, serve_limited

__all__ = ["APP", "LIMITS", "PAGES", "serve"]

PAGES = pages("echo")
LIMITS = Limits()


def serve(limits: Limits = LIMITS, **options: Any) -> Server:
    """Start the echo server.

    It sends ``Welcome!``; then it answers text with ``You said: …``, and bytes with the same bytes.

    Args:
        limits: which clients may connect, how many, and how often they may send.
        options: those of :func:`wsdemo.serve`.
    """

    async def echo(connection: ServerConnection) -> None:
        await connection.send("Welcome!")
        async for message in rate_limited(connection, limits):
            await connection.send(f"You said: {message}" if isinstance(message, str) else message)

    return serve_limited(echo, limits, **{"pages": PAGES, **options})


APP = App(serve, LIMITS)
