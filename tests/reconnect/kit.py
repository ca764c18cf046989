"""What the tests of ReconnectingClient share."""

import asyncio
import itertools

from wsdemo.reconnect.client import ReconnectingClient

PATIENCE = 5  # seconds; every wait has a bound, and none needs a tenth of it


async def echo(connection):
    async for message in connection:
        await connection.send(message)


class Told:
    """What a client says of itself: events that can be waited for, and the times it chose."""

    def __init__(self, url, **options):
        self.ceilings, self.slept, self.events = [], [], []
        self.messages = asyncio.Queue()
        self._happened = asyncio.Queue()
        options = {"ping_interval": None, "close_timeout": 0.5, **options}
        self.client = ReconnectingClient(url, uniform=self._choose, sleep=self._sleep, **options)
        for event in ("open", "close", "retry"):
            self.client.on(event, lambda *about, event=event: self._note(event, *about))

    def _choose(self, least, most):
        assert least == 0
        self.ceilings.append(most)
        return most / 2

    async def _sleep(self, seconds):
        self.slept.append(seconds)
        await asyncio.sleep(0.001)

    def _note(self, event, *about):
        self.events.append((event, *about))
        self._happened.put_nowait(event)

    def listen(self):
        self.client.on("message", self.messages.put_nowait)
        return self

    async def hear(self):
        return await asyncio.wait_for(self.messages.get(), PATIENCE)

    async def until(self, event, times=1):
        async with asyncio.timeout(PATIENCE):
            while times:
                times -= await self._happened.get() == event


def closing(code, times):
    """Make a handler that closes the first connections at once with a code, then echoes."""
    count = itertools.count()

    async def handler(connection):
        if next(count) < times:
            await connection.close(code, "no")
        else:
            await echo(connection)

    return handler


async def first(client):
    async with asyncio.timeout(PATIENCE):
        async for message in client:
            return message
