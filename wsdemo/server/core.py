"""A WebSocket server beside the notebook, on a thread and an event loop of its own."""

import asyncio
import atexit
import concurrent.futures
import contextlib
import functools
import inspect
import logging
import sys
import warnings
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeVar

from websockets.asyncio.server import Server as WebSocketServer
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as websockets_serve
from websockets.http11 import Request, Response

from wsdemo.cell import running_cell
from wsdemo.interrupts import let_interrupts_wake_the_loop
from wsdemo.loop import LoopThread
from wsdemo.options import check_number
from wsdemo.proxies import keep_loopback_direct
from wsdemo.running import keep, remember
from wsdemo.server.handler_errors import describe, is_ended_from_outside, is_goodbye
from wsdemo.server.lan import invite, lan_address
from wsdemo.server.ports import explain
from wsdemo.server.static import StaticPage, asks_for_websocket, respond

__all__ = ["Server", "serve"]

EVERYWHERE = ("0.0.0.0", "")
"""Hosts that let other machines in."""

Result = TypeVar("Result")
Handler = Callable[[ServerConnection], Awaitable[None]]

log = logging.getLogger("wsdemo.server")
log.addHandler(logging.NullHandler())  # or each client's mistake would print into a cell

_running: list["Server"] = []  # those that have been told to stop, too, while they have not


def serve(
    handler: Handler,
    *,
    name: str | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    pages: Mapping[str, StaticPage] | None = None,
    close_timeout: float = 1.0,
    **options: Any,
) -> "Server":
    """Start a WebSocket server that goes on serving while cells run, block or sit idle.

    Use it in ``with``, or keep it and call ``stop()``; it also ends with the interpreter. A cell
    that is run again replaces the servers that its last run has started. Any number of servers of
    one handler can run side by side.

    While a server runs, ``sys.setswitchinterval`` is 50 µs instead of 5 ms. Each time asyncio's
    thread has touched a socket it waits one such interval for a cell that computes to hand over
    the interpreter lock; at 5 ms, a server beside a busy cell all but stands still. The price is
    paid only for messages that arrive while a cell computes. When the last server stops, the
    interval is what it was before.

    Proxies of the environment are not used for addresses of this machine from then on; see
    :func:`wsdemo.proxies.keep_loopback_direct`. In a notebook, ■ ends a cell that awaits; see
    :func:`wsdemo.interrupts.let_interrupts_wake_the_loop`.

    Args:
        handler: ``async def handler(connection)``, called once for each connection; see
            :func:`websockets.asyncio.server.serve`.
        name: what to call it in messages; the handler's name unless given. A server of a given
            name replaces the one of the same given name, from whichever cell.
        host: the address to listen on. ``"0.0.0.0"`` lets other machines in (a workshop) and
            prints the address they can use.
        port: the TCP port; 0 takes a free one.
        pages: what to answer to plain HTTP requests on the same port: a path such as ``"/"`` to
            HTML text, to bytes, or to the path of a file that is read at each request.
        close_timeout: seconds that a client has to answer a Close frame, and a handler to finish
            when the server stops.
        options: passed on to :func:`websockets.asyncio.server.serve`.

    Returns:
        The running server.

    Raises:
        OSError: the port is taken, or may not be used.
        TypeError: the handler is not a function, or an option is unknown.
        ValueError: there is no such port.
    """
    check_number("port", port, least=0, most=65535, whole=True)
    keep_loopback_direct()
    let_interrupts_wake_the_loop()
    return Server(handler, name, host, port, pages, close_timeout, options)


