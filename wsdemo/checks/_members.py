"""Clients of a room; a check takes the messages that they receive one by one."""

import contextlib

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.checks._inbox import Inbox, until
from wsdemo.checks._serving import PATIENCE

__all__ = ["Member"]


class Member:
    """A client, and the messages that it has received and the check has not yet taken.

    Args:
        client: the connection.
        name: its name in a verdict.
    """

    def __init__(self, client: ClientConnection, name: str = "") -> None:
        self.client = client
        self.name = name
        self._inbox = Inbox(client)
        self._taken = 0

    async def send(self, message: str | bytes) -> None:
        """Send a message, unless the connection has ended."""
        with contextlib.suppress(ConnectionClosed):
            await self.client.send(message)

    async def receive(self, seconds: float = PATIENCE) -> str | bytes | None:
        """Return the next message; ``None`` if none comes, or the connection has ended."""
        await until(lambda: self.more or self.ended, seconds)
        if not self.more:
            return None
        self._taken += 1
        return self._inbox.received[self._taken - 1]

    @property
    def more(self) -> list[str | bytes]:
        """Return the messages that were received and not yet taken."""
        return self._inbox.received[self._taken :]

    @property
    def ended(self) -> bool:
        """Return whether the connection has ended, and all messages have been received."""
        return self._inbox.ended

    @property
    def code(self) -> int | None:
        """Return the close code; ``None`` while the connection is open."""
        return self.client.close_code
