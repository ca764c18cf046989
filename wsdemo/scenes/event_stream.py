"""Server-sent events over plain HTTP, one generator for each reader: SSE beside a WebSocket."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable

from wsdemo.loop import LoopThread
from wsdemo.running import remember

__all__ = ["EventStream"]

HEAD = (
    b"HTTP/1.1 200 OK\r\n"
    b"Content-Type: text/event-stream\r\n"
    b"Cache-Control: no-store\r\n"
    b"Access-Control-Allow-Origin: *\r\n"
    b"Connection: close\r\n\r\n"
    b"retry: 50\n\n"  # milliseconds until a browser comes back
)


class EventStream:
    """Answer each HTTP request with a stream of server-sent events (WHATWG HTML §9.2).

    When the reader closes its connection, the generator is closed. Use it in ``with``, or call
    ``stop()``.

    Args:
        events: returns an async generator of events for one reader. Its argument is the number in
            the header ``Last-Event-ID``, or 0. Each event is a pair of its number and its text.

    Attributes:
        url: the address.
    """

    def __init__(self, events: Callable[[int], AsyncGenerator[tuple[int, str]]]) -> None:
        self._events = events
        self._answers: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._thread = LoopThread("event stream")
        self._server = self._thread.run(asyncio.start_server(self._start, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        remember("server", self)

    async def _start(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._answers[task] = writer
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._answer(reader, writer)
        finally:
            writer.close()
            del self._answers[task]

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        said = head.partition("last-event-id:")[2].partition("\r\n")[0].strip()
        last = int(said) if said.isdecimal() else 0
        sending = asyncio.create_task(self._send(writer, last))
        leaving = asyncio.create_task(_until_it_leaves(reader))
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        sending.cancel()
        leaving.cancel()
        await asyncio.wait({sending, leaving})

    async def _send(self, writer: asyncio.StreamWriter, last: int) -> None:
        writer.write(HEAD)
        with contextlib.suppress(ConnectionError):
            async with contextlib.aclosing(self._events(last)) as events:
                async for number, text in events:
                    writer.write(f"id: {number}\ndata: {text}\n\n".encode())
                    await writer.drain()

    @property
    def running(self) -> bool:
        """Whether it accepts connections."""
        return self._thread.running

    def stop(self) -> None:
        """End the streams and free the port. May be called twice."""
        if self.running:
            self._thread.run(self._close())
            self._thread.stop()

    async def _close(self) -> None:
        self._server.close()
        for writer in self._answers.values():
            writer.transport.abort()
        if self._answers:
            await asyncio.wait(self._answers, timeout=1)

    def __enter__(self) -> "EventStream":
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<EventStream {'running' if self.running else 'stopped'}>"


async def _until_it_leaves(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(ConnectionError):
        await reader.read()
