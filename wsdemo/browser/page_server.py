"""The page server: a small server in the kernel that serves the panels' pages.

Pages go out over plain HTTP; each reports on a WebSocket of its own, so that the server under
study sees nothing but the client under study.
"""

import asyncio
import functools
import json
import pathlib
import secrets
import threading
from collections import deque
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.http11 import Request, Response

from wsdemo.browser.ports import is_deserted
from wsdemo.server.core import Server, serve
from wsdemo.server.origins import Origin, is_loopback, split_host

__all__ = ["WEB", "Page", "page_server", "send"]

WEB = pathlib.Path(__file__).parent / "web"
MAX_EVENTS = 10_000
MAX_QUEUE = 1_000
MAX_REPORT = 2**20
REPLACED = 4001  # the close code that tells a page why it is cut off

_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
_pages: dict[str, "Page"] = {}


class Page:
    """A page in the learner's browser that reports what happens in it, and obeys.

    It may be open in several tabs; the first is the page, the others wait until it leaves.

    Args:
        name: what the page is called in the notebook.
        settings: what the page is told when it opens.
    """

    def __init__(self, name: str, **settings: Any) -> None:
        self.name = name
        self._settings = {"name": name, **settings}
        self._token = secrets.token_urlsafe(16)
        self._events: deque[dict[str, Any]] = deque(maxlen=MAX_EVENTS)
        self._heard = threading.Condition()
        # Both lists belong to the page server's loop. The first view is the page; others wait.
        self._views: list[ServerConnection] = []
        self._queue: list[dict[str, Any]] = []
        self._given = 0  # commands since the page opened
        self._obeyed: int | None = None  # of them, now that it is at rest; None while it is not
        _pages[self._token] = self

    # What the page reported

    @property
    def events(self) -> list[dict[str, Any]]:
        """What the page has reported so far, oldest first: at most the last 10,000 events."""
        with self._heard:
            return list(self._events)

    def expect(self, type: str, timeout: float = 5, **fields: Any) -> dict[str, Any]:
        """Wait until the page has reported such an event; one it reported before counts.

        Blocks the cell, not the servers beside it. Use it in tests and at a teacher's desk, not
        in a lesson's main path: without a browser it would wait until the time limit.

        Args:
            type: the event's type: ``"open"``, ``"message"``, ``"close"``, ``"log"``, ...
            timeout: seconds to wait.
            fields: what else the event must carry, such as ``data="hello"`` or ``code=1000``.

        Returns:
            The first event that fits.

        Raises:
            TimeoutError: there was none in time. Says what was reported instead.
        """
        wanted = {"type": type, **fields}

        def find() -> dict[str, Any] | None:
            return next((each for each in self._events if wanted.items() <= each.items()), None)

        with self._heard:
            found = self._heard.wait_for(find, timeout)
        if found is None:
            raise TimeoutError(self._explain(wanted, timeout))
        return found

    async def expected(
        self,
        type: str,
        timeout: float = 5,  # noqa: ASYNC109 - as in expect(); it ends the thread, too
        **fields: Any,
    ) -> dict[str, Any]:
        """Wait for an event as :meth:`expect` does, without blocking the event loop."""
        return await asyncio.to_thread(self.expect, type, timeout, **fields)

    def wait_until_settled(self, timeout: float) -> bool:
        """Wait until the page has opened and has come to rest: nothing it was asked for goes on.

        Args:
            timeout: seconds to wait.

        Returns:
            Whether it has, or has left, or was replaced.
        """
        with self._heard:
            return self._heard.wait_for(lambda: self._obeyed == self._given, timeout)

    def _set_work(self, given: int, obeyed: int | None) -> None:
        with self._heard:
            self._given, self._obeyed = given, obeyed
            self._heard.notify_all()

    def _explain(self, wanted: dict[str, Any], timeout: float) -> str:
        text = f"{self.name!r} reported no {_brief(wanted)} within {timeout:g} s"
        if not self.events:
            return (
                f"{text}; its page has not opened. Is its panel shown? "
                "Run the cell that shows it in JupyterLab. Is the notebook trusted?"
            )
        last = ", ".join(_brief(event) for event in self.events[-8:])
        return f"{text}, but: {last}"

    def _record(self, event: dict[str, Any]) -> None:
        if "hex" in event:
            event["data"] = bytes.fromhex(event.pop("hex"))
        with self._heard:
            self._events.append(event)
            self._heard.notify_all()

    def _command(self, do: str, **details: Any) -> None:
        """Give the page a command, now or when it opens. Never waits for it."""
        page_server().run(self._deliver({"do": do, **details}))

    def _retire(self) -> None:
        """Cut the page off: another has taken its place."""
        _pages.pop(self._token, None)
        self._set_work(0, 0)
        page_server().run(self._close_views())

    # What runs on the page server's loop

    async def _attend(self, view: ServerConnection) -> None:
        """Serve one view of this page, from its first report to its last."""
        self._views.append(view)
        if self._views[0] is view:
            self._start(view)
        else:
            send([view], "wait")
        try:
            async for report in view:
                event = json.loads(report)
                if event["type"] == "take":
                    self._take(view)
                elif view is not self._views[0]:
                    pass  # what it did before it was told to wait
                elif event["type"] == "settled":
                    self._set_work(self._given, event["commands"])
                else:
                    self._set_work(self._given, None)
                    self._record(event)
        finally:
            was_first = self._views[0] is view
            self._views.remove(view)
            if was_first:
                self._record({"type": "page", "state": "left"})
                self._set_work(0, 0)
                if self._views and self._token in _pages:
                    self._start(self._views[0])

    def _start(self, view: ServerConnection) -> None:
        self._record({"type": "page", "state": "opened"})
        self._set_work(len(self._queue), None)
        # A page is not told why it cannot connect; it may say that this is why.
        stopped = {"stopped": True} if is_deserted(self._settings.get("url") or "") else {}
        send([view], "start", **self._settings, **stopped)
        for command in self._queue:
            send([view], **command)
        self._queue.clear()

    def _take(self, view: ServerConnection) -> None:
        """Make a waiting view the page; the former one waits instead."""
        if view is self._views[0]:
            return
        self._record({"type": "page", "state": "left"})
        send(self._views[:1], "wait")
        self._views.remove(view)
        self._views.insert(0, view)
        self._start(view)

    async def _deliver(self, command: dict[str, Any]) -> None:
        if self._views:
            self._set_work(self._given + 1, self._obeyed)
            send(self._views[:1], **command)
        elif len(self._queue) < MAX_QUEUE:
            self._queue.append(command)
        else:
            raise RuntimeError(
                f"{MAX_QUEUE} commands wait for the page of {self.name!r} to open: show it first"
            )

    async def _close_views(self) -> None:
        await asyncio.gather(*(view.close(REPLACED, "replaced") for view in self._views))


