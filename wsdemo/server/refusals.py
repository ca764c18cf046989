"""Refused pages, as lines on a server's terminal: at most one line in some seconds."""

import asyncio
import logging

from wsdemo.server.origins import Origin

__all__ = ["INTERVAL", "RefusalLog"]

INTERVAL = 10
"""Seconds between two lines at least: a page that reconnects must not fill the terminal."""

log = logging.getLogger("wsdemo.refusals")
log.addHandler(logging.NullHandler())  # or a foreign page would print into a cell


class RefusalLog:
    """Log the first refused page at once, and those of the next seconds together in one line."""

    def __init__(self) -> None:
        self._count = 0
        self._last = ""
        self._timer: asyncio.TimerHandle | None = None

    def add(self, origin: str) -> None:
        """Count a refusal. To be called on the server's event loop.

        Args:
            origin: what the page sent.
        """
        self._count += 1
        self._last = origin
        if self._timer is None:
            self._write()

    def _write(self) -> None:
        if not self._count:
            self._timer = None
            return
        log.warning(_line(self._count, self._last))
        self._count = 0
        self._timer = asyncio.get_running_loop().call_later(INTERVAL, self._write)


def _line(count: int, origin: str) -> str:
    connections = "a connection" if count == 1 else f"{count} connections, the last"
    if origin == "null":
        return (
            f"refused {connections} from a page without an origin (null): "
            "a file, or a frame in a sandbox. Open the page over http"
        )
    try:
        page = Origin.parse(origin)
    except ValueError:
        # What a program made up may hold anything, also what a terminal would obey.
        return f"refused {connections} with an Origin that is not valid: {origin[:100]!a}"
    return f"refused {connections} from a page of {page}: add --origin {page} if it is yours"
