"""The second exercise of lesson 19: what a server counts, and one id in each line."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._inbox import Inbox, settle, until
from wsdemo.checks._plain import Plain
from wsdemo.checks._serving import PATIENCE, path_of, serving

HELD = 0.4
"""Seconds for which connections of the check are open, at least."""

Counts = dict[str, float]
Watched = Callable[[ServerConnection, Counts, Callable[[str], None]], Awaitable[None]]


class _Ledger:
    """The learner's handler on a server, what it counts and what it logs.

    Attributes:
        counts: the learner's counts.
        lines: the lines of the learner's log.
        ids: the id of each connection, in the order in which they came, with its path.
        lasted: seconds for which each connection's handler ran, by its id.
    """

    def __init__(self, watched: Watched) -> None:
        names = ("accepted", "refused", "open", "bytes", "seconds")
        self.counts: Counts = dict.fromkeys(names, 0)
        self.lines: list[str] = []
        self.ids: list[str] = []
        self.lasted: dict[str, float] = {}
        self.paths: dict[str, str] = {}
        self._watched = watched

    async def handler(self, connection: ServerConnection) -> None:
        """Run the learner's handler."""
        number, loop = str(connection.id), asyncio.get_running_loop()
        self.ids.append(number)
        self.paths[number] = path_of(connection)
        begin = loop.time()
        try:
            await self._watched(connection, self.counts, self._log)
        finally:
            self.lasted[number] = loop.time() - begin

    def _log(self, line: str) -> None:
        self.lines.append(line)

    def lines_with(self, number: str) -> list[str]:
        """Return the lines that contain an id."""
        return [line for line in self.lines if number in str(line)]


@contextlib.asynccontextmanager
async def _watching(watched: Watched) -> AsyncIterator[tuple[_Ledger, Callable[..., Any]]]:
    ledger = _Ledger(watched)
    async with (
        serving(ledger.handler, compression=None) as url,
        contextlib.AsyncExitStack() as stack,
    ):

        async def join(path: str = "/room") -> Inbox:
            client: ClientConnection = await stack.enter_async_context(
                connect(url + path, close_timeout=0.5, compression=None)
            )
            inbox = Inbox(client)
            await until(lambda: len(ledger.ids) >= len(joined) + 1)
            joined.append(inbox)
            return inbox

        joined: list[Inbox] = []
        yield ledger, join


@exercise("19.2", time_limit=10)
async def observed(watched: Watched) -> str:
    """Check what a handler counts, and that each line of its log has the connection's id."""
    async with _watching(watched) as (ledger, join):
        ana = await join()
        await _echoed(ledger, ana, "Hello", "Ana enters /room and sends 'Hello'")
        _expect(ledger, "Ana enters /room and sends 'Hello'", accepted=1, refused=0, open=1)
        _expect_bytes(ledger, "Ana sends 'Hello'", 5, "Hello")
        eve = await join("/elsewhere")
        await _refused(ledger, eve)
        bob = await join("/room")
        await _echoed(ledger, bob, "3 € für Ana", "Bob sends '3 € für Ana'")
        await _echoed(ledger, bob, b"\x00\xff\x00", "Bob sends three bytes")
        await _echoed(ledger, ana, "", "Ana sends an empty text")
        scene = "Ana and Bob are in the room; Eve was refused"
        _expect(ledger, scene, accepted=2, refused=1, open=2)
        _expect_bytes(ledger, scene, 5 + 14 + 3, "Hello", "3 € für Ana", b"\x00\xff\x00", "")
        await asyncio.sleep(HELD)
        await _leaves(ledger, bob, "Bob's connection breaks", accepted=2, refused=1, open=1)
        first = ledger.counts["seconds"]
        _expect_seconds(ledger, "Bob's connection broke, and Ana is in the room")
        await _leaves(ledger, ana, "Ana closes the connection", accepted=2, refused=1, open=0)
        _expect_seconds(ledger, "Ana and Bob have left")
        if ledger.counts["seconds"] <= first:
            raise NotYet("`seconds` did not grow when Ana left", received=ledger.counts)
        _expect_lines(ledger)
    return "all five numbers are right, and each line of the log names its connection."


async def _echoed(ledger: _Ledger, inbox: Inbox, message: str | bytes, scene: str) -> None:
    before, ended_before = len(inbox.received), len(ledger.lasted)
    await inbox.send_raw(message)
    await until(lambda: len(inbox.received) > before or inbox.ended)
    await inbox.in_step()
    if inbox.received[before:] != [message]:
        ended = f"; closed with {inbox.client.close_code}" if inbox.ended else ""
        raise NotYet(
            "send each message back as it is, once",
            input=Plain(scene),
            expected=[message],
            received=Plain(f"{inbox.received[before:]!r}{ended}"),
        )
    if len(ledger.lasted) > ended_before:
        raise NotYet(
            "your handler ended, and its client was connected: loop over all messages",
            input=Plain(scene),
        )


async def _refused(ledger: _Ledger, eve: Inbox) -> None:
    scene = Plain("a client connects to /elsewhere")
    await until(lambda: eve.ended)
    if eve.client.close_code != 1008:
        received = f"closed with {eve.client.close_code}" if eve.ended else "still connected"
        raise NotYet(
            "close a client of another path with 1008", input=scene, received=Plain(received)
        )
    await until(lambda: ledger.ids[1] in ledger.lasted)
    _expect(ledger, "Eve connects to /elsewhere", accepted=1, refused=1, open=1)
    if ledger.counts["seconds"]:
        raise Misconception(
            "`seconds` counts connections of the room, and Eve was not in the room",
            input=scene,
            received=ledger.counts,
        )


