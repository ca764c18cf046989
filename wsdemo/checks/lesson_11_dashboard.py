"""The exercises of lesson 11."""

import asyncio
import contextlib
import inspect
import json
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._plain import Plain
from wsdemo.checks._serving import PATIENCE, serving
from wsdemo.checks._slow_client import BURSTS, sending

LATE = 0.5
"""Seconds; an answer that takes longer each time is late, because a right one sends at once."""

SILENCE = 0.6
"""Seconds in which nothing changes; a feed must outlast them."""

# One after the other: a value that returns to what it was, values that count as false, a new key.
CHANGES: list[dict[str, Any]] = [
    {"temperature": 71},
    {"temperature": 70},
    {"fan": False},
    {"humidity": 0, "door": "open"},
    {"door": None},
    {"light": "on"},
    {"fan": True},
    {"humidity": 53},
    {"light": ""},
    {"door": "shut", "humidity": 54},
    {"temperature": 72},
]
AT_ONCE: list[dict[str, Any]] = [
    {"temperature": 75, "humidity": 60},
    {"humidity": 61},
    {"temperature": 73},
    {"fan": False},
]


class Feed:
    """A learner's feed for one client, and what the client knows.

    Attributes:
        client: the client's end of the connection.
        known: what the client knows: it updates this dict with each message.
        is_plain: whether the learner's function is not ``async def``.
        is_over: whether the server has closed the connection.
    """

    def __init__(self, handler: Callable[..., Any], state: dict[str, Any]) -> None:
        self.known: dict[str, Any] = {}
        self.is_plain = self.is_over = False
        self.client: ClientConnection
        self._handler = handler
        self._state = state
        self._changes: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._ended, self._stopped = asyncio.Event(), asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve the feed, with its client connected."""
        async with (
            serving(self._serve, compression=None) as url,
            connect(url, compression=None, close_timeout=0.5, max_queue=None) as self.client,
        ):
            try:
                yield
            finally:
                self._stopped.set()

    async def _serve(self, connection: ServerConnection) -> None:
        """Run the learner's function until it ends or the check does."""
        running = self._handler(connection, dict(self._state), self._changes)
        if not inspect.isawaitable(running):
            self.is_plain = True
            return
        work = asyncio.ensure_future(running)
        stopped = asyncio.create_task(self._stopped.wait())
        await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not work.done():
            work.cancel()
            await asyncio.wait({work}, timeout=0.5)
            return
        self._ended.set()
        work.result()  # raises what it raised

    def change(self, *changes: dict[str, Any]) -> None:
        """Put changes into the learner's queue."""
        for each in changes:
            self._state.update(each)
            self._changes.put_nowait(dict(each))

    async def message(self, given: Any) -> dict[str, Any] | None:
        """Receive a message, and update what the client knows.

        Args:
            given: what the message should report, for the verdict.
        """
        try:
            text = await asyncio.wait_for(self.client.recv(), PATIENCE)
        except TimeoutError:
            return None
        except ConnectionClosed:
            self.is_over = True
            return None
        try:
            message = json.loads(text)
        except ValueError:
            raise Misconception(
                "a message is not JSON. `str(dict)` is Python, with single quotes: use "
                "`json.dumps`.",
                input=given,
                received=text,
            ) from None
        if not isinstance(message, dict):
            raise NotYet(
                "each message must be a JSON object: the client calls `update` with it",
                input=given,
                received=text,
            )
        self.known.update(message)
        return message

    def knows_all(self) -> bool:
        """Return whether the client knows the current state."""
        return self.known == self._state

    async def ends(self) -> bool:
        """Return whether the learner's function ends after its client has disconnected."""
        await self.client.close()
        self.change({"temperature": 1}, {"temperature": 2}, {"temperature": 3})
        try:
            await asyncio.wait_for(self._ended.wait(), PATIENCE)
        except TimeoutError:
            return False
        return True


