"""The fourth exercise of lesson 18."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._apps import Layer, Message, served_app
from wsdemo.checks._inbox import Inbox, settle, until
from wsdemo.checks._mishaps import describe
from wsdemo.checks._plain import Plain
from wsdemo.checks._trial import called

MOST = 50
"""Messages after which the bus takes no more: a room that publishes what it hears never ends."""


class Bus:
    """A bus in memory, which passes each text to all workers in one order.

    Attributes:
        published: the texts, in their order.
    """

    def __init__(self) -> None:
        self.published: list[str] = []
        self._listeners: list[asyncio.Queue[str]] = []

    async def publish(self, text: str) -> None:
        """Pass a text to all that listen."""
        if len(self.published) < MOST:
            self.published.append(text)
            for each in self._listeners:
                each.put_nowait(text)

    @property
    def listeners(self) -> int:
        """Return how many listen now."""
        return len(self._listeners)

    async def listen(self) -> AsyncIterator[str]:
        """Yield what is published from now on."""
        queue = asyncio.Queue[str]()
        self._listeners.append(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._listeners.remove(queue)


@exercise("18.4")
async def on_two_workers(make_app: Callable[..., Any]) -> str:
    """Check one room on two workers, one of whose members is gone."""
    bus = Bus()
    apps = [called(make_app, bus), called(make_app, bus)]
    if apps[0] is apps[1] is not None:
        raise NotYet("make a new app at each call")
    async with contextlib.AsyncExitStack() as stack:
        north, north_url = await stack.enter_async_context(served_app(apps[0]))
        _, south_url = await stack.enter_async_context(served_app(apps[1]))
        ana = await _join(stack, north_url)
        cleo = await _join(stack, north_url)
        bob = await _join(stack, south_url)
        clients = {"Ana": ana, "Cleo": cleo, "Bob": bob}
        await settle()
        await ana.send_raw("one")
        await _expect(bus, north, clients, ["one"], "Ana sends 'one'; Cleo is on her worker")
        if bus.listeners > len(apps):
            raise Misconception(
                "there are two workers, and more calls of `bus.listen()` are running: one for "
                "each client? With ten thousand clients, the bus would pass on each text ten "
                "thousand times. Listen once in each worker, in its lifespan.",
                received=Plain(f"{bus.listeners} calls of listen() run, for three clients"),
            )
        for text in ("the same", "the same"):
            await bob.send_raw(text)
        texts = ["one", "the same", "the same"]
        await _expect(bus, north, clients, texts, "Bob sends 'the same' twice")
        await _one_is_gone(bus, north, clients)
    return "all members receive each message once, on both workers, also when one is gone."


async def _join(stack: contextlib.AsyncExitStack, url: str) -> Inbox:
    try:
        joining = connect(url + "/room", close_timeout=0.5, compression=None)
        member = Inbox(await stack.enter_async_context(joining))
    except InvalidStatus as refusal:
        status = refusal.response.status_code
        raise NotYet("there must be a WebSocket at /room", received=f"HTTP {status}") from None
    await member.in_step()
    return member


async def _expect(
    bus: Bus, layer: Layer, clients: dict[str, Inbox], texts: list[str], scene: str
) -> None:
    """Wait until all clients have the texts, and look for a text too many."""
    count = len(texts)
    await until(
        lambda: (
            all(len(each.received) >= count or each.ended for each in clients.values())
            and len(bus.published) >= count
        ),
        1,
    )
    for each in clients.values():
        await each.in_step()
    received = {name: each.received for name, each in clients.items()}
    evidence: dict[str, Any] = {"input": Plain(scene), "expected": texts, "received": received}
    if all(each == texts for each in received.values()) and bus.published == texts:
        return
    if layer.errors:
        evidence["received"] = Plain(f"raised {describe(layer.errors[-1])}")
    if len(bus.published) > count:
        raise Misconception(
            f"{count} messages were sent, and {len(bus.published)} were published. Publish a "
            "message when it comes from a client. If the task that listens publishes, too, it "
            "never ends.",
            **evidence,
        )
    if not bus.published and any(received.values()):
        raise Misconception(
            "Bob, on the other worker, received nothing: your room sends to its own members, and "
            "nothing was published.",
            **evidence,
        )
    if not bus.published:
        raise NotYet("nothing was published: publish each message of a client", **evidence)
    if bus.published != texts:
        raise NotYet("publish each message once, and as it is", **evidence)
    if not any(received.values()):
        raise NotYet(
            "the message was published, and no client received it: listen, and send what comes to "
            "the members of this worker",
            **evidence,
        )
    if any(len(each) > count for each in received.values()):
        raise Misconception(
            "a client received a message twice: once directly, and once by the bus? Or do both "
            "workers share one set of members? The bus passes each text to every worker, and each "
            "worker sends it to its own members only.",
            **evidence,
        )
    raise NotYet("not every client has received every message, as it is", **evidence)


async def _one_is_gone(bus: Bus, north: Layer, clients: dict[str, Inbox]) -> None:
    """Let the first send on Ana's worker fail; then all others, and the next message, must pass."""
    gone: list[str] = []

    async def fail_once(scope: Message, message: Message) -> None:
        if message["type"] == "websocket.send" and not gone:
            gone.append(message.get("text") or "")
            raise OSError("the client is gone")

    north.on_send = fail_once
    for text in ("two", "three"):
        await clients["Bob"].send_raw(text)
        count = len(bus.published)
        await until(lambda count=count: len(bus.published) > count)  # type: ignore[misc]
    others = [clients["Ana"], clients["Cleo"]]
    await until(lambda: any("three" in each.received for each in others))
    await clients["Bob"].in_step()
    if any("three" in each.received for each in others) and "three" in clients["Bob"].received:
        return
    raise Misconception(
        "the `send_text` to one member raised WebSocketDisconnect, and after that the members of "
        "this worker received nothing more: the exception ended your task. Catch it for each "
        "member.",
        input=Plain("one member of Ana's worker is gone; Bob sends 'two' and 'three'"),
        received={name: each.received for name, each in clients.items()},
    )
