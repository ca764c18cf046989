"""The event loop beside the cell: what it runs, how it is stopped, when it takes turns."""

import asyncio
import concurrent.futures
import contextlib
import contextvars
import signal
import subprocess
import sys
import threading
import time

import pytest

import wsdemo.loop
from wsdemo.loop import SWITCH_INTERVAL, LoopThread

pytestmark = pytest.mark.usefixtures("nothing_left_running")


@pytest.fixture
def thread():
    thread = LoopThread("test")
    yield thread
    assert thread.stop()


class Forever:
    """A coroutine that never ends by itself; tells whether it was cancelled."""

    def __init__(self):
        self.began = threading.Event()
        self.cancelled = threading.Event()

    async def __call__(self):
        self.began.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


async def fail(error):
    raise error


async def answer():
    return 42


def test_runs_a_coroutine_on_a_thread_of_its_own(thread):
    async def where():
        return threading.current_thread().name, threading.current_thread().daemon

    assert thread.run(where()) == ("wsdemo test", True)
    assert thread.running


def test_passes_exceptions_on(thread):
    with pytest.raises(ZeroDivisionError, match="by hand"):
        thread.run(fail(ZeroDivisionError("by hand")))


def test_tells_its_own_time_out_from_the_coroutines(thread):
    with pytest.raises(TimeoutError, match="the coroutine's own"):
        thread.run(fail(TimeoutError("the coroutine's own")))
    with pytest.raises(TimeoutError, match=r"no result from test within 0\.01 s"):
        thread.run(Forever()(), timeout=0.01)


def test_a_stall_is_no_time_out(thread, monkeypatch):
    """The machine stalls in the first step of the wait, and for longer than the whole limit."""
    wait, stalls = concurrent.futures.wait, [1.2]

    def wait_on_a_machine_that_stalls(futures, seconds):
        if stalls:
            time.sleep(stalls.pop())
            seconds = 0
        return wait(futures, seconds)

    monkeypatch.setattr(concurrent.futures, "wait", wait_on_a_machine_that_stalls)
    assert thread.run(asyncio.sleep(1.4, "done"), timeout=1) == "done"


def test_a_time_out_cancels_the_coroutine(thread):
    forever = Forever()
    with pytest.raises(TimeoutError):
        thread.run(forever(), timeout=0.01)
    assert forever.cancelled.wait(5)


