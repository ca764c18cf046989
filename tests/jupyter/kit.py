"""What the tests of the relay share."""

import threading
import urllib.error
import urllib.request

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request

import wsdemo

BASE = "/user/ana/"


class Study:
    """A server under study that keeps the requests it got."""

    def __init__(self):
        self.requests: list[Request] = []
        self.gone = threading.Event()
        self.left: list[tuple] = []
        self.cookie = "id=ana; Path=/; HttpOnly"
        self.server = wsdemo.serve(
            self.handle,
            name="study",
            process_request=self.note,
            subprotocols=["v2", "v1"],
            select_subprotocol=lambda _, offered: "v2" if "v2" in offered else None,
            max_size=2**22,
        )

    async def note(self, connection, request):
        self.requests.append(request)
        path = request.path.partition("?")[0]
        if path == "/401":
            return connection.respond(401, "who are you?\n")
        if path == "/page":
            response = connection.respond(200, "<h1>page</h1>")
            response.headers["Set-Cookie"] = self.cookie
            return response
        if path == "/moved":
            response = connection.respond(302, "")
            response.headers["Location"] = "/page"
            return response
        return None

    async def handle(self, connection):
        try:
            async for message in connection:
                if message == "fragments":
                    await connection.send(["a", "b", "c"])
                elif message == "close":
                    await connection.close(4001, "lesson over")
                elif message == "abort":
                    connection.transport.abort()
                else:
                    await connection.send(message)
        except ConnectionClosed:
            pass
        finally:
            received = connection.protocol.close_rcvd
            self.left.append((received.code, received.reason) if received else (1006, ""))
            self.gone.set()


def via(lab, port, path="/", scheme="ws"):
    return f"{lab.url}wsdemo/{port}{path}".replace("http", scheme, 1)


def joined(lab, study, path="/", **options):
    headers = {"Authorization": f"token {lab.token}", **options.pop("headers", {})}
    return connect(
        via(lab, study.server.port, path), additional_headers=headers, max_size=2**26, **options
    )


def get(url, **headers):
    """Return (status, headers, body) of a plain GET; follows no redirect."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args):
            return None

    opener = urllib.request.build_opener(Stay, urllib.request.ProxyHandler({}))
    request = urllib.request.Request(
        url, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    try:
        with opener.open(request, timeout=10) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


def authorised_get(lab, port, path="/", **headers):
    return get(via(lab, port, path, "http"), Authorization=f"token {lab.token}", **headers)
