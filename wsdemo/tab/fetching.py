"""Requests as a browser makes them for a page: cookies, redirects, and the same-origin policy.

What a page may learn follows the Fetch standard (https://fetch.spec.whatwg.org), as far as the
course's lessons go. A request to another origin is made; whether its answer may be read is for the
server to say, in ``Access-Control-Allow-Origin`` (CORS).
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from wsdemo.tab.http_client import Exchange, ask
from wsdemo.tab.jar import Jar

__all__ = ["Fetcher", "NetworkError", "Wish", "origin_of"]

PER_HOST = 6
"""Connections that a browser opens to one host for HTTP/1.1; more requests wait."""

MOST_REDIRECTS = 20
SIMPLE_METHODS = ("GET", "HEAD", "POST")
SIMPLE_HEADERS = ("accept", "accept-language", "content-language", "range")
SIMPLE_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
READABLE = (
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
)
"""Headers of an answer from another origin that a page may read in any case."""


class NetworkError(Exception):
    """The request failed, or its answer is not for this page, which does not learn which."""


def origin_of(url: str) -> str:
    """Return the origin of an address: scheme, host and port; ``null`` if it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "null"
    if parts.scheme not in ("http", "https", "ws", "wss") or not parts.hostname:
        return "null"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    scheme = parts.scheme.replace("ws", "http")
    usual = {"http": 80, "https": 443}[scheme]
    return f"{scheme}://{host}" + (f":{port}" if port not in (None, usual) else "")


@dataclass(frozen=True)
class Wish:
    """What a page asks for.

    Attributes:
        url: the address, absolute.
        page: the page's own address.
        agent: the browser's name for itself.
        method: such as ``GET``.
        headers: what the page adds, names in lower case.
        body: what it sends.
        mode: ``cors``, ``no-cors``, ``same-origin`` or ``navigate``.
        credentials: ``include``, ``same-origin`` or ``omit``.
        redirect: ``follow``, ``error`` or ``manual``.
        is_event_source: has a ``Last-Event-ID`` for which no permission is asked.
    """

    url: str
    page: str
    agent: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    mode: str = "cors"
    credentials: str = "same-origin"
    redirect: str = "follow"
    is_event_source: bool = False

    @property
    def is_foreign(self) -> bool:
        """Whether it goes to another origin than the page's."""
        return origin_of(self.url) != origin_of(self.page)

    @property
    def has_credentials(self) -> bool:
        """Whether cookies go along, and are kept."""
        if self.mode == "navigate" or self.credentials == "include":
            return True
        return self.credentials == "same-origin" and not self.is_foreign

    def unusual_headers(self) -> list[str]:
        """Return the headers for which another origin's permission is asked, sorted."""
        names = []
        for name, value in self.headers.items():
            if name == "content-type":
                is_usual = value.partition(";")[0].strip().lower() in SIMPLE_TYPES
            else:
                is_usual = name in SIMPLE_HEADERS
            if not is_usual and not self.is_event_source:
                names.append(name)
        return sorted(names)


@dataclass(frozen=True)
class Answer:
    """What the page gets.

    Attributes:
        exchange: the answer itself.
        url: where it came from in the end.
        redirected: whether that is another address than the one asked for.
        type: ``basic``, ``cors``, ``opaque`` or ``opaqueredirect``.
        headers: those that the page may read.
    """

    exchange: Exchange
    url: str
    redirected: bool
    type: str
    headers: list[tuple[str, str]]