@pytest.fixture
def interruptible():
    """Take SIGINT as a program in a terminal does; a shell's background programs ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_an_interrupted_cell_cancels_the_coroutine(thread, interruptible):
    forever = Forever()

    async def press_stop():
        # Not before the cell waits for the result.
        while sys._current_frames()[threading.main_thread().ident].f_code.co_name != "wait":
            await asyncio.sleep(0)
        # Not os.kill(): the system may give that signal to any thread, and wake no other.
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        await forever()

    with pytest.raises(KeyboardInterrupt):
        thread.run(press_stop())
    assert forever.cancelled.wait(5)


def test_refuses_to_wait_for_itself(thread):
    async def nested():
        return thread.run(answer())

    with pytest.raises(RuntimeError, match="already runs on the loop of test: use await"):
        thread.run(nested())


def test_runs_from_a_cell_that_has_a_loop_itself(thread):
    async def cell():
        return thread.run(answer())

    assert asyncio.run(cell()) == 42


def test_asks_between_two_steps_of_the_loop(thread):
    def which():
        return threading.current_thread().name

    async def ask_again():
        return thread.ask(which)

    assert thread.ask(which) == "wsdemo test"
    assert thread.run(ask_again()) == "wsdemo test"
    thread.stop()
    assert thread.ask(which) == "MainThread"


def test_calls_a_function_soon(thread):
    called = threading.Event()
    thread.call(called.set)
    assert called.wait(5)


def test_the_context_is_empty(thread):
    cell = contextvars.ContextVar("cell", default="whichever runs now")
    cell.set("the one that started the server")
    seen, called = [], threading.Event()

    async def read():
        return cell.get()

    assert thread.run(read()) == "whichever runs now"
    thread.call(lambda: (seen.append(cell.get()), called.set()))
    assert called.wait(5)
    assert seen == ["whichever runs now"]


def test_stopping_cancels_again_what_has_lost_its_cancellation():
    async def wait_twice():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()  # as wait_for() does when its result comes at this moment
        await again()

    async def begin():
        tasks.append(asyncio.create_task(wait_twice()))
        await asyncio.sleep(0)

    again, tasks = Forever(), []
    thread = LoopThread("deaf")
    thread.run(begin())
    assert thread.stop()
    assert again.cancelled.is_set()


def test_stopping_cancels_what_runs_and_may_be_done_twice():
    thread, forever = LoopThread("test"), Forever()
    asyncio.run_coroutine_threadsafe(forever(), thread.loop)
    assert forever.began.wait(5)
    assert thread.stop()
    assert forever.cancelled.is_set()
    assert not thread.running
    assert thread.loop.is_closed()
    assert thread.stop()


def test_a_stopped_loop_takes_no_more_work():
    thread = LoopThread("test")
    thread.stop()
    with pytest.raises(RuntimeError, match="test has stopped"):
        thread.run(answer())
    thread.call(pytest.fail)  # does nothing


def test_tells_that_something_blocks_it():
    thread, release = LoopThread("test"), threading.Event()
    thread.call(release.wait, 5)
    assert not thread.stop(timeout=0.05)
    release.set()
    assert thread.stop()


def test_a_loop_that_is_closed_at_this_moment_can_be_stopped_and_called(monkeypatch):
    thread = LoopThread("test")
    assert thread.stop()
    monkeypatch.setattr(LoopThread, "running", True)  # as it was a moment before
    thread.call(print)
    assert thread.stop()


@pytest.fixture
def no_other_loop(monkeypatch):
    """Look away from loops that other tests in this process keep running."""
    interval = sys.getswitchinterval()
    monkeypatch.setattr(wsdemo.loop, "_loops", 0)
    monkeypatch.setattr(wsdemo.loop, "_interval_before", 0.005)
    sys.setswitchinterval(0.005)
    yield
    sys.setswitchinterval(interval + wsdemo.loop.HALF_STEP)


def test_switches_faster_while_any_loop_runs(no_other_loop):
    before = sys.getswitchinterval()
    assert before > SWITCH_INTERVAL
    first, second = LoopThread("first"), LoopThread("second")
    try:
        assert sys.getswitchinterval() == pytest.approx(SWITCH_INTERVAL)
        first.stop()
        assert sys.getswitchinterval() == pytest.approx(SWITCH_INTERVAL)
    finally:
        first.stop()
        second.stop()
    assert sys.getswitchinterval() == before


def test_leaves_a_shorter_interval_as_it_is(no_other_loop):
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        thread = LoopThread("test")
        assert sys.getswitchinterval() == pytest.approx(1e-5)
        thread.stop()
        assert sys.getswitchinterval() == pytest.approx(1e-5)
    finally:
        sys.setswitchinterval(before)


def test_works_where_nest_asyncio_has_patched_asyncio():
    program = """
import asyncio, nest_asyncio
asyncio.set_event_loop(asyncio.new_event_loop())
nest_asyncio.apply()
from wsdemo.loop import LoopThread
thread = LoopThread("test")
async def answer():
    await asyncio.sleep(0)
    return 42
async def cell():
    return thread.run(answer())
print(asyncio.run(cell()), thread.stop())
asyncio.get_event_loop().close()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.stdout, done.stderr) == ("42 True\n", "")


def test_at_its_end_it_is_told_before_what_runs_is_cancelled():
    order = []

    async def work():
        try:
            await asyncio.Event().wait()
        finally:
            order.append("cancelled")

    async def begin():
        tasks.append(asyncio.create_task(work()))
        await asyncio.sleep(0)

    tasks = []
    thread = LoopThread("told", at_end=lambda: order.append(asyncio.get_running_loop()))
    thread.run(begin())
    assert thread.stop()
    assert order == [thread.loop, "cancelled"]


def test_a_loop_that_was_closed_ends_its_thread(monkeypatch):
    monkeypatch.setattr(threading, "excepthook", lambda _: None)  # asyncio's own complaint
    thread = LoopThread("test", report=lambda _: thread.loop.close())
    thread.call(sys.exit)
    thread._thread.join(5)
    assert not thread.running
    assert thread.stop()


def test_an_interval_that_is_as_short_stays_as_it_is(no_other_loop):
    sys.setswitchinterval(SWITCH_INTERVAL + wsdemo.loop.HALF_STEP)
    for _ in range(3):
        assert LoopThread("test").stop()
    assert sys.getswitchinterval() == pytest.approx(SWITCH_INTERVAL)
