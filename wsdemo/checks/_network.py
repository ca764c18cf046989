"""A network between a client and a server, which can be frozen and cut."""

import asyncio
import contextlib

__all__ = ["Network"]


class Network:
    """A TCP relay to a port of this machine; it can be frozen and cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writers: list[asyncio.StreamWriter] = []
        self._passes = asyncio.Event()
        self._passes.set()
        self._ended = asyncio.Event()

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join a client with the server until the network is cut."""
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers += [writer, far_writer]
        pipes = [
            asyncio.create_task(self._pipe(reader, far_writer)),
            asyncio.create_task(self._pipe(far_reader, writer)),
        ]
        await self._ended.wait()
        for each in pipes:
            each.cancel()

    async def _pipe(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(2**16):
                await self._passes.wait()
                sink.write(data)
        await self._passes.wait()
        sink.close()

    def freeze(self) -> None:
        """Let nothing through."""
        self._passes.clear()

    def cut(self) -> None:
        """End both TCP connections, without a Close frame."""
        for each in self._writers:
            each.transport.abort()
        self._ended.set()
