"""The heartbeat server of lesson 04: it finds dead connections, and ends them."""

import argparse
import asyncio
import json
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.apps import pages
from wsdemo.apps._app import App
from wsdemo.apps._messages import Refused, now_ms, read_json, refusal
from wsdemo.options import check_number
from wsdemo.server.core import Server
from wsdemo.server.limits import Limits, rate_limited, serve_limited

__all__ = ["APP", "LIMITS", "PAGES", "serve"]

PAGES = pages("heartbeat")
LIMITS = Limits()
INTERVAL = 30.0


class Sweep:
    """The connections, and which of them have answered the last Ping.

    Args:
        interval: seconds from one sweep to the next.
    """

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._alive: dict[ServerConnection, bool] = {}
        self._pings: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None

    def add(self, connection: ServerConnection) -> None:
        """Watch a connection from now on; it is alive."""
        self._alive[connection] = True
        if self._task is None:
            self._task = asyncio.create_task(self._go_on())

    def discard(self, connection: ServerConnection) -> None:
        """Stop watching a connection."""
        self._alive.pop(connection, None)

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            for connection, alive in list(self._alive.items()):
                if alive:
                    self._alive[connection] = False
                    ping = asyncio.create_task(self._ping(connection))
                    self._pings.add(ping)
                    ping.add_done_callback(self._pings.discard)
                else:
                    # No Close frame: a client that answers no Ping will not answer that, either.
                    connection.transport.abort()

    async def _ping(self, connection: ServerConnection) -> None:
        try:
            await (await connection.ping())
        except ConnectionClosed:
            return
        if connection in self._alive:
            self._alive[connection] = True


def serve(interval: float = INTERVAL, limits: Limits = LIMITS, **options: Any) -> Server:
    """Start the heartbeat server.

    It pings every client once an interval, and ends a connection that has sent neither a Pong nor a
    message since the last Ping: a dead peer is found after one to two intervals. A browser cannot
    ping; it may send ``{"type": "heartbeat"}`` and gets ``{"type": "heartbeat", "timestamp": …}``
    (milliseconds since 1970).

    Args:
        interval: seconds from one sweep to the next.
        limits: which clients may connect, how many, and how often they may send.
        options: those of :func:`wsdemo.serve`.

    Raises:
        ValueError: the interval is not above 0.
    """
    check_number("interval", interval, "s", above=0)
    sweep = Sweep(interval)

    async def heartbeat(connection: ServerConnection) -> None:
        sweep.add(connection)
        try:
            async for message in rate_limited(connection, limits):
                sweep.add(connection)  # its Pong may wait behind its messages
                await connection.send(_answer(message))
        finally:
            sweep.discard(connection)

    # The library's own keepalive would find a dead client first.
    options = {"pages": PAGES, "ping_interval": None, **options}
    return serve_limited(heartbeat, limits, **options)


def _answer(message: str | bytes) -> str:
    try:
        asked = read_json(message, '{"type": "heartbeat"}')
    except Refused:
        asked = None
    if isinstance(asked, dict) and asked.get("type") == "heartbeat":
        return json.dumps({"type": "heartbeat", "timestamp": now_ms()})
    return refusal('this server answers only {"type": "heartbeat"}')


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this server to a command line."""
    parser.add_argument(
        "--interval",
        type=float,
        default=INTERVAL,
        metavar="SECONDS",
        help="from one sweep to the next (%(default)g); a dead client is found after one to two",
    )


APP = App(serve, LIMITS, add_options=add_options)
