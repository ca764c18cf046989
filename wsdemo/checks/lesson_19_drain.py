"""The first exercise of lesson 19: drain a server within a deadline."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._findings import Finding
from wsdemo.checks._inbox import Inbox, until
from wsdemo.checks._mishaps import describe
from wsdemo.checks._plain import Plain
from wsdemo.checks._serving import HOST, PATIENCE
from wsdemo.checks._stalls import Stalls, took_longer
from wsdemo.server.core import log

LONG = 4.0
"""Seconds of a deadline that no task needs."""

SHORT = 0.6
"""Seconds of a deadline at which tasks are still under way."""

LATE = 1.0
"""Seconds after the deadline within which a server has ended, even on a busy machine."""

STEP = 0.2
"""Seconds that one of many orders takes that come one after the other."""

Drain = Callable[[Server, set[asyncio.Task[None]], float], Awaitable[None]]


class OrderFailed(Exception):
    """What a task of the check raises."""


class _Office:
    """A server that stores orders, each in a task of its own.

    Attributes:
        underway: the tasks.
        go: lets the tasks end that wait for it.
        later: lets the second order's task end.
        cut: how many tasks were cancelled, and have ended.
        url: the server's address.
    """

    def __init__(self) -> None:
        self.underway: set[asyncio.Task[None]] = set()
        self.go, self.later = asyncio.Event(), asyncio.Event()
        self.started = self.cut = 0
        self.server: Server
        self.url = ""

    async def handler(self, connection: ServerConnection) -> None:
        """Receive orders, such as ``"order"`` or ``"failing"``; each says how its task goes."""
        async for order in connection:
            self._start(connection, str(order))

    def _start(self, connection: ServerConnection, order: str) -> None:
        self.started += 1
        task = asyncio.create_task(self._store(connection, order))
        self.underway.add(task)
        task.add_done_callback(self._leave)

    def _leave(self, task: asyncio.Task[None]) -> None:
        self.underway.discard(task)
        if not task.cancelled():
            task.exception()  # it has been seen: no report of it

    async def _store(self, connection: ServerConnection, order: str) -> None:
        try:
            if order == "endless":
                await asyncio.Event().wait()
            elif order == "again and again":
                await asyncio.sleep(STEP)
                self._start(connection, order)
                return
            else:
                await (self.later if order == "order 2" else self.go).wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0.05)  # it rolls back what it has begun
            self.cut += 1
            raise
        if order == "failing":
            raise OrderFailed("the database is down")
        with contextlib.suppress(ConnectionClosed):
            await connection.send(f"stored {order}")

    async def connects(self) -> bool:
        """Whether a new client gets in."""
        try:
            async with connect(self.url, open_timeout=0.5, close_timeout=0.1):
                return True
        except Exception:
            return False


@contextlib.asynccontextmanager
async def _office() -> AsyncIterator[_Office]:
    office = _Office()
    async with serve(office.handler, HOST, 0, close_timeout=0.5, logger=log) as server:
        office.server = server
        office.url = f"ws://{HOST}:{server.sockets[0].getsockname()[1]}"
        try:
            yield office
        finally:
            for task in tuple(office.underway):
                task.cancel()
            # An answer may have closed the server for new clients only, and then nothing else ends
            # the old ones.
            for connection in tuple(server.connections):
                connection.transport.abort()


class _Clients:
    """Clients of the office, who keep what they receive."""

    def __init__(self, office: _Office, stack: contextlib.AsyncExitStack) -> None:
        self.office, self._stack = office, stack
        self.inboxes: list[Inbox] = []

    async def join(self) -> Inbox:
        client: ClientConnection = await self._stack.enter_async_context(
            connect(self.office.url, close_timeout=0.5, compression=None)
        )
        self.inboxes.append(Inbox(client))
        return self.inboxes[-1]

    async def order(self, inbox: Inbox, order: str) -> None:
        before = self.office.started
        await inbox.send_raw(order)
        await until(lambda: self.office.started > before or inbox.ended)


@contextlib.asynccontextmanager
async def _scene() -> AsyncIterator[tuple[_Office, _Clients]]:
    async with contextlib.AsyncExitStack() as stack:
        office = await stack.enter_async_context(_office())
        yield office, _Clients(office, stack)


@exercise("19.1", time_limit=12)
async def drained(drain: Drain) -> str:
    """Check ``drain(server, underway, deadline)``."""
    await _in_time(drain)
    await _out_of_time(drain)
    await _nothing_to_do(drain)
    return (
        "no new client came in, every task that could end in time did, the others were cancelled "
        "at the deadline, and all clients saw 1001."
    )


async def _ended(draining: asyncio.Future[None], seconds: float, **evidence: Any) -> float:
    """Wait for the learner's coroutine, and return how long it took."""
    loop = asyncio.get_running_loop()
    since = loop.time()
    await asyncio.wait({draining}, timeout=seconds)
    if not draining.done():
        draining.cancel()
        raise Misconception(
            f"drain had not returned {seconds:.1f} s later. After the deadline comes SIGKILL: "
            "count the seconds from the beginning, for all rounds together, and cancel what is "
            "left.",
            **evidence,
        )
    try:
        draining.result()
    except (OrderFailed, asyncio.CancelledError) as error:
        raise Misconception(
            "drain raised what a task had raised, and did not do the rest. Wait for the tasks "
            "without raising their exceptions.",
            **evidence,
            received=Plain(type(error).__name__),
        ) from None
    except TimeoutError:
        raise Misconception(
            "drain raised TimeoutError at the deadline, and did not do the rest: catch it.",
            **evidence,
        ) from None
    except Finding:
        raise
    except Exception as error:
        raise Misconception(
            "drain raised an exception", **evidence, received=Plain(describe(error))
        ) from None
    return loop.time() - since


