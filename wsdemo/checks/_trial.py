"""A learner's handler on a server, with real clients that come and go."""

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.checks import Misconception, NotYet, OutOfTime
from wsdemo.checks._patience import done_within
from wsdemo.checks._places import place_of_wait
from wsdemo.checks._serving import PATIENCE, Handler, serving

__all__ = ["Trial", "called", "in_time", "trial"]

Result = TypeVar("Result")


class Trial:
    """A handler that is being served; made by :func:`trial`.

    Attributes:
        there: the server's ends of all connections, in the order in which the clients came.
        errors: the exceptions of the handler, except ConnectionClosed.
    """

    def __init__(self, handler: Handler, stack: contextlib.AsyncExitStack) -> None:
        self.there: list[ServerConnection] = []
        self.errors: list[Exception] = []
        self._handler = handler
        self._stack = stack
        self._ended: dict[ServerConnection, asyncio.Event] = {}

    async def _open(self) -> None:
        self._url = await self._stack.enter_async_context(serving(self._handle, compression=None))

    async def _handle(self, connection: ServerConnection) -> None:
        self.there.append(connection)
        self._ended[connection] = asyncio.Event()
        try:
            await self._handler(connection)
        except ConnectionClosed:
            pass
        except Exception as error:
            self.errors.append(error)
            raise
        finally:
            self._ended[connection].set()

    async def join(self) -> ClientConnection:
        """Connect another client; its handler has begun when this returns."""
        return await self._stack.enter_async_context(
            connect(self._url, close_timeout=0.5, compression=None, max_queue=None)
        )

    async def leave(self, client: ClientConnection, number: int, politely: bool = True) -> None:
        """Disconnect a client; its handler has ended when this returns.

        Args:
            client: the client.
            number: the place of its connection in ``there``.
            politely: with a closing handshake; else the connection is cut.

        Raises:
            NotYet: its handler goes on.
        """
        if politely:
            await client.close()
        else:
            client.transport.abort()
        try:
            await asyncio.wait_for(self._ended[self.there[number]].wait(), PATIENCE)
        except TimeoutError:
            raise NotYet("a client has left, but its handler goes on") from None

    @property
    def fault(self) -> str:
        """Return the end of a sentence about the handler's last exception, or an empty text."""
        if not self.errors:
            return ""
        return f"; your handler raised {type(self.errors[-1]).__name__}: {self.errors[-1]}"


@contextlib.asynccontextmanager
async def trial(handler: Handler) -> AsyncIterator[Trial]:
    """Serve ``async def handler(connection)`` for as long as the block lasts."""
    async with contextlib.AsyncExitStack() as stack:
        served = Trial(handler, stack)
        await served._open()
        yield served


def called(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a learner's plain function.

    Raises:
        Misconception: the function is ``async def``.
    """
    result = function(*arguments)
    if inspect.iscoroutine(result):
        result.close()
        raise Misconception(
            "your function is `async def`: calling it makes a coroutine, and runs nothing. This "
            "exercise calls it without await: write `def`."
        )
    return result


async def in_time(answer: Awaitable[Result], seconds: float = PATIENCE) -> Result:
    """Await the learner's code, with a time limit.

    Unlike :func:`asyncio.wait_for`, it distinguishes its own time limit from a TimeoutError that
    the learner's code raises.

    Raises:
        OutOfTime: the code has not finished in time.
    """
    task = asyncio.ensure_future(answer)
    try:
        if await done_within(task, seconds):
            return task.result()
        raise OutOfTime(seconds, place_of_wait(task) if isinstance(task, asyncio.Task) else "")
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=0.5)
