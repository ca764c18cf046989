"""As much of a web page as a class needs that was written for a browser."""

import asyncio
import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

__all__ = ["Page", "PageSocket"]

PATIENCE = 5.0  # seconds for which until() waits


class Page:
    """A page's console, its clock and its ``WebSocket``, for code that was written for a browser.

    >>> async with Page() as page:
    ...     socket = page.websocket(url)
    ...     socket.add_event_listener("open", lambda: page.log("open"))
    ...     await page.until("open")

    At the end of the block the page closes, as a tab does: no timer fires and no socket stays.

    Args:
        speed: how many times as fast as the real time the page's clock runs.
    """

    def __init__(self, speed: float = 1000) -> None:
        self._speed = speed
        self._console = asyncio.Queue[str]()
        self._timers: list[asyncio.TimerHandle] = []
        self._sockets: list[PageSocket] = []

    def log(self, line: str) -> None:
        """Write a line to the console."""
        self._console.put_nowait(line)

    async def until(self, text: str) -> list[str]:
        """Read the console up to the first line that contains a text; return all lines read.

        Raises:
            TimeoutError: no such line within 5 seconds.
        """
        lines: list[str] = []
        async with asyncio.timeout(PATIENCE):
            while not lines or text not in lines[-1]:
                lines.append(await self._console.get())
        return lines

    def set_timeout(self, callback: Callable[[], object], milliseconds: float) -> None:
        """Call a function later, by the page's clock."""
        seconds = milliseconds / 1000 / self._speed
        self._timers.append(asyncio.get_running_loop().call_later(seconds, callback))

    def websocket(self, url: str) -> "PageSocket":
        """Open a WebSocket, as ``new WebSocket(url)`` does in a browser."""
        self._sockets.append(socket := PageSocket(url))
        return socket

    async def __aenter__(self) -> "Page":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for timer in self._timers:
            timer.cancel()
        for socket in self._sockets:
            await socket.vanish()


class PageSocket:
    """A WebSocket with event listeners, as a browser has it; make one with :class:`Page`.

    A listener of ``"message"`` is called with the message, those of ``"open"`` and ``"close"``
    without arguments.

    Attributes:
        ready_state: ``"CONNECTING"``, ``"OPEN"`` or ``"CLOSED"``.
    """

    def __init__(self, url: str) -> None:
        self.ready_state = "CONNECTING"
        self._listeners: list[tuple[str, Callable[..., object]]] = []
        self._outbox = asyncio.Queue[str]()
        self._life = asyncio.create_task(self._live(url))

    def add_event_listener(self, event: str, callback: Callable[..., object]) -> None:
        """Call a function at each event of this socket."""
        self._listeners.append((event, callback))

    def send(self, data: str) -> None:
        """Hand a message over, and return at once."""
        self._outbox.put_nowait(data)

    async def vanish(self) -> None:
        """End without an event, as the sockets of a tab that is closed."""
        self._listeners.clear()
        self._life.cancel()
        await asyncio.wait([self._life])

    async def _live(self, url: str) -> None:
        with contextlib.suppress(OSError, WebSocketException):
            connection = await connect(url, close_timeout=1)
            await self._use(connection)
        self.ready_state = "CLOSED"
        self._fire("close")

    async def _use(self, connection: ClientConnection) -> None:
        self.ready_state = "OPEN"
        writing = asyncio.create_task(self._write(connection))
        try:
            self._fire("open")
            async for message in connection:
                self._fire("message", message)
        finally:
            writing.cancel()
            await connection.close(1001)  # what a browser sends when its tab is closed

    async def _write(self, connection: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await connection.send(await self._outbox.get())

    def _fire(self, event: str, *data: Any) -> None:
        for callback in [each for name, each in self._listeners if name == event]:
            callback(*data)