@exercise("11.1")
async def snapshot(handler: Callable[..., Any]) -> str:
    """Check ``async def feed(connection, state, changes)`` by what its client knows."""
    state = {"temperature": 70, "humidity": random.randint(40, 60), "fan": True, "door": "shut"}
    feed = Feed(handler, state)
    async with feed.running():
        first = await feed.message(Plain("no change yet"))
        if feed.is_plain:
            raise NotYet("write `async def`: your function is awaited", received=handler)
        if first is None:
            raise NotYet(
                "a client that connects must be sent the state at once",
                expected=Plain("the state, as a JSON object"),
                received=Plain("nothing"),
            )
        if first != state:
            raise NotYet(
                "the first message must be the whole state, and nothing else",
                expected=state,
                received=first,
            )
        delays = []
        for number, change in enumerate(CHANGES):
            if number == 5:
                await asyncio.sleep(SILENCE)
            delays.append(await _one_change(feed, change, number))
            if len(delays) == 3 and min(delays) > LATE:
                raise Misconception(
                    "a change must be sent at once: `await changes.get()` returns when there is a "
                    "change, so nothing needs to sleep",
                    expected=Plain("a few milliseconds after the change"),
                    received=Plain(f"{min(delays):.1f} s after it, or later"),
                )
        await _several_changes(feed)
        if not await feed.ends():
            raise Misconception(
                "your function goes on after its client has disconnected, so a task remains for "
                "each client that has left. Let the exception of `send` end your function."
            )
    return "the client received the whole state once, then each change: it knows everything."


async def _one_change(feed: Feed, change: dict[str, Any], number: int) -> float:
    """Check what a client is sent of one change; return how long that took."""
    clock = asyncio.get_running_loop().time
    given = Plain(f"change {number + 1}: {change}")
    before = dict(feed.known)
    start = clock()
    feed.change(change)
    received: list[dict[str, Any]] = []
    while not feed.knows_all():
        message = await feed.message(given)
        if message is None:
            raise _missing(feed, given, change, received, number)
        received.append(message)
        if extra := message.keys() - change.keys():
            same = all(before.get(key, message) == message[key] for key in extra)
            raise Misconception(
                "the client was sent more than the change. Repeating what it already knows costs "
                "bytes each time: send only what has changed since the last message."
                if same
                else "the client was sent something that has not changed",
                input=given,
                expected=change,
                received=message,
            )
        if any(message[key] != change[key] for key in message):
            raise NotYet("a change must be sent as it is", input=given, received=message)
    return clock() - start


def _missing(
    feed: Feed, given: Plain, change: dict[str, Any], received: list[dict[str, Any]], number: int
) -> Exception:
    values = {"input": given, "expected": change, "received": received or Plain("nothing")}
    if number == 0:
        return NotYet("after the state, each change must be sent", **values)
    how = (
        "the connection ended, so the client was not"
        if feed.is_over
        else f"within {PATIENCE} s the client was not"
    )
    return Misconception(
        f"{how} sent this change. All changes before it had arrived. Every change must be sent, "
        "for as long as the client is connected.",
        **values,
    )


async def _several_changes(feed: Feed) -> None:
    """Check what a client knows after several changes that came at the same time."""
    changes = [*AT_ONCE, {"end": True}]
    given = Plain("at the same time: " + ", ".join(map(str, changes)))
    feed.change(*changes)
    received = []
    while "end" not in feed.known:
        message = await feed.message(given)
        if message is None:
            break
        received.append(message)
        if extra := message.keys() - {key for change in changes for key in change}:
            raise Misconception(
                f"the client was sent {', '.join(sorted(extra))} again, which has not changed",
                input=given,
                received=message,
            )
    if not feed.knows_all():
        raise Misconception(
            "the client does not know the current state: several changes were in the queue, and "
            "not all were sent, or not in their order",
            input=given,
            expected=feed._state,
            received=feed.known,
        )


@exercise("11.2", time_limit=8)
async def coalesce(answer: Callable[..., Any]) -> str:
    """Check ``async def send_latest(send, values)`` by what it sends, and when."""
    async with sending(answer) as sender:
        for values in BURSTS:
            await sender.burst(values)
        await sender.single()
        await sender.stream()
    return "each send had the newest value: a slow client gets fewer values, and no old ones."
