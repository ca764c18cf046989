"""The exercises of lesson 07."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import InvalidStatus

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._serving import path_of, serving
from wsdemo.checks._trial import Trial, hear, trial
from wsdemo.frames import Frame, Opcode

NOTICE = 1.0
"""Seconds in which a side must notice the end."""

CALM: dict[str, Any] = {"ping_interval": None, "close_timeout": 0.1, "compression": None}
HASTY: dict[str, Any] = {"ping_interval": 0.1, "ping_timeout": 0.1}

CLOSES = "the client closes with 4000"
NO_CODE = "the client sends a Close frame without a code"
TOO_BIG = "the server sends more than the client's max_size"
CUT = "the network cable is cut"
FROZEN = "the line freezes, and only the client pings"
REFUSED = "the server answers the handshake with 401"
ENDS = (CLOSES, NO_CODE, TOO_BIG, CUT, FROZEN, REFUSED)


class Line:
    """A TCP relay to a port of this machine, which can be frozen and cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writers: list[asyncio.StreamWriter] = []
        self._passes = asyncio.Event()
        self._passes.set()
        self._ended = asyncio.Event()

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join a client with the server until the line ends."""
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers += [writer, far_writer]
        pipes = [
            asyncio.create_task(self._pipe(reader, far_writer)),
            asyncio.create_task(self._pipe(far_reader, writer)),
        ]
        await self._ended.wait()
        for each in pipes:
            each.cancel()

    async def _pipe(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(2**16):
                await self._passes.wait()
                sink.write(data)
        await self._passes.wait()
        sink.close()

    def freeze(self) -> None:
        """Let nothing through."""
        self._passes.clear()

    def cut(self) -> None:
        """End both connections without a word."""
        for each in self._writers:
            each.transport.abort()
        self._ended.set()


async def _stay(connection: ServerConnection) -> None:
    """Send more than the small limit, then wait for the end."""
    if path_of(connection) == "/big":
        await connection.send("x" * 2000)
    async for _ in connection:
        pass


@contextlib.asynccontextmanager
async def _two_sides(path: str, **options: Any) -> AsyncIterator[tuple[Any, Any, Line]]:
    """A client and the server's end of its connection, and the line between them."""
    there: asyncio.Queue[ServerConnection] = asyncio.Queue()

    async def handler(connection: ServerConnection) -> None:
        there.put_nowait(connection)
        await _stay(connection)

    async with serving(handler, process_request=_gate, **CALM) as direct:
        line = Line(int(direct.rpartition(":")[2]))
        async with await asyncio.start_server(line.relay, "127.0.0.1", 0) as listener:
            url = "ws://{}:{}".format(*listener.sockets[0].getsockname())
            try:
                async with connect(url + path, max_size=1000, **CALM | options) as client:
                    yield client, await there.get(), line
            finally:
                line.cut()


def _gate(connection: ServerConnection, request: Any) -> Any:
    return connection.respond(401, "") if request.path == "/refused" else None


async def _code(connection: Connection) -> int | None:
    """What code a side learns of; ``None`` if it has not noticed in time."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(connection.wait_closed(), NOTICE)
    code = connection.close_code
    return None if code is None else int(code)


async def _witnessed(end: str) -> tuple[int | None, int | None]:
    """Let a connection end, and ask both sides."""
    path = {TOO_BIG: "/big", REFUSED: "/refused"}.get(end, "/")
    options = HASTY if end == FROZEN else {}
    try:
        async with _two_sides(path, **options) as (client, there, line):
            await _bring_about(end, client, line)
            seen_here, seen_there = await asyncio.gather(_code(client), _code(there))
            return seen_here, seen_there
    except InvalidStatus:
        return None, None


async def _bring_about(end: str, client: ClientConnection, line: Line) -> None:
    if end == CLOSES:
        await client.close(4000)
    elif end == NO_CODE:
        client.transport.write(bytes(Frame(Opcode.CLOSE, mask=bytes(4))))
    elif end == CUT:
        line.cut()
    elif end == FROZEN:
        line.freeze()


@exercise("07.1")
async def both_sides(prediction: Any) -> str:
    """Judge a prediction: what happens to the codes that client and server see."""
    if not isinstance(prediction, dict) or set(prediction) != set(ENDS):
        raise NotYet("keep the dictionary and its six keys, and fill in the codes")
    for end in ENDS:
        pair = prediction[end]
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise NotYet(f"{end}: two codes are asked for, the client's and the server's")
        if 0 in pair:
            raise NotYet(f"{end}: write a code where the 0 is, or None")
    for end in ENDS:
        seen = await _witnessed(end)
        for side, guess, code in zip(("client", "server"), prediction[end], seen, strict=True):
            if guess != code:
                reason = _why(end, side, guess)
                raise Misconception(f"{end}: the {side} sees {code}, not {guess}. {reason}")
    return "twelve of twelve: both witnesses say what you said."


def _why(end: str, side: str, guess: Any) -> str:
    """Why a guess is wrong, in a sentence."""
    if end == TOO_BIG and side == "client":
        return "It found the fault and sent 1009; it received no Close frame, so it has no code."
    if end == FROZEN and side == "server":
        return "Nothing reached it, not even the client's 1011: it believes that all is well."
    if end == FROZEN:
        return "1011 is what it sent, into the frozen line; it received nothing."
    if end == CUT:
        return "Nobody said anything, so there is no code to receive."
    if end == NO_CODE:
        return "A Close frame came, so it is not 1006; it had no code, and that is no error."
    if end == REFUSED:
        return "There never was a WebSocket, so nothing was closed: Python raises InvalidStatus."
    return "Who closes chooses the code, and the other side sends the same back."


FAULTS: dict[str, tuple[int, ...]] = {
    "the conversation is finished": (1000,),
    "the server restarts with a new version": (1012, 1001),
    "a bug in the handler": (1011,),
    "a text came, where only binary data make sense": (1003,),
    "a message is bigger than we take": (1009,),
    "the user's permission has expired": (1008, 3000, *range(4000, 5000)),
    "too many users today, try again later": (1013,),
}
"""What may happen, and the codes that say it. 3000 is *unauthorized* in IANA's registry."""


