"""A learner's function that sends the newest of many values to a slow client."""

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from wsdemo.checks import Misconception, NotYet
from wsdemo.checks._plain import Plain
from wsdemo.checks._serving import PATIENCE
from wsdemo.checks._stalls import TooBusy

__all__ = ["BURSTS", "sending"]

# Values that come at the same time, while the value before is being sent. No burst ends with its
# greatest value, and one ends with 0, which is false in a condition.
BURSTS = (
    (21,),
    (22, 23, 25, 24, 26, 29, 31, 33, 30, 28),
    (-4,),
    (7, 5, 3, -2, 2, 1, 0),
    (40, 39),
    (12, 13, 14, 15, 16, 17, 18, 19, 45, 43, 41, 42),
    (-7, -5, -6),
    tuple(range(300, 200, -4)),
)

HOLD = 0.05
"""Seconds that the client takes for a value."""

QUIET = 0.3
"""Seconds without a new value, in which a sender that polls would send the old one again."""

LATE = 0.5
"""Seconds; an answer that takes longer each time is late, because a right one sends at once."""

LAG = 5
"""How many values a sender may be behind in a stream, if it uses tasks of its own."""

PAUSE = 0.03
"""Seconds between two values of the stream that are a pause, as a machine that stalls makes it."""

STREAM = range(1000, 1060)
"""Values that come one by one, every 10 ms; the client receives a value in the time of ten."""


class SlowClient:
    """A client that receives one value after the other, when the check lets it.

    Attributes:
        calls: the value of each send, put here when the send begins.
        called: how often :meth:`send` was called.
        began: how often that was awaited.
        cancelled: how often a send was cancelled.
        overlapped: whether two were under way at the same time.
    """

    def __init__(self) -> None:
        self.calls: asyncio.Queue[Any] = asyncio.Queue()
        self.called = self.began = self.cancelled = 0
        self.overlapped = False
        self._received = asyncio.Event()
        self._underway = 0
        self._gone = False

    def send(self, value: Any) -> Awaitable[None]:
        """Send a value, where the learner's code awaits this."""
        self.called += 1
        return self._send(value)

    async def _send(self, value: Any) -> None:
        self.began += 1
        self._underway += 1
        self.overlapped |= self._underway > 1
        self.calls.put_nowait(value)
        try:
            if not self._gone:
                await self._received.wait()
                self._received.clear()
        except asyncio.CancelledError:
            self.cancelled += not self._gone
            raise
        finally:
            self._underway -= 1

    def receive(self) -> None:
        """Receive the value that is under way."""
        if self._underway:
            self._received.set()

    def leave(self) -> None:
        """Delay no send from now on."""
        self._gone = True
        self._received.set()


# A verdict names a coroutine that is never awaited.
SlowClient._send.__qualname__ = "send"


