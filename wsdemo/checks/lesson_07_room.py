"""The exercise of lesson 07 about cleaning up."""

import asyncio
import contextlib
import inspect
import math
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._inbox import settle, until
from wsdemo.checks._plain import Plain
from wsdemo.checks._serving import PATIENCE
from wsdemo.checks._trial import Trial, trial

WAYS = {
    "closed its connection": "Nothing has removed it.",
    "was cut off": "`recv` and `async for` raise an exception then: lines after them do not run.",
    "sent 0": "A bug raises another exception than ConnectionClosed, so nothing has removed it.",
    "sent a word": "Other exceptions, such as ValueError, must not keep it in the room, either.",
    "was cancelled by a time limit": "CancelledError is not a subclass of Exception.",
}
"""How connections end, and why the learner's code may not have removed one then."""


class Room:
    """A learner's handler at work, with a client that stays while others come and go."""

    def __init__(self, handler: Callable[..., Any]) -> None:
        self.members: set[Any] = set()
        self.served: Trial
        self._handler = handler
        self._is_plain = self._was_used = False
        self._tasks: list[asyncio.Task[Any]] = []
        self._limits: list[asyncio.Timeout] = []
        self._ended: list[asyncio.Event] = []

    async def handle(self, connection: ServerConnection) -> None:
        """Run the learner's handler, with a time limit that the check can end."""
        ended = asyncio.Event()
        self._ended.append(ended)
        if task := asyncio.current_task():
            self._tasks.append(task)
        try:
            async with asyncio.timeout(None) as limit:
                self._limits.append(limit)
                running = self._handler(connection, self.members)
                if inspect.isawaitable(running):
                    await running
                else:
                    self._is_plain = True
        finally:
            ended.set()

    async def join(self) -> tuple[ClientConnection, int]:
        """Let a client connect; return it, and the number of its connection."""
        number = len(self._limits)
        client = await self.served.join()
        if not await until(lambda: len(self._limits) > number):
            raise TimeoutError("the handler has not begun")
        return client, number

    def stop(self) -> None:
        """End the handlers that still run."""
        for each in self._tasks:
            each.cancel()

    async def expect(self, number: int, when: str) -> None:
        """Check whether a connection that is open is in the room."""
        await settle()
        if self._is_plain:
            raise NotYet("write `async def`: your function is awaited")
        if self._ended[number].is_set():
            raise NotYet(
                "your handler has ended, and the connection with it: serve the client until it "
                "leaves",
                input=Plain(f"connection {number + 1} {when}"),
            )
        self._was_used |= bool(self.members)
        if not self._was_used:
            raise NotYet("`room` is still empty: add the connection when the handler begins")
        if self.served.there[number] not in self.members:
            raise Misconception(
                f"a connection was not in the room {when}: add each connection before its first "
                "message, and keep it until it ends",
                input=Plain(f"connection {number + 1} is open"),
                received=Plain(f"a room of {len(self.members)}"),
            )

    async def divide(self, client: ClientConnection, number: int, message: str) -> None:
        """Check what a client is sent for a number."""
        quotient = 10 / int(message)
        try:
            await client.send(message)
            reply = await asyncio.wait_for(client.recv(), PATIENCE)
        except TimeoutError:
            reply = Plain(f"nothing within {PATIENCE} s")
        except ConnectionClosed as closed:
            reply = Plain(f"the connection was closed: {closed}")
        if not _is(reply, quotient):
            raise NotYet(
                "send the quotient back as a text",
                input=message,
                expected=str(quotient),
                received=reply,
            )
        await self.expect(number, "after it had sent a number")

    async def end(self, client: ClientConnection, number: int, way: str) -> None:
        """Let a connection end, and check whether it leaves the room at that moment."""
        there = self.served.there[number]
        if way in ("sent 0", "sent a word"):
            await client.send("0" if way == "sent 0" else "ten")
            if await self._goes_on(client):
                await self.expect(number, f"after its client {way}, though it is still served")
                await client.close()
        elif way == "was cut off":
            client.transport.abort()
        elif way == "closed its connection":
            await client.close()
        else:
            self._limits[number].reschedule(asyncio.get_running_loop().time())
            await until(self._ended[number].is_set)
        await client.close()
        await asyncio.wait_for(there.wait_closed(), PATIENCE)
        await settle()
        if there not in self.members:
            return
        values = {"input": Plain(f"a client {way}")}
        if await until(lambda: there not in self.members, 0.5):
            text = "a connection left the room only some time after it had ended: remove it at once"
        elif not self._ended[number].is_set():
            text = (
                "a connection is still in the room after it has ended, and your handler goes on: "
                "let ConnectionClosed end the handler"
            )
        else:
            text = f"a connection is still in the room after it has ended. {WAYS[way]}"
        raise Misconception(text, **values)

    async def _goes_on(self, client: ClientConnection) -> bool:
        """Return whether a client still gets quotients, after a message that has none."""
        try:
            await client.send("5")
            for _ in range(3):
                if _is(await asyncio.wait_for(client.recv(), PATIENCE), 2.0):
                    return True
        except (ConnectionClosed, TimeoutError):
            pass
        return False


def _is(reply: str | bytes, quotient: float) -> bool:
    try:
        return math.isclose(float(reply), quotient, rel_tol=1e-9)
    except ValueError:
        return False


@exercise("07.3")
async def clean_up(handler: Any) -> str:
    """Check ``async def divide(connection, room)``, which must keep the room right."""
    room = Room(handler)
    async with trial(room.handle) as room.served, contextlib.AsyncExitStack() as stack:
        stack.callback(room.stop)
        stays, _ = await room.join()
        await room.expect(0, "before it had sent anything")
        await room.divide(stays, 0, "4")
        for way in WAYS:
            client, number = await room.join()
            await room.expect(number, "before it had sent anything")
            for message in ("4", "3", "-8"):
                await room.divide(client, number, message)
            await room.end(client, number, way)
            await room.expect(0, f"after another client {way}")
            await room.divide(stays, 0, "16")
        await room.end(stays, 0, "closed its connection")
        if room.members:
            raise Misconception(
                "all connections have ended, and the room is not empty", received=room.members
            )
    return "the room was right after each end: a close, a cut, a bug, and a cancellation."
