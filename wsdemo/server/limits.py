"""Who may come in, how many, how often: limits for a server that strangers can reach."""

import asyncio
import functools
from collections import Counter
from collections.abc import AsyncIterable, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.frames import CloseCode
from websockets.http11 import Request

from wsdemo.options import check_number
from wsdemo.server.core import Server, serve
from wsdemo.server.origins import ANY, Origin, allowed, is_loopback
from wsdemo.server.refusals import RefusalLog
from wsdemo.server.throttle import throttled

__all__ = [
    "Limits",
    "check_origin",
    "limit_connections",
    "rate_limited",
    "serve_limited",
]


@dataclass(frozen=True)
class Limits:
    """What one client may ask of a server.

    Attributes:
        max_size: bytes of a message; a longer one closes its connection with 1009.
        rate: messages a second from one connection, 0 for any number. Those that come faster
            wait, and then their sender has to: nothing is lost.
        burst: messages that may come at once before the rate is enforced.
        per_address: connections from one IP address, 0 for any number. A whole room may share
            one, so be generous. One too many is closed with 1013.
        origins: pages that may connect beside the server's own and those of the visitor's own
            machine, such as ``"https://example.com"``; ``"*"`` lets in all pages of the web.
            Capitals, a default port and a slash at the end are put right.

    Raises:
        ValueError: a number makes no sense, or an origin can never match.
    """

    max_size: int = 2**20
    rate: float = 0
    burst: int = 100
    per_address: int = 500
    origins: Sequence[str] = ()

    def __post_init__(self) -> None:
        for name, least in (("max_size", 1), ("rate", 0), ("burst", 1), ("per_address", 0)):
            check_number(name, getattr(self, name), least=least, whole=name != "rate")
        object.__setattr__(self, "origins", allowed(self.origins))  # the class is frozen


def serve_limited(
    handler: Callable[[ServerConnection], Awaitable[None]], limits: Limits, **options: Any
) -> Server:
    """Start a server for strangers: foreign pages and too many connections are refused.

    Messages are not compressed unless ``compression="deflate"`` asks for it: it would more than
    triple what a connection costs in memory.

    Args:
        handler: what serves a connection; it receives through :func:`rate_limited`.
        limits: who may come in, how many, how often.
        options: those of :func:`wsdemo.serve`. A ``process_request`` is asked after the Origin.

    Returns:
        The running server.
    """
    options = {"compression": None, "max_size": limits.max_size, **options}
    options["process_request"] = check_origin(limits.origins, options.get("process_request"))
    return serve(limit_connections(handler, limits), **options)


def check_origin(
    origins: Sequence[str], then: Callable[[ServerConnection, Request], Any] | None = None
) -> Callable[[ServerConnection, Request], Any]:
    """Make a ``process_request`` that refuses foreign pages with 403 (RFC 6455 §10.2).

    A program that sends no Origin is let in: only browsers always send one, and they are who the
    check protects. Refused pages are logged (``wsdemo.refusals``), at most one line in 10 s.

    Args:
        origins: see :class:`Limits`.
        then: another ``process_request``, for those that are not refused.

    Raises:
        ValueError: an origin can never match.
    """
    known, refused = allowed(origins), RefusalLog()

    def process_request(connection: ServerConnection, request: Request) -> Any:
        page = ", ".join(request.headers.get_all("Origin"))
        if "Origin" not in request.headers or _may_connect(page, request, known):
            return then(connection, request) if then else None
        refused.add(page)
        return connection.respond(403, f"Pages from {page} may not connect.\n")

    return process_request


def _may_connect(page: str, request: Request, origins: Sequence[str]) -> bool:
    if ANY in origins:
        return True
    try:
        origin = Origin.parse(page)
    except ValueError:
        return False
    return (
        str(origin) in origins
        or is_loopback(origin.host)
        # Any port: a proxy that is told to pass on the host often leaves out its port.
        or origin.is_of(request.headers, any_port=True)
    )


def limit_connections(
    handler: Callable[[ServerConnection], Awaitable[None]], limits: Limits
) -> Callable[[ServerConnection], Awaitable[None]]:
    """Make a handler that lets in only so many connections from one address.

    Args:
        handler: what serves those that are let in.
        limits: see :class:`Limits`.
    """
    open_from: Counter[str] = Counter()

    # No coroutine of its own: each one costs a little at every message.
    @functools.wraps(handler)
    def limited(connection: ServerConnection) -> Awaitable[None]:
        address = connection.remote_address[0]
        if limits.per_address and open_from[address] >= limits.per_address:
            reason = f"{limits.per_address} connections from your address are open"
            return connection.close(CloseCode.TRY_AGAIN_LATER, reason)
        open_from[address] += 1
        if task := asyncio.current_task():
            task.add_done_callback(lambda _: leave(address))
        return handler(connection)

    def leave(address: str) -> None:
        open_from[address] -= 1
        if not open_from[address]:
            del open_from[address]

    return limited


def rate_limited(connection: ServerConnection, limits: Limits) -> AsyncIterable[str | bytes]:
    """Receive messages, but not faster than the limits allow.

    What comes faster waits, first in the server's memory and then in the network, where TCP slows
    the sender down: see :func:`wsdemo.throttle.throttled`.

    Args:
        connection: where the messages come from.
        limits: see :class:`Limits`.

    Returns:
        What ``async for`` takes.
    """
    return throttled(connection, limits.rate, limits.burst) if limits.rate else connection
