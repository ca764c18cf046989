"""The exercises of lesson 16."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import Any

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.checks import Misconception, NotYet, OutOfTime, exercise
from wsdemo.checks._inbox import Inbox, settle, until
from wsdemo.checks._plain import Plain
from wsdemo.checks._serving import PATIENCE, serving
from wsdemo.checks._stalls import Stalls, took_longer
from wsdemo.checks._stand_ins import Desk, Proxy, Stream, TaskFailed
from wsdemo.checks._trial import in_time, trial

COME_BACK = {1001, 1012, 1013}
"""Close codes after which clients reconnect: going away, service restart, try again later."""

HELD = 1.0
"""Seconds for which messages are under way."""

AT_ONCE = 0.8
"""Seconds within which a server with nothing under way ends, even on a busy machine."""

IDLE = (0.2, 1.0)
"""Seconds of silence that the two proxies are said to allow."""

WATCHED = 2.2
"""Seconds for which their connections are watched."""

ENOUGH = 7
"""Pings within such a period of silence that are too many; 2 or 3 are enough."""


# 16.1


@exercise("16.1")
async def across_servers(room: Callable[[Any], Any]) -> str:
    """Check one room on two servers."""
    stream = Stream()
    stream.servers += [room(stream), room(stream)]
    first, second = stream.servers
    async with trial(first.handler) as north, trial(second.handler) as south:
        inboxes = [Inbox(each) for each in (await north.join(), await north.join())]
        inboxes.append(Inbox(await south.join()))
        ana, cleo, bob = inboxes
        await ana.send_raw("one")
        await until(lambda: stream.stored or ana.ended)
        await _delivered(stream, inboxes)
        _expect_one(stream, ana, cleo, bob)
        for texts in (("from Ana", "from Bob"), ("the same", "the same"), ("", " one\n")):
            await asyncio.gather(ana.send_raw(texts[0]), bob.send_raw(texts[1]))
            await _expect_all(stream, inboxes, len(stream.stored) + 2)
            if sorted(stream.stored[-2:]) != sorted(texts):
                raise NotYet(
                    "publish each message as it is", input=texts, received=stream.stored[-2:]
                )
        await north.leave(cleo.client, 1, politely=False)
        await bob.send_raw("after Cleo has left")
        await _expect_all(stream, [ana, bob], len(stream.stored) + 1)
    return "all members got every message once, on both servers, in one order."


async def _delivered(stream: Stream, inboxes: list[Inbox]) -> None:
    """Wait until all clients have received what is stored, and any message too many."""
    count = len(stream.stored)
    if count:
        await until(lambda: stream.fault or all(len(each.received) >= count for each in inboxes))
    for each in inboxes:
        await each.in_step()
    if stream.fault:
        raise stream.fault


def _expect_one(stream: Stream, ana: Inbox, cleo: Inbox, bob: Inbox) -> None:
    """Check what came of the first message; Ana and Cleo share a server."""
    received = {"Ana": ana.received, "Cleo": cleo.received, "Bob": bob.received}
    evidence: dict[str, Any] = {
        "input": Plain("'one' from Ana; Cleo is on her server, Bob on the other one"),
        "received": received,
    }
    if len(stream.stored) > 1:
        raise Misconception(
            f"a client sent one message, and {len(stream.stored)} were published. Publish a "
            "message once, when it comes from a client. If deliver() publishes, it never ends.",
            **evidence,
        )
    if len(bob.received) > 1:
        raise Misconception(
            "Bob got the message more than once, on the other server. Do the servers share their "
            "members, as an attribute of the class? Each server must deliver to its own members "
            "only.",
            **evidence,
        )
    if len(ana.received) > 1 or len(cleo.received) > 1:
        raise Misconception(
            "on Ana's own server, her message was delivered twice: at once, and again when it came "
            "from the bus. The bus brings every message to every server; that is enough.",
            **evidence,
        )
    if not stream.stored:
        if ana.received or cleo.received:
            raise Misconception(
                "Bob got nothing: a broadcast reaches only the members of its own process. "
                "Publish the message.",
                **evidence,
            )
        raise NotYet("nothing was published, and no client received the message", **evidence)
    if bob.received and not (ana.received or cleo.received):
        raise Misconception(
            "Bob got the message, and nobody on Ana's own server did: the server that published a "
            "message must deliver it, too, because its members wait for it.",
            **evidence,
        )
    if ana.received and not (cleo.received or bob.received):
        raise Misconception(
            "only Ana, who had sent the message, got it. A client that only listens is a member, "
            "too: add it when it connects.",
            **evidence,
        )
    if not all(received.values()):
        raise NotYet(
            "the message came from the bus to both servers, and not to all of their members",
            **evidence,
        )
    if any(each != ["one"] for each in received.values()):
        raise NotYet("deliver each message as it is", **evidence)


async def _expect_all(stream: Stream, inboxes: list[Inbox], count: int) -> None:
    await until(lambda: len(stream.stored) >= count or any(each.ended for each in inboxes))
    await _delivered(stream, inboxes)
    lists = [each.received for each in inboxes]
    if any(each.ended for each in inboxes) or len(stream.stored) < count:
        raise NotYet(
            f"clients have sent {count} messages: loop over the several messages of each client, "
            "and publish all of them, also those with the same text",
            received=Plain(f"{len(stream.stored)} were published: {stream.stored}"),
        )
    if any(sorted(map(str, each)) != sorted(stream.stored) for each in lists):
        if any(set(each) == set(stream.stored) for each in lists):
            raise Misconception(
                "the same text was sent more than once, by different clients. These are different "
                "messages: deliver each.",
                expected=stream.stored,
                received=lists[0],
            )
        raise NotYet(
            "each client must receive every message once",
            expected=stream.stored,
            received=lists,
        )
    if any(each != stream.stored for each in lists):
        raise Misconception(
            "Ana and Bob sent at the same time, and their messages came in two orders: each "
            "server delivers those of its own members first. Deliver what comes out of the bus, "
            "and only that: the bus has one order for all.",
            expected=stream.stored,
            received=lists,
        )


# 16.2

Drain = Callable[[Collection[ServerConnection], set[asyncio.Task[None]], Desk], Awaitable[None]]


@exercise("16.2")
async def drained(drain: Drain) -> str:
    """Check ``drain(connections, underway, bus)``: the order in which a server ends."""
    desk = Desk()
    async with Stalls() as stalls, trial(desk.handler) as served:
        ana, bob, cleo = [Inbox(await served.join()) for _ in range(3)]
        await ana.send_raw("one")
        await cleo.send_raw("failing")
        await until(lambda: len(desk.underway) == 2)
        draining = asyncio.ensure_future(drain(tuple(served.there), desk.underway, desk))
        await asyncio.wait({draining}, timeout=HELD / 2)
        await bob.send_raw("two")  # it comes while the first is under way
        await bob.in_step()
        await asyncio.wait({draining}, timeout=HELD / 2)
        desk.go.set()
        await until(lambda: not desk.underway or draining.done())
        since, before = asyncio.get_running_loop().time(), stalls.seconds
        try:
            await in_time(draining)
        except TaskFailed as error:
            raise Misconception(
                "a task that was under way failed, and drain raised its error before it had done "
                "the rest. Wait for the tasks without raising their errors.",
                received=error,
            ) from error
        longer, stalled = asyncio.get_running_loop().time() - since, stalls.seconds - before
        await until(lambda: not desk.underway)
        for each in (ana, bob, cleo):
            await each.in_step()
        code = _expect_end(desk, ana, bob, cleo)
        if took_longer(longer, HELD / 2, stalled):
            raise Misconception(
                "nothing was under way any more, and drain waited for longer: wait for the tasks "
                "themselves, with asyncio.wait, and not in steps of a fixed time.",
                received=Plain(f"it returned {longer:.1f} s after the last task was done"),
            )
    await _nothing_under_way(drain)
    return (
        "what was under way was stored and answered. Then the connections were closed with "
        f"{code}, and the bus was stopped last."
    )


async def _nothing_under_way(drain: Drain) -> None:
    desk = Desk()
    async with trial(desk.handler) as served:
        clients = [Inbox(await served.join()) for _ in range(2)]
        try:
            await in_time(drain(tuple(served.there), desk.underway, desk), AT_ONCE)
        except OutOfTime:
            raise Misconception(
                f"nothing was under way, and drain had not returned after {AT_ONCE} s: wait for "
                "the tasks themselves, not for a fixed time."
            ) from None
        await settle()
        if not desk.stopped or any(each.client.close_code is None for each in clients):
            raise NotYet("with nothing under way, also close the connections and stop the bus")


def _expect_end(desk: Desk, ana: Inbox, bob: Inbox, cleo: Inbox) -> int:
    """Return the code that all connections were closed with."""
    if desk.open_at_stop:
        lost = f", and {' and '.join(desk.lost)} could not be stored" if desk.lost else ""
        raise Misconception(
            f"the bus was stopped while connections were open{lost}. A client that is connected "
            "can still send: stop the bus last."
        )
    codes = [each.client.close_code for each in (ana, bob, cleo)]
    if None in codes:
        raise NotYet(
            "drain has returned, and clients are still connected",
            received=Plain(f"the close codes of three clients: {', '.join(map(str, codes))}"),
        )
    if ana.received != ["stored one"]:
        raise Misconception(
            "Ana's message was under way when drain began, and its reply has not reached her: she "
            "will send the message again elsewhere. First let the tasks finish, then close.",
            expected=["stored one"],
            received=ana.received,
        )
    if bob.received != ["stored two"]:
        raise Misconception(
            "while you waited for what was under way, Bob sent one more message, and its reply "
            "has not reached him. Check again whether anything is under way.",
            expected=["stored two"],
            received=bob.received,
        )
    for code in codes:
        if code == 1006:
            raise Misconception("the clients saw 1006: no Close frame came. Close with 1001.")
        if code not in COME_BACK:
            raise Misconception(
                f"the clients saw {code}, after which clients need not reconnect. Close with "
                "1001, going away."
            )
    if not desk.stopped:
        raise NotYet("the connections are closed; now stop the bus")
    return int(codes[0] or 0)


# 16.3


@contextlib.asynccontextmanager
async def _behind_proxy(
    keep: Callable[..., Awaitable[None]], idle: float
) -> AsyncIterator[tuple[Proxy, Inbox, asyncio.Event]]:
    """Serve the learner's handler behind a proxy; yield proxy, client, and the handler's end."""
    ended, tasks = asyncio.Event(), []

    async def handler(connection: ServerConnection) -> None:
        tasks.append(asyncio.ensure_future(keep(connection, idle)))
        try:
            await asyncio.shield(tasks[0])
        finally:
            ended.set()

    async with serving(handler, ping_interval=None) as direct:
        proxy = Proxy(int(direct.rpartition(":")[2]), idle)
        front = await asyncio.start_server(proxy.relay, "127.0.0.1", 0)
        url = "ws://{}:{}".format(*front.sockets[0].getsockname())
        async with front, connect(url, ping_interval=None, close_timeout=0.5) as client:
            try:
                yield proxy, Inbox(client), ended
            finally:
                for each in tasks:
                    each.cancel()  # or the server waits for it


@exercise("16.3")
async def kept_alive(keep: Callable[..., Awaitable[None]]) -> str:
    """Check ``keep(connection, idle)``, which keeps a silent connection through a proxy."""
    async with contextlib.AsyncExitStack() as stack:
        kept = [await stack.enter_async_context(_behind_proxy(keep, each)) for each in IDLE]
        await until(lambda: any(inbox.ended for _, inbox, _ in kept), WATCHED)
        for proxy, inbox, _ in kept:
            _expect_alive(proxy, inbox)
        for _, inbox, _ in kept:
            with contextlib.suppress(ConnectionClosed):
                await inbox.client.close()
        if not await until(lambda: all(ended.is_set() for *_, ended in kept), PATIENCE / 2):
            raise NotYet("the client has disconnected, and your handler goes on")
    return "the connection survived the silence, and the client's program received nothing."


def _expect_alive(proxy: Proxy, inbox: Inbox) -> None:
    signs = [each for each in proxy.frames if each != "CLOSE"]
    if proxy.cut and not signs:
        raise NotYet(
            "your server was silent, and the proxy has cut the connection",
            input=Plain(f"idle={proxy.idle}"),
        )
    if proxy.cut:
        raise Misconception(
            "the proxy has cut the connection: your server had sent a frame, and sent the next "
            "one too late. Send well before `idle` seconds are over: after half of it, or a third.",
            input=Plain(f"idle={proxy.idle}"),
            received=signs,
        )
    if inbox.ended:
        raise NotYet(
            f"your handler has ended the connection with {inbox.client.close_code}: stay until the "
            "client disconnects"
        )
    if inbox.received:
        raise Misconception(
            f"the client's program received {len(inbox.received)} messages. A ping is a control "
            "frame: the library answers it, and the program does not notice.",
            input=Plain(f"idle={proxy.idle}"),
            received=inbox.received,
        )
    if len(signs) > ENOUGH * WATCHED / proxy.idle:
        raise Misconception(
            f"the connection stayed alive, with {len(signs)} {signs[0]} frames in {WATCHED} s. "
            "For ten thousand clients, your server would send ten thousand times as many. Two or "
            "three in `idle` seconds are enough.",
            input=Plain(f"idle={proxy.idle}"),
        )