# The page server


@functools.cache
def page_server() -> Server:
    """The one page server of this kernel, started at first use."""
    server = serve(
        _report,
        name="wsdemo page server",
        process_request=_answer,
        max_size=MAX_REPORT,
        compression=None,
    )
    server.outlive_its_cell()  # panels stay, and new ones can be shown
    return server


async def _report(connection: ServerConnection) -> None:
    page = _pages.get(_token_in(connection.request))
    if page is not None:  # else it was replaced a moment ago
        await page._attend(connection)


def _answer(connection: ServerConnection, request: Request) -> Response | None:
    """Answer a request with a page, or refuse it; let our own pages report."""
    path = urlsplit(request.path).path
    known = _token_in(request) in _pages
    if _is_rebound(request, connection.local_address[1]):
        return connection.respond(403, "This address is not one of this machine's own.\n")
    if path == "/_report":
        if known and _is_own_origin(request):
            return None
        return connection.respond(403, "Only pages of this notebook may report.\n")
    if path == "/_ping" and known:
        response = connection.respond(200, "wsdemo\n")
        # The notebook that asks has another origin; the token has shown that it may.
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response
    # Only what lies in the folder: a name with a slash or dots is in no listing.
    file = {f"/{file.name}": file for file in WEB.iterdir()}.get(path)
    if file is None or file.suffix not in _TYPES:
        return connection.respond(404, f"No page {path} here.\n")
    response = connection.respond(200, file.read_text(encoding="utf-8"))
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = f"{_TYPES[file.suffix]}; charset=utf-8"
    response.headers["Cache-Control"] = "no-store"
    return response


def _token_in(request: Request | None) -> str:
    if request is None:
        return ""
    # Not "token": on its way through a Jupyter server that would be taken for Jupyter's own.
    return parse_qs(urlsplit(request.path).query).get("key", [""])[0]


def _is_own_origin(request: Request) -> bool:
    """Whether the page that connects came from the very host and port that it connects to."""
    try:
        return Origin.parse(request.headers.get("Origin", "")).is_of(request.headers)
    except ValueError:
        return False


def _is_rebound(request: Request, port: int) -> bool:
    """Whether a foreign name was made to point at this machine (DNS rebinding).

    A name other than loopback is fine when a relay passes on the host it was asked for itself;
    then the port is the relay's, not ours.
    """
    host, named = split_host(request.headers.get("Host", ""))
    return host is None or (named == port and not is_loopback(host))


def send(views: list[ServerConnection], do: str, **details: Any) -> None:
    """Send a command to some views, without waiting for a slow one.

    Args:
        views: the connections of pages.
        do: which command.
        details: of it.
    """
    broadcast(views, json.dumps({"do": do, **details}))


def _brief(event: dict[str, Any]) -> str:
    """An event in few words: ``message data='hello'``."""
    fields = (f"{key}={value!r:.60}" for key, value in event.items() if key != "type")
    return " ".join([event["type"], *fields])
