"""The exercises of lesson 02."""

import asyncio
import contextlib
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.checks import Misconception, NotYet, OutOfTime, exercise
from wsdemo.checks._serving import PATIENCE, connected
from wsdemo.checks._trial import in_time


async def _ask(client: ClientConnection, question: str) -> str | bytes:
    """Send a question and receive the answer."""
    with contextlib.suppress(ConnectionClosed):  # receiving tells how it was closed
        await client.send(question)
    return await _receive(client, f"the answer to {question!r}")


async def _receive(client: ClientConnection, what: str) -> str | bytes:
    """Receive one message, or say what its absence means."""
    try:
        return await asyncio.wait_for(client.recv(), PATIENCE)
    except TimeoutError:
        raise NotYet(f"{what}: nothing came") from None
    except ConnectionClosed as closed:
        code = closed.rcvd.code if closed.rcvd else 1006
        if code == 1011:
            raise NotYet(f"{what}: your handler raised an exception, the client saw 1011") from None
        raise Misconception(
            f"{what}: the server had hung up, with code {code}. A handler is called once per "
            "connection, not once per message: when it returns, the connection is over."
        ) from None


@exercise("02.1")
async def greeting_echo(handler: Any) -> str:
    """Judge a handler that greets once, then echoes every message."""
    async with connected(handler, 1) as [client]:
        try:
            greeting = await _receive(client, "the greeting")
        except Misconception:
            greeting = None
        if greeting != "Welcome!":
            raise NotYet("the first thing that a client hears must be 'Welcome!'")
        for word in ("one", "two", "three"):
            answer = await _ask(client, word)
            if answer == "You said: Welcome!" or answer == "Welcome!":
                raise Misconception(
                    "your handler greets again for each message. What stands before the loop "
                    "happens once per connection; what stands in it, once per message."
                )
            if answer != f"You said: {word}":
                raise NotYet(f"the answer to {word!r} must be 'You said: {word}', not {answer!r}")
    return "a greeting, then three echoes on one connection: the handler lived as long as it did."


@exercise("02.2")
async def slow_handler(handler: Any) -> str:
    """Judge a handler that takes half a second per message, but lets others through."""
    async with connected(handler, 3) as clients:
        loop = asyncio.get_running_loop()
        start = loop.time()
        answers = await asyncio.gather(*(_ask(client, "work") for client in clients))
        took = loop.time() - start
    if any(answer != "done: work" for answer in answers):
        raise NotYet(f"each answer must be 'done: work', not {answers[0]!r}")
    if took < 0.4:
        raise NotYet("the work must take half a second; yours is done at once")
    if took > 1.2:
        if "sleep" in handler.__code__.co_names and "time" in handler.__code__.co_names:
            raise Misconception(
                "three clients had to queue: time.sleep holds the loop that serves all of them. "
                "await asyncio.sleep gives it back."
            )
        raise Misconception(
            "three clients had to queue although nothing blocks the loop: a lock around the work "
            "lets in one at a time."
        )
    return "three clients, half a second each, and all were done together."


@exercise("02.3")
async def receive_with_limit(function: Any) -> str:
    """Judge ``async def receive(connection, seconds)``: the message, or None in time."""
    told = asyncio.Event()

    async def late(connection: Any) -> None:
        await told.wait()
        await connection.send("late")
        await connection.wait_closed()

    async with connected(late, 1) as [client]:
        try:
            return await _judge_limit(function, client, told)
        finally:
            told.set()


async def _judge_limit(function: Any, client: ClientConnection, told: asyncio.Event) -> str:
    try:
        answer = await in_time(function(client, 0.2))
    except OutOfTime as late:
        raise Misconception(
            f"nothing came, and your function, called with 0.2 s, still waited after "
            f"{late.seconds:g} s"
        ) from None
    except TimeoutError:
        raise Misconception(
            "nothing came within 0.2 s, and your function raised TimeoutError: catch it, and "
            "return None"
        ) from None
    if answer is not None:
        raise NotYet("when nothing comes in time, return None")
    told.set()
    try:
        answer = await in_time(function(client, 1))
    except ConnectionClosed:
        raise Misconception(
            "after the time-out the connection was gone. A time limit on recv() is not the end of "
            "the conversation: do not close the connection when it passes."
        ) from None
    if answer != "late":
        raise NotYet("what comes in time must be returned; the next message was lost")
    return "a limit on one recv(), and the connection lived on: the late message was not lost."
