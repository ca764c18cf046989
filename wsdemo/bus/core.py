"""One room on several servers: what is said on one is heard on all, in the same order.

Each server writes to a stream that a broker stores, and each reads the whole of it. A message
counts as said when the broker has stored it; a server delivers it when it comes back out of the
stream, to the client that said it as well. So all servers deliver the same messages under the same
ids, and a client that has lost its server asks any other for what it has missed.
"""

import asyncio
import importlib
import itertools
import logging
import random
import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

from wsdemo.bus.history import History

__all__ = ["ANSWER_TIME", "Bus", "BusDown", "MemoryBus", "open_bus"]

log = logging.getLogger("wsdemo.bus")
log.addHandler(logging.NullHandler())

ANSWER_TIME = 5.0  # seconds for a broker to answer
# A broker's client library is imported when its bus is asked for, and not before.
_HOMES = {
    "memory": (__name__, "MemoryBus"),
    "redis": ("wsdemo.bus.redis", "RedisBus"),
    "rediss": ("wsdemo.bus.redis", "RedisBus"),
    "nats": ("wsdemo.bus.jetstream", "JetStreamBus"),
}

SHORTEST_WAIT, LONGEST_WAIT = 0.1, 2.0  # seconds from one attempt to connect to the next


class BusDown(ConnectionError):
    """The broker cannot be reached, or refuses; what was to be published may or may not be stored.

    Args:
        message: what happened, with the broker's address.
        refusal: what the broker answered, without its address; empty if it did not answer. A
            server may pass this on to a client.
    """

    def __init__(self, message: str, refusal: str = "") -> None:
        super().__init__(message)
        self.refusal = refusal


class BusUnfit(Exception):
    """The broker is there and cannot do what the bus needs; the text says what that is."""


def open_bus(url: str, room: str = "chat", keep: int = 1000) -> "Bus":
    """Choose a bus by its address.

    Args:
        url: ``memory:`` for a room on one server; ``redis://HOST:PORT`` for a stream of Redis 7
            or newer, or Valkey; ``nats://HOST:PORT`` for a stream of NATS JetStream.
        room: what the stream is called in the broker.
        keep: how many messages the stream and the history keep.

    Raises:
        ValueError: there is no bus for such an address, or nothing is to be kept.
        ModuleNotFoundError: the broker's client library is not installed.
    """
    scheme = urlsplit(url).scheme
    if scheme not in _HOMES:
        raise ValueError(f"no bus for {url!r}: memory:, redis://HOST:PORT or nats://HOST:PORT")
    if keep < 1:
        raise ValueError(f"a history keeps 1 message or more, not {keep}")
    module, name = _HOMES[scheme]
    try:
        kind: type[Bus] = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        what = f"{scheme}:// needs the library {error.name}: pip install 'wsdemo[scale]'"
        raise ModuleNotFoundError(what, name=error.name) from None
    return kind(url, room, keep)


