"""What runs beside a notebook, so that its last cell can stop all of it, whatever was skipped."""

import weakref
from collections.abc import Iterator
from typing import Protocol

__all__ = ["Stoppable", "keep", "remember", "stop_all"]

KINDS = ("server", "wire", "program")
"""The order in which they stop: a server goes before the wire or the broker that it needs."""


class Stoppable(Protocol):
    """Something that runs until it is stopped."""

    @property
    def running(self) -> bool:
        """Whether it runs."""
        ...

    def stop(self) -> None:
        """Stop it."""
        ...


_started: dict[str, weakref.WeakSet[Stoppable]] = {kind: weakref.WeakSet() for kind in KINDS}


def remember(kind: str, started: Stoppable) -> None:
    """Have :func:`stop_all` stop this, if it still runs then.

    Args:
        kind: one of :data:`KINDS`.
        started: it is not kept alive by this.
    """
    _started[kind].add(started)


def keep(started: Stoppable) -> None:
    """Have :func:`stop_all` leave this alone: it is the kernel's, and not the lesson's.

    Args:
        started: what was given to :func:`remember`.
    """
    for things in _started.values():
        things.discard(started)


def stop_all() -> None:
    """Stop every server, wire and program that was started here, and print how many there were.

    A server closes its connections with 1001. Your own broker is left alone.
    """
    counts = []
    for kind in KINDS:
        running = list(_still_running(kind))
        for each in running:
            each.stop()
        if running:
            counts.append(f"{len(running)} {kind}{'s' if len(running) > 1 else ''}")
    print(f"stopped {', '.join(counts)}" if counts else "nothing was running")


def _still_running(kind: str) -> Iterator[Stoppable]:
    return (each for each in list(_started[kind]) if each.running)
