"""Stand-ins for what surrounds a learner's server in lesson 16: a bus, a desk, a proxy."""

import asyncio
import contextlib
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from wsdemo.checks._trial import called
from wsdemo.frames import FrameParser, Handshake

__all__ = ["ON_ITS_WAY", "Desk", "Proxy", "Stream", "TaskFailed"]

ON_ITS_WAY = 0.05
"""Seconds from a message being stored until it is delivered to the servers."""

GRACE = 20
"""Steps of the loop, of a millisecond each, in which a byte that was sent in time reaches a proxy.

Steps and not seconds: the whole process may have been stopped for longer than the proxy waits.
"""


class Stream:
    """A bus in memory, which keeps its promise: one order, and every message to every server.

    Attributes:
        servers: the learner's rooms.
        stored: the messages, in their order.
        fault: what a room's ``deliver`` has raised.
    """

    def __init__(self) -> None:
        self.servers: list[Any] = []
        self.stored: list[str] = []
        self.fault: Exception | None = None

    async def publish(self, text: str) -> None:
        """Store a message; it is delivered to all servers a moment later."""
        if len(self.stored) > 100:
            return
        self.stored.append(text)
        asyncio.get_running_loop().call_later(ON_ITS_WAY, self._deliver, text)

    def _deliver(self, text: str) -> None:
        for each in self.servers:
            try:
                called(each.deliver, text)
            except Exception as error:
                self.fault = error


class TaskFailed(Exception):
    """The error that a task of the desk raises."""


class Desk:
    """A server that stores what it receives, and then replies; and its bus.

    Attributes:
        underway: the tasks that store messages and reply.
        stored: the messages that the bus has stored.
        lost: the messages that came after the bus was stopped.
        stopped: whether the bus is stopped.
        go: when set, the messages are stored.
        open_at_stop: whether a connection was open when the bus was stopped.
    """

    def __init__(self) -> None:
        self.underway: set[asyncio.Task[None]] = set()
        self.stored: list[str] = []
        self.lost: list[str] = []
        self.stopped = self.open_at_stop = False
        self.go = asyncio.Event()
        self._connections: list[ServerConnection] = []

    async def handler(self, connection: ServerConnection) -> None:
        """Serve a connection."""
        self._connections.append(connection)
        async for message in connection:
            text = message if isinstance(message, str) else message.decode()
            task = asyncio.create_task(self._note(connection, text, len(self.underway)))
            self.underway.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.underway.discard(task)
        if not task.cancelled():
            task.exception()  # read it, or asyncio logs it

    async def _note(self, connection: ServerConnection, text: str, before: int) -> None:
        await self.go.wait()
        await asyncio.sleep(before * ON_ITS_WAY)
        if text == "failing":
            raise TaskFailed("the reply could not be sent")
        if self.stopped:
            self.lost.append(text)
            return
        self.stored.append(text)
        with contextlib.suppress(ConnectionClosed):
            await connection.send(f"stored {text}")

    async def stop(self) -> None:
        """Leave the bus."""
        if not self.stopped:
            self.open_at_stop = any(each.state is State.OPEN for each in self._connections)
        self.stopped = True


class Proxy:
    """A small proxy that cuts a connection on which its server sends nothing, as nginx does.

    Args:
        port: the port of the server behind it.
        idle: how many seconds of silence it is said to allow; it cuts a little earlier.

    Attributes:
        frames: the names of the frames that the server has sent.
        cut: whether it has cut the connection.
    """

    def __init__(self, port: int, idle: float) -> None:
        self.idle = idle
        self.frames: list[str] = []
        self.cut = False
        self._port = port

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one connection until it ends."""
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._port)
        forth = asyncio.create_task(self._copy(reader, to_server))
        head: bytes | None = b""  # of the handshake; None after it
        parser = FrameParser()
        try:
            while data := await self._read(from_server):
                writer.write(data)
                if head is not None:
                    head += data
                    if (parsed := Handshake.parse(head)) is None:
                        continue
                    head, data = None, parsed[1]
                self.frames += [frame.name for frame in parser.feed(data)]
        except TimeoutError:
            self.cut = True
        finally:
            forth.cancel()
            for each in (writer, to_server):
                each.transport.abort()

    async def _read(self, from_server: asyncio.StreamReader) -> bytes:
        reading = asyncio.ensure_future(from_server.read(2**16))
        # After a pause of the loop, the ping and this limit are both due: the ping comes first.
        await asyncio.wait({reading}, timeout=0.8 * self.idle)
        for _ in range(GRACE):
            if reading.done():
                return reading.result()
            await asyncio.sleep(0.001)
        reading.cancel()
        raise TimeoutError

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(2**16):
                writer.write(data)
            writer.write_eof()
