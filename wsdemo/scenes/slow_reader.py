"""Lesson 03's experiment: a room in which one member does not read for a while."""

import asyncio
import contextlib
import socket
import time
from typing import Any, NamedTuple

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from wsdemo import draw
from wsdemo.server.core import Handler, serve

__all__ = ["Photos", "share_photos"]

PHOTO = "x" * 500_000
COUNT = 20
PAUSE = 0.02
"""Seconds from one photo to the next."""

COLOURS = {"bob": "#2f8fd8", "eve": "#d08700", "ana": "#b0559d"}
"""The members, from the lowest row of the picture to the highest."""


class Arrival(NamedTuple):
    """A photo that a member has received."""

    member: str
    number: int
    when: float


class Photos:
    """When each photo was sent, and when each member received it.

    Attributes:
        asleep: the members that had all photos while Bob was still asleep, as text.
        awake: those that had all of them at the end.
    """

    def __init__(self) -> None:
        self.asleep = self.awake = "nobody"
        self._sent: list[float] = []
        self._arrivals: list[Arrival] = []
        self._bob_wakes = 0.0

    def show(self, finding: str) -> None:
        """Draw each photo's way to each member; Bob sleeps in the grey part.

        Args:
            finding: what the picture shows, in words.
        """
        begin = self._sent[0]
        rows = list(COLOURS)
        axes = draw.axes(6, 2.3)
        axes.axvspan(0, self._bob_wakes - begin, color="gray", alpha=0.25)
        for member, number, when in self._arrivals:
            way = [self._sent[number] - begin, when - begin], [len(rows), rows.index(member)]
            axes.plot(*way, "o-", color=COLOURS[member], lw=1, ms=4, markevery=[1])
        strokes = [when - begin for when in self._sent]
        axes.plot(strokes, [len(rows)] * len(strokes), "|", color="gray", ms=12, clip_on=False)
        axes.set(yticks=range(len(rows) + 1), yticklabels=[*rows, "ana sends"], xlabel="seconds")
        axes.set_ylim(-0.4, len(rows) + 0.4)
        for label, colour in zip(axes.get_yticklabels(), COLOURS.values(), strict=False):
            label.set_color(colour)
        draw.show(axes, finding)

    async def _receive(self, client: ClientConnection, member: str) -> None:
        with contextlib.suppress(ConnectionClosed):
            for number in range(COUNT):
                await client.recv()
                self._arrivals.append(Arrival(member, number, time.perf_counter()))

    def _who_has_all(self) -> str:
        members = {each.member for each in self._arrivals if each.number == COUNT - 1}
        return ", ".join(sorted(members)) or "nobody"


async def share_photos(handler: Handler) -> Photos:
    """Let Ana send twenty photos into a room, while Bob's program reads nothing.

    Ana and Eve read all the time. Then Cas joins the room, and Bob begins to read.

    Args:
        handler: the handler of the room; it passes each message on to all members.

    Returns:
        What arrived where, and when.
    """
    photos = Photos()
    with serve(handler, compression=None, max_queue=None) as server:
        async with (
            connect(server.url) as ana,
            connect(server.url) as eve,
            connect(server.url, sock=_small_socket(server.port), max_queue=1) as bob,
        ):
            readers: set[asyncio.Task[Any]] = {
                asyncio.create_task(photos._receive(ana, "ana")),
                asyncio.create_task(photos._receive(eve, "eve")),
            }
            for _ in range(COUNT):
                photos._sent.append(time.perf_counter())
                await ana.send(PHOTO)
                await asyncio.sleep(PAUSE)
            _, late = await asyncio.wait(readers, timeout=1)
            photos.asleep = photos._who_has_all()
            async with connect(server.url):  # Cas
                photos._bob_wakes = time.perf_counter()
                late.add(asyncio.create_task(photos._receive(bob, "bob")))
                await asyncio.wait(late, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    photos.awake = photos._who_has_all()
    return photos


def _small_socket(port: int) -> socket.socket:
    """Connect to a server, with a receive buffer that is soon full."""
    connected = socket.create_connection(("127.0.0.1", port))
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    return connected
