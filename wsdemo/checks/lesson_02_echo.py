"""The exercises of lesson 02."""

import asyncio
import contextlib
import inspect
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConcurrencyError, ConnectionClosed

from wsdemo.checks import Misconception, NotYet, OutOfTime, exercise
from wsdemo.checks._plain import AT_ONCE, Plain, after
from wsdemo.checks._serving import PATIENCE, connected
from wsdemo.checks._stalls import Stalls, TooBusy
from wsdemo.checks._trial import in_time


async def _ask(client: ClientConnection, question: str, expected: str) -> str | bytes:
    """Send a question and receive the answer."""
    with contextlib.suppress(ConnectionClosed):  # receiving reports how it was closed
        await client.send(question)
    return await _receive(client, {"input": question, "expected": expected})


async def _receive(client: ClientConnection, values: dict[str, Any]) -> str | bytes:
    """Receive one message.

    Raises:
        NotYet: none came.
        Misconception: the server had closed the connection.
    """
    try:
        return await asyncio.wait_for(client.recv(), PATIENCE)
    except TimeoutError:
        raise NotYet(f"no message came within {PATIENCE} s", **values) from None
    except ConnectionClosed as closed:
        code = closed.rcvd.code if closed.rcvd else 1006
        values["received"] = Plain(f"a close with {code}")
        if code == 1011:
            raise NotYet("the handler ended with an exception", **values) from None
        raise Misconception(
            "the server had closed the connection. A handler is called once per connection, not "
            "once per message: when it returns, the connection ends.",
            **values,
        ) from None


WORDS = ["one", "Two ", "", "drei", "Welcome!", "You said: six"]
GREETING = "Welcome!"


@exercise("02.1")
async def greeting_echo(handler: Any) -> str:
    """Check a handler that greets once, then echoes every message."""
    async with connected(handler, 2) as clients:
        for client, which in zip(clients, ("first", "second"), strict=True):
            values = {"input": Plain(f"the {which} client has connected"), "expected": GREETING}
            try:
                greeting = await _receive(client, values)
            except Misconception:
                text = "the first message must be the greeting, but the connection was closed"
                raise NotYet(text, **values) from None
            except NotYet:
                await _look_for_late_greeting(client, which)
                raise
            if greeting != GREETING:
                raise NotYet("the first message must be the greeting", **values, received=greeting)
        for client in clients:
            for word in WORDS:
                expected = f"You said: {word}"
                try:
                    answer = await _ask(client, word, expected)
                except NotYet:
                    await _look_for_next_answer(client, word)
                    raise
                if answer == GREETING:
                    raise Misconception(
                        "your handler greets again for a message. Code before the loop runs once "
                        "per connection; code in it runs once per message.",
                        input=word,
                        expected=expected,
                        received=answer,
                    )
                if answer != expected:
                    raise NotYet(
                        "a message was not answered as the exercise asks",
                        input=word,
                        expected=expected,
                        received=answer,
                    )
    return "two clients each got a greeting and six echoes: a handler runs for each connection."


async def _look_for_late_greeting(client: ClientConnection, which: str) -> None:
    """Raise a diagnosis if the greeting comes when the client has sent a message."""
    try:
        await client.send(WORDS[0])
        answer = await asyncio.wait_for(client.recv(), HALF)
    except (TimeoutError, ConnectionClosed):
        return
    if answer == GREETING:
        raise Misconception(
            f"{GREETING!r} came only after the client had sent a message: your handler sends it "
            "inside the loop over the messages, or after recv(). Send it before the loop: code "
            "there runs as soon as a client has connected.",
            input=Plain(f"the {which} client has connected; after {PATIENCE} s it sent 'one'"),
            expected=Plain(f"{GREETING!r} at once"),
            received=Plain(f"nothing for {PATIENCE} s; then {GREETING!r}, after 'one'"),
        )


