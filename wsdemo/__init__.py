"""Learn WebSockets in Python: real servers, every byte on the wire, faults on demand.

>>> import wsdemo
>>> server = wsdemo.serve(handler)      # a WebSocket server in the background
>>> wire = wsdemo.Wire(server.url)      # a connection to it that shows every byte
>>> wsdemo.Browser(wire.url, "ana")     # your own browser as a client
"""

import importlib
import sys
from typing import TYPE_CHECKING, Any

from wsdemo import embedding

if TYPE_CHECKING:  # what follows is lazy, and an editor does not run it
    from wsdemo import apps, bus, draw, frames
    from wsdemo.browser import Browser, javascript
    from wsdemo.checks import check, progress
    from wsdemo.classroom import join, leave
    from wsdemo.programs import broker
    from wsdemo.reconnect import ReconnectingClient
    from wsdemo.running import stop_all
    from wsdemo.server import Server, serve
    from wsdemo.wire import Wire

__all__ = [  # noqa: RUF022 - grouped by what they are for
    # servers
    "Server",
    "serve",
    "stop_all",
    # the wire
    "Wire",
    "draw",
    "frames",
    # a client that comes back
    "ReconnectingClient",
    # the browser
    "Browser",
    "javascript",
    # beyond one server
    "broker",
    "bus",
    # exercises
    "check",
    "progress",
    # a class with a teacher
    "join",
    "leave",
    # finished servers
    "apps",
]

_HOMES = {
    "Server": "server",
    "serve": "server",
    "Wire": "wire",
    "ReconnectingClient": "reconnect",
    "Browser": "browser",
    "javascript": "browser",
    "broker": "programs",
    "stop_all": "running",
    "check": "checks",
    "progress": "checks",
    "join": "classroom",
    "leave": "classroom",
}
_MODULES = ("apps", "bus", "draw", "frames")


if sys.platform == "emscripten":  # a browser tab: the one place that tells it from others
    from wsdemo import tab

    tab.install()


def _wire_panel(wire: Any) -> dict[str, str]:
    """Return how a notebook shows a wire; the browser's part is imported at the first one."""
    from wsdemo.browser.wire_panel import show_wire

    return show_wire(wire)


embedding.wire_panel = _wire_panel


def __getattr__(name: str) -> Any:
    # Each name is imported when it is first used, so that `import wsdemo` costs next to nothing.
    if name in _MODULES:
        return importlib.import_module(f"wsdemo.{name}")
    if name in _HOMES:
        value = globals()[name] = getattr(importlib.import_module(f"wsdemo.{_HOMES[name]}"), name)
        return value
    raise AttributeError(f"module 'wsdemo' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