@exercise("07.2")
async def choose_codes(codes: Any) -> str:
    """Judge the choice of a code for each fault, by closing with it."""
    if not isinstance(codes, dict) or set(codes) != set(FAULTS):
        raise NotYet("keep the dictionary and its seven keys, and fill in the codes")
    for fault, code in codes.items():
        if not isinstance(code, int) or code == 0:
            raise NotYet(f"{fault}: write a code where {code!r} is")
    for fault, code in codes.items():
        seen = await _closed_with(code)
        if seen != code:
            raise Misconception(f"{fault}: {_unsendable(code)}, so the client saw {seen}.")
        if code not in FAULTS[fault]:
            raise _wrong_code(fault, code)
    return "seven codes, all sent and received, and a client can act on each."


async def _closed_with(code: int) -> int | None:
    """What a client sees where the handler closes with this code."""

    async def handler(connection: ServerConnection) -> None:
        await connection.close(code)

    async with trial(handler) as served:
        return await _code(await served.join())


def _unsendable(code: int) -> str:
    if code in (1005, 1006, 1015):
        return f"{code} cannot be sent: it is what a library says where no code came"
    if 100 <= code < 600:
        return f"{code} is a status of HTTP, for the time before the upgrade, and no close code"
    return f"{code} is no code that may be sent"


def _wrong_code(fault: str, code: int) -> Misconception:
    if code in (1000, 1001):
        return Misconception(
            f"{fault}: {code} says that all is well. The client's `async for` ends without an "
            "error, and nobody hears of the fault."
        )
    if code >= 3000:
        return Misconception(
            f"{fault}: {code} means something to your own clients alone. There is a code for this "
            "that every client knows."
        )
    return Misconception(f"{fault}: {code} says something else. Look it up in the table.")


WAYS = ("left politely", "was cut off", "sent a 0", "was cancelled by a time limit")


@exercise("07.3")
async def clean_up(handler: Any) -> str:
    """Judge ``async def divide(connection, room)``, which must keep the room right."""
    room: set[ServerConnection] = set()
    limits: list[asyncio.Timeout] = []

    async def limited(connection: ServerConnection) -> None:
        async with asyncio.timeout(None) as limit:
            limits.append(limit)
            await handler(connection, room)

    async with trial(limited) as served:
        for number, way in enumerate(WAYS):
            client = await served.join()
            await client.send("4")
            if await hear(client) != "2.5":
                raise NotYet(f"4 must be answered with 2.5{served.fault}")
            if served.there[number] not in room:
                raise NotYet("while a client is connected, its connection must be in the room")
            await _end(served, client, number, way, limits)
            if served.there[number] in room:
                raise _left_behind(way, number)
        return "left, cut off, a bug, cancelled: the room was right after each."


async def _end(
    served: Trial, client: ClientConnection, number: int, way: str, limits: list[asyncio.Timeout]
) -> None:
    if way == "sent a 0":
        await client.send("0")
    elif way == "was cancelled by a time limit":
        limits[number].reschedule(asyncio.get_running_loop().time())
    if way in WAYS[2:]:
        with contextlib.suppress(TimeoutError):  # it may answer a 0 with a message, and go on
            await asyncio.wait_for(client.wait_closed(), NOTICE)
    await served.leave(client, number, politely=way != "was cut off")


def _left_behind(way: str, number: int) -> Misconception:
    advice = (
        "Nothing took it out: what comes after recv() is not reached when recv() raises.",
        "`async for` raises there, and what comes after the loop is not reached.",
        "A bug in a handler raises another exception than ConnectionClosed.",
        "A time limit cancels the handler, and CancelledError is no Exception.",
    )[number]
    return Misconception(f"a client {way}, and its connection is still in the room. {advice}")
