"""A TCP relay whose line can be frozen, delayed, throttled and cut."""

import asyncio
import contextlib
import functools
from collections.abc import Callable

from wsdemo.wire.link import DIRECTIONS, Condition, End, Link, Observer, reset_connection

__all__ = ["Relay"]


class Relay:
    """Listen on a free port of this machine and join each client with the server.

    Its methods are called on the event loop that it was started on.

    Args:
        host: the server's host.
        port: the server's port.
        observe: called for each new link; returns its observer.

    Attributes:
        conditions: what happens to the bytes of each direction; see :meth:`set`.
    """

    def __init__(self, host: str, port: int, observe: Callable[[Link], Observer]) -> None:
        self._target = (host, port)
        self._observe = observe
        self.conditions = {direction: Condition() for direction in DIRECTIONS}
        self._links: list[Link] = []
        self._countdowns: list[tuple[str, int, Callable[[Link], object]]] = []  # for the next link
        self._connecting: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0) -> int:
        """Listen on 127.0.0.1; return the port.

        Args:
            port: the TCP port; 0 for a free one.

        Raises:
            OSError: the port is taken, or may not be used.
        """
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(self._accept, "127.0.0.1", port)
        chosen: int = self._listener.sockets[0].getsockname()[1]
        return chosen

    @property
    def open_links(self) -> list[Link]:
        """The links with a connection that is open."""
        return [link for link in self._links if link.transports]

    def _accept(self) -> End:
        link = Link(self.conditions)
        link.observer = self._observe(link)
        self._links = [*(each for each in self._links if not each.over), link]
        countdowns, self._countdowns = self._countdowns, []
        for direction, after, action in countdowns:
            link.flows[direction].act_after(after, functools.partial(action, link))
        task = asyncio.get_running_loop().create_task(self._connect(link))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)
        return link.client_end

    async def _connect(self, link: Link) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: link.server_end, *self._target)
        except asyncio.CancelledError:
            link.lost(link.server_end)
            raise
        except OSError as error:
            # asyncio's own words name the port, which differs from run to run.
            refused = isinstance(error, ConnectionRefusedError) or error.errno is None
            reason = "connection refused" if refused else error.strerror
            link.observer.noted(f"no connection to the server: {reason}")
            # "Network is unreachable" may come at once, before the client's end is connected.
            await asyncio.sleep(0)
            for transport in link.transports.values():
                reset_connection(transport)
            link.lost(link.server_end)

    def set(self, directions: tuple[str, ...], **condition: object) -> None:
        """Change the condition of some directions, on open and on future links."""
        for direction in directions:
            for name, value in condition.items():
                setattr(self.conditions[direction], name, value)
        for link in self._links:
            for direction in directions:
                link.flows[direction].pump()

    def act_after(self, direction: str, after: int, action: Callable[[Link], object]) -> None:
        """On each open link, or else on the next one: let ``after`` more bytes pass, then act."""
        for link in self.open_links:
            link.flows[direction].act_after(after, functools.partial(action, link))
        if after and not self.open_links:
            self._countdowns.append((direction, after, action))

    async def stop(self) -> None:
        """Stop listening; end what is open, and what is just being opened."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(NotImplementedError):  # Windows' loop has no readers
            for each in self._listener.sockets:
                loop.remove_reader(each)
        # A client that was accepted gets its link in the loop's next step, and its transport in the
        # one after. If the listener were closed before that, asyncio would leave the socket open.
        for _ in range(2):
            await asyncio.sleep(0)
        self._listener.close()
        for task in self._connecting:
            task.cancel()
        for link in self._links:
            link.abort()
        await asyncio.sleep(0)  # transports close in the next turn of the loop
