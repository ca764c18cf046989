"""The exercise of lesson 04 on a watch: is the peer of a connection still alive?"""

import asyncio
import contextlib
import inspect
from collections.abc import Callable
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._plain import Plain
from wsdemo.checks._serving import HOST, PATIENCE, path_of, serving
from wsdemo.checks._stalls import Stalls, TooBusy, took_longer
from wsdemo.frames import Frame, FrameParser, Handshake, Opcode

ALLOWED = 1.0
"""Seconds in which a dead peer must be found."""

SLACK = 0.08
"""Seconds that steps of the event loop may add; what a busy machine adds is measured."""

SLOW = 0.36
"""Seconds that the slow peer takes for a pong."""

NOT_FOUND = 1.6 * ALLOWED
"""Seconds after its death at which a peer that is still connected counts as not found."""

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
MASK = bytes(4)


class Peer:
    """A client that sends no messages, and answers pings after a while; until it dies.

    Args:
        path: the path that it connects to.
        delay: seconds that it takes for a pong.

    Attributes:
        pings: how many pings have reached it.
        doomed: whether its next pong is its last one.
        dead: set when it no longer answers.
    """

    def __init__(self, path: str, delay: float) -> None:
        self.path = path
        self.pings = 0
        self.doomed = False
        self.dead = asyncio.Event()
        self._delay = delay

    async def live(self, host: str, port: int) -> None:
        """Connect, and answer pings until the connection ends."""
        reader, writer = await asyncio.open_connection(host, port)
        names = ("Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version")
        values = (f"{host}:{port}", "websocket", "Upgrade", KEY, "13")
        request = Handshake(f"GET {self.path} HTTP/1.1", tuple(zip(names, values, strict=True)))
        writer.write(bytes(request))
        parser = FrameParser()
        try:
            await reader.readuntil(b"\r\n\r\n")
            while data := await reader.read(4096):
                for frame in parser.feed(data):
                    self._answer(frame, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # it was disconnected
        finally:
            writer.close()

    def _answer(self, frame: Frame, writer: asyncio.StreamWriter) -> None:
        if frame.opcode == Opcode.PING:
            self.pings += 1
        if self.dead.is_set():
            return
        if frame.opcode == Opcode.CLOSE:
            writer.write(bytes(Frame(Opcode.CLOSE, frame.payload, mask=MASK)))
        elif frame.opcode == Opcode.PING:
            pong = bytes(Frame(Opcode.PONG, frame.payload, mask=MASK))
            # Each pong is late by itself, or frequent pings would make the peer slower and slower.
            asyncio.get_running_loop().call_later(self._delay, writer.write, pong)
            if self.doomed:
                self.dead.set()


class Watched:
    """A server on which each connection is watched by the learner's function.

    Args:
        function: ``async def watch(connection)``.

    Attributes:
        connections: the connections by their path.
        ends: when a connection was over, by its path.
        returned: the paths whose watch returned and left the connection open.
        failure: what the function has raised.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.connections: dict[str, ServerConnection] = {}
        self.ends: dict[str, float] = {}
        self.returned: list[str] = []
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._function = function

    async def handle(self, connection: ServerConnection) -> None:
        """Watch one connection until it ends."""
        path = path_of(connection)
        self.connections[path] = connection
        watching = asyncio.create_task(self._watch(connection))
        await connection.wait_closed()
        self.ends[path] = asyncio.get_running_loop().time()
        watching.cancel()

    async def _watch(self, connection: ServerConnection) -> None:
        try:
            result = self._function(connection)
            if not inspect.isawaitable(result):
                raise Misconception("the watch must be `async def`", received=result)
            await result
        except ConnectionClosed:
            pass  # the watch ends with its connection
        except Exception as error:
            if not self.failure.done():
                self.failure.set_exception(error)
        else:
            await asyncio.sleep(0.1)  # until a connection that it has aborted is gone
            if connection.state is State.OPEN:
                self.returned.append(path_of(connection))


@exercise("04.1")
async def watch(function: Any) -> str:
    """Check a watch, a coroutine that ends its connection when the peer is dead, and only then."""
    watched = Watched(function)
    peers = Peer("/mortal", 0.0), Peer("/slow", SLOW), Peer("/quick", 0.0)
    async with (
        serving(watched.handle, ping_interval=None, close_timeout=9) as url,
        Stalls() as stalls,
    ):
        port = int(url.rpartition(":")[2])
        lives = [asyncio.create_task(each.live(HOST, port)) for each in peers]
        try:
            return await _judge_watch(watched, stalls, *peers)
        finally:
            for connection in watched.connections.values():
                connection.transport.abort()
            watched.failure.cancel()
            await asyncio.wait(lives, timeout=PATIENCE)


async def _judge_watch(
    watched: Watched, stalls: Stalls, mortal: Peer, slow: Peer, quick: Peer
) -> str:
    loop = asyncio.get_running_loop()
    await _pass(watched, 0.3)
    # The worst moment to die is just after a pong; but a peer that gets no ping dies, too.
    mortal.doomed = True
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(mortal.dead.wait(), ALLOWED)
    _check_that_it_goes_on(watched)
    living = (slow, quick) if mortal.dead.is_set() else (slow, quick, mortal)
    _check_living(watched, stalls, living)
    mortal.dead.set()
    death, before, pings = loop.time(), stalls.seconds, mortal.pings
    while mortal.path not in watched.ends and (
        loop.time() < death + NOT_FOUND + stalls.seconds - before
    ):
        await _pass(watched, 0.05)
    _check_living(watched, stalls, (slow, quick))
    _check_that_it_goes_on(watched)
    if mortal.path not in watched.ends:
        _raise_not_found(watched.connections[mortal.path], mortal, pings)
    took, stalled = watched.ends[mortal.path] - death, stalls.seconds - before
    if took_longer(took, ALLOWED + SLACK, stalled):
        raise Misconception(
            "the dead peer was found, but not within a second. At worst it dies just after its "
            "pong: then the pause and the time limit add up.",
            expected=Plain("at most 1 s after its death"),
            received=Plain(f"{took:.2f} s after its death"),
        )
    return "a dead peer was found within a second, and a slow and silent peer stayed connected."


async def _pass(watched: Watched, seconds: float) -> None:
    """Let time pass; raise what the learner's function has raised meanwhile."""
    done, _ = await asyncio.wait([watched.failure], timeout=seconds)
    for each in done:
        each.result()


def _check_that_it_goes_on(watched: Watched) -> None:
    if watched.returned:
        raise NotYet("your watch returned while its connection was open; it must go on until then")


def _check_living(watched: Watched, stalls: Stalls, living: tuple[Peer, ...]) -> None:
    if stalls.place:
        raise Misconception(
            "your watch blocks the event loop, which all connections need, pongs included: wait "
            "with await asyncio.sleep",
            received=Plain(f"blocked at {stalls.place}"),
        )
    for peer in living:
        if peer.path not in watched.ends:
            continue
        if not peer.pings:
            raise Misconception(
                "a peer that was alive was disconnected: it had received no ping. A silent peer "
                "is not dead, because many clients only listen: send a ping."
            )
        if stalls.seconds > (0.5 - SLOW) / 2:
            raise TooBusy
        if peer.path == "/slow":
            raise Misconception(
                f"a peer that was only slow was disconnected: its pongs took {SLOW} s, less than "
                "the 0.4 s that they may take.",
                received=Plain(f"disconnected after {peer.pings} ping{'s' * (peer.pings != 1)}"),
            )
        raise Misconception(
            "a peer that was alive, and answered each ping at once, was disconnected. Another "
            "connection had a slow peer, or a dead one: does each connection wait for its own "
            "pong?",
            received=Plain(f"disconnected after {peer.pings} ping{'s' * (peer.pings != 1)}"),
        )


def _raise_not_found(connection: ServerConnection, mortal: Peer, pings: int) -> None:
    if connection.state is State.CLOSING:
        raise Misconception(
            "you found the dead peer, and began a closing handshake with close(). Now you wait "
            "for its answer, up to close_timeout. connection.transport.abort() does not wait."
        )
    if not mortal.pings:
        raise NotYet("no ping reached the peer; only a pong shows that it is alive")
    raise Misconception(
        f"the peer died, and its connection was still open {NOT_FOUND:.1f} s later. Wait for each "
        "pong with a time limit, and abort the connection when none comes.",
        received=Plain(f"{pings} pings before its death, {mortal.pings - pings} after it"),
    )
