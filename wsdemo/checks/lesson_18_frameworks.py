"""The second and third exercise of lesson 18."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._apps import Layer, Message, served_handler
from wsdemo.checks._inbox import Inbox, settle, until
from wsdemo.checks._mishaps import describe
from wsdemo.checks._plain import Plain
from wsdemo.checks._serving import PATIENCE

# 18.2


class _Market:
    """Prices that the learner's handler waits for.

    Attributes:
        waiting: how many calls of ``next_price`` wait now.
        calls: how many calls there were.
    """

    def __init__(self) -> None:
        self.waiting = self.calls = 0
        self._prices = asyncio.Queue[str]()

    async def next_price(self) -> str:
        """Wait for the next price."""
        self.calls += 1
        self.waiting += 1
        try:
            return await self._prices.get()
        finally:
            self.waiting -= 1

    def add(self, price: str) -> None:
        """Have one more price."""
        self._prices.put_nowait(price)


@contextlib.asynccontextmanager
async def _at_market(
    prices: Callable[..., Awaitable[None]],
) -> AsyncIterator[tuple[_Market, Layer, Inbox]]:
    """Serve the learner's handler, and connect a client that has received a first price."""
    market = _Market()

    async def handler(socket: Any) -> None:
        await prices(socket, market.next_price)

    async with served_handler(handler) as (layer, url):
        client = await _connected(url, layer)
        inbox = Inbox(client)
        try:
            await _expect_price(market, layer, inbox, "101.5", "the client is silent")
            yield market, layer, inbox
        finally:
            client.transport.abort()


async def _connected(url: str, layer: Layer) -> ClientConnection:
    try:
        return await connect(url, open_timeout=PATIENCE, close_timeout=0.5, compression=None)
    except InvalidStatus as refusal:
        raised = f"; raised {describe(layer.errors[-1])}" if layer.errors else ""
        raise NotYet(
            "the handshake was not completed: first `await socket.accept()`",
            received=Plain(f"HTTP {refusal.response.status_code}{raised}"),
        ) from None
    except TimeoutError:
        raise NotYet(
            "the handshake was not completed: first `await socket.accept()`",
            received=Plain(f"no answer within {PATIENCE} s"),
        ) from None


async def _expect_price(
    market: _Market, layer: Layer, inbox: Inbox, price: str, scene: str
) -> None:
    count = len(inbox.received)
    market.add(price)
    await until(lambda: len(inbox.received) > count or inbox.ended or not layer.running)
    await inbox.in_step()
    evidence: dict[str, Any] = {"input": Plain(f"the price {price!r}; {scene}")}
    if len(inbox.received) > count:
        if inbox.received[count:] != [price]:
            raise NotYet(
                "send each price once, and as it is: `send_text(price)`",
                **evidence,
                expected=[price],
                received=inbox.received[count:],
            )
        # So the handler has nothing to do now but to wait, for a price and for its client.
        await until(lambda: market.waiting or not layer.running)
        await settle()
        return
    if layer.running and not inbox.ended:
        if market.waiting or not market.calls:
            raise Misconception(
                "a price was there, and your handler did not send it: it waits for a message of "
                "the client, which is silent. Send and receive in two tasks.",
                **evidence,
            )
        raise Misconception(
            "the price was taken and not sent: your handler waits for the client to send "
            "something. Send and receive in two tasks.",
            **evidence,
        )
    raised = {"received": Plain(f"raised {describe(layer.errors[-1])}")} if layer.errors else {}
    if count:
        raise Misconception(
            "the client sent a message, and your handler ended. A message is not a disconnect: go "
            "on receiving.",
            **evidence,
            **raised,
        )
    raise NotYet("your handler ended while its client was there", **evidence, **raised)


@exercise("18.2")
async def only_sending(prices: Callable[..., Awaitable[None]]) -> str:
    """Check a handler that only sends: it ends when its client leaves, however it leaves."""
    async with _at_market(prices) as (market, layer, inbox):
        await _expect_price(market, layer, inbox, "99.0", "the client is silent")
        await inbox.client.close()
        await _expect_end(market, layer, "the client closed the connection, and no price came")
    async with _at_market(prices) as (market, layer, inbox):
        for number in range(3):
            await inbox.send_raw(f"message {number}")
            await _expect_price(market, layer, inbox, f"99.{number}", "after a client's message")
        inbox.client.transport.abort()
        await _expect_end(market, layer, "the connection broke, and no price came")
    async with _at_market(prices) as (market, layer, inbox):

        async def gone(_: Message, message: Message) -> None:
            if message["type"] == "websocket.send":
                raise OSError("the client is gone")

        layer.on_send = gone
        market.add("98.0")
        await _expect_end(market, layer, "the client was gone, and `send_text` was first to notice")
    return "your handler ended at once, each time, and nothing waits for a price any more."


