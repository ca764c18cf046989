"""A room's stream in Redis, or in Valkey, which speaks the same protocol."""

import asyncio
import secrets

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from wsdemo.bus import PATIENCE, Bus

__all__ = ["RedisBus"]

LONGEST_READ = 1000  # milliseconds


class RedisBus(Bus):
    """A Redis stream (https://redis.io/docs/latest/develop/data-types/streams/).

    Redis numbers the entries 0-1, 0-2 and so on where it is asked for the id ``0-*``, which it
    knows since version 7. The epoch is a key beside the stream: both are lost together.
    """

    failures = (OSError, RedisError)

    def __init__(self, url: str, room: str, keep: int) -> None:
        super().__init__(url, room, keep)
        self._epoch_key = f"{room}:epoch"
        self._client = Redis.from_url(
            url,
            protocol=2,
            decode_responses=True,
            socket_connect_timeout=PATIENCE,
            # With a time-out of its own each command would cost a task (redis-py's wait_for).
            socket_timeout=None,
            # The bus tries again by itself. If the library did, each publish would hang meanwhile.
            retry=Retry(NoBackoff(), 0),
        )

    async def _follow(self) -> None:
        reader = self._client.client()  # keeps one connection, and need not ask the pool each time
        try:
            async with asyncio.timeout(PATIENCE):
                await self._client.set(self._epoch_key, secrets.token_hex(4), nx=True)
                self._begin(await self._client.get(self._epoch_key))
            while True:
                wait = LONGEST_READ if self.up else None  # shorter than the time-out around it
                place = {self._room: f"0-{self.history.last}"}
                async with asyncio.timeout(PATIENCE):
                    found = await reader.xread(place, count=500, block=wait)
                for name, fields in found[0][1] if found else ():
                    self._take(_number(name), fields["text"])
                if not found:
                    self._caught_up()
        finally:
            await reader.aclose()
            await self._client.aclose()

    async def _publish(self, text: str) -> str:
        size = {"maxlen": self._keep, "approximate": True}
        async with asyncio.timeout(PATIENCE):
            name = await self._client.xadd(self._room, {"text": text}, id="0-*", **size)
        return self.history.name(_number(name))


def _number(name: str) -> int:
    return int(name.partition("-")[2])
