"""Web pages that a WebSocket server answers plain HTTP requests with, on the same port."""

import mimetypes
import pathlib

from websockets.datastructures import Headers
from websockets.http11 import Request, Response

__all__ = ["StaticPage", "asks_for_websocket", "respond"]

StaticPage = str | bytes | pathlib.Path
"""HTML text, bytes whose kind the path's ending tells, or a file that is read at each request."""


def respond(path: str, page: StaticPage) -> Response:
    """Make the HTTP response that carries a page.

    Args:
        path: the path that was asked for; its ending tells the kind of bytes.
        page: the page.

    Raises:
        OSError: the file cannot be read.
    """
    if isinstance(page, pathlib.Path):
        path, page = page.name, page.read_bytes()
    kind = "text/html" if isinstance(page, str) else mimetypes.guess_type(path)[0]
    body = page.encode() if isinstance(page, str) else page
    headers = Headers()
    headers["Content-Type"] = f"{kind or 'application/octet-stream'}; charset=utf-8"
    headers["Content-Length"] = str(len(body))
    headers["Cache-Control"] = "no-store"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Connection"] = "close"
    return Response(200, "OK", headers, body)


def asks_for_websocket(request: Request) -> bool:
    """Whether a request wants the WebSocket protocol, and not a page.

    A server may ignore an Upgrade to anything else, such as ``h2c`` (RFC 9110 §7.8).
    """
    asked = ",".join(request.headers.get_all("Upgrade"))
    return "websocket" in (each.strip().lower() for each in asked.split(","))
