"""The exercises of lesson 02."""

import asyncio
import contextlib
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.checks import Misconception, NotYet, OutOfTime, exercise
from wsdemo.checks._plain import Plain, after
from wsdemo.checks._serving import PATIENCE, connected
from wsdemo.checks._stalls import BUSY, FACTOR, Stalls, TooBusy, took_longer
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
        return await in_time(client.recv())
    except OutOfTime:
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
    shown = Plain(", ".join(after(*took) for client in times for took in client))
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
    if not any(took_longer(first, FACTOR * HALF, stalled) for (first, stalled), _ in times):
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
