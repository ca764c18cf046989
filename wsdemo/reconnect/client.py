"""A client that comes back: backoff with jitter, handlers that stay, a queue, resume."""

import asyncio
import contextlib
import inspect
import random
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Iterable
from typing import Any

from websockets.asyncio.client import (  # type: ignore[attr-defined]
    ClientConnection,
    connect,
    process_exception,  # documented, and not in its module's __all__
)
from websockets.exceptions import ConnectionClosed, InvalidStatus

from wsdemo.reconnect.endings import ENDINGS, FATAL_CODES
from wsdemo.reconnect.resume import Resume

__all__ = ["FATAL_CODES", "ReconnectingClient"]

EVENTS = ("open", "message", "close", "retry")
INBOX = 16  # messages that wait for ``async for`` before no more are read


class ReconnectingClient:
    """A WebSocket client that connects again by itself, for as long as that can help.

    >>> async with ReconnectingClient(url) as client:
    ...     async for message in client:
    ...         await client.send("thank you")

    After a loss it waits for a random time between 0 and ``min(cap, base * 2**n)`` seconds, where
    n counts the failures before (full jitter). The count restarts only after a connection that
    has lasted ``stable`` seconds.

    It gives up when trying again cannot help: at the HTTP statuses and close codes that do not pass
    according to :data:`wsdemo.reconnect.ENDINGS`, and at a certificate that is not trusted. Then
    ``async for``, ``send`` or the end of the block raises what websockets raised, such as
    ``InvalidStatus`` or ``ConnectionClosedError``.

    Messages go to the handlers of ``"message"`` or, if there are none, to ``async for``. If neither
    takes them, the client stops reading, and does not notice when the connection ends.

    Args:
        url: the address, or a function (also ``async def``) that gives one for each connection.
        base: seconds; the first wait is no longer. RFC 6455 §7.2.3 suggests 5.
        cap: seconds; no wait is longer.
        stable: seconds after which a connection counts as good.
        queue: how many messages may wait for a connection.
        patience: seconds that the end of the block waits for them to go out.
        fatal: close codes of the server at which it gives up, such as ``FATAL_CODES | {4401}``.
        first: a function that returns the messages to send first on each connection, before those
            of the queue: a log-in, or a subscription.
        resume: what adds the last id to the address and drops what comes twice, as
            :class:`wsdemo.reconnect.Resume` does; ``None`` for a fresh start at each connection.
        uniform: ``uniform(0, ceiling)`` chooses a time to wait.
        sleep: ``await sleep(seconds)`` waits.
        options: passed on to :func:`websockets.asyncio.client.connect`.

    Raises:
        ValueError: not 0 <= base <= cap, or no room in the queue.
    """

    def __init__(
        self,
        url: str | Callable[[], str | Awaitable[str]],
        *,
        base: float = 5.0,
        cap: float = 30.0,
        stable: float = 10.0,
        queue: int = 100,
        patience: float = 10.0,
        fatal: Container[int] = FATAL_CODES,
        first: Callable[[], Iterable[str | bytes]] = tuple,
        resume: Resume | None = None,
        uniform: Callable[[float, float], float] = random.uniform,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        **options: Any,
    ) -> None:
        if not 0 <= base <= cap or queue < 1:
            raise ValueError("it needs 0 <= base <= cap, and a queue of 1 or more")
        self._url, self._options = url, options
        self._base, self._cap, self._stable = base, cap, stable
        self._queue, self._patience, self._fatal = queue, patience, fatal
        self._first, self._resume = first, resume
        self._uniform, self._sleep = uniform, sleep
        self._handlers: dict[str, list[Callable[..., object]]] = {event: [] for event in EVENTS}
        self._inbox, self._outbox = deque[str | bytes](), deque[str | bytes]()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._told = False  # whether somebody knows why it gave up

    def on(self, event: str, callback: Callable[..., object]) -> None:
        """Call a function at each event, on whichever connection it happens.

        Args:
            event: ``"open"``, ``"message"`` (called with it), ``"close"`` (with the exception of
                websockets), or ``"retry"`` (with the seconds that it waits, and the reason).
            callback: a plain function. What it raises goes to the loop's exception handler.

        Raises:
            ValueError: there is no such event.
            TypeError: the function is an ``async def``.
        """
        if event not in EVENTS:
            raise ValueError(f"there is no event {event!r}, only {', '.join(EVENTS)}")
        if inspect.iscoroutinefunction(callback):
            raise TypeError("a handler is a plain function; to await, use async for")
        self._handlers[event].append(callback)
        while event == "message" and self._inbox:  # what came before there was a handler
            self._fire("message", self._inbox.popleft())
        self._wake()

    def off(self, event: str, callback: Callable[..., object]) -> None:
        """Call a function no longer; raise ``ValueError`` if it is no handler."""
        self._handlers[event].remove(callback)

    async def send(self, message: str | bytes) -> None:
        """Put a message into the queue; it goes out, in order, when there is a connection.

        That it returns means that the message is kept here, no more. What a connection took and
        did not deliver is lost with it; what it was about to take goes out again, and may come
        twice. Only an answer tells.

        Where the queue is full it waits, as ``send`` of a connection does: nothing is dropped, and
        who is too fast is slowed down. Bound it with ``asyncio.timeout``; a message that has
        was given up is not in the queue.

        Raises:
            TypeError: the message is neither text nor bytes.
            UnicodeEncodeError: it holds a lone surrogate.
            RuntimeError: this is not inside the ``async with`` block.
            Exception: the client has given up; this is why.
        """
        if not isinstance(message, str | bytes):
            raise TypeError(f"a message is str or bytes, not {type(message).__name__}")
        if isinstance(message, str):
            message.encode()  # raises here, at whose fault it is, and not on some later connection
        await self._until(lambda: self._ended or len(self._outbox) < self._queue)
        if self._ended:
            self._raise_reason()
            raise RuntimeError("this client is closed")
        self._outbox.append(message)
        self._wake()

    @property
    def unsent(self) -> list[str | bytes]:
        """The messages that no connection has taken yet, oldest first."""
        return list(self._outbox)

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        while True:
            await self._until(lambda: self._ended or self._inbox)
            if not self._inbox:
                self._raise_reason()
                return
            message = self._inbox.popleft()
            self._wake()
            yield message

    async def __aenter__(self) -> "ReconnectingClient":
        if self._task is not None:
            raise RuntimeError("a ReconnectingClient is used once; make another")
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(lambda _: self._wake())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        try:
            if kind is None:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._patience):
                        await self._until(lambda: self._ended or not self._outbox)
        finally:
            task = self._started()
            task.cancel()
            await asyncio.wait([task])
            failed = None if task.cancelled() else task.exception()
        if failed and kind is None and not self._told:
            raise failed

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                connection = await connect(await self._address(), **self._options)
            except Exception as error:
                if not _passes(error):
                    raise
                reason = error
            else:
                opened = asyncio.get_running_loop().time()
                reason = await self._live(connection)
                if asyncio.get_running_loop().time() - opened >= self._stable:
                    failures = 0
            # Without a bound for the power, the 1,025th failure would raise OverflowError.
            ceiling = min(self._cap, self._base * 2 ** min(failures, 100))
            failures += 1
            delay = self._uniform(0, ceiling)
            self._fire("retry", delay, reason)
            await self._sleep(delay)

    async def _address(self) -> str:
        url = self._url() if callable(self._url) else self._url
        url = await url if inspect.isawaitable(url) else url
        return self._resume.address(url) if self._resume else url

    async def _live(self, connection: ClientConnection) -> ConnectionClosed:
        """Use a connection until it ends; return how it ended, or raise if that was fatal."""
        writing = asyncio.create_task(self._write(connection))
        try:
            self._fire("open")
            while True:
                await self._deliver(await connection.recv())
        except ConnectionClosed as closed:
            self._fire("close", closed)
            if closed.rcvd and closed.rcvd.code in self._fatal:
                raise
            return closed
        finally:
            writing.cancel()
            await connection.close()  # here it is open only if this client is leaving

    async def _write(self, connection: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            for message in self._first():
                await connection.send(message)
            while True:
                await self._until(lambda: self._outbox)
                await connection.send(self._outbox[0])
                self._outbox.popleft()  # not before: what a connection did not take stays first
                self._wake()

    async def _deliver(self, message: str | bytes) -> None:
        if self._resume and not self._resume.is_new(message):
            return
        await self._until(lambda: self._handlers["message"] or len(self._inbox) < INBOX)
        if self._handlers["message"]:
            self._fire("message", message)
        else:
            self._inbox.append(message)
            self._wake()

    def _fire(self, event: str, *arguments: Any) -> None:
        for callback in list(self._handlers[event]):
            try:
                callback(*arguments)
            except Exception as error:
                told = {"message": f"a handler of {event!r} failed", "exception": error}
                asyncio.get_running_loop().call_exception_handler(told)

    @property
    def _ended(self) -> bool:
        return self._started().done()

    def _started(self) -> asyncio.Task[None]:
        if self._task is None:
            raise RuntimeError("a ReconnectingClient works in a block: async with ... as client")
        return self._task

    def _raise_reason(self) -> None:
        task = self._started()
        if not task.cancelled() and (error := task.exception()):
            self._told = True
            raise error

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _until(self, ready: Callable[[], Any]) -> None:
        while not ready():
            await self._changed.wait()


def _passes(error: Exception) -> bool:
    """Return whether trying again can help after a connection could not be opened."""
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        return status in ENDINGS and ENDINGS[status].passes
    return not isinstance(error, ssl.SSLCertVerificationError) and process_exception(error) is None
