"""An asyncio event loop on a thread of its own, beside the cell that is running."""

import asyncio
import concurrent.futures
import contextlib
import contextvars
import math
import sys
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from wsdemo.files import allow_many_files

__all__ = ["SWITCH_INTERVAL", "LoopThread", "NoResult"]

SWITCH_INTERVAL = 50e-6
"""Seconds that a loop waits for its turn while a cell computes (CPython's default: 5e-3)."""

STEP = 0.05
"""Seconds of a step in which :meth:`LoopThread.run` waits."""

Result = TypeVar("Result")


class NoResult(TimeoutError):
    """A coroutine has not finished in the time that its caller allowed."""


class LoopThread:
    """Run an event loop in the background until ``stop()``.

    The thread runs in an empty :class:`contextvars.Context`: IPython keeps the cell that a print
    belongs to in a context variable, and an empty context means "the cell that runs now".

    While any such loop runs, the interpreter's switch interval is :data:`SWITCH_INTERVAL`; see
    :func:`wsdemo.serve` for the reason.

    Nothing that runs on the loop can end it but :meth:`stop`. ``sys.exit()`` in a task would end
    an event loop of the main thread, and with it the program; here there is no program to end, only
    a server that would be silent from then on. So the loop reports it and continues.

    Args:
        name: what the thread is called in a debugger or a traceback.
        at_end: called on the loop when it has been told to stop, before what runs is cancelled.
        report: called on the loop's thread with an exception that would have ended it.
    """

    def __init__(
        self,
        name: str,
        at_end: Callable[[], None] = lambda: None,
        report: Callable[[BaseException], None] | None = None,
    ) -> None:
        allow_many_files()
        self.name = name
        self._at_end = at_end
        self._report = report or self._print
        started: Future[asyncio.AbstractEventLoop] = Future()
        self._thread = threading.Thread(
            target=contextvars.Context().run,
            args=(self._run_until_stopped, started),
            name=f"wsdemo {name}",
            daemon=True,
        )
        self._thread.start()
        self.loop = started.result(timeout=10)

    def _run_until_stopped(self, started: Future[asyncio.AbstractEventLoop]) -> None:
        async def main() -> None:
            self._stopping = asyncio.Event()
            started.set_result(asyncio.get_running_loop())
            await self._stopping.wait()
            self._at_end()
            await _cancel_the_others()

        _take_turns()
        try:
            # Runner, not asyncio.run(): nest_asyncio replaces that one.
            with asyncio.Runner() as runner:
                loop = runner.get_loop()
                until_stopped = loop.create_task(main())
                while not (until_stopped.done() or loop.is_closed()):
                    try:
                        loop.run_until_complete(until_stopped)
                    except (SystemExit, KeyboardInterrupt) as error:  # raised by some task
                        self._report(error)
                    except RuntimeError as error:  # some task called loop.stop()
                        self._report(error)
        finally:
            _stop_taking_turns()

    def _print(self, error: BaseException) -> None:
        print(f"{self.name}: {error!r} does not end its event loop", file=sys.stderr)

    @property
    def running(self) -> bool:
        """Whether the loop still takes work."""
        return self._thread.is_alive() and not self.loop.is_closed()

    @property
    def ident(self) -> int:
        """The thread's identifier, as :func:`threading.get_ident` gives it there."""
        ident = self._thread.ident
        assert ident is not None  # it was started when this was made
        return ident

    @property
    def is_current(self) -> bool:
        """Whether the caller runs on this loop's thread."""
        return threading.current_thread() is self._thread

    def run(self, coroutine: Coroutine[Any, Any, Result], timeout: float | None = 10) -> Result:
        """Run a coroutine on this loop and wait for its result.

        Args:
            coroutine: what to run.
            timeout: seconds to wait; ``None`` sets no limit.

        Returns:
            What the coroutine returns.

        Raises:
            RuntimeError: the loop has stopped, or the caller runs on this very loop.
            NoResult: no result in time; the coroutine is cancelled.
        """
        if self.is_current:
            coroutine.close()
            raise RuntimeError(f"this code already runs on the loop of {self.name}: use await")
        if not self.running:
            coroutine.close()
            raise RuntimeError(f"{self.name} has stopped")
        # What another thread schedules takes that thread's context along, unless told not to.
        schedule = asyncio.run_coroutine_threadsafe
        future = contextvars.Context().run(schedule, coroutine, self.loop)
        try:
            if timeout is None:
                return future.result()
            _wait(future, timeout)
            return future.result(0)
        except TimeoutError:
            if future.done():  # the coroutine's own TimeoutError
                raise
            raise NoResult(f"no result from {self.name} within {timeout} s") from None
        finally:
            future.cancel()  # after a time-out or an interrupted cell; else it does nothing

    def ask(self, function: Callable[[], Result]) -> Result:
        """Call a function between two steps of the loop and return its result.

        On the loop itself, and once it has stopped, the function is simply called.
        """
        if self.is_current or not self.running:
            return function()

        async def call() -> Result:
            return function()

        return self.run(call())

    def call(self, function: Callable[..., Any], *args: Any) -> None:
        """Have the loop call a function soon, without waiting for it."""
        if self.running:
            with contextlib.suppress(RuntimeError):  # it was closed meanwhile
                self.loop.call_soon_threadsafe(function, *args, context=contextvars.Context())

    def stop(self, timeout: float = 5) -> bool:
        """Cancel what runs on the loop and end the thread.

        Args:
            timeout: seconds to wait for the thread.

        Returns:
            Whether the thread has ended. It has not when something blocks the loop.
        """
        self.call(self._stopping.set)
        if self.is_current:  # the garbage collector runs anywhere
            return False
        self._thread.join(timeout)
        return not self._thread.is_alive()


async def _cancel_the_others() -> None:
    """Cancel all other tasks of this loop, and wait until they have ended.

    A cancellation can be lost: until Python 3.11, ``asyncio.wait_for()`` drops one that comes when
    its own result does (python/cpython issue 86296). So what goes on is cancelled again.
    """
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in others:
            task.cancel()
        await asyncio.wait(others, timeout=CANCEL_AGAIN)


CANCEL_AGAIN = 0.5
"""Seconds that a cancelled task may take to end before it is cancelled again."""

HALF_STEP = 5e-7
"""CPython cuts the interval to whole microseconds: one that was read would be set 1 µs shorter."""

_lock = threading.Lock()
_loops = 0
_interval_before = 0.0


def _wait(future: Future[Any], seconds: float) -> None:
    """Wait for a future in steps: a machine that stalls makes one of them longer, not all."""
    for _ in range(math.ceil(seconds / STEP)):
        if concurrent.futures.wait([future], min(STEP, seconds)).done:
            return


def _take_turns() -> None:
    """Shorten the switch interval when the first loop starts."""
    global _loops, _interval_before
    with _lock:
        _loops += 1
        if _loops == 1:
            _interval_before = sys.getswitchinterval()
            sys.setswitchinterval(min(SWITCH_INTERVAL, _interval_before) + HALF_STEP)


def _stop_taking_turns() -> None:
    """Put the switch interval back when the last loop ends."""
    global _loops
    with _lock:
        _loops -= 1
        if _loops == 0:
            sys.setswitchinterval(_interval_before + HALF_STEP)
