"""The exercises of lesson 07 about close codes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import InvalidStatus
from websockets.frames import CLOSE_CODE_EXPLANATIONS

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._network import Network
from wsdemo.checks._serving import path_of, serving
from wsdemo.checks._trial import trial
from wsdemo.frames import Frame, Opcode

NOTICE = 1.0
"""Seconds in which a side must notice the end."""

CALM: dict[str, Any] = {"ping_interval": None, "close_timeout": 0.1, "compression": None}
HASTY: dict[str, Any] = {"ping_interval": 0.1, "ping_timeout": 0.1}

CLOSES = "the client closes with 4000"
NO_CODE = "the client sends a Close frame without a code"
TOO_BIG = "the server sends more than the client's max_size"
CUT = "the network cable is cut"
FROZEN = "the network freezes, and only the client pings"
REFUSED = "the server answers the handshake with 401"
ENDS = (CLOSES, NO_CODE, TOO_BIG, CUT, FROZEN, REFUSED)


async def _stay(connection: ServerConnection) -> None:
    """Send more than the small limit, then wait for the end."""
    if path_of(connection) == "/big":
        await connection.send("x" * 2000)
    async for _ in connection:
        pass


@contextlib.asynccontextmanager
async def _two_sides(path: str, **options: Any) -> AsyncIterator[tuple[Any, Any, Network]]:
    """Connect a client; yield both ends of its connection, and the network between them."""
    there: asyncio.Queue[ServerConnection] = asyncio.Queue()

    async def handler(connection: ServerConnection) -> None:
        there.put_nowait(connection)
        await _stay(connection)

    async with serving(handler, process_request=_refuse, **CALM) as direct:
        network = Network(int(direct.rpartition(":")[2]))
        async with await asyncio.start_server(network.relay, "127.0.0.1", 0) as listener:
            url = "ws://{}:{}".format(*listener.sockets[0].getsockname())
            try:
                async with connect(url + path, max_size=1000, **CALM | options) as client:
                    yield client, await there.get(), network
            finally:
                network.cut()


def _refuse(connection: ServerConnection, request: Any) -> Any:
    return connection.respond(401, "") if request.path == "/refused" else None


async def _code(connection: Connection) -> int | None:
    """Return the code that a side sees; ``None`` if it has not noticed the end in time."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(connection.wait_closed(), NOTICE)
    code = connection.close_code
    return None if code is None else int(code)


async def _codes_seen(end: str) -> tuple[int | None, int | None]:
    """Let a connection end; return the codes that both sides see."""
    path = {TOO_BIG: "/big", REFUSED: "/refused"}.get(end, "/")
    options = HASTY if end == FROZEN else {}
    try:
        async with _two_sides(path, **options) as (client, there, network):
            await _bring_about(end, client, network)
            seen_here, seen_there = await asyncio.gather(_code(client), _code(there))
            return seen_here, seen_there
    except InvalidStatus:
        return None, None


async def _bring_about(end: str, client: ClientConnection, network: Network) -> None:
    if end == CLOSES:
        await client.close(4000)
    elif end == NO_CODE:
        client.transport.write(bytes(Frame(Opcode.CLOSE, mask=bytes(4))))
    elif end == CUT:
        network.cut()
    elif end == FROZEN:
        network.freeze()


def _read_code(given: Any, what: str) -> int:
    """Read a close code, also if it is a text or a float.

    Raises:
        NotYet: it is not a number, or it is the 0 of the cell.
    """
    try:
        code = int(given)
        exact = float(given) == code
    except (TypeError, ValueError):
        exact, code = False, 0
    if not exact or code == 0:
        raise NotYet(f"{what}: write a close code in place of {given!r}")
    return code


def _keys(answer: Any, keys: Iterable[str]) -> None:
    if not isinstance(answer, dict):
        raise NotYet("keep the dictionary, and fill in the codes", received=answer)
    if missing := [key for key in keys if key not in answer]:
        raise NotYet("a line of the dictionary is missing: put it back", expected=missing[0])


