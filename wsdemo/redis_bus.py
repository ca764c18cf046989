"""A room's stream in Redis, or in Valkey, which speaks the same protocol."""

import asyncio
import contextlib
import secrets

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from wsdemo.bus import PATIENCE, Bus, BusUnfit

__all__ = ["RedisBus"]

LONGEST_READ = 1000  # milliseconds
MOST_CONNECTIONS = 50
NEEDED = 7  # the first version with the id 0-*
MOST_DIGITS = 15  # of a number of ours; Lua, too, counts so far without loss

# Redis runs a script as one step. This one is run before each reading and for each message, so that
# whatever happens to the stream, the next message gets an id that no other message has.
#
# KEYS: the stream; its epoch.
# ARGV: the name of a new epoch; the epoch that the server knows, and the last number that it has
#     heard there; then, to publish, how many messages to keep, and the text.
# Returns the epoch and the number of the newest entry, which is the one that was published.
SCRIPT = """
local stream, epoch = KEYS[1], KEYS[2]

local function newest()
    local about = redis.call('XINFO', 'STREAM', stream)
    for place = 1, #about, 2 do
        if about[place] == 'last-generated-id' then return about[place + 1] end
    end
end

local function is_ours(id)
    return id:match('^0%-%d+$') and #id <= 17
end

-- Somebody has used an id that is not one of ours, such as the one that XADD makes for "*". None of
-- ours could follow it. Redis does not let ids go back, so our entries move to a new stream.
if redis.call('EXISTS', stream) == 1 and not is_ours(newest()) then
    local ours = redis.call('XRANGE', stream, '-', '0-999999999999999')
    redis.call('DEL', stream)
    for _, entry in ipairs(ours) do
        redis.call('XADD', stream, entry[1], unpack(entry[2]))
    end
end

-- The stream was lost, or is new. A group is the only way to make one that is empty.
if redis.call('EXISTS', stream) == 0 then
    redis.call('XGROUP', 'CREATE', stream, 'begin', '0', 'MKSTREAM')
    redis.call('XGROUP', 'DESTROY', stream, 'begin')
    redis.call('DEL', epoch)
end

-- The broker came back with less than it had.
local known = redis.call('GET', epoch) == ARGV[2]
if known and tonumber(newest():sub(3)) < tonumber(ARGV[3]) then
    redis.call('DEL', epoch)
end

redis.call('SET', epoch, ARGV[1], 'NX')
if ARGV[5] then
    redis.call('XADD', stream, 'MAXLEN', '~', ARGV[4], '0-*', 'text', ARGV[5])
end
return {redis.call('GET', epoch), newest()}
"""


class RedisBus(Bus):
    """A Redis stream (https://redis.io/docs/latest/develop/data-types/streams/).

    Redis numbers the entries 0-1, 0-2 and so on where it is asked for the id ``0-*``, which it
    knows since version 7. The epoch is a key beside the stream. A stream that is begun, because it
    is new or was lost, gets a new epoch in the same step.
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
            timeout=PATIENCE,
            protocol=2,
            socket_connect_timeout=PATIENCE,
            # With a time-out of its own each command would cost a task (redis-py's wait_for).
            socket_timeout=None,
            # The bus tries again by itself. If the library did, each publish would hang meanwhile.
            retry=Retry(NoBackoff(), 0),
        )
        self._client = Redis.from_pool(pool)
        self._step = self._client.register_script(SCRIPT)

    async def _follow(self) -> None:
        try:
            await self._check_version()
            newest = await self._look()
            while True:
                entries, epoch = await self._read()
                if epoch != self.history.epoch:  # the entries may be of this one or of that one
                    newest = await self._look()
                elif entries:
                    newest = await self._take_all(entries) or newest
                else:
                    self._caught_up(newest)
                    newest = await self._look()
        finally:
            await self._client.aclose()

    async def _check_version(self) -> None:
        with contextlib.suppress(ResponseError):  # we may not be allowed to ask
            async with asyncio.timeout(PATIENCE):
                version = (await self._client.info("server")).get("redis_version")
            if version and int(version.partition(".")[0]) < NEEDED:
                what = f"it is Redis {version}; the bus needs Redis {NEEDED} or newer, or Valkey"
                raise BusUnfit(what)

    async def _look(self) -> int:
        """Make the stream ready and enter its epoch; return the number of its newest entry."""
        epoch, newest = await self._run_script()
        self._begin(epoch)
        return newest

    async def _read(self) -> tuple[list, str]:
        """Read what comes after the last entry that was heard, and then the epoch.

        An epoch does not come back. If it is the same before and after, it was the same between.
        """
        wait = LONGEST_READ if self.up else None  # shorter than the time-out around it
        async with asyncio.timeout(PATIENCE), self._client.pipeline(transaction=False) as reading:
            reading.xread({self._room: f"0-{self.history.last}"}, count=500, block=wait)
            reading.get(self._epoch_key)
            found, epoch = await reading.execute()
        return found[0][1] if found else [], (epoch or b"").decode()

    async def _take_all(self, entries: list) -> int | None:
        for name, fields in entries:
            first, _, number = name.partition(b"-")
            if first != b"0" or len(number) > MOST_DIGITS:
                return await self._look()  # this removes what has such an id
            self._take(int(number), fields.get(b"text"))
        return None

    async def _publish(self, text: str) -> str:
        epoch, number = await self._run_script(self._keep, text)
        return f"{epoch}-{number}"

    async def _run_script(self, *message: int | str) -> tuple[str, int]:
        known = (secrets.token_hex(4), self.history.epoch, self.history.last)
        async with asyncio.timeout(PATIENCE):
            epoch, name = await self._step((self._room, self._epoch_key), (*known, *message))
        return epoch.decode(), int(name.partition(b"-")[2])