async def _leaves(ledger: _Ledger, inbox: Inbox, scene: str, **expected: int) -> None:
    before = len(ledger.lasted)
    if "breaks" in scene:
        inbox.client.transport.abort()
    else:
        with contextlib.suppress(ConnectionClosed):
            await inbox.client.close()
    if not await until(lambda: len(ledger.lasted) > before):
        raise NotYet(f"the client left, and your handler was still running {PATIENCE} s later")
    await settle()
    _expect(ledger, scene, **expected)


def _expect(ledger: _Ledger, scene: str, **expected: int) -> None:
    unknown = set(ledger.counts) - {"accepted", "refused", "open", "bytes", "seconds"}
    if unknown:
        raise NotYet(
            "use the five entries of `counts`",
            received=Plain(f"also {', '.join(map(repr, sorted(map(str, unknown))))}"),
        )
    counts = {name: ledger.counts.get(name) for name in expected}
    if counts == expected:
        return
    evidence: dict[str, Any] = {"input": Plain(scene), "expected": expected, "received": counts}
    opened, wanted = counts["open"] or 0, expected["open"]
    if opened > wanted and "breaks" in scene:
        raise Misconception(
            "Bob's connection broke, and `open` still counts him. A broken connection raises "
            "ConnectionClosed in the loop: subtract in `finally`.",
            **evidence,
        )
    if opened > wanted and "Eve" in scene:
        raise Misconception("`open` counts Eve, who was refused", **evidence)
    if (counts["accepted"] or 0) > expected["accepted"] and expected["refused"]:
        raise Misconception(
            "`accepted` counts Eve, who was refused: count after the decision", **evidence
        )
    if opened > wanted:
        raise Misconception("a client has left, and `open` still counts them", **evidence)
    if opened < 0:
        raise Misconception(
            "`open` is less than 0: it went down for a client that it had not counted", **evidence
        )
    raise NotYet("a number is not right", **evidence)


def _expect_bytes(ledger: _Ledger, scene: str, expected: int, *messages: str | bytes) -> None:
    received = ledger.counts.get("bytes")
    if received == expected:
        return
    evidence: dict[str, Any] = {
        "input": Plain(f"{scene}; the messages so far: {list(messages)!r}"),
        "expected": Plain(f"{expected} bytes"),
        "received": Plain(f"{received} bytes"),
    }
    if received == sum(map(len, messages)) != expected:
        raise Misconception(
            "`bytes` counts characters: `ü` is two bytes in UTF-8, and `€` three", **evidence
        )
    if received == len(messages):
        raise Misconception("`bytes` counts messages, and not their bytes", **evidence)
    if received == 2 * expected:
        raise Misconception("`bytes` counts each message twice, also as it is sent", **evidence)
    raise NotYet("`bytes` is not right", **evidence)


def _expect_seconds(ledger: _Ledger, scene: str) -> None:
    """The connections that have ended lasted so long; the check's own clock ran a bit longer."""
    total = sum(
        seconds for number, seconds in ledger.lasted.items() if ledger.paths[number] == "/room"
    )
    found = ledger.counts.get("seconds", 0)
    if total - HELD / 2 <= found <= total + 0.01:
        return
    evidence: dict[str, Any] = {
        "input": Plain(scene),
        "expected": Plain(f"about {total:.1f} s"),
        "received": Plain(f"{found:.1f} s"),
    }
    if not found:
        raise NotYet("`seconds` is still 0: add the duration when a connection ends", **evidence)
    if found > total + 1000 * HELD:
        raise Misconception(
            "`seconds` is a time of day, and not a duration: subtract the time of the beginning",
            **evidence,
        )
    if found > total:
        raise Misconception("`seconds` is too much: add each connection once", **evidence)
    if found < 0:
        raise Misconception("`seconds` is less than 0: the end minus the beginning", **evidence)
    raise Misconception(
        "`seconds` is too little. It is the sum over all connections that have ended.", **evidence
    )


def _expect_lines(ledger: _Ledger) -> None:
    for line in ledger.lines:
        if not isinstance(line, str):
            raise NotYet("`log` takes one text", received=line)
        if line.strip().count("\n"):
            raise NotYet("call `log` with one line at a time", received=line)
        if not any(number in line for number in ledger.ids):
            raise Misconception(
                "a line of the log names no connection. Among ten thousand connections, nobody "
                "knows whose it is: put `connection.id` into it.",
                received=line,
            )
    names = dict(zip(ledger.ids, ("Ana", "Eve", "Bob"), strict=True))
    for number, name in names.items():
        lines = ledger.lines_with(number)
        needed = 1 if name == "Eve" else 2
        if len(lines) < needed:
            when = {"Eve": "is refused", "Ana": "enters the room, and when they have left"}
            raise NotYet(
                f"log one line when a client {when.get(name, when['Ana'])}",
                input=Plain(
                    {"Eve": "Eve was refused", "Ana": "Ana came and closed"}.get(
                        name, "Bob came, and the connection broke"
                    )
                ),
                received=Plain(f"{len(lines)} lines with this connection's id"),
            )