@exercise("07.1")
async def both_sides(prediction: Any) -> str:
    """Check a prediction: what happens to the codes that client and server see."""
    _keys(prediction, ENDS)
    guesses = {end: _read_pair(end, prediction[end]) for end in ENDS}
    for end in ENDS:
        seen = await _codes_seen(end)
        for side, guess, code in zip(("client", "server"), guesses[end], seen, strict=True):
            if guess != code:
                raise Misconception(
                    f"{end}: that is not what the {side} sees. {_why(end, side, guess)}",
                    expected=code,
                    received=guess,
                )
    return "all twelve codes are right: both sides see what you predicted."


def _read_pair(end: str, pair: Any) -> list[int | None]:
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise NotYet(f"{end}: write two codes, the client's and the server's", received=pair)
    return [None if str(each).lower() == "none" else _read_code(each, end) for each in pair]


def _why(end: str, side: str, guess: int | None) -> str:
    """Return a sentence about what this side sees, and about the guess."""
    if end == CLOSES:
        return "The client chose the code, and the server sent the same code back."
    if end == REFUSED:
        return "There was no WebSocket, so nothing was closed: `connect` raises InvalidStatus."
    if end == FROZEN and side == "server":
        return (
            "Nothing reached the server, not even the client's 1011: its side of the connection "
            "is still open."
        )
    if end == TOO_BIG and side == "server":
        return "The client found the fault, and sent a Close frame with 1009."
    if end == NO_CODE:
        reason = "A Close frame without a code was received: the library reports that as 1005."
        return f"{reason} 1006 means that no Close frame was received." * (guess == 1006) or reason
    sent = {TOO_BIG: "It sent 1009, but it", FROZEN: "It got no pong and sent 1011, but it"}
    return (
        f"{sent.get(end, 'This side')} received no Close frame, and its connection has ended: the "
        "library reports that as 1006."
    )


PERMISSION = "the user's permission has expired"

FAULTS: dict[str, tuple[int, ...]] = {
    "the conversation is finished": (1000,),
    "the server restarts with a new version": (1012, 1001),
    "a bug in the handler": (1011,),
    "a text came, where only binary data make sense": (1003,),
    "a message is bigger than we take": (1009,),
    PERMISSION: (1008, 3000, 3003, *range(4000, 5000)),
    "too many users today, try again later": (1013,),
}
"""Events, and the close codes for them.

In IANA's registry 3000 is *unauthorized*, and 3003 *forbidden*.
"""


@exercise("07.2")
async def choose_codes(codes: Any) -> str:
    """Check the choice of a code for each fault, by closing with it."""
    _keys(codes, FAULTS)
    chosen = {fault: _read_code(codes[fault], fault) for fault in FAULTS}
    for fault, code in chosen.items():
        seen = await _closed_with(code)
        if seen != code:
            raise Misconception(
                f"{fault}: {_unsendable(code)}. The library raised an exception in the handler.",
                input=code,
                received=seen,
            )
        if code not in FAULTS[fault]:
            raise Misconception(f"{fault}: {_why_not(fault, code)}", received=code)
    return "all seven codes were sent and received, and a client can act on each of them."


async def _closed_with(code: int) -> int | None:
    """Return the code that a client sees when the handler closes with this code."""

    async def handler(connection: ServerConnection) -> None:
        await connection.close(code)

    async with trial(handler) as served:
        return await _code(await served.join())


def _unsendable(code: int) -> str:
    if code in (1005, 1006, 1015):
        return f"{code} must not be sent: a library reports it when it received no code"
    if 100 <= code < 600:
        return f"{code} is a status of HTTP, for a refused handshake, and not a close code"
    return f"{code} is not a code that may be sent"


def _why_not(fault: str, code: int) -> str:
    """Return a sentence about a code that can be sent, but does not fit."""
    if code == 1000:
        return (
            "1000 means that all is done. The client's `async for` ends without an error, so the "
            "client does not know that something is wrong, or that it should reconnect."
        )
    if code >= 4000:
        return f"only your own clients know what {code} means. There is a standard code for this."
    if code >= 3000:
        return f"{code} is from the range for libraries. There is a standard code for this."
    meaning = CLOSE_CODE_EXPLANATIONS.get(code, "something else")
    return f"{code} means “{meaning}”. Another code of the table fits better."
