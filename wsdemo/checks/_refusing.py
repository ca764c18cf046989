"""A server that refuses its first clients, and a learner's function that connects to it."""

import asyncio
import contextlib
import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import InvalidStatus
from websockets.http11 import Request, Response

from wsdemo.checks import NotYet
from wsdemo.checks._serving import PATIENCE, serving

__all__ = ["End", "Refusing", "run_against"]


class Refusing:
    """A server that refuses some clients, and then sends each its messages.

    Args:
        statuses: the HTTP statuses with which the first clients are refused.
        messages: the messages that are sent to each other client.

    Attributes:
        events: what happened, in order: the status that a client was refused with (0 for none), or
            ``"pause"``.
        pauses: how often the learner's function has called :meth:`pause`.
        after_pause: is awaited at the end of each pause.
    """

    def __init__(self, statuses: Iterable[int], messages: Iterable[str | bytes] = ("hi",)) -> None:
        self.events: list[int | str] = []
        self.pauses = 0
        self.after_pause: Callable[[], Awaitable[None]] | None = None
        self._changed = asyncio.Event()
        self._statuses = iter(statuses)
        self._messages = messages

    def serve(self, port: int = 0) -> contextlib.AbstractAsyncContextManager[str]:
        """Serve for as long as the block lasts, at the address that it yields."""
        return serving(self._greet, port, process_request=self._decide)

    def pause(self, *_: Any) -> Awaitable[None]:
        """Note a call, and return an awaitable: the pause is noted when it has been awaited."""
        self.pauses += 1
        return self._pausing()

    async def _pausing(self) -> None:
        await asyncio.sleep(0.001)
        if self.after_pause:
            await self.after_pause()
        self._note("pause")

    async def something(self) -> None:
        """Wait until a client has come, or the learner's function has paused."""
        await self._changed.wait()
        self._changed.clear()

    @property
    def visits(self) -> list[int | str]:
        """Return the statuses that clients received."""
        return [each for each in self.events if each != "pause"]

    def _note(self, event: int | str) -> None:
        self.events.append(event)
        self._changed.set()

    def _decide(self, connection: ServerConnection, request: Request) -> Response | None:
        status = next(self._statuses, 0)
        self._note(status)
        return connection.respond(status, "") if status else None

    async def _greet(self, connection: ServerConnection) -> None:
        for message in self._messages:
            await connection.send(message)
        if not self._messages:
            await connection.wait_closed()


@dataclass(frozen=True)
class End:
    """The end of a learner's function: at most one of these is set."""

    returned: Any = None
    raised: BaseException | None = None
    unfinished: bool = False

    def __repr__(self) -> str:
        if self.unfinished:
            return f"nothing within {PATIENCE} s"
        return f"raised {self.raised!r}" if self.raised else f"returned {self.returned!r}"


async def run_against(server: Refusing, url: str, enough: int, function: Callable[..., Any]) -> End:
    """Return how the function ended.

    Args:
        server: the server that it connects to.
        url: the address of that server.
        enough: how often a right answer connects; it is stopped at three more.
        function: the learner's ``async def first_message(url, pause)``.
    """
    running = function(url, server.pause)
    if not inspect.isawaitable(running):
        raise NotYet("write `async def`: your function is awaited", received=running)
    task = asyncio.ensure_future(running)
    try:
        while not task.done():
            news = asyncio.create_task(server.something())
            await asyncio.wait({task, news}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            quiet = not news.done()
            news.cancel()
            if not task.done() and (quiet or len(server.visits) >= enough + 3):
                return End(unfinished=True)
        error = task.exception()
        if error and not isinstance(error, InvalidStatus | OSError):
            raise error
        return End(raised=error) if error else End(returned=task.result())
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=PATIENCE)


# A verdict names a coroutine that is never awaited.
Refusing._pausing.__qualname__ = "pause"
