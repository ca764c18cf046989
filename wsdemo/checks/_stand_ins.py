"""What stands around a learner's server in the exercises of lesson 16: a bus, a desk, a proxy."""

import asyncio
import contextlib
import inspect
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from wsdemo.frames import FrameParser, Handshake

__all__ = ["IDLE", "ON_ITS_WAY", "STORING", "Desk", "Listener", "Proxy", "Stream"]

ON_ITS_WAY = 0.05
"""Seconds from a message being stored until the servers hear it."""

STORING = 0.1
"""Seconds from one message being stored to the next."""

IDLE = 0.5
"""Seconds of silence that the proxy is said to bear; it counts a little faster than others do."""


class Stream:
    """What a bus promises, in memory: one order, and every server hears everything.

    Attributes:
        servers: the learner's rooms.
        stored: the messages, in their order.
        fault: what a room's ``hear`` has raised.
    """

    def __init__(self) -> None:
        self.servers: list[Any] = []
        self.stored: list[str] = []
        self.fault: Exception | None = None

    async def publish(self, text: str) -> None:
        """Store a message; all servers hear it a moment later."""
        if len(self.stored) > 100:
            return
        self.stored.append(text)
        asyncio.get_running_loop().call_later(ON_ITS_WAY, self._deliver, text)

    def _deliver(self, text: str) -> None:
        for each in self.servers:
            try:
                result = each.hear(text)
                if inspect.iscoroutine(result):
                    result.close()
                    raise TypeError("hear(text) is called, not awaited: def, without async")
            except Exception as error:
                self.fault = error


class Listener:
    """A client and what it has heard."""

    def __init__(self, client: ClientConnection) -> None:
        self.client = client
        self.heard: list[str | bytes] = []
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for message in self.client:
                self.heard.append(message)


class Desk:
    """A server that stores what it is told, and then answers.

    Attributes:
        underway: the tasks that do it.
        stored: what the bus has stored.
        lost: what came when the bus was stopped.
        stopped: whether it is.
        go: when set, the first message is stored, and each other one STORING after it.
        open_at_stop: whether a connection was open then.
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
            task.add_done_callback(self.underway.discard)

    async def _note(self, connection: ServerConnection, text: str, before: int) -> None:
        await self.go.wait()
        await asyncio.sleep(before * STORING)
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
    """A small proxy that cuts a line on which its server is silent, as nginx does.

    Attributes:
        frames: how many frames of each kind the server has sent, by name.
        cut: whether it has cut the line.
    """

    def __init__(self, port: int) -> None:
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
            while data := await asyncio.wait_for(from_server.read(2**16), 0.9 * IDLE):
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

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(2**16):
                writer.write(data)
            writer.write_eof()
