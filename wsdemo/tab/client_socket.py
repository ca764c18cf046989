"""A browser's end of a WebSocket: what its network stack does for a page."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.http11 import Request
from websockets.protocol import OPEN
from websockets.typing import Origin, Subprotocol
from websockets.uri import parse_uri

__all__ = ["ClientSocket", "Opening"]

NO_CODE = 1005
ABNORMAL = 1006
LEAVING = 1001
PROTOCOL_ERROR = 1002

Tell = Callable[..., None]


class Opening:
    """What a page gives when it opens a WebSocket, with what its browser adds.

    Args:
        url: where to connect to.
        origin: the page's.
        agent: the browser's name for itself.
        protocols: the subprotocols that the page offers.
        cookie: the value of the ``Cookie`` header; empty for none.
    """

    def __init__(
        self, url: str, origin: str, agent: str, protocols: Sequence[str], cookie: str = ""
    ) -> None:
        self.url, self.origin, self.agent = url, origin, agent
        self.protocols, self.cookie = list(protocols), cookie
        self.is_firefox = "Firefox/" in agent
        self.close_timeout = 10 if self.is_firefox else 2
        """Seconds that the browser waits for the server's Close frame."""


class _Protocol(ClientProtocol):
    """The protocol of :mod:`websockets`, with the request and the failures of a browser."""

    def __init__(self, opening: Opening) -> None:
        super().__init__(
            parse_uri(opening.url),
            origin=Origin(opening.origin),
            extensions=[ClientPerMessageDeflateFactory(client_max_window_bits=True)],
            subprotocols=[Subprotocol(each) for each in opening.protocols] or None,
            max_size=None,
        )
        self._opening = opening
        self.has_failed = False
        self.drop: Callable[[], None] = lambda: None

    def connect(self) -> Request:
        """Return the request of the handshake, with its headers in Chromium's order."""
        request = super().connect()
        plain = request.headers.copy()
        request.headers.clear()
        values = {
            "Host": plain["Host"],
            "Connection": "Upgrade",
            "Pragma": "no-cache",
            "Cache-Control": "no-cache",
            "User-Agent": self._opening.agent,
            "Upgrade": "websocket",
            "Origin": self._opening.origin,
            "Sec-WebSocket-Version": "13",
            "Accept-Encoding": "gzip, deflate, br, zstd",
            "Accept-Language": "en-US,en;q=0.9",
            "Cookie": self._opening.cookie,
            "Sec-WebSocket-Key": plain["Sec-WebSocket-Key"],
            "Sec-WebSocket-Extensions": plain["Sec-WebSocket-Extensions"],
            "Sec-WebSocket-Protocol": ", ".join(self._opening.protocols),
        }
        for name, value in values.items():
            if value:
                request.headers[name] = value
        return request

    def fail(self, code: int, reason: str = "") -> None:
        """Fail the connection: Chromium closes with 1002 whatever it was, Firefox drops it."""
        if code == ABNORMAL or self.state is not OPEN:
            super().fail(code, reason)
            return
        self.has_failed = True
        if self._opening.is_firefox:
            super().fail(ABNORMAL)
            self.drop()
        else:
            super().fail(PROTOCOL_ERROR)


class ClientSocket:
    """One WebSocket of a page.

    Args:
        opening: what it is opened with.
        tell: called with what happens: a type (``open``, ``message``, ``sent``, ``close``), and
            details by name.
    """

    def __init__(self, opening: Opening, tell: Tell) -> None:
        self._opening, self._tell = opening, tell
        self._orders: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._connection: ClientConnection | None = None

    def obey(self, order: dict[str, Any]) -> None:
        """Take an order of the page: ``send`` (data) or ``close`` (code, reason)."""
        self._orders.put_nowait(order)

    async def run(self, lock: asyncio.Lock, note: Callable[[str], None]) -> None:
        """Open the connection, and serve it until it is closed.

        When this is cancelled the page is gone: the server gets a Close frame with 1001.

        Args:
            lock: held during the handshake; browsers connect to a server one after the other.
            note: called with each ``Set-Cookie`` of the server's answer.
        """
        connecting = asyncio.ensure_future(self._connect(lock))
        first = asyncio.ensure_future(self._orders.get())  # before it is open, a page can but close
        try:
            await asyncio.wait([connecting, first], return_when=asyncio.FIRST_COMPLETED)
            connection = None
            if connecting.done():
                with contextlib.suppress(OSError, EOFError, ValueError, WebSocketException):
                    connection = await connecting
        finally:
            connecting.cancel()
            if not first.done():
                first.cancel()
        if connection is None:
            self._tell("close", code=ABNORMAL, reason="", wasClean=False, failed=True)
            return
        assert connection.response is not None  # it is open
        for value in connection.response.headers.get_all("Set-Cookie"):
            note(value)
        if first.done() and not first.cancelled():
            self._orders.put_nowait(first.result())
        await self._serve(connection)

    async def _connect(self, lock: asyncio.Lock) -> ClientConnection:
        async with lock:
            protocol = _Protocol(self._opening)
            if protocol.uri.secure:
                raise ConnectionRefusedError("there is no TLS here")
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: ClientConnection(
                    protocol, ping_interval=None, close_timeout=self._opening.close_timeout
                ),
                protocol.uri.host,
                protocol.uri.port,
            )
            protocol.drop = connection.transport.abort
            try:
                await connection.handshake(None, None)
                wanted = self._opening.protocols and not self._opening.is_firefox
                if wanted and connection.subprotocol is None:
                    raise ConnectionRefusedError("the server chose no subprotocol")
            except BaseException:
                connection.transport.abort()
                raise
            return connection

    async def _serve(self, connection: ClientConnection) -> None:
        assert connection.response is not None
        extensions = connection.response.headers.get("Sec-WebSocket-Extensions", "")
        self._tell("open", protocol=connection.subprotocol or "", extensions=extensions)
        obeying = asyncio.create_task(self._obey(connection))
        try:
            with contextlib.suppress(ConnectionClosed):
                async for message in connection:
                    self._tell("message", data=message)
            await connection.wait_closed()
        except asyncio.CancelledError:
            obeying.cancel()
            with contextlib.suppress(ConnectionClosed, TimeoutError):
                await asyncio.wait_for(connection.close(LEAVING), self._opening.close_timeout)
            connection.transport.abort()
            raise
        finally:
            obeying.cancel()
        protocol = connection.protocol
        assert isinstance(protocol, _Protocol)
        code = connection.close_code
        self._tell(
            "close",
            code=ABNORMAL if code is None else int(code),
            reason=connection.close_reason or "",
            wasClean=protocol.close_rcvd is not None and protocol.close_sent is not None,
            failed=protocol.has_failed,
        )

    async def _obey(self, connection: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                order = await self._orders.get()
                if order["do"] == "send":
                    data = order["data"]
                    data = data if isinstance(data, str) else bytes(data)
                    await connection.send(data)
                    size = len(data.encode(errors="replace") if isinstance(data, str) else data)
                    self._tell("sent", size=size)
                elif order["code"] == NO_CODE:  # a page that gives no code sends none
                    async with connection.send_context():
                        connection.protocol.send_close()
                else:
                    await connection.close(order["code"], order["reason"])
