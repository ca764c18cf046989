"""Which of the sockets in memory can be read or written: what asyncio's event loops ask."""

import selectors
import threading
import time
from collections.abc import Callable
from typing import Any

from wsdemo.tab.sockets import sockets

__all__ = ["Selector"]


class Selector(selectors._BaseSelectorImpl):
    """A selector as :class:`selectors.DefaultSelector` is, for sockets in memory.

    Attributes:
        woken: called when something about a registered socket has changed.
    """

    @staticmethod
    def take_turns() -> None:
        """Let other threads run, where all share one; called before each wait."""

    def __init__(self) -> None:
        super().__init__()
        self.woken: Callable[[], None] = lambda: None

    def _wake(self) -> None:
        self.woken()

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Watch a socket."""
        key: selectors.SelectorKey = super().register(fileobj, events, data)
        sockets[key.fd].watch(self._wake)
        self._wake()
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """Watch a socket no more; it may be gone already."""
        key: selectors.SelectorKey = super().unregister(fileobj)
        if sock := sockets.get(key.fd):
            sock.unwatch(self._wake)
        return key

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Watch a socket for something else."""
        key: selectors.SelectorKey = super().modify(fileobj, events, data)
        self._wake()
        return key

    def ready(self) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what would not have to wait, with the events that are possible."""
        found = []
        for key in list(self.get_map().values()):
            sock = sockets.get(key.fd)
            if sock and (events := key.events & sock.ready()):
                found.append((key, events))
        return found

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait until something is ready.

        Args:
            timeout: seconds to wait; ``None`` for as long as it takes.
        """
        self.take_turns()
        end = None if timeout is None else time.monotonic() + timeout
        changed = threading.Event()
        self.woken = changed.set
        try:
            while not (found := self.ready()):
                left = None if end is None else end - time.monotonic()
                if left is not None and left <= 0:
                    break
                changed.wait(left)
                changed.clear()
            return found
        finally:
            self.woken = lambda: None
