"""A Jupyter server extension by which a browser reaches servers beside a kernel elsewhere.

``<base_url>wsdemo/PORT/path`` leads to ``127.0.0.1:PORT/path`` on the kernel's machine. The relay
passes on bytes, not messages: the server itself answers the browser's handshake, so a refusal, the
subprotocol, extensions, fragments, close codes and an abrupt end are what they are without it.
"""

import asyncio
import functools
from collections.abc import Callable
from typing import Any

from jupyter_server.auth.decorator import authorized, ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado.httputil import HTTPHeaders
from tornado.iostream import IOStream, StreamClosedError
from tornado.web import HTTPError

__all__ = ["KernelProxy"]

CONNECT_TIMEOUT = 5
CHUNK = 2**16  # also the longest response head

# What belongs to the browser's way to Jupyter, and what Jupyter itself is trusted with.
_OURS = {"host", "connection", "keep-alive", "te", "trailer", "transfer-encoding", "content-length"}
_OURS |= {"proxy-connection", "proxy-authorization", "x-forwarded-host"}
_OURS |= {"cookie", "authorization", "x-xsrftoken", "referer"}


class KernelProxy(JupyterHandler):
    """Relay one HTTP request or WebSocket connection to a port of this machine."""

    # Only someone who may run code in a kernel may connect to what it serves.
    @ws_authenticated
    @authorized("execute", "kernels")  # type: ignore[untyped-decorator]
    async def get(  # type: ignore[override]  # tornado passes what the route has matched
        self, port: str, path: str | None
    ) -> None:
        """Connect to the server first; only then is the browser's connection taken over."""
        if not self._is_from_here():
            raise HTTPError(403, "A page from elsewhere may not use this server.")
        prefix = url_path_join(self.base_url, f"wsdemo/{port}")
        if path is None and "text/html" in self.request.headers.get("Accept", ""):
            query = self.request.query and f"?{self.request.query}"
            self.redirect(f"{prefix}/{query}")  # or the page's own links would lead elsewhere
            return
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                reader, writer = await asyncio.open_connection("127.0.0.1", int(port), limit=CHUNK)
        except (OSError, OverflowError):
            raise HTTPError(
                502, f"Nothing answers on port {port} of the kernel's machine."
            ) from None
        writer.write(self._head(port, self.request.uri[len(prefix) :]))
        browser = self.detach()
        browser.set_nodelay(True)
        secure = self._scheme() in ("https", "wss")
        fit = functools.partial(_fit, prefix=prefix, port=port, secure=secure)
        ways = [
            asyncio.create_task(_to_server(browser, writer)),
            asyncio.create_task(_to_browser(reader, browser, fit)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            browser.close()
            writer.close()

    def _is_from_here(self) -> bool:
        """Whether a page of this Jupyter server asks, or one it was told to trust."""
        headers = self.request.headers
        if "Origin" in headers:
            return self.check_origin()
        # Frames, images and links carry no Origin. Browsers say what they are instead.
        return (
            headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin") or self.check_referer()
        )

    def _scheme(self) -> str:
        """By which scheme the browser came, as far as it is known here."""
        forwarded = self.request.headers.get("X-Forwarded-Proto", "").partition(",")[0].strip()
        return forwarded or self.request.protocol

    def _head(self, port: str, target: str) -> bytes:
        """The request's head as the server gets it: the browser's, without Jupyter's secrets."""
        headers = HTTPHeaders()
        for name, value in self.request.headers.get_all():
            if name.lower() not in _OURS:
                headers.add(name, value)
        headers["Connection"] = "Upgrade" if "Upgrade" in headers else "close"
        # The host whose page was let in above, so that the server can compare Origins, too. A
        # proxy in front of Jupyter may have put another into Host.
        host = headers.get("Origin", "").partition("://")[2] or self.request.host
        headers["Host"] = headers["X-Forwarded-Host"] = host
        headers["X-Forwarded-Proto"] = self._scheme()
        if cookies := _own_cookies(self.request.headers.get("Cookie", ""), port):
            headers["Cookie"] = cookies
        path, _, query = target.partition("?")
        if self.token_authenticated:  # else a "token" is the server's business
            query = "&".join(part for part in query.split("&") if part.split("=")[0] != "token")
        target = f"{path or '/'}?{query}" if query else path or "/"
        lines = [
            f"GET {target} HTTP/1.1",
            *(f"{name}: {value}" for name, value in headers.get_all()),
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


async def _to_server(browser: IOStream, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            writer.write(await browser.read_bytes(CHUNK, partial=True))
            await writer.drain()
    except (StreamClosedError, OSError):
        pass  # one of the two has gone; so the other will learn


async def _to_browser(
    reader: asyncio.StreamReader, browser: IOStream, fit: Callable[[bytes], bytes]
) -> None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        await browser.write(fit(head))
        while chunk := await reader.read(CHUNK):
            await browser.write(chunk)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, StreamClosedError, OSError):
        pass  # no HTTP, or one of the two has gone; so the other will learn


def _fit(head: bytes, prefix: str, port: str, secure: bool = True) -> bytes:
    """Fit the head of a response to the place where the browser sees the server."""
    status, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    upgraded = status.split(" ")[1:2] == ["101"]
    fitted = [status]
    for line in lines:
        name, _, value = (part.strip() for part in line.partition(":"))
        if name.lower() == "location" and value.startswith("/"):
            line = f"{name}: {prefix}{value}"
        elif name.lower() == "set-cookie":
            cookie = _without_place(value) if secure else _without_tls(_without_place(value))
            line = f"{name}: {_cookie_name(port)}{cookie}; Path={prefix}"
        elif name.lower() == "connection" and not upgraded:
            continue
        fitted.append(line)
    if not upgraded:
        fitted.append("Connection: close")  # a second request would pass unchecked
    return "\r\n".join([*fitted, "", ""]).encode("latin-1")


# Cookies are the browser's, for one host name and all its ports. A name of its own keeps a
# server's cookies apart from Jupyter's, which never reach the server. Their path has no slash at
# its end: so it matches …/PORT and …/PORT/page, and not …/PORT1 (RFC 6265 §5.1.4).


def _cookie_name(port: str) -> str:
    return f"wsdemo-{port}-"


def _own_cookies(header: str, port: str) -> str:
    cookies = [each.strip() for each in header.split(";")]
    name = _cookie_name(port)
    return "; ".join(each.removeprefix(name) for each in cookies if each.startswith(name))


def _without_place(cookie: str) -> str:
    parts = [part.strip() for part in cookie.split(";")]
    return "; ".join(part for part in parts if not part.lower().startswith(("path=", "domain=")))


def _without_tls(cookie: str) -> str:
    """Take away what browsers accept over TLS only, or they would drop the whole cookie."""
    parts = [part.strip() for part in cookie.split(";")]
    over_tls = ("secure", "partitioned", "samesite=none")  # RFC 6265bis §4.1.2.7, CHIPS
    return "; ".join(part for part in parts if part.lower() not in over_tls)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "wsdemo.jupyter"}]


def _load_jupyter_server_extension(app: Any) -> None:
    route = url_path_join(app.web_app.settings["base_url"], r"/wsdemo/(\d{1,5})(/.*)?")
    app.web_app.add_handlers(".*$", [(route, KernelProxy)])