class Fetcher:
    """A browser's stack for HTTP.

    Args:
        jar: where its cookies are.
    """

    def __init__(self, jar: Jar) -> None:
        self._jar = jar
        self._slots: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(PER_HOST)
        )

    @contextlib.asynccontextmanager
    async def fetch(self, wish: Wish) -> AsyncIterator[Answer]:
        """Make a request, and follow its redirects; the connection is closed at the end.

        Raises:
            NetworkError: it failed, or the page may not see the answer.
        """
        first = wish.url
        for _ in range(MOST_REDIRECTS + 1):
            if wish.mode == "same-origin" and wish.is_foreign:
                raise NetworkError("another origin")
            must_ask = wish.mode == "cors" and wish.is_foreign
            if must_ask and (wish.method not in SIMPLE_METHODS or wish.unusual_headers()):
                await self._ask_permission(wish)
            async with self._exchange(wish) as exchange:
                target = self._redirect(wish, exchange)
                if target is None:
                    yield _answer(wish, first, exchange)
                    return
                wish = target
        raise NetworkError("too many redirects")

    @contextlib.asynccontextmanager
    async def _exchange(self, wish: Wish, **more: str) -> AsyncIterator[Exchange]:
        host = urlsplit(wish.url).hostname or ""
        async with self._slots[origin_of(wish.url)]:
            try:
                headers = self._headers(wish) | more
                exchange = await ask(wish.url, wish.method, headers, wish.body)
            except (OSError, EOFError, ValueError) as error:
                raise NetworkError(str(error)) from error
            try:
                for name, value in exchange.headers:
                    if name == "set-cookie" and wish.has_credentials:
                        self._jar.store(host, value)
                yield exchange
            finally:
                exchange.close()

    def _headers(self, wish: Wish) -> dict[str, str]:
        """Return the headers of a request, in a browser's order."""
        own = dict(wish.headers)
        headers = {
            "Connection": "keep-alive",
            "User-Agent": wish.agent,
            "Accept": own.pop("accept", "*/*"),
        }
        headers |= {"-".join(map(str.title, name.split("-"))): own[name] for name in own}
        origin = origin_of(wish.page)
        needs_origin = wish.mode == "cors" and wish.is_foreign
        if needs_origin or wish.method not in ("GET", "HEAD"):
            headers["Origin"] = origin
        if origin != "null":
            headers["Referer"] = f"{origin}/"
        headers["Accept-Encoding"], headers["Accept-Language"] = "gzip, deflate", "en-US,en;q=0.9"
        parts = urlsplit(wish.url)
        cookie = self._jar.header(parts.hostname or "", parts.path or "/")
        if cookie and wish.has_credentials:
            headers["Cookie"] = cookie
        return headers

    async def _ask_permission(self, wish: Wish) -> None:
        """Send the preflight: may this page make such a request?"""
        asked = {"Access-Control-Request-Method": wish.method}
        if names := wish.unusual_headers():
            asked["Access-Control-Request-Headers"] = ",".join(names)
        question = replace(wish, method="OPTIONS", headers={}, body=None, credentials="omit")
        async with self._exchange(question, **asked) as answer:
            _check_allowed(wish, answer)
            if not 200 <= answer.status < 300:
                raise NetworkError("the preflight was refused")
            methods = _names(answer.header("access-control-allow-methods"))
            allowed = _names(answer.header("access-control-allow-headers"))
            may_all = wish.credentials != "include"
            is_usual = wish.method in SIMPLE_METHODS or wish.method.lower() in methods
            if not is_usual and not (may_all and "*" in methods):
                raise NetworkError("the method is not allowed")
            if not set(names) <= allowed and not (may_all and "*" in allowed):
                raise NetworkError("a header is not allowed")

    def _redirect(self, wish: Wish, exchange: Exchange) -> Wish | None:
        """Return what to ask for next, where the answer is a redirect to follow."""
        location = exchange.header("location")
        if exchange.status not in (301, 302, 303, 307, 308) or not location:
            return None
        if wish.redirect == "error":
            raise NetworkError("a redirect")
        if wish.redirect == "manual":
            return None
        if wish.mode == "cors" and wish.is_foreign:
            _check_allowed(wish, exchange)
        url = urljoin(wish.url, location)
        changes = exchange.status == HTTPStatus.SEE_OTHER or (
            exchange.status in (301, 302) and wish.method == "POST"
        )
        if changes and wish.method != "HEAD":
            return replace(wish, url=url, method="GET", body=None)
        return replace(wish, url=url)


def _answer(wish: Wish, first: str, exchange: Exchange) -> Answer:
    headers = [pair for pair in exchange.headers if pair[0] != "set-cookie"]
    type = "basic"
    if wish.redirect == "manual" and exchange.status in (301, 302, 303, 307, 308):
        type, headers = "opaqueredirect", []
    elif wish.is_foreign and wish.mode == "no-cors":
        type = "opaque"
    elif wish.is_foreign and wish.mode == "cors":
        _check_allowed(wish, exchange)
        exposed = _names(exchange.header("access-control-expose-headers"))
        sees_all = "*" in exposed and wish.credentials != "include"
        type = "cors"
        headers = [
            (name, value)
            for name, value in headers
            if sees_all or name in exposed or name in READABLE
        ]
    return Answer(exchange, wish.url, wish.url != first, type, headers)


def _check_allowed(wish: Wish, exchange: Exchange) -> None:
    """Check that the server lets this page read the answer (Fetch, CORS check)."""
    allowed = exchange.header("access-control-allow-origin")
    with_cookies = wish.credentials == "include"
    if allowed == "*" and not with_cookies:
        return
    may = exchange.header("access-control-allow-credentials") == "true"
    if allowed != origin_of(wish.page) or (with_cookies and not may):
        raise NetworkError("the server does not let this page read the answer")


def _names(header: str) -> set[str]:
    return {each.strip().lower() for each in header.split(",") if each.strip()}
