"""A client that keeps what it receives, and waits that end as soon as a condition is true."""

import asyncio
import contextlib
import json
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.checks._patience import until
from wsdemo.checks._serving import PATIENCE

__all__ = ["Inbox", "settle", "until"]


class Inbox:
    """A client and all messages that it has received.

    Attributes:
        client: the connection.
        received: the messages, in their order.
    """

    def __init__(self, client: ClientConnection) -> None:
        self.client = client
        self.received: list[str | bytes] = []
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for message in self.client:
                self.received.append(message)

    async def send(self, request: Any) -> None:
        """Send a request as JSON, unless the connection has ended."""
        await self.send_raw(json.dumps(request))

    async def send_raw(self, message: str | bytes) -> None:
        """Send a message as it is, unless the connection has ended."""
        with contextlib.suppress(ConnectionClosed):
            await self.client.send(message)

    async def in_step(self) -> None:
        """Send a ping and await its pong: then all that the server has sent so far has arrived."""
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await (await self.client.ping())
                await settle()

    @property
    def ended(self) -> bool:
        """Return whether the connection has ended, and all messages have been read."""
        return self._reader.done()

    @property
    def errors(self) -> int:
        """Return how many messages are JSON objects with an error in them."""
        return sum(map(_is_error, self.received))

    def count(self, text: str) -> int:
        """Return how many messages contain a text."""
        return sum(text in _as_text(each) for each in self.received)


def _as_text(message: str | bytes) -> str:
    return message if isinstance(message, str) else message.decode("utf-8", "replace")


def _is_error(message: str | bytes) -> bool:
    try:
        answer = json.loads(_as_text(message))
    except ValueError:
        return False
    return isinstance(answer, dict) and "error" in answer


async def settle() -> None:
    """Let tasks that are ready do what they can do without waiting."""
    for _ in range(20):
        await asyncio.sleep(0)