class Sender:
    """A learner's function at work, with its queue and its slow client."""

    def __init__(self, client: SlowClient, values: asyncio.Queue[int], task: Any) -> None:
        self._client = client
        self._values = values
        self._task = task
        self._put: list[int] = []
        self._sent: list[int] = []
        self._delays: list[float] = []

    def _add(self, *values: int) -> None:
        for each in values:
            self._put.append(each)
            self._values.put_nowait(each)

    async def burst(self, values: tuple[int, ...]) -> None:
        """Let values come while one is under way, and check what is sent after that one."""
        if not self._put:
            await self._expect_none()
        self._add(*values)
        if self._sent:
            await self._pass_time()
            self._client.receive()
        await self._expect_newest(Plain(f"{list(values)}, at the same time"))

    async def single(self) -> None:
        """Let values come one at a time, with nothing under way and nothing that waits."""
        for value in (77, 76):
            self._client.receive()
            await self._expect_none()
            self._add(value)
            await self._expect_newest(Plain(f"{value}, when nothing was under way"))

    async def stream(self) -> None:
        """Let values come without a pause; check whether the client is kept up to date."""
        sent = pauses = 0
        clock = asyncio.get_running_loop().time
        for value in STREAM:
            self._add(value)
            if value % 10 == 0:
                self._client.receive()
            start = clock()
            await asyncio.sleep(0.01)
            pauses += clock() - start > PAUSE
            while not self._client.calls.empty():
                self._sent.append(self._client.calls.get_nowait())
                self._judge_lag(self._sent[-1])
                sent += 1
            self._judge_sends()
        came = Plain(f"{len(STREAM)} values, one every 10 ms")
        if 3 <= sent < 3 + pauses:
            raise TooBusy
        if sent < 3:
            raise Misconception(
                "while values come without a pause, the client receives almost nothing: do not "
                "wait for a pause",
                input=came,
                expected=Plain("about 6 values sent meanwhile"),
                received=Plain(f"{sent} sent"),
            )
        for _ in range(3):
            if self._sent[-1] == self._put[-1]:
                return
            self._client.receive()
            self._sent.append(await self._next(came))
        raise Misconception(
            "the last value has not been sent",
            input=came,
            expected=self._put[-1],
            received=self._sent[-1],
        )

    def _judge_lag(self, value: Any) -> None:
        """Check a value that was sent while others came one by one: count values, not seconds."""
        behind = self._put[::-1].index(value) if value in self._put else 0
        if behind > LAG:
            raise Misconception(
                "you let time pass after you have taken a value, so it is old when it is sent",
                input=Plain("values that come every 10 ms"),
                expected=self._put[-1],
                received=Plain(f"{value}, when {behind} newer values had come"),
            )

    async def _expect_none(self) -> None:
        await self._pass_time(QUIET)
        if not self._client.calls.empty():
            self._judge(self._client.calls.get_nowait(), Plain("no new value"))

    async def _pass_time(self, seconds: float = HOLD) -> None:
        await asyncio.sleep(seconds)
        self._judge_sends()

    def _judge_sends(self) -> None:
        if self._client.cancelled:
            raise Misconception(
                "you cancelled a `send` that was under way. When values come faster than they can "
                "be sent, the client receives none at all: let each send finish."
            )
        if self._client.overlapped:
            raise Misconception(
                "you called `send` while another was under way. The values queue up in the "
                "connection then, and the client is far behind: await each `send` before the next."
            )

    async def _next(self, came: Plain) -> Any:
        """Return the value that is sent next."""
        clock = asyncio.get_running_loop().time
        start = clock()
        call = asyncio.create_task(self._client.calls.get())
        try:
            await asyncio.wait(
                {call, self._task}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED
            )
            self._judge_sends()
            if call.done():
                self._delays.append(clock() - start)
                return call.result()
        finally:
            call.cancel()
        if self._task.done():
            self._task.result()  # raises what it raised
            if not self._sent:
                raise NotYet("your function returned, and has not sent a value", input=came)
            raise Misconception(
                f"your function returned after it had sent {len(self._sent)} values: go on",
                input=came,
            )
        if self._client.called > self._client.began:
            raise Misconception("you called `send` without `await`, so nothing was sent")
        if not self._sent:
            raise NotYet(
                f"a value was in the queue, and was not sent within {PATIENCE} s", input=came
            )
        raise Misconception(
            f"for {PATIENCE} s nothing was sent, though newer values had come: the client does "
            "not get the last one. Keep a value until it is sent.",
            input=came,
            expected=self._put[-1],
            received=Plain(f"nothing after {self._sent[-1]}"),
        )

    async def _expect_newest(self, came: Plain) -> None:
        self._judge(await self._next(came), came)
        if len(self._delays) == 3 and min(self._delays) > LATE:
            raise Misconception(
                "you let time pass before you send, and meanwhile the client shows an old value. "
                "`await values.get()` returns as soon as there is one: do not sleep.",
                input=came,
                expected=Plain("sent within a few milliseconds"),
                received=Plain(f"after {min(self._delays):.1f} s, or later"),
            )

    def _judge(self, value: Any, came: Plain) -> None:
        newest = self._put[-1] if self._put else Plain("nothing")
        happened: dict[str, Any] = {"input": came, "expected": newest, "received": value}
        if value not in self._put or type(value) is not int:
            raise Misconception("send a value as it came from the queue", **happened)
        if value in self._sent:
            happened["expected"] = Plain("each value at most once")
            raise Misconception("a value was sent twice", **happened)
        if value != newest:
            place = self._put.index(value)
            behind = len(self._put) - 1 - place
            if self._sent and place < self._put.index(self._sent[-1]):
                text = f"the client went back in time: {self._sent[-1]} was newer"
            else:
                text = (
                    f"the value that was sent is old: {behind} newer had come. Before each send, "
                    "take all values from the queue, and keep only the last"
                )
            raise Misconception(text, **happened)
        self._sent.append(value)


@contextlib.asynccontextmanager
async def sending(answer: Callable[..., Any]) -> AsyncIterator[Sender]:
    """Run ``async def send_latest(send, values)`` for as long as the block lasts."""
    client, values = SlowClient(), asyncio.Queue[int]()
    running = answer(client.send, values)
    if not inspect.isawaitable(running):
        raise NotYet("write `async def`: your function is awaited", received=running)
    task = asyncio.ensure_future(running)
    try:
        yield Sender(client, values, task)
    finally:
        client.leave()
        task.cancel()
        await asyncio.wait({task}, timeout=0.5)
