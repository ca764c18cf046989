"""Clients of one server, one of which has stopped reading: for experiments in a lesson."""

import asyncio
import contextlib
import socket
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.server.core import Server, serve

__all__ = ["Crowd", "fill"]

PIECE = bytes(2**16)
PATIENCE = 5  # s

Result = TypeVar("Result")


async def fill(connection: Connection, pieces: int = 1000) -> bool:
    """Send binary messages until no more fit into the buffers on the way to the other side.

    Args:
        connection: where to send; on its own event loop.
        pieces: how many messages of 64 KiB to send at most.

    Returns:
        Whether the buffers are full.
    """
    for _ in range(pieces):
        try:
            await asyncio.wait_for(connection.send(PIECE), 0.05)
        except TimeoutError:
            return True
    return False


class Crowd:
    """A server and its clients. One client, the sleeper, reads nothing, and its buffers are full.

    Use it in ``async with``. The clients live on the loop that runs this block, and the server's
    connections on the server's own loop. Each client keeps the texts that it receives; the binary
    messages that fill the sleeper's buffers are left out.

    Args:
        count: how many clients; the sleeper is the one in the middle.

    Attributes:
        server: the server.
        members: the server's connections, in the order in which the clients came.
        sleeping: the member whose client is the sleeper.
        sleeper: the client that does not read.
        texts: for each client, in the same order, the texts that it has received.
        times: for each of these texts, of all clients, when it came (``time.perf_counter()``).
    """

    server: Server
    sleeper: ClientConnection

    def __init__(self, count: int = 1) -> None:
        self.members: list[ServerConnection] = []
        self.texts: list[list[str]] = [[] for _ in range(count)]
        self.times: list[float] = []
        self._sleeps = count // 2
        self._changed = asyncio.Event()
        self._stack = contextlib.AsyncExitStack()
        self._readers: list[asyncio.Task[None]] = []

    @property
    def sleeping(self) -> ServerConnection:
        """The member whose client is the sleeper."""
        return self.members[self._sleeps]

    async def on_server(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine on the server's loop, and let this loop go on meanwhile."""
        return await asyncio.to_thread(self.server.run, coroutine)

    def wake(self) -> None:
        """Let the sleeper read again."""
        self.sleeper.transport.resume_reading()

    async def wait(self, count: int, seconds: float = PATIENCE, sleeper: bool = False) -> None:
        """Wait until each client has so many texts, or its connection has ended.

        Args:
            count: how many texts.
            seconds: how long to wait at most; it is no error if they are over.
            sleeper: whether to wait for the sleeper as well.
        """
        await self._until(lambda: self._have(count, sleeper), seconds)

    async def wait_for_sleeper(self, text: str, seconds: float = PATIENCE) -> None:
        """Wait until the sleeper has received this text, or its connection has ended.

        Args:
            text: the text.
            seconds: how long to wait at most; it is no error if they are over.
        """
        await self._until(lambda: text in self.texts[self._sleeps] or self._ended(), seconds)

    def summary(self) -> str:
        """Say how many clients have received how many texts."""
        counts = Counter(len(texts) for texts in self.texts)
        return ", ".join(f"{counts[n]} received {n}" for n in sorted(counts, reverse=True))

    def _ended(self) -> bool:
        return self._readers[self._sleeps].done()

    async def _until(self, is_so: Callable[[], bool], seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not is_so():
                    self._changed.clear()
                    await self._changed.wait()

    def _have(self, count: int, sleeper: bool) -> bool:
        return all(
            len(texts) >= count or self._readers[n].done()
            for n, texts in enumerate(self.texts)
            if sleeper or n != self._sleeps
        )

    async def _read(self, client: ClientConnection, texts: list[str]) -> None:
        try:
            async for message in client:
                if isinstance(message, str):
                    self.times.append(time.perf_counter())
                    texts.append(message)
                    self._changed.set()
        except ConnectionClosed:
            pass
        finally:
            asyncio.get_running_loop().call_soon(self._changed.set)

    async def _attend(self, connection: ServerConnection) -> None:
        self.members.append(connection)
        await connection.send("welcome")
        await connection.wait_closed()

    async def _come(self) -> ClientConnection:
        sock = socket.create_connection(("127.0.0.1", self.server.port))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, len(PIECE))  # to be full soon
        sock.setblocking(False)
        connecting = connect(self.server.url, sock=sock, max_queue=None, compression=None)
        client = await self._stack.enter_async_context(connecting)
        await client.recv()
        return client

    async def __aenter__(self) -> "Crowd":
        options: dict[str, Any] = {"name": "crowd", "compression": None, "close_timeout": 0.5}
        self.server = self._stack.enter_context(serve(self._attend, **options))
        try:
            clients = [await self._come() for _ in self.texts]
            self.sleeper = clients[self._sleeps]
            self.sleeper.transport.pause_reading()
            if not await self.on_server(fill(self.sleeping)):
                raise RuntimeError("the buffers on the way to the sleeper are never full here")
            pairs = zip(clients, self.texts, strict=True)
            self._readers = [asyncio.create_task(self._read(*pair)) for pair in pairs]
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.wake()  # or its end is not noticed
        await self._stack.aclose()
        await asyncio.gather(*self._readers, return_exceptions=True)
