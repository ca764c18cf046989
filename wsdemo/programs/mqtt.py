"""Clients of an MQTT broker, found by the broker's address: aiomqtt's, and packets by hand."""

import asyncio
import sys
from typing import Any
from urllib.parse import urlsplit

import aiomqtt
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

__all__ = ["connect_packet", "mqtt_client", "until_gone"]

PATIENCE = 5.0  # seconds
DISCONNECT = bytes.fromhex("e0 00")
WATCHING = ("add_reader", "remove_reader", "add_writer", "remove_writer")


def mqtt_client(url: str, identifier: str | None = None, **options: Any) -> aiomqtt.Client:
    """Make a client of a broker; enter it with ``async with``.

    Args:
        url: ``mqtt://HOST:PORT`` for TCP, ``ws://HOST:PORT/PATH`` for MQTT inside a WebSocket.
        identifier: the name under which the broker keeps its session; ``None``: a random one.
        options: those of :class:`aiomqtt.Client`.
    """
    if sys.platform == "win32":
        _watch_sockets_on_windows()
    at = urlsplit(url)
    if at.scheme == "ws":
        options |= {"transport": "websockets", "websocket_path": at.path}
    return aiomqtt.Client(at.hostname or "", at.port or 1883, identifier=identifier, **options)


def _watch_sockets_on_windows() -> None:
    """Have the loop of a kernel watch aiomqtt's sockets, which it cannot do by itself."""
    from tornado.platform.asyncio import SelectorThread

    loop = asyncio.get_running_loop()
    if not hasattr(loop, "_wsdemo_watcher"):
        watcher = SelectorThread(loop)
        for name in WATCHING:
            setattr(loop, name, getattr(watcher, name))
        loop._wsdemo_watcher = watcher  # type: ignore[attr-defined]


def connect_packet(identifier: str, clean_session: bool = True) -> bytes:
    """Build the CONNECT packet of MQTT 3.1.1 (§3.1), with a keepalive of 60 seconds.

    Args:
        identifier: the client's name, up to 100 bytes in UTF-8.
        clean_session: whether the broker starts without an older session, and keeps none.
    """
    name = identifier.encode()
    rest = b"\0\x04MQTT\x04" + bytes([2 if clean_session else 0]) + b"\0\x3c"
    rest += len(name).to_bytes(2, "big") + name
    return b"\x10" + bytes([len(rest)]) + rest


async def until_gone(websocket_url: str, identifier: str, clean_session: bool) -> None:
    """Wait until the broker has noticed that a client has left.

    Takes over the client's name, and disconnects: the broker closes the connection when it has done
    both.

    Args:
        websocket_url: where the broker speaks MQTT over WebSocket.
        identifier: the client's name.
        clean_session: what the client had chosen.
    """
    async with connect(websocket_url, subprotocols=[Subprotocol("mqtt")]) as connection:
        await connection.send(connect_packet(identifier, clean_session) + DISCONNECT)
        await asyncio.wait_for(connection.wait_closed(), PATIENCE)
