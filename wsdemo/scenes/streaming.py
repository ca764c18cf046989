"""Lesson 20's experiments: Ana asks a model, reads some tokens, and ends the answer."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection

from wsdemo.server.core import serve

__all__ = ["QUESTION", "CountingModel", "Counts", "ask_and_stop", "end_often", "read", "until"]

QUESTION = "When does Eve pay?"
PATIENCE = 10  # s


class CountingModel(Protocol):
    """A model that counts its tokens.

    Attributes:
        computed: how many tokens it has computed.
        known: how many it had computed when the server learned of the end.
        running: how many answers it computes now.
    """

    computed: int
    known: int
    running: int


class Counts(NamedTuple):
    """The tokens of one answer, counted on both sides.

    Attributes:
        received: how many the reader has received.
        computed: how many the model has computed, in the end.
        known: how many it had computed when the server learned of the stop or of the disconnect.
        end: the end that the server has sent; empty if it has sent none.
    """

    received: int
    computed: int
    known: int
    end: str


Handler = Callable[..., Awaitable[None]]
"""``async def handler(connection, model)``"""


async def read(client: ClientConnection, most: int | None = None) -> tuple[int, str]:
    """Read tokens up to the end, and return how many came, and the end.

    Args:
        client: the connection; its messages are ``{"token": …}`` or ``{"end": …}``.
        most: how many tokens to read at most; then the end is an empty text.

    Raises:
        TimeoutError: no end has come within ten seconds.
    """
    count = 0
    async with asyncio.timeout(PATIENCE):
        while count != most:
            message = json.loads(await client.recv())
            if "end" in message:
                return count, message["end"]
            count += 1
    return count, ""


async def until(condition: Callable[[], object]) -> None:
    """Wait until a condition is true.

    Raises:
        TimeoutError: it is not true within ten seconds.
    """
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.001)


async def ask_and_stop(handler: Handler, model: CountingModel) -> Counts:
    """Ask, read three tokens, send a stop, and read up to the end.

    Args:
        handler: ``async def handler(connection, model)``.
        model: a new model.

    Returns:
        The counts, when the model has ended.
    """
    [counts] = await end_often(handler, model, "stop", runs=1, tokens=3)
    return counts


async def end_often(
    handler: Handler, model: CountingModel, how: str, runs: int = 100, tokens: int | None = None
) -> list[Counts]:
    """Ask again and again, and end each answer early.

    Args:
        handler: ``async def handler(connection, model)``.
        model: a model; its counts start at 0 for each answer.
        how: how the answer is ended: ``"stop"`` sends a stop and reads up to the end, ``"close"``
            closes the connection, ``"cut"`` ends it without a Close frame.
        runs: how many answers.
        tokens: how many tokens are read before; ``None`` reads from 1 to 10.

    Returns:
        The counts of each answer.
    """
    counts = []
    ended = threading.Event()

    async def answer(connection: ServerConnection) -> None:
        try:
            await handler(connection, model)
        finally:
            ended.set()

    with serve(answer, name="counted", compression=None) as server:
        for run in range(runs):
            model.computed = model.known = 0
            ended.clear()
            async with connect(server.url, compression=None) as ana:
                await ana.send(QUESTION)
                received, end = await read(ana, tokens or 1 + run % 10)
                if how == "stop":
                    await ana.send("stop")
                    more, end = await read(ana)
                    received += more
                elif how == "close":
                    await ana.close()
                else:
                    ana.transport.abort()
                # A model may end before its server knows why: it may be the first to find out.
                await until(lambda: not model.running and ended.is_set())
            counts.append(Counts(received, model.computed, model.known, end))
    return counts
