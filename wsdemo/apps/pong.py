"""Pong, the game of lesson 15: over WebSocket by a server, over MQTT by a referee and a broker."""

import argparse
import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.apps import pages
from wsdemo.apps._app import App
from wsdemo.apps._messages import Refused, read_json, refusal
from wsdemo.apps.pong_game import SIDES, Game
from wsdemo.course import npm_packages
from wsdemo.options import check_number
from wsdemo.server.core import Server
from wsdemo.server.limits import Limits, rate_limited, serve_limited

__all__ = ["APP", "LIMITS", "PAGES", "Game", "read", "referee", "serve"]

PAGES = pages("pong")
LIMITS = Limits(max_size=2**8, rate=100)
STEPS = 50.0
LONGEST_NAME = 20

# The page plays over MQTT with npm's mqtt, which is not part of this package.
LIBRARY = "mqtt/dist/mqtt.esm.js"


def read(text: str | bytes) -> dict[str, Any]:
    """Read a player's message: ``{"y": 30}``, and over MQTT also their name, ``"player"``.

    Args:
        text: the message.

    Raises:
        Refused: it is something else; the text says what would be right.
    """
    said = read_json(text, '{"y": 30}')
    if not isinstance(said, dict) or type(said.get("y")) not in (int, float):
        raise Refused('send the height of your paddle, from 0 (top) to 60: {"y": 30}')
    return said


async def _clock(rate: float) -> AsyncIterator[float]:
    """Yield at each step, with its length; the time that a step takes does not add up."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        due = max(due + 1 / rate, loop.time())
        await asyncio.sleep(due - loop.time())
        yield 1 / rate


# Over MQTT


async def referee(client: Any, game: Game, steps: float = STEPS) -> None:
    """Run the referee of a game over MQTT, until cancelled.

    The referee publishes the state on ``pong/state``. A player publishes ``{"player": "ana", "y":
    30}`` on ``pong/paddle/left`` or ``pong/paddle/right``, which also takes the side if it is free;
    and ``ana`` on ``pong/gone``, best as a last will.

    Args:
        client: an ``aiomqtt.Client`` that is connected.
        game: the game.
        steps: steps of the game per second.

    Raises:
        ValueError: there are no steps.
    """
    check_number("steps", steps, "a second", above=0)
    await client.subscribe("pong/paddle/+")
    await client.subscribe("pong/gone", qos=1)

    async def listen() -> None:
        async for message in client.messages:
            with contextlib.suppress(Refused):
                _receive(game, str(message.topic), message.payload)

    task, listening = asyncio.current_task(), asyncio.create_task(listen())
    try:
        async for seconds in _clock(steps):
            if (
                task and task.cancelling()
            ):  # publish() waits as Python 3.11 does, which may swallow it
                raise asyncio.CancelledError
            game.step(seconds)
            await client.publish("pong/state", json.dumps(game.state()))
    finally:
        listening.cancel()


def _receive(game: Game, topic: str, payload: bytes) -> None:
    side = topic.rpartition("/")[2]
    if side == "gone":
        game.leave(payload.decode(errors="replace"))
        return
    said = read(payload)
    player = said.get("player")
    if side not in SIDES or not isinstance(player, str) or not 0 < len(player) <= LONGEST_NAME:
        return
    if game.take(player, side) == side:
        game.move(player, said["y"])


# Over WebSocket


class Table:
    """A game over WebSocket, and its clients. It runs for as long as a client is connected.

    Its methods are called on the server's loop.

    Args:
        steps: steps of the game per second.
        seed: the seed of the game.
    """

    def __init__(self, steps: float, seed: int | None) -> None:
        self._steps, self._seed = steps, seed
        self._names = map(str, itertools.count(1))
        self._present: list[str] = []
        self._task: asyncio.Task[None] | None = None
        self._begun = False
        self.stepped = asyncio.Event()
        self.game = Game(seed)

    def join(self) -> str:
        """Add a client, which gets a side if one is free; return its name."""
        self._present.append(name := next(self._names))
        self.game.take(name)
        if self._task is None:
            self._task = asyncio.create_task(self._go_on())
        return name

    def leave(self, name: str) -> None:
        """Remove a client; the one that has waited longest takes its side."""
        self._present.remove(name)
        self.game.leave(name)
        for each in self._present:
            self.game.take(each)
        if not self._present and self._task:
            self._task.cancel()
            self._task, self.game, self._begun = None, Game(self._seed), False

    def move(self, name: str, height: float) -> None:
        """Put a player's paddle at a height. The first move begins the game."""
        self._begun = True
        self.game.move(name, height)

    async def _go_on(self) -> None:
        async for seconds in _clock(self._steps):
            if self._begun:  # a person needs time to find the keys, and a bot does not
                self.game.step(seconds)
            stepped, self.stepped = self.stepped, asyncio.Event()
            stepped.set()


def serve(
    steps: float = STEPS, seed: int | None = None, limits: Limits = LIMITS, **options: Any
) -> Server:
    """Start the game's server.

    It first sends ``{"you": name}``, and then, after each step, the state: ``ball``, ``paddles``,
    ``score`` and ``players``; a bot plays for a player that is missing. A player sends the height
    of their paddle: ``{"y": 30}``; the first such message begins the game. The first two clients
    play; the others watch, and take a side that becomes free.

    Args:
        steps: steps of the game per second.
        seed: where its serves come from.
        limits: which clients may connect, how many, and how often they may send.
        options: those of :func:`wsdemo.serve`.

    Raises:
        ValueError: there are no steps.
    """
    check_number("steps", steps, "a second", above=0)
    table = Table(steps, seed)

    async def send_states(connection: ServerConnection, name: str) -> None:
        with contextlib.suppress(ConnectionClosed):
            await connection.send(json.dumps({"you": name}))
            while True:
                # Slow clients skip the states that they missed: the pong shows that they are ready.
                await connection.send(json.dumps(table.game.state()))
                await (await connection.ping())
                await table.stepped.wait()

    async def pong(connection: ServerConnection) -> None:
        name = table.join()
        sending = asyncio.create_task(send_states(connection, name))
        try:
            async for text in rate_limited(connection, limits):
                try:
                    table.move(name, read(text)["y"])
                except Refused as refused:
                    await connection.send(refusal(refused))
        finally:
            sending.cancel()
            table.leave(name)

    library = npm_packages() / LIBRARY
    known = {**PAGES, "/mqtt.js": library} if library.is_file() else PAGES
    return serve_limited(pong, limits, **{"pages": known, **options})


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this server to a command line."""
    parser.add_argument(
        "--steps",
        type=float,
        default=STEPS,
        metavar="N",
        help="steps of the game per second (%(default)g)",
    )


APP = App(serve, LIMITS, add_options=add_options)
