"""The conversation of one case: what its steps share, and what a step is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from wsdemo.frames import Handshake
from wsdemo.judge.peer import Peer
from wsdemo.judge.talk import Talk

__all__ = ["Session", "Step"]


@dataclass
class Session:
    """What the steps of one case share.

    Attributes:
        connect: opens a connection to the program under test, or waits for the program's own.
        host: the value of the Host header.
        target: the path and the query of the address.
        talk: who sent what.
        peers: the connections, in the order in which they were opened; steps use the last.
        asked: the request of the last of them.
    """

    connect: Callable[[Talk], Awaitable[Peer]]
    host: str
    target: str
    talk: Talk
    peers: list[Peer] = field(default_factory=list)
    asked: Handshake = field(default_factory=lambda: Handshake(""))

    @property
    def peer(self) -> Peer:
        """The connection that the next step uses."""
        return self.peers[-1]

    async def open(self) -> Peer:
        """Open a connection, or wait for that of a client under test.

        Raises:
            Failed: no connection could be opened, or no client came.
        """
        self.peers.append(await self.connect(self.talk))
        return self.peer

    async def close(self) -> None:
        """End all connections."""
        for peer in self.peers:
            await peer.leave()


class Step(Protocol):
    """One step of a conversation."""

    async def run(self, session: Session) -> None:
        """Do it.

        Args:
            session: what the steps of the case share.

        Raises:
            Failed: the program under test did something else than a right one.
        """
        ...
