"""A feed over plain HTTP, for a comparison with a WebSocket: polls, long polls, and a stream."""

import http.client
import http.server
import json
import ssl
import sys
import threading
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any

from wsdemo.running import remember

__all__ = ["BROWSER", "MINIMAL", "HTTPClient", "HTTPFeed"]

MINIMAL = {"Host": "feed.example"}
"""The only header that a request must have (RFC 9112 §3.2)."""

BROWSER = {
    "Host": "feed.example",
    "Connection": "keep-alive",
    "sec-ch-ua-platform": '"Linux"',
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36",
    "sec-ch-ua": '"Chromium";v="140", "Not=A?Brand";v="24"',
    "sec-ch-ua-mobile": "?0",
    "Accept": "*/*",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Dest": "empty",
    "Referer": "http://feed.example/",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-GB,en;q=0.9",
    "Cookie": "session=2b1f7c9ad05e4c6f8a3d",
}
"""The headers of a page that calls ``fetch`` in Chromium, with one cookie."""

PATIENCE = 5.0  # seconds that a long poll waits for an event


class HTTPFeed:
    """A feed of numbered events, served over HTTP with a thread for each connection.

    ``GET /now?after=N`` returns the events after number N at once, one per line; ``/next?after=N``
    waits until there is one; ``/events?after=N&most=M`` is a stream of server-sent events, which
    goes on after the ``Last-Event-ID`` that a browser sends. ``/private`` is ``/now`` without the
    header that lets pages of other origins read it. A POST is read, and answered with 204.

    Args:
        events: how many events there are already.
        context: makes it ``https:``.

    Attributes:
        url: the address.
        events: the events so far, each one line of JSON.
    """

    def __init__(self, events: int = 100, context: ssl.SSLContext | None = None) -> None:
        self.events: list[str] = []
        self._more, self._closed = threading.Condition(), False
        for _ in range(events):
            self.publish()
        self._server = _HTTPServer(("127.0.0.1", 0), _handler_for(self))
        if context is not None:
            options: dict[str, Any] = {"server_side": True, "do_handshake_on_connect": False}
            self._server.socket = context.wrap_socket(self._server.socket, **options)
        scheme = "http" if context is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        remember("server", self)

    def publish(self) -> str:
        """Add an event, and return it."""
        with self._more:
            number = len(self.events) + 1
            self.events.append(json.dumps({"n": number, "value": 20 + number % 8 / 2}))
            self._more.notify_all()
            return self.events[-1]

    def after(self, number: int, patience: float = 0) -> list[str]:
        """Return the events after this number; wait so many seconds until there is one."""
        with self._more:
            self._more.wait_for(lambda: len(self.events) > number or self._closed, patience)
            return self.events[number:]

    @property
    def running(self) -> bool:
        """Whether it accepts connections."""
        return not self._closed

    def stop(self) -> None:
        """End the streams and free the port. May be called twice."""
        if self._closed:
            return
        with self._more:
            self._closed = True
            self._more.notify_all()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> "HTTPFeed":
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<HTTPFeed {'running' if self.running else 'stopped'}>"


class _HTTPServer(http.server.ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client may leave at any time
            super().handle_error(request, client_address)


def _handler_for(feed: HTTPFeed) -> type[http.server.BaseHTTPRequestHandler]:
    return type("Handler", (_Handler,), {"feed": feed})


class _Handler(http.server.BaseHTTPRequestHandler):
    feed: HTTPFeed
    protocol_version = "HTTP/1.1"
    wbufsize, disable_nagle_algorithm = -1, True  # headers and body leave together, at once

    def do_GET(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        number = int(self.headers["Last-Event-ID"] or query.get("after", 0))
        if url.path == "/events":
            self._stream(number, number + int(query.get("most", 1000)))
            return
        patience = PATIENCE if url.path == "/next" else 0
        body = "\n".join(self.feed.after(number, patience)).encode()
        allowed = {} if url.path == "/private" else {"Access-Control-Allow-Origin": "*"}
        length = {"Content-Type": "text/plain", "Content-Length": str(len(body))}
        self._begin(200, length | allowed)
        self.wfile.write(body)

    def _stream(self, number: int, end: int) -> None:
        kind = {"Content-Type": "text/event-stream", "Connection": "close"}
        self._begin(200, kind | {"Access-Control-Allow-Origin": "*"})
        self.wfile.write(b"retry: 50\n\n")  # milliseconds until a browser comes back
        while number < end and self.feed.running:
            self.wfile.flush()
            for event in self.feed.after(number, patience=0.5)[: end - number]:
                number += 1
                self.wfile.write(f"id: {number}\ndata: {event}\n\n".encode())

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._begin(204, {})

    def _begin(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        if self.close_connection:  # as the client has asked
            headers = {**headers, "Connection": "close"}
        for header in headers.items():
            self.send_header(*header)
        self.end_headers()

    def version_string(self) -> str:
        return "feed"  # else the bytes would change with Python's version

    def log_message(self, format: str, *args: object) -> None:
        pass


class HTTPClient:
    """``http.client`` with the headers that you give it, and no others.

    It keeps its connection, as HTTP/1.1 does, and opens another one when the server has closed it.

    Args:
        url: the server's address.
        context: whom it trusts, for ``https:``.
    """

    def __init__(self, url: str, context: ssl.SSLContext | None = None) -> None:
        parts = urllib.parse.urlsplit(url)
        host, port = parts.hostname or "", parts.port
        self._connection: http.client.HTTPConnection = (
            http.client.HTTPConnection(host, port)
            if parts.scheme == "http"
            else http.client.HTTPSConnection(host, port, context=context)
        )

    def get(self, path: str, headers: Mapping[str, str] = MINIMAL) -> str:
        """Return the body of the answer."""
        return self._ask("GET", path, headers).read().decode()

    def post(self, path: str, body: bytes, headers: Mapping[str, str] = MINIMAL) -> None:
        """Send a body, and read the answer."""
        length = {"Content-Length": str(len(body))}
        self._ask("POST", path, {**headers, **length}, body).read()

    def events(self, path: str, headers: Mapping[str, str] = MINIMAL) -> Iterator[str]:
        """Yield the data of each server-sent event, until the stream or this generator ends."""
        with self._ask("GET", path, headers) as response:
            for line in response:
                if line.startswith(b"data: "):
                    yield line.removeprefix(b"data: ").strip().decode()

    def close(self) -> None:
        """Close the connection; the next request opens another one."""
        self._connection.close()

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> http.client.HTTPResponse:
        self._connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for header in headers.items():
            self._connection.putheader(*header)
        self._connection.endheaders(body)
        return self._connection.getresponse()
