"""Measure how long an event loop did not run: because of a busy machine, or a learner's line."""

import asyncio
import contextlib
import math
import threading
import time
from types import TracebackType
from typing import Any, cast

from wsdemo.checks._places import place_of_block
from wsdemo.loop import LoopThread

__all__ = ["BUSY", "FACTOR", "Stalls", "TooBusy", "took_longer"]

FACTOR = 1.5
"""A time that is longer by this factor, and by what a busy machine adds, is too long."""

BUSY = 0.15
"""Seconds of stalls by which a wait of half or double the time looks like the right one."""

TICK = 0.01
NOISE = 0.02
"""Seconds by which a tick may be late on a quiet machine."""

BLOCKED = 0.2
"""Seconds for which a learner's line must keep the loop busy to be named."""


class TooBusy(TimeoutError):
    """The machine was so busy that times mean nothing; the verdict says to run the check again."""

    def __init__(self) -> None:
        super().__init__("this machine is too busy to measure times")


def took_longer(seconds: float, limit: float, stalled: float) -> bool:
    """Return whether something took longer than a limit.

    Args:
        seconds: how long it took.
        limit: seconds that it may take.
        stalled: for how much of the time the event loop did not run.

    Raises:
        TooBusy: it took longer, and without the stalls it may have taken less.
    """
    if seconds - stalled <= limit < seconds:
        raise TooBusy
    return seconds > limit


class Stalls:
    """Watch the running event loop for as long as the block lasts.

    Attributes:
        place: the learner's line that kept the loop busy; empty if none did.
    """

    def __init__(self) -> None:
        self.place = ""
        self._past = 0.0
        self._ticked = time.perf_counter()
        self._over = threading.Event()

    async def __aenter__(self) -> "Stalls":
        self._loops_thread = cast(LoopThread, threading.current_thread())
        self._ticking = asyncio.create_task(self._tick())
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._sampler.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._past, self._ticked = self.seconds, math.inf
        self._over.set()
        self._ticking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._ticking

    @property
    def seconds(self) -> float:
        """For how long, in all, the loop has not run; the stall that is just ending is counted."""
        late = time.perf_counter() - self._ticked - TICK
        return self._past + (late if late > NOISE else 0)

    async def _tick(self) -> None:
        while True:
            self._past, self._ticked = self.seconds, time.perf_counter()
            await asyncio.sleep(TICK)

    def _sample(self) -> None:
        seen: list[Any] = []
        while not self._over.wait(BLOCKED / 4):
            if time.perf_counter() - self._ticked < BLOCKED / 4:
                seen = []
                continue
            place = place_of_block(self._loops_thread)
            seen = [*seen, place] if place else []
            if len(seen) >= 4:
                self.place = place
