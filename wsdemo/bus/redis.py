"""A room's stream in Redis, or in Valkey, which speaks the same protocol."""

import asyncio
import contextlib
import secrets
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from wsdemo.bus.core import ANSWER_TIME, Bus, BusUnfit

__all__ = ["RedisBus"]

Entry = tuple[bytes, dict[bytes, bytes]]
"""An entry of a stream: its id, and its fields."""

LONGEST_READ = 1000  # milliseconds
MOST_CONNECTIONS = 50
NEEDED = 7  # the first version with the id 0-*
MOST_DIGITS = 15  # of a number of ours; Lua, too, counts so far without loss

# Redis runs a script as one step. This one is run for each message, and whenever the stream is
# silent, so that whatever happens to the stream, the next message gets an id that no other has.
#
# KEYS: the stream; its epoch.
# ARGV: the name of a new epoch; the epoch that the server knows, and the last number that it has
#     heard there; then, to publish, how many messages to keep, and the text.
# Returns the epoch and the id of the newest entry, which is the one that was published.
SCRIPT = """
local stream, epoch = KEYS[1], KEYS[2]

local function newest()
    local about = redis.call('XINFO', 'STREAM', stream)
    for place = 1, #about, 2 do
        if about[place] == 'last-generated-id' then return about[place + 1] end
    end
end

local last = redis.call('EXISTS', stream) == 1 and newest()

-- Somebody has used an id that is not one of ours, such as the one that XADD makes for "*". None of
-- ours could follow it. Redis does not let ids go back, so our entries move to a new stream.
if last and not (last:match('^0%-%d+$') and #last <= 17) then
    local ours = redis.call('XRANGE', stream, '-', '0-999999999999999')
    redis.call('DEL', stream)
    last = false
    for _, entry in ipairs(ours) do
        last = redis.call('XADD', stream, entry[1], unpack(entry[2]))
    end
end

-- The stream was lost, or is new. A group is the only way to make one that is empty.
if not last then
    redis.call('XGROUP', 'CREATE', stream, 'begin', '0', 'MKSTREAM')
    redis.call('XGROUP', 'DESTROY', stream, 'begin')
    redis.call('DEL', epoch)
    last = '0-0'
end

local name = redis.call('GET', epoch)
local went_back = name == ARGV[2] and tonumber(last:sub(3)) < tonumber(ARGV[3])
if not name or went_back then
    name = ARGV[1]
    redis.call('SET', epoch, name)
end

if ARGV[5] then
    local fields = {'text', ARGV[5], 'epoch', name}
    last = redis.call('XADD', stream, 'MAXLEN', '~', ARGV[4], '0-*', unpack(fields))
end
return {name, last}
"""


class RedisBus(Bus):
    """A Redis stream (https://redis.io/docs/latest/develop/data-types/streams/).

    Redis numbers the entries 0-1, 0-2 and so on where it is asked for the id ``0-*``, which it
    knows since version 7. The epoch is a key beside the stream, and a field of each entry. A stream
    that is begun, because it is new or was lost, gets a new epoch in the same step.
    """

    failures = (OSError, RedisError)
    refusals = (ResponseError,)

    def __init__(self, url: str, room: str, keep: int) -> None:
        super().__init__(url, room, keep)
        self._epoch_key = f"{room}:epoch"
        # It waits for a connection where Redis.from_url would raise, if a hundred speak at once.
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=MOST_CONNECTIONS,
            timeout=ANSWER_TIME,
            protocol=2,
            socket_connect_timeout=ANSWER_TIME,
            # With a time-out of its own each command would cost a task (redis-py's wait_for).
            socket_timeout=None,
            # The bus tries again by itself. If the library did, each publish would hang meanwhile.
            retry=Retry(NoBackoff(), 0),
        )
        self._client = Redis.from_pool(pool)
        self._step = self._client.register_script(SCRIPT)

    async def _follow(self) -> None:
        reader = self._client.client()  # keeps one connection, and need not ask the pool each time
        try:
            await self._check_version()
            newest = await self._look()
            while True:
                entries = await self._read(reader)
                if not entries:
                    self._caught_up(newest)
                    newest = await self._look()
                elif not await self._is_of_another_epoch(entries):
                    await self._take_all(entries)
        finally:
            await reader.aclose()
            await self._client.aclose()

    async def _check_version(self) -> None:
        with contextlib.suppress(ResponseError):  # we may not be allowed to ask
            async with asyncio.timeout(ANSWER_TIME):
                version = (await self._client.info("server")).get("redis_version")
            if version and int(version.partition(".")[0]) < NEEDED:
                what = f"it is Redis {version}; the bus needs Redis {NEEDED} or newer, or Valkey"
                raise BusUnfit(what)

    async def _look(self) -> int:
        """Make the stream ready and enter its epoch; return the number of its newest entry."""
        epoch, newest = await self._run_script()
        self._begin(epoch)
        return newest

    async def _read(self, reader: Redis) -> list[Entry]:
        """Read what comes after the last entry that was heard."""
        wait = LONGEST_READ if self.up else None  # shorter than the time-out around it
        async with asyncio.timeout(ANSWER_TIME):
            place: dict[Any, Any] = {self._room: f"0-{self.history.last}"}
            found: Any = await reader.xread(place, count=500, block=wait)
        return found[0][1] if found else []

    async def _is_of_another_epoch(self, entries: list[Entry]) -> bool:
        """Enter the epoch of these entries, unless it is the one that we are in.

        The stream may have been lost, and already be as long again.
        """
        here = self.history.epoch
        if any(fields.get(b"epoch") != here.encode() for _, fields in entries):
            await self._look()
        return self.history.epoch != here

    async def _take_all(self, entries: list[Entry]) -> None:
        for name, fields in entries:
            first, _, number = name.partition(b"-")
            if first != b"0" or len(number) > MOST_DIGITS:
                await self._look()  # this removes what has such an id
                return
            self._take(int(number), fields.get(b"text"))

    async def _publish(self, text: str) -> str:
        epoch, number = await self._run_script(self._keep, text)
        return f"{epoch}-{number}"

    async def _run_script(self, *message: int | str) -> tuple[str, int]:
        known = (secrets.token_hex(4), self.history.epoch, self.history.last)
        async with asyncio.timeout(ANSWER_TIME):
            epoch, name = await self._step((self._room, self._epoch_key), (*known, *message))
        return epoch.decode(), int(name.partition(b"-")[2])
