"""Guests of a chat that talk all the time, come back after a loss, and count what they received.

A lesson breaks a server or a broker while they talk. Then their report says whether a message that
was acknowledged is missing.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from websockets.exceptions import ConnectionClosed

from wsdemo.reconnect.client import ReconnectingClient
from wsdemo.reconnect.resume import Resume

__all__ = ["NAMES", "Guest", "Guests"]

NAMES = ("ana", "bob", "cleo", "dan", "eve", "fay")
PATIENCE = 10.0  # seconds
PAUSE = 0.01  # seconds between a guest's messages
ENOUGH = 10  # messages of each guest, before the trouble and after it


class Guest:
    """A client of the chat that sends a message until the message comes back.

    Args:
        name: its name in the chat.
        url: the address of a chat, or of a balancer in front of several.
        patience: seconds that it waits for a message to come back.

    Attributes:
        received: the number in a message's id, and its text, for each message.
        acknowledged: when a message of its own came back, in seconds of the event loop, and its
            text.
        notices: the states of the bus that the server has reported: ``"down"``, ``"up"``.
        codes: the close codes of the connections that it has lost.
    """

    def __init__(self, name: str, url: str, patience: float = PATIENCE) -> None:
        self.name, self._patience = name, patience
        self.received: list[tuple[int, str]] = []
        self.acknowledged: list[tuple[float, str]] = []
        self.notices: list[str] = []
        self.codes: list[int] = []
        self.client = ReconnectingClient(f"{url}/?notices=1", base=0.1, resume=Resume())
        self.client.on("message", self._take)
        self.client.on("close", self._lose)
        self._arrivals, self._leaving = 0, False
        self._signs = asyncio.Queue[str]()

    def is_connected(self) -> bool:
        """Return whether it is in the room, and has received what it had missed."""
        return self._arrivals > len(self.codes)

    def _lose(self, closed: ConnectionClosed) -> None:
        self.codes.append(closed.rcvd.code if closed.rcvd else 1006)

    def _take(self, data: str | bytes) -> None:
        event: dict[str, Any] = json.loads(data)
        if "id" in event:
            self.received.append((int(event["id"].rpartition("-")[2]), event["message"]))
            self._signs.put_nowait(event["message"])
        elif event.get("type") == "bus":
            self.notices.append(event["state"])
            self._signs.put_nowait(event["state"])
        elif event.get("type") == "names" and not self.is_connected():
            self._arrivals += 1  # the server sends the names after what was missed
            self._signs.put_nowait("connected")

    async def talk(self) -> None:
        """Send numbered messages, each when the one before has come back, until told to stop."""
        while not self._leaving:
            await self.say(f"{self.name} {len(self.acknowledged)}")
            await asyncio.sleep(PAUSE)

    def stop_talking(self) -> None:
        """Send no more messages once the last one has come back."""
        self._leaving = True

    async def say(self, text: str) -> None:
        """Send a message, again after a loss, and wait until it comes back: then it is stored."""
        message = json.dumps({"user": self.name, "message": text})
        self._signs = asyncio.Queue()  # older signs are not about this message
        await self.client.send(message)
        async with _limit(self._patience, f"the message {text!r} has not come back"):
            while (sign := await self._signs.get()) != text:
                if sign in ("connected", "up"):
                    await self.client.send(message)
        self.acknowledged.append((asyncio.get_running_loop().time(), text))


class Guests:
    """Several guests that talk at the same time, from the beginning of a block until its end.

    >>> async with Guests(url) as guests:
    ...     server.kill()
    >>> print(guests.report())

    The block begins when all have talked, and ends when all talk again and have the newest message.

    Args:
        url: the address of a chat, or of a balancer in front of several.
        names: their names.
        patience: seconds for each wait.

    Raises:
        TimeoutError: one of the waits takes longer; the text says which.
    """

    def __init__(self, url: str, names: Sequence[str] = NAMES, patience: float = PATIENCE) -> None:
        self._guests = [Guest(name, url, patience) for name in names]
        self._patience = patience
        self._stack = contextlib.AsyncExitStack()
        self._talking: list[asyncio.Task[None]] = []

    def __iter__(self) -> Iterator[Guest]:
        return iter(self._guests)

    async def __aenter__(self) -> "Guests":
        async with contextlib.AsyncExitStack() as stack:
            for guest in self._guests:  # one after the other, so that a balancer deals them out
                await stack.enter_async_context(guest.client)
                await self._until(guest.is_connected, f"{guest.name} to connect")
            self._talking = [asyncio.create_task(guest.talk()) for guest in self._guests]
            stack.push_async_callback(self._cancel)
            await self.all_acknowledged(ENOUGH)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, kind: object, error: object, traceback: object) -> None:
        async with self._stack:
            if kind is None:
                await self.all_acknowledged(ENOUGH)
                for guest in self._guests:
                    guest.stop_talking()
                await asyncio.gather(*self._talking)
                await self._until(self._all_have_the_newest, "all to have the newest message")

    async def all_acknowledged(self, messages: int = 1) -> None:
        """Wait until new messages of each guest, sent from now on, have come back."""
        # The one that is on its way now was sent before.
        wanted = [len(guest.acknowledged) + 1 + messages for guest in self._guests]
        await self._until(
            lambda: all(
                len(guest.acknowledged) >= count
                for guest, count in zip(self._guests, wanted, strict=True)
            ),
            "a new message of each guest to come back",
        )

    async def notified(self, state: str) -> None:
        """Wait until the server has reported this state of the bus to all guests."""
        await self._until(
            lambda: all(guest.notices[-1:] == [state] for guest in self._guests),
            f"the notice that the bus is {state}",
        )

    def report(self) -> str:
        """Count what is lost and what came twice, in four lines."""
        received = self._guests[0].received
        numbers = [number for number, _ in received]
        first = numbers[0] if numbers else 1
        there = {text for _, text in received}
        missing = [
            text for each in self._guests for _, text in each.acknowledged if text not in there
        ]
        codes = sorted(code for each in self._guests for code in each.codes)
        told = f", with {', '.join(map(str, sorted({*codes})))}" if codes else ""
        return "\n".join(
            [
                f"all received the same: {all(each.received == received for each in self._guests)}",
                "ids without a gap or a duplicate: "
                f"{numbers == list(range(first, first + len(numbers)))}",
                f"acknowledged messages that are missing: {len(missing)}",
                f"connections lost: {len(codes)}{told}",
            ]
        )

    def _all_have_the_newest(self) -> bool:
        newest = max(guest.received[-1] for guest in self._guests)
        return all(guest.received[-1] == newest for guest in self._guests)

    async def _cancel(self) -> None:
        for each in self._talking:
            each.cancel()
        await asyncio.wait(self._talking)

    async def _until(self, holds: Callable[[], bool], what: str) -> None:
        async with _limit(self._patience, f"waited {self._patience:g} s for {what}"):
            while not holds():
                for each in self._talking:
                    if each.done() and not each.cancelled():
                        each.result()  # raises what has ended this guest
                await asyncio.sleep(0.002)


@contextlib.asynccontextmanager
async def _limit(seconds: float, what: str) -> Any:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise TimeoutError(str(error) or what) from None
