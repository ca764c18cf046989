"""The exercises of lesson 16."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._serving import PATIENCE, serving
from wsdemo.checks._stand_ins import IDLE, ON_ITS_WAY, STORING, Desk, Listener, Proxy, Stream
from wsdemo.checks._trial import in_time, trial

AT_ONCE = 0.3
"""Seconds in which a room publishes what it is told, on a busy machine, too."""

COME_BACK = {1001, 1012}
"""Close codes that tell a client to come back: going away, service restart."""


# 16.1


async def _settle(stream: Stream, listeners: list[Listener], count: int) -> None:
    """Wait until all have heard so many messages, and then for those that are too many."""
    with contextlib.suppress(TimeoutError):
        # Where nothing is published at once, there is nothing to wait for.
        async with asyncio.timeout(PATIENCE if stream.stored else 0):
            while any(len(each.heard) < count for each in listeners) and not stream.fault:
                await asyncio.sleep(0.01)
    await asyncio.sleep(3 * ON_ITS_WAY)
    if stream.fault:
        raise stream.fault


@exercise("16.1")
async def across_servers(room: Any) -> str:
    """Judge a room that is one on two servers."""
    stream = Stream()
    stream.servers += [room(stream), room(stream)]
    first, second = stream.servers
    async with trial(first.handler) as north, trial(second.handler) as south:
        clients = [await north.join(), await north.join(), await south.join()]
        ana, cleo, bob = listeners = [Listener(each) for each in clients]
        await ana.client.send("one")
        await asyncio.sleep(AT_ONCE)
        await _settle(stream, listeners, 1)
        _judge_one(stream, ana, cleo, bob, north.fault or south.fault)
        await asyncio.gather(ana.client.send("from Ana"), bob.client.send("from Bob"))
        await _settle(stream, listeners, 3)
        if any(len(each.heard) != 3 for each in listeners):
            heard = {len(each.heard) for each in listeners}
            raise NotYet(f"of three messages in all, your clients have heard {sorted(heard)}")
        if not ana.heard == bob.heard == cleo.heard:
            raise Misconception(
                "Ana and Bob spoke at the same time, and their servers tell it in two orders: each "
                "hears its own members first. Deliver what comes out of the bus, and only that: "
                "its order is the same for all."
            )
    return "every message once, on both servers, in one order."


def _judge_one(stream: Stream, ana: Listener, cleo: Listener, bob: Listener, fault: str) -> None:
    """Judge what has been heard of the first message; Ana and Cleo share a server."""
    if len(stream.stored) > 1:
        raise Misconception(
            "what comes from the bus goes to the bus again, and so on for ever. hear() delivers; "
            "only what a client has sent is published."
        )
    if len(ana.heard) > 1 or len(cleo.heard) > 1:
        raise Misconception(
            "on her own server Ana's message was delivered twice: at once, and again when it came "
            "from the bus. The bus brings every message to every server; that is enough."
        )
    if not stream.stored:
        if ana.heard or cleo.heard:
            raise Misconception(
                "Bob, on the other server, has heard nothing: a broadcast reaches the members of "
                "its own process. Publish the message."
            )
        raise NotYet(f"Ana said 'one'; nothing was published, and nobody heard it{fault}")
    if bob.heard and not (ana.heard and cleo.heard):
        raise Misconception(
            "Bob has heard it, and on Ana's own server somebody has not: you leave out what comes "
            "back to the server that published it. Her members wait for it as well."
        )
    if not (ana.heard and bob.heard and cleo.heard):
        raise NotYet(f"'one' came from the bus to both servers, and not to their members{fault}")


# 16.2


@exercise("16.2")
async def drained(drain: Any) -> str:
    """Judge ``drain(connections, underway, bus)``: the order in which a server ends."""
    desk = Desk()
    async with trial(desk.handler) as served:
        ana, bob = [Listener(await served.join()) for _ in range(2)]
        await ana.client.send("one")
        while not desk.underway:
            await asyncio.sleep(0.005)
        draining = asyncio.create_task(drain(served.there, desk.underway, desk))
        await asyncio.sleep(STORING)
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            await bob.client.send("two")  # it comes while the first is under way
            while len(desk.underway) < 2 and not draining.done():
                await asyncio.wait_for(await bob.client.ping(), PATIENCE)
                await asyncio.sleep(0.005)
        desk.go.set()
        await in_time(draining, 2 * PATIENCE)
        await asyncio.sleep(2 * STORING)
        _judge_end(desk, ana, bob)
        return "what was under way was stored and answered; then 1001; the bus went last."


def _judge_end(desk: Desk, ana: Listener, bob: Listener) -> None:
    if desk.open_at_stop:
        lost = f", and {' and '.join(desk.lost)} could not be stored" if desk.lost else ""
        raise Misconception(
            f"the bus was stopped while connections were open{lost}. Who can still speak needs "
            "it: the bus goes last."
        )
    codes = [each.client.close_code for each in (ana, bob)]
    if None in codes:
        raise NotYet("drain has returned, and its clients are still connected")
    if ana.heard != ["stored one"]:
        raise Misconception(
            "Ana's message was under way when her connection was closed: she will never hear that "
            "it was stored, and say it again elsewhere. First finish, then close."
        )
    if bob.heard != ["stored two"]:
        raise Misconception(
            "while you waited for what was under way, Bob said one thing more, and was cut off "
            "before his answer. Look again whether anything is under way."
        )
    if not COME_BACK.issuperset(codes):
        raise Misconception(
            f"the clients were closed with {codes[0]}. That does not say: come back. 1001, going "
            "away, does."
        )
    if not desk.stopped:
        raise NotYet("the connections are closed; now stop the bus")


# 16.3


@contextlib.asynccontextmanager
async def _behind_proxy(
    keep: Callable[..., Any], ended: asyncio.Event
) -> AsyncIterator[tuple[Proxy, str]]:
    async def handler(connection: ServerConnection) -> None:
        try:
            await keep(connection, IDLE)
        finally:
            ended.set()

    async with serving(handler, ping_interval=None) as direct:
        proxy = Proxy(int(direct.rpartition(":")[2]))
        front = await asyncio.start_server(proxy.relay, "127.0.0.1", 0)
        async with front:
            yield proxy, "ws://{}:{}".format(*front.sockets[0].getsockname())


@exercise("16.3")
async def kept_alive(keep: Any) -> str:
    """Judge ``keep(connection, idle)``, which keeps a silent line through a proxy."""
    ended = asyncio.Event()
    async with (
        _behind_proxy(keep, ended) as (proxy, url),
        connect(url, ping_interval=None, close_timeout=0.5) as client,
    ):
        listener = Listener(client)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(client.wait_closed(), 3.5 * IDLE)
        _judge_line(proxy, listener)
        await client.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), PATIENCE)
        if not ended.is_set():
            raise NotYet("the client has left, and your handler goes on")
    return "the line lived through the silence, and the client's program heard nothing of it."


def _judge_line(proxy: Proxy, listener: Listener) -> None:
    pings = proxy.frames.count("PING")
    if proxy.cut and not proxy.frames:
        raise NotYet(f"your server was silent, and the proxy has cut the line after {IDLE} s")
    if proxy.cut:
        raise Misconception(
            f"the proxy has cut the line: {len(proxy.frames)} of your signs of life came, and the "
            f"next one too late. Come well before {IDLE} s are over: at half of it, or a third."
        )
    if listener.client.close_code is not None:
        raise NotYet(f"your handler has hung up, with {listener.client.close_code}: stay")
    if listener.heard:
        raise Misconception(
            f"the line lives, and the client's program was told nothing, {len(listener.heard)} "
            "times: a message is for the program. A ping is a frame of the protocol's own; the "
            "library answers it, and the program does not notice."
        )
    if pings > 25:
        raise Misconception(
            f"the line lives, by {pings} pings in {3.5 * IDLE} s. Ten thousand clients would send "
            "as many pongs each. Two or three in each period of silence are enough."
        )
