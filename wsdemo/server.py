"""A WebSocket server beside the notebook, on a thread and an event loop of its own."""

import asyncio
import atexit
import contextlib
import errno
import inspect
import logging
import socket
import sys
import sysconfig
import traceback
import warnings
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from websockets.asyncio.server import Server as WebSocketServer
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as websockets_serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from wsdemo.loop import LoopThread
from wsdemo.pages import Page, respond

__all__ = ["Server", "serve"]

Handler = Callable[[ServerConnection], Awaitable[None]]

log = logging.getLogger("wsdemo.server")
log.addHandler(logging.NullHandler())  # or each client's mistake would print into a cell

_running: dict[str, "Server"] = {}


def serve(
    handler: Handler,
    *,
    name: str | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    pages: Mapping[str, Page] | None = None,
    close_timeout: float = 1.0,
    **options: Any,
) -> "Server":
    """Start a WebSocket server that goes on serving while cells run, block or sit idle.

    Use it in ``with``, or keep it and call ``stop()``; it also ends with the interpreter. Starting
    a server under a name in use replaces the old one, so that a cell can be run again and again.

    While a server runs, ``sys.setswitchinterval`` is 50 µs instead of 5 ms. Each time asyncio's
    thread has touched a socket it waits one such interval for a cell that computes to hand over
    the interpreter lock; at 5 ms, a server beside a busy cell all but stands still. The price is
    paid only for messages that arrive while a cell computes. When the last server stops, the
    interval is what it was before.

    Args:
        handler: ``async def handler(connection)``, called once for each connection; see
            :func:`websockets.asyncio.server.serve`.
        name: what to replace later; the handler's name unless given.
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
    """
    return Server(handler, name, host, port, pages, close_timeout, options)


class Server:
    """A running server; made by :func:`serve`.

    Attributes:
        name: its name; a new server of this name replaces it.
        host: the address it listens on.
        port: the TCP port it listens on.
        errors: the exceptions that handlers have raised, oldest first.
    """

    def __init__(
        self,
        handler: Handler,
        name: str | None,
        host: str,
        port: int,
        pages: Mapping[str, Page] | None,
        close_timeout: float,
        options: dict[str, Any],
    ) -> None:
        if not callable(handler):
            raise TypeError(f"serve() needs a handler, async def handler(connection): {handler!r}")
        self.name = name or getattr(handler, "__qualname__", type(handler).__qualname__)
        self.host = host
        self.errors: list[Exception] = []
        self._handler = handler
        self._pages = dict(pages) if pages is not None else None
        self._process_request = options.pop("process_request", None)
        self._grace = close_timeout
        self._scheme = "wss" if options.get("ssl") else "ws"
        options = {"logger": log, "close_timeout": close_timeout, **options}
        self._create = options.pop("create_connection", None) or ServerConnection
        self._lines = weakref.WeakSet[ServerConnection]()  # those that say nothing, too

        previous = _running.get(self.name)
        if previous is not None and port == previous.port:
            previous.stop()
        self._thread = LoopThread(f"server {self.name!r}", at_end=self._hang_up)
        try:
            self._server: WebSocketServer = self._thread.run(self._start(port, options))
        except BaseException as error:
            self._thread.stop()
            if isinstance(error, OSError):
                raise _explain(error, host, port) from None
            raise
        if previous is not None:
            previous.stop()
        self.port = self._server.sockets[0].getsockname()[1]
        _running[self.name] = self
        if self.lan_url is not None:
            print(f"Others on this network can connect to {self.lan_url}")

    async def _start(self, port: int, options: dict[str, Any]) -> WebSocketServer:
        options |= {"process_request": self._answer, "create_connection": self._connect}
        return await websockets_serve(self._handle, self.host, port, **options)

    def _connect(self, *arguments: Any, **options: Any) -> ServerConnection:
        self._lines.add(connection := self._create(*arguments, **options))
        return connection

    # What happens to one connection

    async def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer plain HTTP requests with a page; let WebSocket handshakes through."""
        try:
            return await self._choose_answer(connection, request)
        except Exception as error:
            self._report(error, "status 500")
            raise

    async def _choose_answer(
        self, connection: ServerConnection, request: Request
    ) -> Response | None:
        if self._pages is not None and "Upgrade" not in request.headers:
            path = request.path.partition("?")[0]
            if path not in self._pages:
                known = ", ".join(self._pages)
                return connection.respond(404, f"No page {path}; there is: {known}\n")
            return respond(path, self._pages[path])
        if self._process_request is None:
            return None
        response = self._process_request(connection, request)
        return await response if inspect.isawaitable(response) else response

    async def _handle(self, connection: ServerConnection) -> None:
        try:
            running = self._handler(connection)
            if not inspect.isawaitable(running):
                raise TypeError(f"handler {self.name} is not a coroutine: write async def")
            await running
        except Exception as error:
            if not _is_goodbye(error):
                self._report(error, "1011")
                await connection.close(1011)

    def _report(self, error: Exception, seen: str) -> None:
        self.errors.append(error)
        print(_describe(self.name, error, seen), file=sys.stderr)

    # What the notebook sees

    @property
    def url(self) -> str:
        """The address for clients on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"{self._scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def lan_url(self) -> str | None:
        """The address for clients on other machines; ``None`` if they are not let in."""
        if self.host not in ("0.0.0.0", ""):
            return None
        return f"{self._scheme}://{_lan_address()}:{self.port}"

    @property
    def connections(self) -> list[ServerConnection]:
        """The connections that are open now, in no particular order."""
        # Asked on the loop: a client knows that it is connected an instant before websockets does.
        return list(self._thread.ask(lambda: self._server.connections))

    def run(self, coroutine: Coroutine, timeout: float | None = 10) -> Any:
        """Run a coroutine on the server's loop; see :meth:`wsdemo.loop.LoopThread.run`.

        Connections belong to that loop: ``server.run(connection.send("hello"))``.
        """
        return self._thread.run(coroutine, timeout)

    def stop(self) -> None:
        """Close every connection with 1001, free the port, end the thread. May be called twice.

        Raises:
            RuntimeError: a handler of this very server calls it, and would wait for itself.
        """
        if self._thread.is_current:
            raise RuntimeError(f"server {self.name!r} cannot be stopped by a handler of its own")
        if _running.get(self.name) is self:
            del _running[self.name]
        if not self._thread.running:
            return
        try:
            self._thread.run(self._close(), timeout=3 * self._grace + 1)
        except TimeoutError:
            warnings.warn(
                f"server {self.name!r} did not stop: its handler blocks the event loop "
                "(time.sleep? a long computation?); it goes on until it returns",
                RuntimeWarning,
                stacklevel=2,
            )
        self._thread.stop(timeout=self._grace)

    async def _close(self) -> None:
        self._server.close()
        self._hang_up(lambda line: line.request is None)  # their handshake would be waited for
        # A handler may ignore the end of its connection: ending the loop cancels it.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * self._grace):
                await self._server.wait_closed()

    def _hang_up(self, which: Callable[[ServerConnection], bool] = lambda _: True) -> None:
        for line in list(self._lines):
            if which(line) and hasattr(line, "transport"):
                line.transport.abort()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Server {self.name!r} {'running' if self._thread.running else 'stopped'}>"