async def _in_time(drain: Drain) -> None:
    """All tasks end well before the deadline; one fails, and one comes later."""
    evidence: dict[str, Any] = {"input": Plain(f"3 clients, 2 tasks, deadline={LONG:g}")}
    async with _scene() as (office, clients):
        ana, bob, cleo = [await clients.join() for _ in range(3)]
        await clients.order(ana, "order 1")
        await clients.order(cleo, "failing")
        draining = asyncio.ensure_future(drain(office.server, office.underway, LONG))
        await until(lambda: not office.server.is_serving() or draining.done(), 0.5)
        if await office.connects() and not draining.done():
            raise Misconception(
                "drain had begun, and a new client got in. With new clients, the work never ends: "
                "close the server for new connections first.",
                **evidence,
            )
        await until(lambda: draining.done() or ana.ended, 0.2)
        _expect_waiting(office, draining, ana, evidence)
        await clients.order(bob, "order 2")
        office.go.set()
        await asyncio.wait({draining}, timeout=0.2)  # for an answer that waits for Ana's task only
        office.later.set()
        seconds = await _ended(draining, LONG + LATE, **evidence)
        if seconds > LONG / 2:
            raise Misconception(
                "the last task had ended, and drain waited for longer. The deadline is the longest "
                "time that you may wait, and not the time to wait.",
                **evidence,
                received=Plain(f"it returned {seconds:.1f} s after the last task had ended"),
            )
        await _expect_codes(office, clients, evidence)
        for inbox, expected, scene in (
            (ana, ["stored order 1"], "her order was under way when drain began"),
            (bob, ["stored order 2"], "he sent his order while drain waited for Ana's"),
        ):
            if inbox.received != expected:
                raise Misconception(
                    f"{'Ana' if inbox is ana else 'Bob'} got no answer: {scene}. "
                    "Wait until `underway` is empty, and close the connections then.",
                    **evidence,
                    expected=expected,
                    received=inbox.received,
                )


def _expect_waiting(
    office: _Office, draining: asyncio.Future[None], ana: Inbox, evidence: dict[str, Any]
) -> None:
    """A task is under way, and the deadline is far away."""
    if office.cut:
        raise Misconception(
            "a task was cancelled long before the deadline: first wait until it ends", **evidence
        )
    if ana.ended:
        raise Misconception(
            "Ana's order was under way, and her connection was closed: her answer cannot reach "
            "her. `server.close()` closes all connections, and `close_connections=False` keeps "
            "them.",
            **evidence,
            received=Plain(f"close {ana.client.close_code}"),
        )
    if draining.done() and office.underway:
        if (error := draining.exception()) is not None:
            raise Misconception(
                "drain raised an exception", **evidence, received=Plain(describe(error))
            )
        raise NotYet("drain has returned, and tasks are still under way", **evidence)
    if office.server.is_serving():
        raise NotYet("close the server for new connections first", **evidence)


async def _out_of_time(drain: Drain) -> None:
    """One task never ends, and one client's orders never end."""
    scene = "one task never ends, and a new one comes every 0.2 s"
    evidence: dict[str, Any] = {"input": Plain(f"{scene}; deadline={SHORT:g}")}
    async with Stalls() as stalls, _scene() as (office, clients):
        ana, bob, _ = [await clients.join() for _ in range(3)]
        await clients.order(ana, "endless")
        await clients.order(bob, "again and again")
        before = stalls.seconds
        draining = asyncio.ensure_future(drain(office.server, office.underway, SHORT))
        seconds = await _ended(draining, SHORT + LATE + 0.5, **evidence)
        if not took_longer(seconds, SHORT / 2, stalls.seconds - before):
            raise Misconception(
                "drain gave up before the deadline: these seconds belong to the tasks",
                **evidence,
                received=Plain(f"it returned after {seconds:.1f} s"),
            )
        if not office.cut:
            raise Misconception(
                "the deadline is over, and a task is still running, or has not ended yet: cancel "
                "the tasks that are left, and wait for them.",
                **evidence,
            )
        if any(not task.done() for task in office.underway):
            raise Misconception(
                "some tasks were cancelled, and others are still running", **evidence
            )
        await _expect_codes(office, clients, evidence)


async def _nothing_to_do(drain: Drain) -> None:
    evidence: dict[str, Any] = {"input": Plain(f"2 clients, no task, deadline={LONG:g}")}
    async with _scene() as (office, clients):
        for _ in range(2):
            await clients.join()
        draining = asyncio.ensure_future(drain(office.server, office.underway, LONG))
        seconds = await _ended(draining, LONG + LATE, **evidence)
        if seconds > LONG / 2:
            raise Misconception(
                "no task was under way, and drain waited",
                **evidence,
                received=Plain(f"it returned after {seconds:.1f} s"),
            )
        await _expect_codes(office, clients, evidence)


async def _expect_codes(office: _Office, clients: _Clients, evidence: dict[str, Any]) -> None:
    if office.server.is_serving():
        raise NotYet("the server still accepts new connections", **evidence)
    await until(lambda: all(each.ended for each in clients.inboxes), PATIENCE / 2)
    codes = [each.client.close_code for each in clients.inboxes]
    evidence = {**evidence, "received": Plain(f"close codes {', '.join(map(str, codes))}")}
    if None in codes:
        raise NotYet("drain has returned, and clients are still connected", **evidence)
    if 1006 in codes:
        raise Misconception("clients saw 1006: no Close frame came. Close with 1001.", **evidence)
    if set(codes) != {1001}:
        raise Misconception(
            "close with 1001, going away: so clients know that they may reconnect", **evidence
        )