async def _expect_end(market: _Market, layer: Layer, scene: str) -> None:
    await until(lambda: not layer.running)
    await settle()
    if layer.running:
        doing = " It still waits for the next price." if market.waiting else ""
        raise Misconception(
            f"the client had left, and your handler was still running {PATIENCE} s later.{doing} "
            "Only `receive` is told of a disconnect: let a second task receive, and end both.",
            input=Plain(scene),
        )
    if layer.errors:
        raise Misconception(
            "your handler noticed, and ended with an exception, which the server logs as an error. "
            "Catch WebSocketDisconnect.",
            input=Plain(scene),
            received=Plain(describe(layer.errors[-1])),
        )
    if market.waiting:
        raise Misconception(
            "your handler ended, and a task of it still waits for the next price. With each client "
            "that leaves, there is one more such task: cancel it, for instance in `finally`.",
            input=Plain(scene),
        )


# 18.3

NAMES = {"k7-blue-otter": "Ana", "9f-red-fox": "Bob"}
REFUSED = {
    "a wrong token": "Bearer 9f-red-dog",
    "no header": None,
    "the scheme Basic": "Basic 9f-red-fox",
    "a scheme without a token": "Bearer",
    "a token without a scheme": "9f-red-fox",
    "the beginning of a token": "Bearer 9f-red",
    "a token and more": "Bearer 9f-red-fox-2",
    "a name in place of a token": "Bearer Ana",
}
ALLOWED = (401, 403)


@exercise("18.3")
async def refused(door: Callable[..., Awaitable[None]]) -> str:
    """Check who gets in, and that all others are refused before the handshake is complete."""

    async def handler(socket: Any) -> None:
        await door(socket, dict(NAMES))

    async with served_handler(handler) as (layer, url):
        statuses = set()
        await _expect_welcome(url, layer, *next(iter(NAMES.items())))
        for what, header in REFUSED.items():
            layer.errors.clear()
            statuses.add(await _status(url, layer, what, header))
        for token, name in NAMES.items():
            await _expect_welcome(url, layer, token, name)
    told = " and ".join(map(str, sorted(statuses)))
    return f"members get in, and all others were refused with {told} before the handshake."


async def _status(url: str, layer: Layer, what: str, header: str | None) -> int:
    """Return the status with which a client is refused."""
    headers = {} if header is None else {"Authorization": header}
    evidence: dict[str, Any] = {"input": Plain(f"{what}: Authorization: {header}")}
    try:
        async with connect(url, additional_headers=headers, close_timeout=0.5) as client:
            try:
                async with asyncio.timeout(PATIENCE):
                    message = await client.recv()
            except ConnectionClosed:
                raise Misconception(
                    "the client saw `open`, and was disconnected afterwards: your handler accepted "
                    "first. Close before you accept.",
                    **evidence,
                    received=Plain(f"closed with {client.close_code}"),
                ) from None
            except TimeoutError:
                raise Misconception(
                    "a client that is not allowed was accepted", **evidence
                ) from None
            raise Misconception(
                "a client that is not allowed was accepted", **evidence, received=message
            )
    except InvalidStatus as refusal:
        status = refusal.response.status_code
    await until(lambda: not layer.running)
    raised = describe(layer.errors[-1]) if layer.errors else ""
    evidence["received"] = Plain(f"HTTP {status}{f'; raised {raised}' if raised else ''}")
    if status == 500:
        raise Misconception(
            "the client was refused by accident, with 500: "
            + (
                "your handler raised an exception."
                if raised
                else "your handler returned without accept and without close."
            )
            + " `await socket.close()` before `accept` refuses with 403.",
            **evidence,
        )
    if status not in ALLOWED:
        raise NotYet("refuse with 401 or 403", **evidence)
    if raised:
        raise Misconception(
            "the client was refused, and your handler went on after `close`, until it failed: "
            "`return` after it.",
            **evidence,
        )
    return status


async def _expect_welcome(url: str, layer: Layer, token: str, name: str) -> None:
    layer.errors.clear()
    header = f"Bearer {token}"
    evidence: dict[str, Any] = {"input": Plain(f"a valid token: Authorization: {header}")}
    try:
        client = await connect(url, additional_headers={"Authorization": header}, close_timeout=0.5)
    except InvalidStatus as refusal:
        raised = f"; raised {describe(layer.errors[-1])}" if layer.errors else ""
        received = Plain(f"HTTP {refusal.response.status_code}{raised}")
        raise NotYet("accept a client with a valid token", **evidence, received=received) from None
    inbox = Inbox(client)
    await until(lambda: inbox.received or inbox.ended)
    await inbox.in_step()
    if inbox.received != [f"Welcome, {name}"]:
        raise NotYet(
            "greet a client with a valid token",
            **evidence,
            expected=[f"Welcome, {name}"],
            received=inbox.received,
        )
    await inbox.send_raw("hello")
    await inbox.in_step()
    await until(lambda: inbox.ended or not layer.running, 0.1)
    if inbox.ended or not layer.running:
        raise NotYet(
            "the client was welcome, and your handler ended: receive until the client leaves",
            **evidence,
        )
    await client.close()
    if not await until(lambda: not layer.running):
        raise NotYet("the client has left, and your handler goes on", **evidence)