class Server:
    """A running server; made by :func:`serve`.

    Attributes:
        name: its name in messages.
        host: the address it listens on.
        port: the TCP port it listens on.
        errors: the exceptions that handlers have raised, oldest first; ``SystemExit`` and the like
            among them.
    """

    port: int
    _thread: LoopThread

    def __init__(
        self,
        handler: Handler,
        name: str | None,
        host: str,
        port: int,
        pages: Mapping[str, StaticPage] | None,
        close_timeout: float,
        options: dict[str, Any],
    ) -> None:
        if not callable(handler):
            raise TypeError(f"serve() needs a handler, async def handler(connection): {handler!r}")
        self.name = name or _name_of(handler)
        self.host = host
        self.errors: list[BaseException] = []
        self._handler = handler
        self._pages = dict(pages) if pages is not None else None
        self._process_request = options.pop("process_request", None)
        self._grace = close_timeout
        self._scheme = "wss" if options.get("ssl") else "ws"
        options = {"logger": log, "close_timeout": close_timeout, **options}
        self._create = options.pop("create_connection", None) or ServerConnection
        self._started = weakref.WeakSet[ServerConnection]()  # before their handshake, too

        self._given_name, self._run, self.told_to_stop = name, running_cell(), False
        _running[:] = [each for each in _running if each._thread.running]
        replaced = [each for each in _running if self._replaces(each, port)]
        for each in replaced:
            if each.port == port:
                each.stop()
        self._thread = LoopThread(f"server {self.name!r}", self._end, self._report_escaped)
        try:
            self._server: WebSocketServer = self._thread.run(self._start(port, options))
        except BaseException as error:
            self._thread.stop()
            if isinstance(error, OSError):
                raise explain(error, host, port, _running) from None
            raise
        for each in replaced:
            each.stop()
        self.port = self._server.sockets[0].getsockname()[1]
        _running.append(self)
        remember("server", self)
        if self.host in EVERYWHERE:
            print(invite(self._scheme, self.port, has_pages=bool(self._pages)))

    def _replaces(self, other: "Server", port: int) -> bool:
        """Whether this server takes the place of another one."""
        if self._given_name is not None and self._given_name == other._given_name:
            return True
        if self._run is None or other._run is None or self._run == other._run:
            return False
        # A cell that was changed is the same cell only where the front end names cells; a server
        # of the same name on the same port tells it as well.
        again = port == other.port and self.name == other.name
        return again or self._run.cell == other._run.cell

    async def _start(self, port: int, options: dict[str, Any]) -> WebSocketServer:
        options |= {"process_request": self._answer, "create_connection": self._connect}
        return await websockets_serve(self._handle, self.host, port, **options)

    def _connect(self, *arguments: Any, **options: Any) -> ServerConnection:
        self._started.add(connection := self._create(*arguments, **options))
        return connection

    # What happens to one connection

    async def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer plain HTTP requests with a page; let WebSocket handshakes through."""
        task = asyncio.current_task()
        try:
            return await self._choose_answer(connection, request)
        except BaseException as error:
            if is_ended_from_outside(task, error):
                raise
            self._report(error, "status 500")
            if isinstance(error, Exception):
                raise
            # websockets answers with 500 only to an Exception.
            raise RuntimeError("the handshake's process_request failed") from error

    async def _choose_answer(
        self, connection: ServerConnection, request: Request
    ) -> Response | None:
        if self._pages is not None and not asks_for_websocket(request):
            path = request.path.partition("?")[0]
            if path not in self._pages:
                known = ", ".join(self._pages)
                return connection.respond(404, f"No page {path}; there is: {known}\n")
            return respond(path, self._pages[path])
        if self._process_request is None:
            return None
        response: Response | Awaitable[Response | None] | None
        response = self._process_request(connection, request)
        return await response if inspect.isawaitable(response) else response

    async def _handle(self, connection: ServerConnection) -> None:
        task = asyncio.current_task()
        try:
            running = self._handler(connection)
            if not inspect.isawaitable(running):
                raise TypeError(f"handler {self.name} is not a coroutine: write async def")
            await running
        except BaseException as error:
            if is_ended_from_outside(task, error):
                raise
            if not is_goodbye(error):
                self._report(error, "1011")
                await connection.close(1011)

    def _report(self, error: BaseException, seen: str) -> None:
        self.errors.append(error)
        print(describe(self.name, error, seen), file=sys.stderr)

    def _report_escaped(self, error: BaseException) -> None:
        """Report what a task raised that nobody awaits, and that would have ended the loop."""
        if error not in self.errors:
            self.errors.append(error)
            print(
                f"server {self.name!r} keeps running in spite of {error!r} in a task",
                file=sys.stderr,
            )

    # What the notebook sees

    @property
    def url(self) -> str:
        """The address for clients on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"{self._scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def lan_url(self) -> str | None:
        """The address for clients elsewhere; ``None`` if they are not let in, or none is found."""
        address = lan_address() if self.host in EVERYWHERE else None
        return f"{self._scheme}://{address}:{self.port}" if address else None

    @property
    def connections(self) -> list[ServerConnection]:
        """The connections that are open now, in no particular order."""
        # Asked on the loop: a client knows that it is connected an instant before websockets does.
        return list(self._thread.ask(lambda: self._server.connections))

    @property
    def running(self) -> bool:
        """Whether it takes connections; False after :meth:`stop`."""
        return self._thread.running

    def run(self, coroutine: Coroutine[Any, Any, Result], timeout: float | None = 10) -> Result:
        """Run a coroutine on the server's loop; see :meth:`wsdemo.loop.LoopThread.run`.

        Connections belong to that loop: ``server.run(connection.send("hello"))``.
        """
        return self._thread.run(coroutine, timeout)

    def outlive_its_cell(self) -> None:
        """Let neither another run of the cell that started it nor ``stop_all`` stop it."""
        self._run = None
        keep(self)

    def stop(self) -> None:
        """Close every connection with 1001, free the port, end the thread. May be called twice.

        Raises:
            RuntimeError: a handler of this very server calls it, and would wait for itself.
        """
        if self._thread.is_current:
            raise RuntimeError(f"server {self.name!r} cannot be stopped by a handler of its own")
        self.told_to_stop = True
        if self._thread.running:
            try:
                self._thread.run(self._close(), timeout=3 * self._grace + 1)
            except concurrent.futures.CancelledError:
                pass  # its loop has ended meanwhile
            except TimeoutError:
                warnings.warn(
                    f"server {self.name!r} did not stop: its handler blocks the event loop "
                    "(time.sleep? a long computation?); it goes on until it returns",
                    RuntimeWarning,
                    stacklevel=2,
                )
        if self._thread.stop(timeout=self._grace) and self in _running:
            _running.remove(self)

    async def _close(self) -> None:
        self._server.close()
        self._abort_all(lambda each: each.request is None)  # their handshake would be waited for
        # A handler may ignore the end of its connection: ending the loop cancels it.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * self._grace):
                await self._server.wait_closed()

    def _end(self) -> None:
        """Close what :meth:`_close` has not, because a handler blocked the loop."""
        if hasattr(self, "_server"):  # it has started
            self._server.server.close()
        self._abort_all()

    def _abort_all(self, which: Callable[[ServerConnection], bool] = lambda _: True) -> None:
        for connection in list(self._started):
            if which(connection) and hasattr(connection, "transport"):
                connection.transport.abort()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Server {self.name!r} {'running' if self.running else 'stopped'}>"


@atexit.register
def _stop_all() -> None:
    for server in list(_running):
        server.stop()


def _name_of(handler: Handler) -> str:
    """The name of a handler as its author knows it."""
    while isinstance(handler, functools.partial):
        handler = handler.func
    name = getattr(handler, "__qualname__", type(handler).__qualname__)
    return name.rpartition("<locals>.")[2]
