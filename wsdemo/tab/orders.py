"""A browser's network stack towards the network in memory, on the orders of pages.

A page is a client, an order a dict with the client's name, a number of the client's own, and what
to do:

* ``open`` (url, page, agent, protocols), then ``send`` (data) and ``close`` (code, reason): a
  WebSocket. Told: ``open``, ``message``, ``sent``, ``close``.
* ``fetch`` (the fields of :class:`wsdemo.tab.fetching.Wish`), then perhaps ``abort``. Told:
  ``head``, ``data`` for each piece, ``end``; or ``failed``.
* ``document`` (url, page, agent): a page for a frame. Told: ``document``; or ``failed``.
* ``leave``: the page is gone, and with it all that it has asked for.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit

from wsdemo.tab.client_socket import ClientSocket, Opening
from wsdemo.tab.documents import inlined
from wsdemo.tab.fetching import Fetcher, NetworkError, Wish, origin_of
from wsdemo.tab.jar import Jar

__all__ = ["Network"]

ACCEPT_PAGES = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

Key = tuple[str, Any]


class Network:
    """What a browser does for pages that cannot do it themselves. Belongs to one event loop.

    Args:
        tell: called with a client's name and what it is to be told: a dict with the number of the
            order, a type, and details.
    """

    def __init__(self, tell: Callable[[str, dict[str, Any]], None]) -> None:
        self._tell = tell
        self._jar = Jar()
        self._fetcher = Fetcher(self._jar)
        self._handshakes: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._sockets: dict[Key, ClientSocket] = {}
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._works: dict[Any, Callable[..., Coroutine[Any, Any, None]]] = {
            "open": self._open,
            "fetch": self._fetch,
            "document": self._document,
        }

    def obey(self, order: dict[str, Any]) -> None:
        """Take an order of a page; what it makes no sense of is ignored."""
        order = dict(order)
        client, number, do = order.pop("client", ""), order.pop("id", None), order.get("do")
        key = client, number
        if do == "leave":
            for each in [each for each in self._tasks if each[0] == client]:
                self._tasks[each].cancel()
        elif do == "abort" and key in self._tasks:
            self._tasks[key].cancel()
        elif do in ("send", "close") and key in self._sockets:
            self._sockets[key].obey(order)
        elif do in self._works and key not in self._tasks:
            work = self._works[order.pop("do")]
            task = asyncio.get_running_loop().create_task(work(key, **order))
            self._tasks[key] = task
            task.add_done_callback(lambda _: self._forget(key))

    def _forget(self, key: Key) -> None:
        self._tasks.pop(key, None)
        self._sockets.pop(key, None)

    def _say(self, key: Key, type: str, **details: Any) -> None:
        client, number = key
        self._tell(client, {"id": number, "type": type, **details})

    async def _open(self, key: Key, url: str, page: str, agent: str, protocols: list[str]) -> None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        cookie = self._jar.header(host, parts.path or "/")
        opening = Opening(url, origin_of(page), agent, protocols, cookie)
        socket = ClientSocket(opening, lambda type, **details: self._say(key, type, **details))
        self._sockets[key] = socket
        lock = self._handshakes[origin_of(url)]
        await socket.run(lock, lambda value: self._jar.store(host, value))

    async def _fetch(self, key: Key, **fields: Any) -> None:
        body = fields.pop("body", None)
        headers = {name.lower(): value for name, value in fields.pop("headers", {}).items()}
        wish = Wish(**fields, headers=headers, body=None if body is None else bytes(body))
        try:
            async with self._fetcher.fetch(wish) as answer:
                self._say(
                    key,
                    "head",
                    status=answer.exchange.status,
                    reason=answer.exchange.reason,
                    headers=[list(pair) for pair in answer.headers],
                    url=answer.url,
                    redirected=answer.redirected,
                    kind=answer.type,
                )
                async for piece in answer.exchange.pieces():
                    self._say(key, "data", data=piece)
                self._say(key, "end")
        except (NetworkError, OSError, EOFError, ValueError):
            self._say(key, "failed")

    async def _document(self, key: Key, url: str, page: str, agent: str) -> None:
        wish = Wish(url, page, agent, headers={"accept": ACCEPT_PAGES}, mode="navigate")

        async def load(address: str) -> str:
            part = Wish(address, url, agent, mode="no-cors", credentials="include")
            try:
                return (await self._text(part))[1]
            except (NetworkError, OSError, EOFError, ValueError):
                return ""

        try:
            final, text = await self._text(wish)
            self._say(key, "document", html=await inlined(final, text, load), url=final)
        except (NetworkError, OSError, EOFError, ValueError):
            self._say(key, "failed")

    async def _text(self, wish: Wish) -> tuple[str, str]:
        async with self._fetcher.fetch(wish) as answer:
            body = b"".join([piece async for piece in answer.exchange.pieces()])
            return answer.url, body.decode(errors="replace")