@atexit.register
def _stop_all() -> None:
    for server in list(_running.values()):
        server.stop()


def _is_goodbye(error: Exception) -> bool:
    """Whether a handler ended only because its client left, alone or in a TaskGroup."""
    if isinstance(error, ExceptionGroup):
        return error.split(ConnectionClosed)[1] is None
    return isinstance(error, ConnectionClosed)


def _describe(name: str, error: Exception, seen: str) -> str:
    """Say what a handler raised and where, in words that are the same in every run."""
    told = "".join(traceback.format_exception_only(error)).rstrip()
    lines = [f"handler {name} failed, its client sees {seen}: {told}"]
    # Lines of Python's own library, and of packages, change with their versions.
    not_theirs = (__file__, *map(sysconfig.get_path, ("stdlib", "purelib", "platlib")))
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.line and not frame.filename.startswith(not_theirs):
            lines.append(f"  line {frame.lineno}, in {frame.name}: {frame.line}")
    return "\n".join(lines)


def _explain(error: OSError, host: str, port: int) -> OSError:
    """Say what to do about a port that cannot be used."""
    hint = f"{host}:{port} cannot be used: {error.strerror or error}"
    if error.errno == errno.EADDRINUSE:
        ours = [server.name for server in _running.values() if server.port == port]
        owner = f"server {ours[0]!r} of this notebook: stop() it" if ours else "another program"
        hint = f"port {port} is taken by {owner}, or choose another; port=0 takes a free one"
    elif error.errno == errno.EACCES:
        hint = f"port {port} may not be used by you; choose one above 1023, or port=0"
    return type(error)(error.errno, hint)


def _lan_address() -> str:
    """Find this machine's address on the local network; 127.0.0.1 if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Connecting a UDP socket sends nothing; it only chooses the interface. 192.0.2.1 is
            # reserved for documentation (RFC 5737).
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
        except OSError:
            return "127.0.0.1"
