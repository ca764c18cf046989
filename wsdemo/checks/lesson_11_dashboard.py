"""The exercises of lesson 11."""

import asyncio
import contextlib
import functools
import json
from collections.abc import Callable, Coroutine
from typing import Any

from websockets.asyncio.server import ServerConnection

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._serving import PATIENCE
from wsdemo.checks._trial import hear, trial

STATE = {"temperature": 70, "humidity": 50}
CHANGES = [{"temperature": 71}, {"humidity": 52}, {"temperature": 72}]

COUNT = 60
BURST = 10  # values that come during one delivery
SLOW = 0.02
"""Seconds that the line of a slow client takes for a message."""


async def _while_open(connection: ServerConnection, work: Coroutine[Any, Any, Any]) -> None:
    """Run what would go on for ever until its connection has ended."""
    working = asyncio.create_task(work)
    ended = asyncio.create_task(connection.wait_closed())
    await asyncio.wait({working, ended}, return_when=asyncio.FIRST_COMPLETED)
    ended.cancel()
    if working.done():
        working.result()  # raises what it raised
    else:
        working.cancel()


@exercise("11.1")
async def snapshot(handler: Callable[..., Any]) -> str:
    """Judge a feed by what a client knows that adds up all it is told."""
    changes: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def serve(connection: ServerConnection) -> None:
        await _while_open(connection, handler(connection, dict(STATE), changes))

    async with trial(serve) as served:
        client = await served.join()
        for change in CHANGES:
            changes.put_nowait(change)
        told: list[str | bytes] = []
        while len(told) < len(CHANGES) + 1 and (message := await hear(client)) is not None:
            told.append(message)
    heard: list[Any] = [json.loads(each) for each in told]
    if heard == CHANGES:
        raise Misconception(
            "the client was told what has changed, and never what there was: it knows no humidity "
            "before that changes. Send the whole state first."
        )
    if not heard:
        raise NotYet(f"a client that comes must be told the state{served.fault}")
    if heard[0] != STATE:
        raise NotYet(f"the first message must be the whole state, not {told[0]!r}")
    if len(heard) > 1 and all(each.keys() == STATE.keys() for each in heard):
        raise Misconception(
            "each message is the whole state: right, and as long each time. Send only the change."
        )
    if heard[1:] != CHANGES:
        raise NotYet(f"after the state, each change must follow, once; there came {told[1:]}")
    return "the whole once, then what changes: a client that adds it up knows everything."


@exercise("11.2")
async def coalesce(answer: Callable[..., Any]) -> str:
    """Judge a sender by what a slow client has at the end, and by how much it was sent."""
    values: asyncio.Queue[int] = asyncio.Queue()
    busy, idle = asyncio.Event(), asyncio.Event()

    async def deliver(connection: ServerConnection, value: Any) -> None:
        busy.set()
        idle.clear()
        await connection.send(json.dumps(value))
        await asyncio.sleep(SLOW)
        busy.clear()
        idle.set()

    async def handler(connection: ServerConnection) -> None:
        try:
            await _while_open(connection, answer(functools.partial(deliver, connection), values))
        finally:  # nothing is left to wait for
            busy.set()
            idle.set()

    async with trial(handler) as served:
        client = await served.join()
        coming = iter(range(COUNT))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                for value in coming:
                    values.put_nowait(value)
                    if value % BURST == 0:
                        await busy.wait()  # so the others come while it is, on any machine
                    elif value % BURST == BURST - 1:
                        await idle.wait()
        for value in coming:
            values.put_nowait(value)
        got = await _all(client)
    if not got:
        raise NotYet(f"nothing came{served.fault}")
    if got != sorted(set(got)):
        raise NotYet(f"values must come in order, each at most once; there came {got}")
    if got[-1] != COUNT - 1:
        raise Misconception(
            f"the last value was {COUNT - 1}, and the client believes in {got[-1]}: what came "
            "while the line was busy is lost, and nothing follows that would put it right."
        )
    if len(got) > COUNT // 2:
        raise Misconception(
            f"{len(got)} of {COUNT} values were sent, one after the other: the slow client gets "
            "everything, later and later. Before each send, take all that waits, and keep the last."
        )
    return "a slow client gets fewer values, none of them old, and the last one for certain."


async def _all(client: Any) -> list[int]:
    """What comes, up to the last value, or until nothing comes any more."""
    got: list[int] = []
    while not got or got[-1] != COUNT - 1:
        heard = await hear(client)
        if heard is None:
            break
        got.append(json.loads(heard))
    return got
