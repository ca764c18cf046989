"""Messages at a pace: what comes faster waits, and neither end takes the other one for dead."""

import asyncio
import contextlib
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterator

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

__all__ = ["MOST_WAITING", "throttled"]

MOST_WAITING = 2**20
"""Bytes of memory that one sender's messages may take while they wait; then its TCP has to wait."""


async def throttled(
    connection: ServerConnection, rate: float, burst: int
) -> AsyncIterator[str | bytes]:
    """Receive messages at a pace, and read ahead meanwhile.

    Pings and Pongs arrive in order with the messages. If the server read no further than the
    message whose turn it is, each end would miss the other one's Pong, and take a peer that is only
    too fast for one that is dead. So messages are read as they come, and wait in memory,
    ``MOST_WAITING`` bytes at most. If there are more, reading stops, and TCP slows the sender down.

    The keepalive works as before, with the connection's ``ping_interval`` and ``ping_timeout``, but
    a message, too, is a sign of life, and time in which reading is stopped does not count: that
    silence is the server's own doing. A client that sends Pings gets no Pongs while reading is
    stopped, and its own keepalive may close with 1011.

    What a peer sent before its connection ended is still given.

    Args:
        connection: where the messages come from; all of them have to be received here.
        rate: messages a second.
        burst: messages that may come at once before the rate is enforced.

    Raises:
        ConnectionClosedError: all messages have been given, and the connection ended without a
            closing handshake.
    """
    loop = asyncio.get_running_loop()
    allowed, since = float(burst), loop.time()
    inbox = _Inbox(connection)
    with inbox.open():
        while (message := await inbox.get()) is not None:
            now = loop.time()
            allowed, since = min(burst, allowed + (now - since) * rate), now
            if allowed < 1:
                await asyncio.sleep((1 - allowed) / rate)
            allowed -= 1
            yield message


class _Inbox:
    """The messages of a peer that wait for their turn, and the watch over the peer."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._waiting: deque[str | bytes] = deque()
        self._size = 0  # bytes
        self._changed = asyncio.Event()
        self._end: ConnectionClosed | None = None
        self._silent_since = 0.0

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Read and watch in the background."""
        if self._connection.keepalive_task is not None:
            self._connection.keepalive_task.cancel()  # it knows nothing of what waits
        self._reading = asyncio.create_task(self._read())
        self._reading.add_done_callback(lambda _: self._changed.set())
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            self._reading.cancel()
            watching.cancel()

    async def get(self) -> str | bytes | None:
        """Take the next message; ``None`` after the last one, or raise how the connection ended."""
        while not self._waiting:
            if self._reading.done():
                if self._end is not None:
                    raise self._end
                return None
            await self._until_changed()
        message = self._waiting.popleft()
        self._size -= sys.getsizeof(message)
        self._changed.set()
        return message

    @property
    def _is_full(self) -> bool:
        return self._size >= MOST_WAITING

    async def _read(self) -> None:
        try:
            async for message in self._connection:
                self._waiting.append(message)
                self._size += sys.getsizeof(message)
                self._changed.set()
                while self._is_full:
                    await self._until_changed()
                self._silent_since = asyncio.get_running_loop().time()
        except ConnectionClosed as end:
            self._end = end

    async def _watch(self) -> None:
        """Send Pings; close when the peer gives no sign of life although we listen."""
        interval, timeout = self._connection.ping_interval, self._connection.ping_timeout
        if interval is None:
            return
        now = asyncio.get_running_loop().time
        with contextlib.suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(interval)
                pong = asyncio.ensure_future(await self._connection.ping())
                self._silent_since = now()
                while not pong.done():
                    if self._is_full:
                        self._silent_since = now()
                    left = None if timeout is None else self._silent_since + timeout - now()
                    if left is not None and left <= 0:
                        await self._connection.close(
                            CloseCode.INTERNAL_ERROR, "keepalive ping timeout"
                        )
                        return
                    await asyncio.wait([pong], timeout=left)

    async def _until_changed(self) -> None:
        # Only one waits at a time: the reader for room, or the handler for a message.
        self._changed.clear()
        await self._changed.wait()
