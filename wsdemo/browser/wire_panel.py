"""A wire as a panel: frames as they pass, and buttons that do what a cell could do."""

import asyncio
import contextlib
import json
import weakref
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.browser.page_server import send
from wsdemo.browser.panels import Panel
from wsdemo.wire.commands import parse
from wsdemo.wire.core import Wire
from wsdemo.wire.follower import LATEST, Follower

__all__ = ["WirePanel", "show_wire"]

PAUSE = 0.05
"""Seconds between two looks at the wire: a page that got each frame by itself would stutter."""

QUIET = 0.1
"""The same while nothing passes."""

STOPPED = "This wire is stopped. Run the cell that makes it, then this cell again."

_panels: weakref.WeakKeyDictionary[Wire, "WirePanel"] = weakref.WeakKeyDictionary()


def show_wire(wire: Wire) -> dict[str, str]:
    """Return how a notebook shows a wire.

    Args:
        wire: shown for the first time, or again.
    """
    if wire not in _panels:
        _panels[wire] = WirePanel(wire)
    return _panels[wire].markup()


class WirePanel(Panel):
    """The live page of a wire. It may be open many times: each page shows the same.

    Args:
        wire: not kept alive by its panel; once it is gone, the latest lines are still shown.
    """

    _file = "wire.html"
    _noun = "Wire"

    def __init__(self, wire: Wire) -> None:
        super().__init__("wire", None, url=wire.url)
        self._wire = weakref.ref(wire)
        self._follower = wire.follow()
        # Its recordings may be long; the latest lines are not.
        weakref.finalize(wire, self._follower.release).atexit = False

    def markup(self) -> dict[str, str]:
        """Return the HTML of the panel, by its MIME type."""
        bundle = self._repr_mimebundle_()
        return {"text/html": bundle["text/html"]}

    # What runs on the page server's loop

    async def _attend(self, view: ServerConnection) -> None:
        self._views.append(view)
        self._record({"type": "page", "state": "opened"})
        self._set_work(0, None)
        send([view], "start", **self._settings)
        showing = asyncio.create_task(self._show(view))
        try:
            async for report in view:
                event = json.loads(report)
                if event["type"] == "settled":
                    self._set_work(0, 0)
                elif event["type"] == "command":
                    self._record(event)
                    send([view], "answer", **self._obey(event["typed"]))
        finally:
            showing.cancel()
            self._views.remove(view)
            self._record({"type": "page", "state": "left"})
            if not self._views:
                self._set_work(0, 0)

    async def _show(self, view: ServerConnection) -> None:
        """Send one page what is new, again and again; one that reads slowly gets it later."""
        changes = _Changes(self._follower)
        with contextlib.suppress(ConnectionClosed):
            while True:
                if news := changes.news():
                    await view.send(json.dumps({"do": "news", **news}))
                await asyncio.sleep(PAUSE if news else QUIET)

    def _obey(self, typed: str) -> dict[str, str]:
        """Do what a button asks for; return the Python that it stands for, or what is wrong."""
        wire = self._wire()
        if wire is None or not wire.running:
            return {"error": STOPPED}
        try:
            call = parse(typed)
            call.make(wire)
        except (LookupError, ValueError) as error:
            return {"error": str(error)}
        return {"python": str(call)}


class _Changes:
    """What one page has not been sent of the lines of a wire."""

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self._sent = 0
        self._held: set[int] = set()
        self._state: dict[str, Any] = {}

    def news(self) -> dict[str, Any]:
        """Return what has changed since the last time; an empty dict if nothing has."""
        self._follower.look()
        lines, news = self._follower.lines, dict[str, Any]()
        # Lines have consecutive numbers.
        fates = {
            line.number: line.fate
            for line in lines
            if line.number in self._held and line.fate != "held"
        }
        self._held -= fates.keys()
        if fates:
            news["fates"] = fates
        count = min(self._follower.total - self._sent, len(lines))
        if count:
            news["lines"] = [vars(line) for line in lines[-count:]]
            self._held |= {line.number for line in lines[-count:] if line.fate == "held"}
            self._sent = self._follower.total
            self._held = {each for each in self._held if each > self._sent - LATEST}
        state = self._follower.state
        if state != self._state:
            self._state = news["state"] = state
        return news
