"""The exercises of lesson 10."""

import asyncio
import base64
import contextlib
import http.client
import inspect
import numbers
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._choices import compare, read
from wsdemo.checks._plain import Plain
from wsdemo.checks._serving import HOST, PATIENCE, serving
from wsdemo.wire.core import Wire

BODIES = ("12.5 °C", '{"temperature": "−3 °C", "sky": "trüb"}')
"""Texts with more bytes than characters."""


class Asked:
    """A client of a server that answers with a text, over one connection through a wire.

    Attributes:
        wire: counts the bytes.
        body: the next answer.
        calls: how often it has asked.
    """

    def __init__(self, port: int) -> None:
        self.wire = Wire(f"http://{HOST}:{port}")
        self.body = ""
        self.calls = 0
        self._client = http.client.HTTPConnection(
            HOST, int(self.wire.url.rpartition(":")[2]), timeout=PATIENCE
        )

    def ask(self) -> str:
        """Do one exchange; this blocks."""
        self.calls += 1
        self._client.request("GET", "/now", headers={"User-Agent": "a check"})
        return self._client.getresponse().read().decode()

    def stop(self) -> None:
        """Close the connection, and stop the wire."""
        self._client.close()
        self.wire.stop()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                body = self.body.encode()
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()  # the client has gone


@contextlib.asynccontextmanager
async def _asked() -> AsyncIterator[Asked]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked.serve(reader, writer)

    async with await asyncio.start_server(answer, HOST, 0) as server:
        asked = Asked(server.sockets[0].getsockname()[1])
        try:
            yield asked
        finally:
            asked.stop()
            await asyncio.sleep(0)  # the answering task sees the end


@exercise("10.1")
async def overhead(function: Callable[[Wire, Callable[[], str]], int]) -> str:
    """Check ``overhead(wire, ask)``: the bytes of one exchange that are not its payload."""
    async with _asked() as asked:
        for body in BODIES:
            asked.body = "what others had asked for before"
            await asyncio.to_thread(asked.ask)
            asked.body, asked.calls = body, 0
            before = asked.wire.bytes_to_server, asked.wire.bytes_to_client
            found = await asyncio.to_thread(function, asked.wire, asked.ask)
            if inspect.iscoroutine(found):
                found.close()
                raise NotYet("write def, not async def: ask() does not have to be awaited")
            if not asked.calls:
                raise NotYet(
                    "ask() was not called: call ask() once, and count the bytes before and after",
                    received=found,
                )
            if asked.calls > 1:
                raise NotYet(
                    f"ask() was called {asked.calls} times: call it once, and keep its result"
                )
            _judge_overhead(found, body, before, asked.wire)
    return "you counted both directions, in bytes, without the payload."


def _judge_overhead(found: Any, body: str, before: tuple[int, int], wire: Wire) -> None:
    there, back = wire.bytes_to_server - before[0], wire.bytes_to_client - before[1]
    size = len(body.encode())
    is_number = isinstance(found, numbers.Number)
    if is_number and found == there + back - size:
        return
    values = {
        "input": Plain(
            f"{there} bytes to the server, {back} to the client; the body is {body!r}, {size} bytes"
        ),
        "expected": there + back - size,
        "received": found,
    }
    if not is_number:
        raise NotYet("return a number of bytes", **values)
    if found == there + back:
        raise Misconception(
            "this is the whole exchange. The body is what was asked for: it is payload, and not "
            "overhead.",
            **values,
        )
    if found in (back, back - size, back - len(body)):
        raise Misconception(
            "the bytes of the request are missing. An exchange has two directions.", **values
        )
    if found in (there, there - size):
        raise Misconception(
            "the bytes of the answer's header are missing. An exchange has two directions.",
            **values,
        )
    if found == there + back - len(body):
        raise Misconception(
            f"len(text) counts {len(body)} characters, but {size} bytes went over the wire: "
            "encode the text first.",
            **values,
        )
    if found in (total := wire.bytes_to_server + wire.bytes_to_client, total - size):
        raise Misconception(
            "earlier exchanges are in this number. The wire has counted since it began: take the "
            "difference.",
            **values,
        )
    raise NotYet("count the bytes of both directions, and subtract those of the body", **values)


WAYS = ("short polling", "long polling", "SSE", "WebSocket")
RIGHT = {
    "weather": ("short polling", "rare"),
    "prices": ("SSE", "one way"),
    "game": ("WebSocket", "both ways"),
    "camera": ("WebSocket", "binary"),
    "alarms": ("long polling", "whole answers"),
    "log": ("SSE", "one way"),
}
REASONS = tuple(sorted({reason for _, reason in RIGHT.values()}))


