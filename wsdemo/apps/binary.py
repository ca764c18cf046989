"""The binary server of lesson 06: bytes come back as bytes, text as text, fragments as one."""

from typing import Any

from websockets.asyncio.server import ServerConnection

from wsdemo.apps import pages
from wsdemo.apps._app import App
from wsdemo.server.core import Server
from wsdemo.server.limits import Limits, rate_limited, serve_limited

__all__ = ["APP", "LIMITS", "PAGES", "serve"]

PAGES = pages("binary")
LIMITS = Limits()


def serve(limits: Limits = LIMITS, **options: Any) -> Server:
    """Start the binary server: a plain echo, without a greeting.

    Args:
        limits: which clients may connect, how many, and how often they may send.
        options: those of :func:`wsdemo.serve`.
    """

    async def binary(connection: ServerConnection) -> None:
        async for message in rate_limited(connection, limits):
            await connection.send(message)

    return serve_limited(binary, limits, **{"pages": PAGES, **options})


APP = App(serve, LIMITS)