async def _look_for_next_answer(client: ClientConnection, word: str) -> None:
    """Raise a diagnosis if a message gets no answer, and the one after it gets its own."""
    later = "and later"
    try:
        await client.send(later)
        answer = await asyncio.wait_for(client.recv(), HALF)
    except (TimeoutError, ConnectionClosed):
        return
    if answer == f"You said: {later}":
        raise Misconception(
            f"{word!r} was not answered, and the next message was. Does something else read a "
            "message, such as a recv() before the loop? The loop only gets what is left.",
            input=[word, later],
            expected=[f"You said: {word}", answer],
            received=[answer],
        )


HALF = 0.5
FACTOR = 1.5
"""A time that is longer by this factor, and by what a busy machine adds, is too long."""

BUSY = 0.15
"""Seconds of stalls by which a wait of half or double the time looks like the right one."""


@exercise("02.2")
async def slow_handler(handler: Any) -> str:
    """Check a handler that takes half a second per message, but lets others through."""
    clock = asyncio.get_running_loop().time

    async def work(client: ClientConnection, number: int) -> list[tuple[float, float]]:
        times = []
        for message in (f"work {number}", f"more work {number}"):
            start, before, expected = clock(), stalls.seconds, f"done: {message}"
            answer = await _ask(client, message, expected)
            times.append((clock() - start, stalls.seconds - before))
            if answer != expected:
                raise NotYet(
                    "a message was not answered as the exercise asks",
                    input=message,
                    expected=expected,
                    received=answer,
                )
        return times

    async with Stalls() as stalls, connected(handler, 3) as clients:
        tasks = [asyncio.create_task(work(client, n)) for n, client in enumerate(clients)]
        try:
            times = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
    _check_times(times, stalls)
    return "each of six messages took half a second, and none of three clients waited for another."


def _check_times(times: list[list[tuple[float, float]]], stalls: Stalls) -> None:
    """Check how long each message took, without what a busy machine added to it."""
    every = [took for client in times for took, _ in client]
    own = [took - stalled for client in times for took, stalled in client]
    shown = Plain(", ".join(map(after, every)))
    values = {"expected": Plain(f"after {HALF} s, for each message"), "received": shown}
    if stalls.place:
        raise Misconception(
            f"your handler blocks the event loop at {stalls.place}. The event loop runs all "
            "handlers, so the other clients wait. await asyncio.sleep lets them run.",
            **values,
        )
    if min(every) < 0.9 * HALF:
        raise NotYet("the work must take half a second for each message; one took less", **values)
    if max(own) <= FACTOR * HALF:
        if max(stalled for client in times for _, stalled in client) > BUSY:
            raise TooBusy
        return
    if min(every) > FACTOR * HALF:
        raise NotYet("the work must take half a second; each message took longer", **values)
    if max(client[0][0] - client[0][1] for client in times) <= FACTOR * HALF:
        raise NotYet(
            "the work must take half a second for each message. The first message of each client "
            "did, at the same time as the others; a later one took longer.",
            **values,
        )
    raise Misconception(
        "three clients had to wait for each other, although nothing blocks the event loop. "
        "Something lets in fewer than three at a time: a lock, or a pool that is too small.",
        **values,
    )


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

    async def wait(number: int, seconds: float) -> float:
        clock = asyncio.get_running_loop().time
        start, values = clock(), {"input": Plain(f"seconds={seconds}, and no message")}
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
        return clock() - start

    limits = 0.2, 0.4
    waits = [asyncio.create_task(wait(number, each)) for number, each in enumerate(limits)]
    try:
        for seconds, took in zip(limits, await asyncio.gather(*waits), strict=True):
            _check_blocking(stalls)
            if not 0.9 * seconds < took < FACTOR * seconds + stalls.seconds:
                kind = NotYet if took < AT_ONCE else Misconception
                what = "did not wait for" if took < seconds else "waited longer than"
                raise kind(
                    f"no message came, and your function {what} `seconds`",
                    input=Plain(f"seconds={seconds}"),
                    received=Plain(f"None {after(took)}"),
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
            if clock() - start > 0.5 + stalls.seconds - before:
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