@dataclass(frozen=True)
class Costs:
    """Bytes that were counted just now.

    Attributes:
        exchange: the overhead of one exchange over HTTP, with hardly any headers.
        frame: the overhead of a short message to a server.
        picture: the size of the bytes that were sent as text and as a frame.
        as_text: what they took as an event of SSE.
        as_frame: what they took as a message to a client.
    """

    exchange: int
    frame: int
    picture: int
    as_text: int
    as_frame: int


async def _count() -> Costs:
    """Measure the numbers that the diagnoses contain."""
    async with _asked() as asked:
        await asyncio.to_thread(asked.ask)
        exchange = asked.wire.bytes_to_server + asked.wire.bytes_to_client

    picture = bytes(1024)

    async def show(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(picture)
        await connection.wait_closed()

    async with serving(show, compression=None) as url:
        with Wire(url) as wire:
            async with connect(wire.url, compression=None, close_timeout=0.5) as client:
                await client.send("a move")
                await asyncio.wait_for(client.recv(), PATIENCE)
                there, back = (each.frame for each in wire.frames[:2])
    event = b"data: " + base64.b64encode(picture) + b"\n\n"
    return Costs(exchange, there.size - there.length, len(picture), len(event), back.size)


@exercise("10.2")
async def choose(choices: dict[str, tuple[str, str]]) -> str:
    """Check a choice for each of six cases, and its reason."""
    pairs = read(_spelled(choices), RIGHT, WAYS, REASONS)
    costs = await _count()

    def why_not(case: str, way: str) -> str:
        return _why_not(case, way, costs)

    compare(pairs, RIGHT, why_not, lambda case: _reason(case, costs))
    return (
        f"your choices fit. Counted just now: an exchange has {costs.exchange} bytes of overhead, "
        f"a frame has {costs.frame}."
    )


def _spelled(choices: Any) -> Any:
    """Return the choices, with small letters and capitals as in the exercise."""
    if not isinstance(choices, dict):
        return choices
    words = {word.lower(): word for word in (*WAYS, *REASONS)}
    return {
        case: tuple(words.get(str(each).strip().lower(), each) for each in pair)
        if isinstance(pair, tuple | list)
        else pair
        for case, pair in choices.items()
    }


def _why_not(case: str, way: str, costs: Costs) -> str:
    if case == "weather":
        return (
            f"two requests an hour have {2 * costs.exchange} bytes of overhead, counted with few "
            "headers. To save these bytes, the server would keep a connection open for each "
            "reader."
        )
    if case == "game":
        return (
            f"each move is a request of its own, with {costs.exchange} bytes of overhead, and a "
            f"frame has {costs.frame}. Each player sends 30 moves a second."
        )
    if case == "camera":
        return (
            f"SSE is text: {costs.picture} bytes became {costs.as_text}; in a frame they took "
            f"{costs.as_frame}."
            if way == "SSE"
            else f"ten pictures a second are ten exchanges a second. A frame with {costs.picture} "
            f"bytes took {costs.as_frame}, and needs no request."
        )
    if case == "alarms":
        if way == "short polling":
            day = 86_400 * costs.exchange / 1e6
            return (
                f"to know within a second, each client asks every second: {day:.0f} MB a day, "
                "mostly for empty answers. Let the request wait at the server."
            )
        return (
            "this proxy passes on an answer when it is complete, and the answer to a stream or an "
            "upgrade never is. Behind the lesson's proxy, the client received nothing."
        )
    if way == "WebSocket":
        return (
            "it would work. But you would have to write the code that resumes after a disconnect. "
            "With another way, the browser resumes by itself, with Last-Event-ID."
        )
    return (
        f"each answer has {costs.exchange} bytes of overhead or more, and an event that comes just "
        "after an answer waits for the next request. A stream needs one request."
    )


def _reason(case: str, costs: Costs) -> str:
    return {
        "weather": "A few exchanges an hour cost almost nothing: that decides.",
        "prices": "Does the client send anything?",
        "log": "Does the client send anything?",
        "game": f"Each player sends 30 moves a second. A frame to the server has {costs.frame} "
        f"bytes of overhead, a request {costs.exchange}.",
        "camera": f"As text, {costs.picture} bytes became {costs.as_text}.",
        "alarms": "What does the proxy do with an answer that has no end?",
    }[case]
