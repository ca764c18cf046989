"""A learner's app or handler on a real server, with a layer between that sees what it sends."""

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from wsdemo import frameworks
from wsdemo.checks import NotYet
from wsdemo.checks._mishaps import watched

__all__ = ["Layer", "served_app", "served_handler"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Layer:
    """An ASGI app around another one.

    Args:
        app: the learner's app.

    Attributes:
        on_send: is awaited with the scope and each message that the app sends, before it is passed
            on; may raise OSError, as a server does when the client is gone.
        errors: what the app has raised.
        foreign: whether the app sent something in another event loop than the server's.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self._loop = asyncio.get_running_loop()
        self.on_send: Callable[[Message, Message], Awaitable[None]] | None = None
        self.errors: list[BaseException] = []
        self.foreign = False
        self._handlers: set[asyncio.Task[Any]] = set()

    @property
    def running(self) -> int:
        """Return how many WebSocket handlers run."""
        return len(self._handlers)

    def end(self) -> None:
        """Cancel the handlers that still run, or the server would wait for them."""
        for each in self._handlers:
            each.cancel()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Call the app, as a server does."""

        async def observed(message: Message) -> None:
            if asyncio.get_running_loop() is not self._loop:
                self.foreign = True
                raise OSError("another event loop")
            if self.on_send is not None:
                await self.on_send(scope, message)
            await send(message)

        task = asyncio.current_task()
        if scope["type"] == "websocket" and task is not None:
            self._handlers.add(task)
        try:
            await self._app(scope, receive, observed)
        except Exception as error:
            self.errors.append(error)
            raise
        finally:
            self._handlers.discard(task)


@contextlib.asynccontextmanager
async def served_app(app: Any) -> AsyncIterator[tuple[Layer, str]]:
    """Serve a learner's app for as long as the block lasts; yield the layer and the address.

    Args:
        app: an ASGI app.

    Raises:
        NotYet: it is none, or the frameworks are not installed.
    """
    if hint := frameworks.install_hint():
        raise NotYet(hint)
    if not callable(app) or inspect.isroutine(app):
        raise NotYet("give the app to the check, as in the cell", received=app)
    layer = Layer(app)
    with frameworks.collected_log([]):
        async with frameworks.serving(layer) as url:
            try:
                yield layer, url
            finally:
                layer.end()


@contextlib.asynccontextmanager
async def served_handler(
    handler: Callable[[Any], Awaitable[None]],
) -> AsyncIterator[tuple[Layer, str]]:
    """Serve a WebSocket handler at the path ``/`` of a FastAPI app; as :func:`served_app`.

    Args:
        handler: ``async def handler(socket)``.
    """
    if hint := frameworks.install_hint():
        raise NotYet(hint)
    from fastapi import FastAPI, WebSocket

    app = FastAPI()
    watching = watched(handler)

    async def endpoint(socket: Any) -> None:
        await watching(socket)

    endpoint.__annotations__["socket"] = WebSocket
    app.websocket("/")(endpoint)
    async with served_app(app) as served:
        yield served