class Bus:
    """A room's stream of messages; made by :func:`open_bus`.

    Its methods are called on one event loop, that of the server.

    Args:
        url: see :func:`open_bus`.
        room: see there.
        keep: see there.

    Attributes:
        history: the messages that were heard last, kept here: who asks what was missed is
            answered even while the broker is down.
        up: whether the broker is connected, and all that it has stored was heard.
        failure: why it was not, the last time.
    """

    def __init__(self, url: str, room: str, keep: int) -> None:
        self.history = History(keep)
        self.up = False
        self._url, self._room, self._keep = url, room, keep
        self._opened = asyncio.Event()
        self.failure: BaseException | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(
        self,
        receive: Callable[[str, str], None],
        notify: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Connect, hear what the broker has stored, and from then on all that is published.

        Where the connection is lost it is made again, after a wait with jitter, from the message
        after the last one that was heard.

        Args:
            receive: called with the id and the text of each message. It raises ``ValueError`` for a
                text that is not a message of this room: other programs can write into the stream
                too. The bus skips that entry and does not keep it.
            notify: called with ``"up"`` and ``"down"`` when the connection is made and lost, and
                with ``"gap"`` when messages were lost.

        Raises:
            BusDown: there was no connection within 5 seconds, or the broker cannot do what the bus
                needs.
        """
        self._receive, self._notify = receive, notify
        self._task = asyncio.create_task(self._run())
        opened = asyncio.create_task(self._opened.wait())
        await asyncio.wait(
            [opened, self._task], timeout=ANSWER_TIME, return_when=asyncio.FIRST_COMPLETED
        )
        opened.cancel()
        if not self._opened.is_set():
            await self.stop()
            raise BusDown(f"no bus at {self._where}: {self.failure or 'no answer'}")

    async def opened(self) -> None:
        """Wait until all that was stored has been heard for the first time."""
        await self._opened.wait()

    async def stop(self) -> None:
        """Leave the bus. May be called twice."""
        if self._task is not None:
            while not self._task.done():
                self._task.cancel()  # and again: see _run
                await asyncio.wait([self._task], timeout=0.1)

    async def publish(self, text: str) -> str:
        """Say something in the room.

        Args:
            text: the message.

        Returns:
            Its id. The broker has stored the message; it is heard like any other, a little
            earlier or later.

        Raises:
            BusDown: the broker cannot be reached, or did not answer in time. Without an answer
                you cannot know whether it is stored; if you publish it again, it may arrive twice.
        """
        if not self.up:
            raise BusDown(f"no bus at {self._where}: {self.failure or 'no answer'}")
        try:
            return await self._publish(text)
        except self.failures as error:
            why = str(error) or "no answer in time"
            refusal = why if isinstance(error, self.refusals) else ""
            raise BusDown(f"no bus at {self._where}: {why}", refusal) from error

    # What each kind does its own way

    failures: tuple[type[Exception], ...] = (OSError,)
    """What its library raises when the broker cannot be reached, or refuses."""

    refusals: tuple[type[Exception], ...] = ()
    """Those of them that bring the broker's own answer."""

    async def _publish(self, text: str) -> str:
        """Have the broker store a message; return its id."""
        raise NotImplementedError

    async def _follow(self) -> None:
        """Live through one connection; return or raise when it ends."""
        raise NotImplementedError

    # What all do

    async def _run(self) -> None:
        ceiling = SHORTEST_WAIT
        # Not "while True": asyncio.wait_for, which the libraries use, loses a cancellation that
        # comes together with an answer (CPython issue 86296, fixed in 3.12).
        task = asyncio.current_task()
        assert task is not None
        while not task.cancelling():
            try:
                await self._follow()
                self.failure = None
            # Whatever it is: another attempt may succeed, while a task that has died would leave
            # the room deaf, and nobody would know.
            except Exception as error:
                self.failure = error
                unknown = not isinstance(error, (*self.failures, BusUnfit))
                log.warning("no bus at %s: %s", self._where, error, exc_info=unknown)
                if isinstance(error, BusUnfit) and not self._opened.is_set():
                    return  # waiting does not help
            if self.up:
                ceiling = SHORTEST_WAIT
                self.up = False
                self._notify("down")
            await asyncio.sleep(random.uniform(0, ceiling))
            ceiling = min(LONGEST_WAIT, 2 * ceiling)

    def _begin(self, epoch: str) -> None:
        """Enter the epoch of the stream as it is now."""
        if self.history.begin(epoch) and self._opened.is_set():
            self._notify("gap")

    def _take(self, number: int, data: bytes | None) -> None:
        """Hear the next entry of the stream.

        Args:
            number: its number.
            data: the text in UTF-8; ``None`` if the entry has none.
        """
        if number <= self.history.last:
            return
        self._lose(number - 1)
        try:
            if data is None:
                raise ValueError("it has no text")
            text = data.decode()
            self._receive(self.history.name(number), text)
        except ValueError as error:
            # Another program wrote it: somebody's redis-cli, for example.
            log.warning("skipped entry %s of %s: %s", number, self._room, error)
            self.history.skip(number)
        except Exception:
            log.exception("entry %s of %s could not be delivered", number, self._room)
            self._lose(number)
        else:
            self.history.add(number, text)

    def _lose(self, number: int) -> None:
        """Report a gap, unless all up to this number was received."""
        if self.history.lose(number) and self._opened.is_set():
            self._notify("gap")

    def _caught_up(self, newest: int = 0) -> None:
        """Note that what was stored has been heard.

        Args:
            newest: the number of the newest entry, whether or not it is still stored.
        """
        self._lose(newest)
        if not self.up:
            self.up = True
            self._opened.set()
            self._notify("up")

    @property
    def _where(self) -> str:
        address = urlsplit(self._url)
        return f"{address.scheme}://{address.netloc.rpartition('@')[2]}"  # without its password


class MemoryBus(Bus):
    """A room on one server. Its messages, and its epoch, are gone when that ends."""

    async def _follow(self) -> None:
        self._numbers = itertools.count(1)
        self._begin(secrets.token_hex(4))
        self._caught_up()
        await asyncio.Event().wait()

    async def _publish(self, text: str) -> str:
        number = next(self._numbers)
        self._take(number, text.encode())
        return self.history.name(number)
