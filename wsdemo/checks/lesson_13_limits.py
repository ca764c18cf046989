"""The exercises of lesson 13."""

import asyncio
import contextlib
import inspect
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from wsdemo.checks import Misconception, NotYet, OutOfTime, exercise
from wsdemo.checks._serving import PATIENCE
from wsdemo.checks._trial import Trial, hear, in_time, trial

SOON = 0.3
"""Seconds in which what need not wait is done."""

PIECE = bytes(65_536)
MOST_PIECES = 1000
"""More than the buffers on the way to a client hold."""


async def _got(box: Any) -> tuple[bool, Any]:
    """Whether the box gives a value at once, and which."""
    try:
        return True, await in_time(box.get(), SOON)
    except OutOfTime:
        return False, None


def _put(box: Any, *values: Any) -> None:
    for value in values:
        try:
            waits = box.put(value)
        except asyncio.QueueFull:
            raise Misconception(
                "put() raised QueueFull: the newest value is refused, and the oldest is kept. "
                "Make room for it: the old one is of no use to anybody."
            ) from None
        if inspect.isawaitable(waits):
            if inspect.iscoroutine(waits):
                waits.close()
            raise NotYet("put() is a plain function, without async: it never waits")


@exercise("13.1")
async def latest(kind: Callable[[], Any]) -> str:
    """Judge a mailbox that keeps the latest value."""
    box = kind()
    _put(box, "one", "two", "three")
    given, first = await _got(box)
    if not given:
        raise NotYet("three values were put, and get() gives none")
    if first == "one":
        more, _ = await _got(box)
        if more:
            raise Misconception(
                "you keep all three, and give the oldest first: who reads slowly is further "
                "behind with each value, and memory grows. Keep the newest alone."
            )
        raise Misconception("you keep the oldest, and drop what is new: it should be the reverse")
    if first != "three":
        raise NotYet(f"'one', 'two', 'three' were put; get() gave {first!r}, not the newest")
    again, second = await _got(box)
    if again:
        raise Misconception(
            f"get() gave {first!r}, and then at once {second!r}: each value is given once. Where "
            "nothing is new, get() waits; else the one who reads turns in circles."
        )
    waiting = asyncio.create_task(box.get())
    await asyncio.sleep(0)
    _put(box, 0)
    try:
        woken = await in_time(waiting, SOON)
    except OutOfTime:
        raise NotYet("get() waits, then 0 is put: get() must give it") from None
    if woken != 0:
        raise NotYet(f"get() waited, 0 was put, and get() gave {woken!r}")
    return "the newest, once; and who writes never waits for who reads."


@exercise("13.2")
async def send_or_evict(answer: Callable[..., Any]) -> str:
    """Judge a send with a deadline by a client that stops reading."""
    async with trial(lambda connection: connection.wait_closed()) as served:
        ana, bob = await served.join(), await served.join()
        taken = await in_time(answer(served.there[0], "Hello", SOON))
        if taken is not True or await hear(ana) != "Hello":
            raise NotYet("a client that reads must get the message, and True is returned")
        connection = served.there[1]
        bob.transport.pause_reading()
        try:
            await _until_evicted(answer, connection)
        finally:
            bob.transport.resume_reading()
        return await _last_words(bob, connection)


async def _until_evicted(answer: Callable[..., Any], connection: ServerConnection) -> None:
    for _ in range(MOST_PIECES):
        try:
            taken = await in_time(answer(connection, PIECE, SOON / 3))
        except OutOfTime:
            raise _still_waiting(connection) from None
        except ConnectionClosed:
            raise NotYet("a client did not read, and your function raised; return False") from None
        if not taken:
            return
    size = connection.transport.get_write_buffer_size() // 2**20
    raise Misconception(
        f"a client reads nothing, you say that it took all, and {size} MiB wait for it in memory: "
        "to write is not to be taken. `await connection.send` waits where the buffers are full."
    )


def _still_waiting(connection: ServerConnection) -> Exception:
    if connection.state is State.OPEN:
        return Misconception(
            "a client reads nothing, and your send still waits, without a deadline: whoever comes "
            "after it in the list waits with you."
        )
    return Misconception(
        "you have begun the goodbye, and wait for its end: the Close frame stands behind all that "
        "the client has not read, and close() waits with it. Let a task wait for that."
    )


async def _last_words(client: ClientConnection, connection: ServerConnection) -> str:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SOON):  # a task for the goodbye may not have begun
            while connection.state is State.OPEN:
                await asyncio.sleep(0)
    if connection.state is State.OPEN:
        raise NotYet("a client took nothing in time, and it is still connected")
    with contextlib.suppress(ConnectionClosed, TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while True:
                await client.recv()
    code, reason = client.close_code, client.close_reason
    if code == 1006:
        raise Misconception(
            "the client woke up a moment later, and saw 1006: no code, no reason. It will take "
            "that for a bad network, and come back as slow as before. Close with 1008."
        )
    if code == 1000:
        raise Misconception("the client saw 1000, as if all were well; 1008 says that it was not")
    if code != 1008 or not reason:
        raise NotYet(f"the client saw {code} with the reason {reason!r}; say 1008, and why")
    return "the quick get their message, and the slow one knows why it had to go."


@exercise("13.3")
async def upload(answer: Callable[..., Any]) -> str:
    """Judge an upload in pieces by its sum."""
    most = 1000
    async with trial(lambda connection: answer(connection, most)) as served:
        for sizes in ((400, 300), (400, 600)):
            client = await served.join()
            await _send(client, *map(bytes, sizes), "end")
            told = await hear(client)
            if told is None and client.close_code == 1009:
                raise NotYet(f"{sum(sizes)} bytes are allowed, and were refused{served.fault}")
            if str(told) != str(sum(sizes)):
                raise NotYet(
                    f"pieces of {sizes[0]} and {sizes[1]} bytes came, then 'end': answer "
                    f"'{sum(sizes)}', not {told!r}{served.fault}"
                )
        return await _too_much(served)


async def _too_much(served: Trial) -> str:
    client = await served.join()
    await _send(client, *[bytes(400)] * 3)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(client.wait_closed(), SOON)
    early = client.close_code is not None
    if not early:
        await _send(client, "end")
        if await hear(client) is not None:
            raise Misconception(
                "1200 bytes came in three pieces, and you took them, where 1000 are allowed. Each "
                "piece is small; it is the sum that fills your memory."
            )
    if client.close_code != 1009:
        raise Misconception(
            f"an upload that was too big ended with {client.close_code}. 1009 is the code that "
            f"every client knows for this; it sends less, and does not try again{served.fault}."
        )
    if not early:
        raise Misconception(
            "1009 came only after `end`: until then you kept all that came, and who never sends "
            "`end` fills your memory. Look at each piece."
        )
    return "the sum counts, it counts at once, and 1009 says what was wrong."


async def _send(client: ClientConnection, *messages: str | bytes) -> None:
    with contextlib.suppress(ConnectionClosed):  # hearing tells how it was closed
        for message in messages:
            await client.send(message)
