"""Servers and clients that the checks try an answer with."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

from wsdemo.checks._mishaps import watched
from wsdemo.server.core import log

__all__ = ["HOST", "PATIENCE", "Handler", "connected", "path_of", "serving"]

HOST = "127.0.0.1"

PATIENCE = 2
"""Seconds to wait for what a right answer does at once."""

Handler = Callable[[ServerConnection], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(handler: Handler, port: int = 0, **options: Any) -> AsyncIterator[str]:
    """Serve a handler for as long as the block lasts, at the address that it yields.

    Args:
        handler: ``async def handler(connection)``, the learner's or the check's own. What a
            learner's handler raises is shown with the verdict.
        port: the TCP port; 0 takes a free one.
        options: those of :func:`websockets.asyncio.server.serve`.
    """
    options = {"close_timeout": 0.5, "logger": log, **options}
    async with serve(watched(handler), HOST, port, **options) as server:
        scheme = "wss" if options.get("ssl") else "ws"
        yield f"{scheme}://{HOST}:{server.sockets[0].getsockname()[1]}"


@contextlib.asynccontextmanager
async def connected(
    handler: Handler, count: int, **options: Any
) -> AsyncIterator[list[ClientConnection]]:
    """Serve a handler, and connect some clients to it.

    Args:
        handler: as for :func:`serving`.
        count: how many clients.
        options: those that servers and clients have in common, such as ``ping_interval``.
    """
    async with serving(handler, **options) as url, contextlib.AsyncExitStack() as stack:
        options = {"close_timeout": 0.5, **options}
        yield [await stack.enter_async_context(connect(url, **options)) for _ in range(count)]


def path_of(connection: ServerConnection) -> str:
    """Return the path that a client has requested, after its handshake."""
    assert connection.request is not None
    return connection.request.path
