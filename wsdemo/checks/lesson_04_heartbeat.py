"""The exercises of lesson 04."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._serving import HOST, PATIENCE, connected, path_of, serving
from wsdemo.frames import Frame, FrameParser, Handshake, Opcode

ALLOWED = 1.0
"""Seconds in which a dead peer must be found."""

SLACK = 0.3
"""Seconds that a busy machine may add."""

SLOW = 0.35
"""Seconds that the slow peer takes for a pong."""

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
MASK = bytes(4)


class Peer:
    """A client that says nothing, and answers pings after a while; until it dies.

    Args:
        path: what it connects to.
        delay: seconds that it takes for a pong.

    Attributes:
        pings: how many pings have reached it.
        doomed: whether its next pong is its last one.
        dead: is set when it answers no more.
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
        except ConnectionError:
            pass  # it was cut off
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
            await self._function(connection)
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
    """Judge a watch, a coroutine that ends its connection when the peer is dead, and only then."""
    watched = Watched(function)
    slow, mortal = Peer("/slow", SLOW), Peer("/mortal", 0.0)
    async with serving(watched.handle, ping_interval=None, close_timeout=9) as url:
        port = int(url.rpartition(":")[2])
        lives = [asyncio.create_task(each.live(HOST, port)) for each in (slow, mortal)]
        try:
            return await _judge_watch(watched, slow, mortal)
        finally:
            for connection in watched.connections.values():
                connection.transport.abort()
            watched.failure.cancel()
            await asyncio.wait(lives, timeout=PATIENCE)


async def _judge_watch(watched: Watched, slow: Peer, mortal: Peer) -> str:
    loop = asyncio.get_running_loop()
    await _pass(watched, 0.3)
    if watched.returned:
        raise NotYet("your watch returned while the peer was alive; it must go on until the end")
    # The worst moment to die is just after a pong; but who is never asked dies all the same.
    mortal.doomed = True
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(mortal.dead.wait(), ALLOWED)
    mortal.dead.set()
    death = loop.time()
    while mortal.path not in watched.ends and loop.time() < death + 2 * ALLOWED:
        await _pass(watched, 0.05)
    if slow.path in watched.ends:
        if not slow.pings:
            raise Misconception(
                "you cut off a peer because it said nothing. Silence is not death: many clients "
                "only listen. Ask it with a ping."
            )
        raise Misconception(
            f"you cut off a peer that was only slow: its pong came after {SLOW} s, within the "
            "0.4 s that it may take. Slow is not dead."
        )
    if mortal.path not in watched.ends:
        raise _why_not(watched.connections[mortal.path], mortal)
    took = watched.ends[mortal.path] - death
    if took > ALLOWED + SLACK:
        raise Misconception(
            "the dead peer was found, but after more than a second. At worst it dies just after "
            "its pong: then interval and time limit add up."
        )
    return "a dead peer was found within a second, and a slow and silent one lived."


async def _pass(watched: Watched, seconds: float) -> None:
    """Let time pass; raise what the learner's function has raised meanwhile."""
    done, _ = await asyncio.wait([watched.failure], timeout=seconds)
    for each in done:
        each.result()


def _why_not(connection: ServerConnection, mortal: Peer) -> Exception:
    if connection.state is State.CLOSING:
        return Misconception(
            "you have found it, and said goodbye with close(); now you wait for the dead to "
            "answer, up to close_timeout. connection.transport.abort() does not wait."
        )
    if not mortal.pings:
        return NotYet("the peer died, and no ping asked for a sign of life")
    return Misconception(
        f"{mortal.pings} pings were sent, and nobody looked for the pongs. To send is not to "
        "receive: await the future that ping() gives you, with a time limit."
    )


@exercise("04.2")
async def heartbeat_answer(handler: Any) -> str:
    """Judge a chat's handler that answers heartbeats to their sender alone."""
    async with connected(handler, 2, ping_interval=None) as [ana, bob]:
        for _ in range(2):
            await _say(ana, {"type": "heartbeat"})
            answer = await _hear(ana, "a heartbeat")
            if answer != {"type": "heartbeat"}:
                raise NotYet(f'the answer to a heartbeat is {{"type": "heartbeat"}}, not {answer}')
        chat = {"type": "chat", "text": "Hello"}
        await _say(ana, chat)
        for client in (bob, ana):
            heard = await _hear(client, "a chat message, after heartbeats,")
            if isinstance(heard, dict) and heard.get("type") == "heartbeat":
                raise Misconception(
                    "everybody hears everybody's heartbeats: with a thousand clients, a million "
                    "messages an interval. The answer is for the sender alone, once."
                )
            if heard != chat:
                raise NotYet(f"chat messages must go to all as they came; one became {heard}")
    return "heartbeats are answered to their sender alone, and the chat goes on."


async def _say(client: ClientConnection, what: dict[str, Any]) -> None:
    with contextlib.suppress(ConnectionClosed):  # hearing tells how it was closed
        await client.send(json.dumps(what))


async def _hear(client: ClientConnection, what: str) -> Any:
    try:
        return json.loads(await asyncio.wait_for(client.recv(), PATIENCE))
    except TimeoutError:
        raise NotYet(f"{what} was sent, and nothing came back") from None
    except ValueError:
        raise NotYet(f"{what} was sent, and what came back is not JSON") from None
    except ConnectionClosed as closed:
        code = closed.rcvd.code if closed.rcvd else 1006
        if code == 1011:
            raise NotYet(f"{what} was sent, and your handler raised an exception (1011)") from None
        raise Misconception(
            f"{what} was sent, and the server hung up with {code}. A heartbeat is there to keep "
            "the connection: answer it, and go on."
        ) from None


@exercise("04.3")
async def phases(function: Any) -> str:
    """Judge ``phases(count, interval)``: when each connection gets its first ping."""
    for count, interval in ((1000, 30.0), (400, 0.5)):
        given = function(count, interval)
        if given is None or len(given := list(given)) != count:
            raise NotYet(f"for {count} connections, return a list of {count} numbers")
        if min(given) < 0:
            raise NotYet("a first ping cannot lie in the past: 0 or more seconds from now")
        if max(given) > interval:
            raise Misconception(
                f"one connection waits {max(given):.1f} s for its first ping, where the interval "
                f"is {interval} s. Who dies meanwhile is found late: stay within one interval."
            )
        if len(set(given)) == 1:
            raise Misconception(
                "all pings leave at the same moment, and all pongs come back together. Every "
                "connection needs a moment of its own."
            )
        tenths = [min(int(10 * each / interval), 9) for each in given]
        most = max(tenths.count(tenth) for tenth in range(10))
        if most > 2 * count / 10:
            raise Misconception(
                f"one tenth of the interval holds {most} of {count} pings, where {count // 10} "
                "would be fair. Spread them over the whole interval."
            )
    return "the same number of pings, and no moment at which they come together."
