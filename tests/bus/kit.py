"""What the tests of the bus share."""

import asyncio
import itertools

import nats
import redis.asyncio
from nats.js.api import StreamConfig

from wsdemo.bus.core import BusDown, open_bus

KINDS = ["redis", "nats"]
rooms = map("room{}".format, itertools.count())  # each test has a stream of its own


class Listener:
    """What one server hears of a room."""

    def __init__(self, url, room, **options):
        self.bus = open_bus(url, room, **options)
        self.heard, self.told = [], []
        self._changed = asyncio.Event()

    async def __aenter__(self):
        await self.bus.start(self._hear, self._tell)
        return self

    async def __aexit__(self, *_):
        await self.bus.stop()

    def _hear(self, name, text):
        self.heard.append((name, text))
        self._changed.set()

    def _tell(self, state):
        self.told.append(state)
        self._changed.set()

    async def until(self, holds):
        async with asyncio.timeout(10):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    async def until_heard(self, count):
        await self.until(lambda: len(self.heard) >= count)
        return [text for _, text in self.heard]


class Redis:
    """Somebody at redis-cli."""

    def __init__(self, url, room):
        self.url, self.room = url, room

    async def __aenter__(self):
        self.client = redis.asyncio.Redis.from_url(self.url)
        return self

    async def __aexit__(self, *_):
        await self.client.aclose()

    async def write(self, data):
        """Write into the stream as the bus does, but something else."""
        await self.client.xadd(self.room, {"text": data}, id="0-*")

    async def remove(self):
        await self.client.delete(self.room)

    async def purge(self):
        await self.client.xtrim(self.room, maxlen=0, approximate=False)

    async def expire(self):
        await self.client.pexpire(self.room, 1)
        async with asyncio.timeout(5):
            while await self.client.exists(self.room):
                await asyncio.sleep(0.01)

    async def write_and_remove(self):
        async with self.client.pipeline(transaction=True) as both:
            both.xadd(self.room, {"text": "removed"}, id="0-2")
            both.xdel(self.room, "0-2")
            await both.execute()

    async def flush(self):
        await self.client.flushall()

    async def forget_the_epoch(self):
        await self.client.delete(f"{self.room}:epoch")

    async def write_without_text(self):
        await self.client.xadd(self.room, {"message": "hi"}, id="0-*")

    async def write_under_the_time(self):
        await self.client.xadd(self.room, {"text": "hi"})

    async def write_under_the_time_and_remove_it(self):
        await self.client.xdel(self.room, await self.client.xadd(self.room, {"text": "hi"}))

    async def write_under_the_last_id(self):
        most = 2**64 - 1
        await self.client.xadd(self.room, {"text": "hi"}, id=f"{most}-{most}")


class Nats:
    """Somebody at the command line of NATS."""

    def __init__(self, url, room):
        self.url, self.room = url, room

    async def __aenter__(self):
        self.client = await nats.connect(self.url)
        self.stream = self.client.jetstream()
        return self

    async def __aexit__(self, *_):
        await self.client.close()

    async def write(self, data):
        await self.stream.publish(self.room, data)

    async def remove(self):
        await self.stream.delete_stream(self.room)

    async def purge(self):
        await self.stream.purge_stream(self.room)

    async def expire(self):
        about = await self.stream.stream_info(self.room)
        about.config.max_age, about.config.duplicate_window = 0.1, 0.1
        await self.stream.update_stream(about.config)
        async with asyncio.timeout(5):
            while (await self.stream.stream_info(self.room)).state.messages:
                await asyncio.sleep(0.01)

    async def write_and_remove(self):
        await self.remove_the_consumers()  # or it would be heard
        await self.write(b"removed")
        await self.stream.delete_msg(self.room, 2)

    async def remove_the_consumers(self):
        for each in await self.stream.consumers_info(self.room):
            await self.stream.delete_consumer(self.room, each.name)

    async def begin_again(self):
        """Remove the stream, and make another of the same name at once."""
        await self.remove()
        await self.stream.add_stream(StreamConfig(name=self.room, subjects=[self.room]))


PEOPLE = {"redis": Redis, "nats": Nats}


async def say(room, texts, again=None):
    """Say each text until the bus has taken it, as a client would; give the ids.

    Args:
        room: the server on which it is said.
        texts: what is said.
        again: counts what had to be said again.
    """

    async def say_one(text):
        while True:
            try:
                return await room.bus.publish(text)
            except BusDown:
                if again is not None:
                    again[text] += 1
                await asyncio.sleep(0.01)

    async with asyncio.timeout(10):
        return [await say_one(text) for text in texts]
