"""One chat room that keeps ten promises, and ten that each break one: the stage of lesson 17."""

import asyncio
import contextlib
from collections.abc import Callable

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

__all__ = ["BROKEN", "Polite", "Room"]


class Room:
    """A chat room: each client connects to the path of its name, and writes to all others.

    It is in the room when its connect() returns.

    1. Each other member receives each message.
    2. The sender does not.
    3. A message begins with the name of its sender, as in "ana: Hello".
    4. One sender's messages arrive in the order in which they were sent.
    5. Each of them arrives once.
    6. When a member leaves, all others go on.
    7. When a member's connection breaks, all others go on.
    8. A name that a member has is refused, with the close code 1008.
    9. A name is free again when its member has left.
    10. A binary message is refused, with 1003; all others go on.

    It is a handler: wsdemo.serve(Room())
    """

    def __init__(self) -> None:
        self.members: dict[str, ServerConnection] = {}

    async def __call__(self, connection: ServerConnection) -> None:
        """Serve one client, until it leaves."""
        assert connection.request is not None
        name = connection.request.path.strip("/")
        if not self.admits(name):
            return await connection.close(1008, "this name is taken")
        self.members[name] = connection
        try:
            async for message in connection:
                if isinstance(message, bytes):
                    return await self.refuse(connection)
                await self.pass_on(name, self.line(name, message))
        finally:
            self.leave(name)

    def admits(self, name: str) -> bool:
        """Whether somebody of this name may come in."""
        return name not in self.members

    def line(self, name: str, message: str) -> str:
        """Return a message as the others receive it."""
        return f"{name}: {message}"

    async def pass_on(self, name: str, line: str) -> None:
        """Send a line to all members but the one of this name."""
        for other, connection in list(self.members.items()):
            if other != name:
                await self.send(connection, line)

    async def send(self, connection: ServerConnection, line: str) -> None:
        """Send a line to one member, who may be gone already."""
        with contextlib.suppress(ConnectionClosed):
            await connection.send(line)

    async def refuse(self, connection: ServerConnection) -> None:
        """Disconnect a member who has sent bytes."""
        await connection.close(1003, "text only")

    def leave(self, name: str) -> None:
        """Forget a member."""
        del self.members[name]


class OnlyTheNewest(Room):
    """Sends each message only to the member who came last."""

    async def pass_on(self, name: str, line: str) -> None:
        others = [each for other, each in self.members.items() if other != name]
        for connection in others[-1:]:
            await self.send(connection, line)


class BackToTheSender(Room):
    """Sends a message back to its sender, too."""

    async def pass_on(self, name: str, line: str) -> None:
        for connection in list(self.members.values()):
            await self.send(connection, line)


class Nameless(Room):
    """Does not say who wrote a message."""

    def line(self, name: str, message: str) -> str:
        return message


class Overtaking(Room):
    """Passes on two messages in the wrong order, if they come at once."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[tuple[str, str]] = []

    async def pass_on(self, name: str, line: str) -> None:
        self.waiting.append((name, line))
        if len(self.waiting) == 1:
            self.flushing = asyncio.create_task(self.flush())

    async def flush(self) -> None:
        """Send what has come at once, the last first."""
        await asyncio.sleep(0.05)
        waiting, self.waiting = self.waiting[::-1], []
        for each in waiting:
            await super().pass_on(*each)


class Twice(Room):
    """Sends each message twice."""

    async def pass_on(self, name: str, line: str) -> None:
        await super().pass_on(name, line)
        await super().pass_on(name, line)


class Haunted(Room):
    """Sends to a member who has left, and stops at the error."""

    def admits(self, name: str) -> bool:
        return name not in self.members or self.members[name].close_code is not None

    async def send(self, connection: ServerConnection, line: str) -> None:
        await connection.send(line)

    def leave(self, name: str) -> None:
        """Forget to forget."""


class Fragile(Room):
    """Sends to a member whose connection broke, and stops at the error."""

    def admits(self, name: str) -> bool:
        return name not in self.members or self.is_broken(self.members[name])

    def is_broken(self, connection: ServerConnection) -> bool:
        """Whether a connection has ended without a Close frame."""
        return connection.close_code == 1006

    async def send(self, connection: ServerConnection, line: str) -> None:
        if self.is_broken(connection):
            await connection.send(line)
        else:
            await super().send(connection, line)

    def leave(self, name: str) -> None:
        if not self.is_broken(self.members[name]):
            super().leave(name)


class Masquerade(Room):
    """Lets two members have the same name."""

    def admits(self, name: str) -> bool:
        return True

    def leave(self, name: str) -> None:
        self.members.pop(name, None)


class NameForever(Room):
    """Refuses a name after its member has left."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def admits(self, name: str) -> bool:
        known = name in self.names
        self.names.add(name)
        return not known


class Indifferent(Room):
    """Closes with 1000, not 1003, after a binary message."""

    async def refuse(self, connection: ServerConnection) -> None:
        await connection.close(1000)


class Polite(Room):
    """Waits, after each message to a member, for the member's pong."""

    async def send(self, connection: ServerConnection, line: str) -> None:
        """Send a line, and wait until the member has answered a ping."""
        with contextlib.suppress(ConnectionClosed):
            await connection.send(line)
            pong = await connection.ping()
            await pong


BROKEN: tuple[Callable[[], Room], ...] = (
    OnlyTheNewest,
    BackToTheSender,
    Nameless,
    Overtaking,
    Twice,
    Haunted,
    Fragile,
    Masquerade,
    NameForever,
    Indifferent,
)
"""The broken rooms, in the order of the promises; the docstring of each says what it does."""
