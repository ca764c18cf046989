"""Threads in a browser tab, where there is only one.

WebAssembly can put a call aside until a JavaScript promise is settled (JSPI, JavaScript Promise
Integration; Pyodide's ``run_sync``). So each thread here is a call with a stack of its own: it runs
until it waits for something, and then another one continues. What :mod:`threading` builds on three
things, a lock, the start of a thread and its identifier, is Python's own code and works as it is.

This module needs Pyodide; everything else in this folder that can do without it does.
"""

import _thread
import asyncio
import gc
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from js import Promise
from pyodide.ffi import create_once_callable, run_sync
from pyodide.webloop import WebLoop, scheduleCallback

__all__ = [
    "SLICE",
    "Lock",
    "after_wait",
    "call_soon_on_own_stack",
    "cells_loop",
    "install",
    "yield_turn",
]

SLICE = 0.005
"""Seconds after which a thread that never waits lets the others have their turn."""

LONGEST_TIMER = 2**31 - 1
"""Milliseconds; a browser takes a longer one for none at all (HTML, timers)."""

COLLECT_AT = 20_000
"""New objects after which a waiting thread collects garbage."""

FULL_ROUND = 10
"""Every so many rounds of the garbage collector look at all objects."""

MAIN = _thread.get_ident()
"""The thread that cells run on."""

_current = MAIN
_turn_began = 0.0
_rounds = 0
_next_ident = MAIN + 1
_postponed: list[Callable[[], None]] | None = None
cells_loop = asyncio.get_event_loop()
"""The loop that cells run on: the browser's own."""

# Promises that threads wait for belong to a loop of their own: a cell's loop must not take the
# end of a wait for its own work. Making one makes it the running one.
_promises = WebLoop()
asyncio._set_running_loop(cells_loop)


class Wakeup:
    """What one thread waits for, and something else sets, once."""

    def __init__(self) -> None:
        self._settled = Promise.withResolvers()

    def set(self) -> None:
        """Let the thread that waits continue."""
        self._settled.resolve()

    def wait(self, timeout: float | None = None) -> None:
        """Put this thread aside until it is set, or the time is over.

        Args:
            timeout: seconds; ``None`` for as long as it takes.
        """
        if timeout is not None:
            scheduleCallback(self._settled.resolve, min(timeout * 1000, LONGEST_TIMER))
        _collect_garbage()
        with _put_aside():
            run_sync(self._settled.promise)


@contextmanager
def _put_aside() -> Iterator[None]:
    """Note what this thread was, and restore it when the thread continues."""
    global _current, _turn_began, _postponed
    me, loop = _current, asyncio._get_running_loop()
    _current = MAIN
    asyncio._set_running_loop(_promises)
    if me == MAIN:
        _postponed = []
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)
        _current, _turn_began = me, time.perf_counter()
        if me == MAIN:
            postponed, _postponed = _postponed or [], None
            for each in postponed:
                call_soon_on_own_stack(each)


def after_wait(function: Callable[[], None]) -> bool:
    """Postpone a step of the cells' loop while the cells' thread waits, as a real loop would.

    Args:
        function: the step.

    Returns:
        Whether it was postponed; if not, it is to be done now.
    """
    if _postponed is None:
        return False
    _postponed.append(function)
    return True


def call_soon_on_own_stack(function: Callable[[], None], delay: float = 0) -> None:
    """Call a function from the browser, on a stack that can be put aside.

    Args:
        function: what to call.
        delay: seconds until then.
    """
    once = create_once_callable(function, _may_syncify=True)
    scheduleCallback(once, min(delay * 1000, LONGEST_TIMER))


def _collect_garbage() -> None:
    # CPython's own incremental rounds crash under suspended stacks (Pyodide issue 6464), so they
    # are off, and it is done here, where this stack is whole.
    global _rounds
    if gc.get_count()[0] > COLLECT_AT:
        _rounds += 1
        gc.collect(2 if _rounds % FULL_ROUND == 0 else 0)


def sleep(seconds: float) -> None:
    """Sleep as :func:`time.sleep` does."""
    Wakeup().wait(seconds)


def yield_turn() -> None:
    """Let other threads run, if this one has run for a while."""
    if time.perf_counter() - _turn_began > SLICE:
        sleep(0)


class Lock:
    """A lock as :func:`threading.Lock` makes it."""

    def __init__(self) -> None:
        self._locked = False
        self._waiting: deque[Wakeup] = deque()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock; wait for it where it is taken.

        Args:
            blocking: whether to wait.
            timeout: seconds to wait at most; a negative number sets no limit.

        Returns:
            Whether it was taken.
        """
        end = None if timeout < 0 else time.monotonic() + timeout
        while self._locked:
            left = None if end is None else end - time.monotonic()
            if not blocking or (left is not None and left <= 0):
                return False
            self._waiting.append(wakeup := Wakeup())
            wakeup.wait(left)
        self._locked = True
        return True

    def release(self) -> None:
        """Give the lock back."""
        if not self._locked:
            raise RuntimeError("release unlocked lock")
        self._locked = False
        while self._waiting:
            self._waiting.popleft().set()

    def locked(self) -> bool:
        """Whether it is taken."""
        return self._locked

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def _at_fork_reinit(self) -> None:
        self.__init__()  # type: ignore[misc]


class ThreadHandle:
    """What :mod:`threading` keeps of a thread: its identifier, and whether it has ended."""

    def __init__(self) -> None:
        self.ident: int | None = None
        self._running = Lock()

    def is_done(self) -> bool:
        """Whether the thread has ended."""
        return not self._running.locked()

    def _set_done(self) -> None:
        if self._running.locked():
            self._running.release()

    def join(self, timeout: float | None = None) -> None:
        """Wait until the thread has ended."""
        if self._running.acquire(timeout=-1 if timeout is None else timeout):
            self._running.release()


def start_thread(
    function: Callable[[], Any], handle: ThreadHandle | None = None, daemon: bool = True
) -> None:
    """Start a thread, for :class:`threading.Thread`.

    Args:
        function: what it runs.
        handle: is told its identifier, and when it ends.
        daemon: makes no difference; a tab that is closed waits for nothing.
    """
    global _next_ident
    handle = handle or ThreadHandle()
    handle.ident, _next_ident = _next_ident, _next_ident + 1
    handle._running.acquire()

    def run() -> None:
        global _current
        assert handle is not None
        _current = handle.ident or MAIN
        asyncio._set_running_loop(None)
        try:
            function()
        finally:
            handle._set_done()
            _current = MAIN

    call_soon_on_own_stack(run)


def install() -> None:
    """Give this Python threads."""
    gc.disable()  # see _collect_garbage
    of_time: Any = time
    of_time.sleep = sleep
    module: Any = threading
    _thread.get_ident = module.get_ident = lambda: _current
    module.Lock = module._allocate_lock = Lock
    setattr(_thread, "allocate_lock", Lock)  # noqa: B010 - its type is that of the real one
    module.RLock = module._PyRLock
    module._ThreadHandle, module._start_joinable_thread = ThreadHandle, start_thread
    of_queue: Any = queue
    of_queue.SimpleQueue = of_queue._PySimpleQueue
