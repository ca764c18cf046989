"""Record one WebSocket connection on this machine, and make a page that shows each byte of it.

`python -m tools.one_connection` records a new one in ``one_connection.json``, which the repository
keeps; `--page FILE` makes the page of the recording that is kept. The site has that page.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    ServerPerMessageDeflateFactory,
)
from websockets.frames import Frame, Opcode
from websockets.typing import ExtensionName, ExtensionParameter

import wsdemo
from wsdemo.wire.explain import Explanation, explain

RECORDING = Path(__file__).with_suffix(".json")
PAGE = "one_connection.html"
"""The page's name on the site."""

TITLE = "One WebSocket connection, every byte"

LONG = 64
"""Bytes from which on a message is compressed: a short one is easier to read as it is."""

LONGEST = 10
"""Seconds for the whole conversation; it takes less than one."""

PRICES = json.dumps([{"item": item, "euros": 100} for item in ("book", "lamp", "chair", "desk")])


class LongMessagesOnly(Extension):
    """Compress long messages only, as some libraries do (RFC 7692 §6 leaves it to the sender)."""

    name = ExtensionName("permessage-deflate")

    def __init__(self, deflate: Extension) -> None:
        self._deflate = deflate
        self._is_long = False

    def decode(self, frame: Frame, *, max_size: int | None = None) -> Frame:
        return self._deflate.decode(frame, max_size=max_size)

    def encode(self, frame: Frame) -> Frame:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._is_long = len(frame.data) >= LONG
        return self._deflate.encode(frame) if self._is_long else frame


class ForClient(ClientPerMessageDeflateFactory):
    """Offer it."""

    def process_response_params(
        self, params: Sequence[ExtensionParameter], accepted: Sequence[Extension]
    ) -> Any:
        return LongMessagesOnly(super().process_response_params(params, accepted))


class ForServer(ServerPerMessageDeflateFactory):
    """Accept it."""

    def process_request_params(
        self, params: Sequence[ExtensionParameter], accepted: Sequence[Extension]
    ) -> Any:
        answer, deflate = super().process_request_params(params, accepted)
        return answer, LongMessagesOnly(deflate)


async def greet_and_echo(connection: ServerConnection) -> None:
    await connection.send("Hello, who are you?")
    async for message in connection:
        await connection.send(message)


async def fragments(client: ClientConnection) -> AsyncIterator[str]:
    """A message in pieces, with a Ping after the first."""
    yield "Is this "
    await (await client.ping(b"still there?"))
    yield "one message?"


async def talk(url: str) -> None:
    """Have the conversation."""
    options: dict[str, Any] = {"compression": None, "extensions": [ForClient()]}
    async with asyncio.timeout(LONGEST), connect(url, ping_interval=None, **options) as client:
        await client.recv()
        for message in ("Grüße, Ana ☺", bytes([0, 1, 2, 254, 255]), fragments(client), PRICES):
            await client.send(message)
            await client.recv()
        await client.close(1000, "bye")


def record() -> list[tuple[str, bytes]]:
    """Return what the two sides sent, in order: pairs of a direction and bytes."""
    options: dict[str, Any] = {"compression": None, "extensions": [ForServer()]}
    with (
        wsdemo.serve(greet_and_echo, ping_interval=None, **options) as server,
        wsdemo.Wire(server.url + "/chat") as wire,
    ):
        asyncio.run(talk(wire.url))
        return [(unit.direction, unit.data) for unit in wire.explain()]


def save(pieces: list[tuple[str, bytes]], path: Path = RECORDING) -> None:
    """Write a recording, a piece a line."""
    rows = [json.dumps([direction, data.hex()]) for direction, data in pieces]
    path.write_text("[\n  " + ",\n  ".join(rows) + "\n]\n", encoding="utf-8")


def load(path: Path = RECORDING) -> list[tuple[str, bytes]]:
    """Read a recording."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [(direction, bytes.fromhex(data)) for direction, data in rows]


def make_page() -> str:
    """Return the page of the recording that the repository keeps, as HTML."""
    return Explanation(explain(load())).html(TITLE)


def main(arguments: list[str]) -> int:
    """Record a conversation, or make the page of the one that is kept."""
    parser = argparse.ArgumentParser(
        "python -m tools.one_connection", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "--page", type=Path, metavar="FILE", help="make the page of the recording that is kept"
    )
    options = parser.parse_args(arguments)
    if options.page:
        options.page.write_text(make_page(), encoding="utf-8", newline="\n")
        print(f"Open {options.page} in a browser.")
        return 0
    save(record())
    print(f"Recorded a new conversation in tools/{RECORDING.name}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
