"""Ends of connections, and what each side knows of them: the stage of lesson 07."""

import asyncio
import contextlib
import queue
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK, InvalidStatus
from websockets.http11 import Request, Response

from wsdemo import draw
from wsdemo.server.core import Handler, Server, serve
from wsdemo.wire.core import Wire

__all__ = ["CALM", "Account", "Ends", "Scene", "account_of"]

CALM: dict[str, Any] = {"ping_interval": None, "close_timeout": 0.1, "compression": None}
"""Options of a side that does not ping, and does not wait long for a Close frame."""

PATIENCE_WITH_PROGRAMS = 20
"""Seconds for a program to start and to connect."""

COLOURS = {
    "closed, no error": draw.DATA,
    "closed with an error code": draw.CONTROL,
    "no Close frame received": draw.CLOSE,
    "no close code": draw.QUIET,
}


@dataclass(frozen=True)
class Account:
    """What one side knows of the end of its connection.

    Attributes:
        code: the close code, as libraries report it: that of the Close frame that this side
            received, 1005 if it had no code, 1006 if there was none; ``None`` if this side has no
            code at all.
        text: the account in words.
        frames: the codes of the Close frames that it received and sent.
        kind: one of the kinds of :data:`COLOURS`.
    """

    code: int | None
    text: str
    frames: tuple[int, ...] = ()
    kind: str = "no close code"

    def __str__(self) -> str:
        return self.text


async def account_of(connection: Connection) -> Account:
    """Wait for the end of a connection, and return what this side knows of it.

    Args:
        connection: a client's, or a server's; on the event loop that it belongs to.
    """
    await connection.wait_closed()
    try:
        await connection.ping()
    except ConnectionClosed as closed:
        return _account(closed)
    raise RuntimeError("a connection that has ended took a ping")


def _account(closed: ConnectionClosed) -> Account:
    code = closed.rcvd.code if closed.rcvd else 1006
    got, sent = (each.code if each else "none" for each in (closed.rcvd, closed.sent))
    order = f"sent {sent}, got {got}"
    if closed.rcvd_then_sent:
        order = f"got {got}, sent {sent}"
    frames = tuple(each.code for each in (closed.rcvd, closed.sent) if each)
    if isinstance(closed, ConnectionClosedOK):
        kind = "closed, no error"
    else:
        kind = "closed with an error code" if closed.rcvd else "no Close frame received"
    return Account(code, f"{code}: {order}", frames, kind)


@dataclass
class Scene:
    """A server, a wire to it, and a client: a program, or a connection unless it was refused."""

    server: Server
    wire: Wire
    client: Any = None
    program: Any = None


async def _listen(connection: ServerConnection) -> None:
    async for _ in connection:
        pass


class Ends:
    """Ends of connections, each with the accounts of its client and its server.

    Args:
        guesses: what a learner expects: name to the codes that the client and the server see.

    Attributes:
        accounts: name to the accounts of the client and of the server, as they came.
    """

    def __init__(self, guesses: Mapping[str, tuple[int | None, int | None]]) -> None:
        self._guesses = dict(guesses)
        self.accounts: dict[str, tuple[Account, Account]] = {}

    @contextlib.asynccontextmanager
    async def scene(
        self,
        name: str,
        handler: Handler = _listen,
        *,
        program: str | None = None,
        patience: float = 5,
        pings: Mapping[str, float] | None = None,
        **options: Any,
    ) -> AsyncIterator[Scene]:
        """Connect a client; when the block has ended the connection, print what both sides know.

        Args:
            name: what to call this end.
            handler: the server's; it receives messages and drops them unless given.
            program: the source of a Python program that is the client; it is given the address.
            patience: seconds until a server that has noticed nothing is asked no more.
            pings: options of a client that pings.
            options: passed on to :func:`wsdemo.serve`.
        """
        told: queue.Queue[Account] = queue.Queue()
        witnesses = set()

        async def witness(connection: ServerConnection) -> None:
            told.put(await account_of(connection))

        # Not around the handler: what an exception shows would begin with lines of this module.
        def watch(connection: ServerConnection, request: Request, response: Response) -> None:
            if response.status_code == 101:
                witnesses.add(asyncio.create_task(witness(connection)))

        options = {**CALM, "process_response": watch, **options}
        with (
            serve(handler, **options) as server,
            Wire(server.url) as wire,
            contextlib.ExitStack() as programs,
        ):
            scene = Scene(server, wire)
            by_client = by_server = None
            if program:
                scene.program = programs.enter_context(_started(program, wire.url))
                async with asyncio.timeout(PATIENCE_WITH_PROGRAMS):
                    while not server.connections:
                        await asyncio.sleep(0.02)
                by_client = Account(None, "nobody left to ask")
            else:
                try:
                    scene.client = await connect(wire.url, **CALM | dict(pings or {}))
                except InvalidStatus as refusal:
                    by_client = Account(None, f"HTTP {refusal.response.status_code}")
                    by_server = Account(None, "no handler ran")
            try:
                yield scene
                by_client = by_client or await account_of(scene.client)
                by_server = by_server or await _heard(told, server, patience)
            finally:
                if scene.client:
                    scene.client.transport.abort()
        self.accounts[name] = by_client, by_server
        print(f"{name:<18} client {self._marked(name, 0):<27} server {self._marked(name, 1)}")

    def _is_right(self, name: str, side: int) -> bool:
        return name in self._guesses and self._guesses[name][side] == self.accounts[name][side].code

    def _marked(self, name: str, side: int) -> str:
        text = str(self.accounts[name][side])
        return f"{text} ✓" if self._is_right(name, side) else text

    @property
    def correct(self) -> int:
        """How many guesses are right."""
        return sum(self._is_right(name, side) for name in self.accounts for side in (0, 1))

    def draw(self) -> None:
        """Show all ends in one picture; right guesses have a ✓."""
        axes = draw.axes(8, 0.6 + 0.4 * len(self.accounts))
        for row, (name, pair) in enumerate(self.accounts.items()):
            for side, account in enumerate(pair):
                axes.barh(row, 0.97, left=side, height=0.84, color=COLOURS[account.kind])
                place = {"ha": "center", "va": "center", "color": "black", "weight": "bold"}
                axes.text(side + 0.48, row, self._marked(name, side), **place)
        axes.set(yticks=range(len(self.accounts)), yticklabels=self.accounts)
        axes.set(xticks=[0.48, 1.48], xticklabels=["client", "server"])
        axes.invert_yaxis()
        axes.barh([0] * len(COLOURS), 0, color=COLOURS.values(), label=list(COLOURS))
        legend = {"loc": "outside lower center", "ncols": 2, "frameon": False}
        axes.figure.legend(labelcolor=draw.LABELS, **legend)
        rows = [f"{name} | {client} | {server}" for name, (client, server) in self.accounts.items()]
        draw.show(axes, "\n".join(["what happened | client | server", *rows]))


@contextlib.contextmanager
def _started(program: str, url: str) -> Any:
    with subprocess.Popen([sys.executable, "-c", program, url]) as process:
        try:
            yield process
        finally:
            process.kill()


async def _heard(told: "queue.Queue[Account]", server: Server, patience: float) -> Account:
    try:
        return await asyncio.to_thread(told.get, timeout=patience)
    except queue.Empty:
        states = [each.state.name for each in server.connections]
        text = f"nothing, still {states[0]}" if states else "nothing, although it is over"
        return Account(None, text)
