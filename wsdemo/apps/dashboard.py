"""The dashboard of lesson 11: a sensor's readings, and only the latest for slow clients."""

import argparse
import asyncio
import contextlib
import json
import random
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.apps import pages
from wsdemo.apps._app import App
from wsdemo.apps._messages import now_ms, query_of
from wsdemo.options import check_number
from wsdemo.server.core import Server
from wsdemo.server.limits import Limits, serve_limited

__all__ = ["APP", "LIMITS", "PAGES", "Latest", "Sensor", "serve"]

PAGES = pages("dashboard")
LIMITS = Limits(max_size=2**10)
RATE = 1.0
TEMPERATURE = (70.0, 80.0)
HUMIDITY = (50.0, 70.0)

Reading = dict[str, float]


class Latest:
    """The values that wait for one client: at most one reading, however slow the client is."""

    def __init__(self) -> None:
        self._values: Reading = {}
        self._some = asyncio.Event()

    def put(self, values: Reading) -> None:
        """Add values; a later value replaces an earlier one with the same name."""
        self._values.update(values)
        self._some.set()

    async def take(self) -> Reading:
        """Wait for new values, and take them."""
        await self._some.wait()
        self._some.clear()
        values, self._values = self._values, {}
        return values


class Sensor:
    """A simulated sensor, and the clients that watch it.

    Its methods are called on the server's loop. It measures for as long as a client watches.

    Args:
        rate: readings per second.
        chance: where its numbers come from; :mod:`random` unless given.
    """

    def __init__(self, rate: float, chance: Any = random) -> None:
        self._interval = 1 / rate
        self._chance = chance
        self._watchers: dict[Latest, bool] = {}  # whether it wants only changes
        self._task: asyncio.Task[None] | None = None
        self.reading = self._measure()

    def add(self, latest: Latest, deltas: bool = False) -> None:
        """Give a client the current reading, and each one from now on.

        Args:
            latest: the values that wait for this client.
            deltas: whether the readings after the first one contain only what has changed.
        """
        latest.put(self.reading)
        self._watchers[latest] = deltas
        if self._task is None:
            self._task = asyncio.create_task(self._go_on())

    def discard(self, latest: Latest) -> None:
        """Give a client no more readings."""
        self._watchers.pop(latest, None)
        if not self._watchers and self._task is not None:
            self._task.cancel()
            self._task = None

    def measure(self) -> None:
        """Take a reading, and give it to all clients."""
        before, self.reading = self.reading, self._measure()
        changes = {name: new for name, new in self.reading.items() if new != before[name]}
        for latest, deltas in self._watchers.items():
            latest.put(changes if deltas else self.reading)

    async def _go_on(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            # From one due time to the next: the time that a reading takes must not add up.
            due = max(due + self._interval, loop.time())
            await asyncio.sleep(due - loop.time())
            self.measure()

    def _measure(self) -> Reading:
        return {
            "temperature": round(self._chance.uniform(*TEMPERATURE), 1),
            "humidity": round(self._chance.uniform(*HUMIDITY), 1),
            "timestamp": now_ms(),
        }


def serve(rate: float = RATE, limits: Limits = LIMITS, **options: Any) -> Server:
    """Start the dashboard's server.

    Each message is a reading, ``{"temperature": …, "humidity": …, "timestamp": …}``: °F from 70 to
    80, % from 50 to 70, and milliseconds since 1970. The first one comes at once. With
    ``?deltas=1`` the first one is whole, and the others contain only what has changed. The
    next message is sent when the client has received the last one; readings that come meanwhile
    are joined, so that a slow client sees fewer readings, and no old ones.

    Args:
        rate: readings per second.
        limits: which clients may connect, and how many.
        options: those of :func:`wsdemo.serve`.

    Raises:
        ValueError: the rate is not above 0.
    """
    check_number("rate", rate, "readings/s", above=0)
    sensor = Sensor(rate)

    async def send_readings(connection: ServerConnection, latest: Latest) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await connection.send(json.dumps(await latest.take()))
                # send() fills buffers that nobody sees; only the Pong shows that it has arrived.
                await (await connection.ping())

    async def dashboard(connection: ServerConnection) -> None:
        latest = Latest()
        sensor.add(latest, deltas=query_of(connection).get("deltas") == "1")
        sending = asyncio.create_task(send_readings(connection, latest))
        try:
            async for _ in connection:
                pass  # a client may send messages; they are ignored
        finally:
            sensor.discard(latest)
            sending.cancel()

    return serve_limited(dashboard, limits, **{"pages": PAGES, **options})


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this server to a command line."""
    parser.add_argument(
        "--rate",
        type=float,
        default=RATE,
        metavar="N",
        help="readings per second (%(default)g)",
    )


APP = App(serve, LIMITS, uses=("max_size", "per_address"), add_options=add_options)
