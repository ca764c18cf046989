"""The way from this Python to a class on another machine: a WebSocket of the browser's own.

The network in memory has no other machine. So a server stands there at the class's address, and
passes on what is said to it: each connection from this Python gets one of the browser's, to the
real address. It leads to the class that the learner joins, and nowhere else.
"""

import asyncio
import contextlib
from typing import Any

from js import WebSocket
from pyodide.ffi import JsException, create_proxy
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from wsdemo.apps._messages import refusal
from wsdemo.loop import LoopThread

__all__ = ["open_way"]

EVENTS = ("open", "message", "close")
"""What a WebSocket of the browser's tells (WHATWG WebSockets §2); "error" says no more than
"close", which follows it."""

CLOSES = (CloseCode.NORMAL_CLOSURE, CloseCode.POLICY_VIOLATION, CloseCode.TRY_AGAIN_LATER)
"""The codes that are passed on; all others say that the connection was lost."""

_ways: dict[tuple[str, int], LoopThread] = {}


def open_way(host: str, port: int) -> None:
    """Let this Python connect to a class, if it cannot yet.

    Args:
        host: the IP address of the teacher's machine.
        port: the TCP port there.

    Raises:
        OSError: a server in this tab has this port.
    """
    if (host, port) in _ways:
        return
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    async def pass_on(inside: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            await _pass_on(inside, place)

    async def start() -> None:
        await serve(pass_on, host, port)

    # On a loop of its own: a cell that blocks does not stop it. It stands as long as the kernel.
    thread = LoopThread("way to the class")
    try:
        thread.run(start())
    except BaseException:
        thread.stop()
        raise
    _ways[host, port] = thread


async def _pass_on(inside: ServerConnection, place: str) -> None:
    """Connect to the class, and let messages pass until either side ends it."""
    loop, told = asyncio.get_running_loop(), asyncio.Queue[Any]()
    assert inside.request is not None
    try:
        outside = WebSocket.new(f"ws://{place}{inside.request.path}")
    except JsException:  # SecurityError, before anything is sent (WHATWG WebSockets §3.1)
        return await _refuse(inside, _mixed(place))
    tell = create_proxy(lambda event: loop.call_soon_threadsafe(told.put_nowait, event))
    for kind in EVENTS:
        setattr(outside, f"on{kind}", tell)
    try:
        if (event := await told.get()).type == "close":
            return await _refuse(inside, _silent(place))
        sending = asyncio.create_task(_send(inside, outside))
        while (event := await told.get()).type == "message":
            await inside.send(event.data)
        code = event.code if event.code in CLOSES else CloseCode.GOING_AWAY
        await inside.close(code, event.reason)
        await sending
    finally:
        for kind in EVENTS:
            setattr(outside, f"on{kind}", None)
        tell.destroy()
        outside.close()


async def _send(inside: ServerConnection, outside: Any) -> None:
    async for message in inside:
        outside.send(message)
    outside.close()


async def _refuse(inside: ServerConnection, why: str) -> None:
    """Answer as the class itself refuses; the learner's program comes again later."""
    await inside.send(refusal(why))
    await inside.close(CloseCode.TRY_AGAIN_LATER)


def _mixed(place: str) -> str:
    return (
        f"this page came over https, and from such a page a browser opens no ws://{place}, which "
        f"is not encrypted (mixed content). Open http://{place}/ in another tab and vote there; "
        "only the verdicts of your exercises are not sent"
    )


def _silent(place: str) -> str:
    return (
        f"the browser does not reach {place}, and tells no page why. Compare the address with the "
        "one on the board. Are you on the same Wi-Fi as the teacher? If you are, this Wi-Fi may "
        "keep its guests apart, as many do: then it needs a telephone's hotspot"
    )
