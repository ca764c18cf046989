"""The exercise of lesson 02 on receiving with a time limit."""

import asyncio
import contextlib
import inspect
from collections.abc import Callable
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConcurrencyError, ConnectionClosed

from wsdemo.checks import Misconception, NotYet, OutOfTime, exercise
from wsdemo.checks._plain import Plain, after, is_at_once
from wsdemo.checks._serving import connected
from wsdemo.checks._stalls import BUSY, FACTOR, Stalls, TooBusy, took_longer
from wsdemo.checks._trial import in_time


class Lines:
    """The server's ends of two connections; the check decides what is sent on them, and when."""

    def __init__(self) -> None:
        self.servers: list[ServerConnection] = []

    async def handle(self, connection: ServerConnection) -> None:
        """Keep a connection until it ends."""
        self.servers.append(connection)
        await connection.wait_closed()


Receive = Callable[[int, float], Any]


@exercise("02.3")
async def receive_with_limit(function: Any) -> str:
    """Check ``async def receive(connection, seconds)``: the message, or None in time."""
    lines = Lines()
    async with Stalls() as stalls, connected(lines.handle, 2) as clients:

        async def receive(number: int, seconds: float) -> Any:
            result = function(clients[number], seconds)
            if not inspect.isawaitable(result):
                raise Misconception("your function must be `async def`", received=result)
            return await in_time(result)

        await _check_silence(receive, stalls)
        await _check_messages(receive, stalls, lines.servers[0])
        await _check_close(receive, lines.servers[0])
    return "the limit ended only the recv(). The connection stayed open, and no message was lost."


async def _check_silence(receive: Receive, stalls: Stalls) -> None:
    """Send nothing, on two connections with two limits at the same time."""

    async def wait(number: int, seconds: float) -> tuple[float, float]:
        clock = asyncio.get_running_loop().time
        start, before = clock(), stalls.seconds
        values = {"input": Plain(f"seconds={seconds}, and no message")}
        try:
            result = await receive(number, seconds)
        except OutOfTime as late:
            raise Misconception(
                f"no message came, and your function still waited after {late.seconds:g} s",
                **values,
                expected=None,
            ) from None
        except TimeoutError:
            raise Misconception(
                "no message came in time, and your function raised TimeoutError: catch it, and "
                "return None",
                **values,
                expected=None,
            ) from None
        if result is not None:
            raise NotYet("when no message comes in time, return None", **values, received=result)
        return clock() - start, stalls.seconds - before

    limits = 0.2, 0.4
    waits = [asyncio.create_task(wait(number, each)) for number, each in enumerate(limits)]
    try:
        times = await asyncio.gather(*waits)
        # One that waits for `seconds` takes so long, whatever part of it is a stall.
        at_once = all(is_at_once(*each) for each in times) and times[-1][0] < 0.9 * limits[-1]
        kind = NotYet if at_once else Misconception
        for seconds, (took, stalled) in zip(limits, times, strict=True):
            _check_blocking(stalls)
            if at_once or not 0.9 * seconds < took < FACTOR * seconds + stalled:
                short = at_once or took < seconds
                what = "did not wait for" if short else "waited longer than"
                raise kind(
                    f"no message came, and your function {what} `seconds`",
                    input=Plain(f"seconds={seconds}"),
                    received=Plain(f"None {after(took, stalled)}"),
                )
        if stalls.seconds > BUSY:
            raise TooBusy
    finally:
        for each in waits:
            each.cancel()


def _check_blocking(stalls: Stalls) -> None:
    if stalls.place:
        raise Misconception(
            "your function blocks the event loop: nothing else runs meanwhile, and no message is "
            "received",
            received=Plain(f"blocked at {stalls.place}"),
        )


MESSAGES: list[list[str | bytes]] = [["late"], ["first", "second", "third"], [""], [b"\x00 "]]


async def _check_messages(receive: Receive, stalls: Stalls, server: ServerConnection) -> None:
    clock = asyncio.get_running_loop().time
    for messages in MESSAGES:
        for each in messages:
            await _send(server, each)
        for expected in messages:
            start, before = clock(), stalls.seconds
            values = {"input": Plain(f"seconds=1, and the messages {messages!r}")}
            result = await _next(receive, values)
            _check_blocking(stalls)
            if type(result) is not type(expected) or result != expected:
                raise NotYet(
                    "return the next message as it came",
                    **values,
                    expected=expected,
                    received=result,
                )
            if took_longer(clock() - start, 0.5, stalls.seconds - before):
                raise Misconception(
                    "a message was there, and your function went on waiting: return as soon as a "
                    "message comes",
                    **values,
                    received=Plain(f"{result!r} {after(clock() - start)}"),
                )


async def _send(server: ServerConnection, message: str | bytes) -> None:
    try:
        await server.send(message)
    except ConnectionClosed:
        raise Misconception(
            "after the time limit the connection was closed. A limit on recv() is not the end of "
            "the conversation: do not close the connection when the time is over."
        ) from None


async def _next(receive: Receive, values: dict[str, Any]) -> Any:
    try:
        return await receive(0, 1)
    except ConcurrencyError:
        raise Misconception(
            "a recv() of your function was still running when the function was called again. Such "
            "a recv() takes the next message, which is then lost: cancel it when the time is over.",
            **values,
        ) from None
    except ConnectionClosed:
        raise Misconception(
            "after the time limit the connection was closed. A limit on recv() is not the end of "
            "the conversation: do not close the connection when the time is over."
        ) from None


async def _check_close(receive: Receive, server: ServerConnection) -> None:
    await server.close(1001, "bye")
    with contextlib.suppress(ConnectionClosed, StopAsyncIteration):
        result = await receive(0, 1)
        raise Misconception(
            "the connection was closed, and your function returned as if nothing had come: its "
            "caller would call it again and again. Catch only TimeoutError.",
            input=Plain("a connection that was closed with 1001"),
            expected=Plain("ConnectionClosed"),
            received=result,
        )
