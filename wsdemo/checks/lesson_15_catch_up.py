"""The exercise 15.1: a client that catches up."""

import asyncio
import inspect
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from wsdemo.checks import Misconception, NotYet, OutOfTime, exercise
from wsdemo.checks._trial import in_time
from wsdemo.programs.brokers import Broker, broker

CATCH_UP_TIME = 4.5
"""Seconds to wait for a message that the broker has."""


@dataclass
class Seen:
    """Facts about a learner's clients.

    Attributes:
        names: their identifiers, in the order in which they were made.
        clean: whether each wanted a clean session.
        qos: the QoS of each subscription.
        inside: how many are connected.
        away: how often ``away()`` was called.
        before: how many subscriptions there were when ``away()`` was first called.
    """

    names: list[str | None] = field(default_factory=list)
    clean: list[bool] = field(default_factory=list)
    qos: list[int] = field(default_factory=list)
    inside: int = 0
    away: int = 0
    before: int = 0


def _client(host: str, port: int, seen: Seen) -> type:
    """Make a class of clients of one broker that note what they do."""
    import aiomqtt  # one of the extra "scale"

    class Client(aiomqtt.Client):
        def __init__(self, **options: Any) -> None:
            super().__init__(host, port, **options)
            seen.names.append(options.get("identifier"))
            clean = options.get("clean_session")
            seen.clean.append(clean is None or bool(clean))

        async def subscribe(self, topic: Any, qos: int = 0, *rest: Any, **more: Any) -> Any:
            pairs = topic if isinstance(topic, list) else [topic]
            seen.qos.extend(each[1] if isinstance(each, tuple) else qos for each in pairs)
            return await super().subscribe(topic, qos, *rest, **more)

        async def __aenter__(self) -> Any:
            entered = await super().__aenter__()
            seen.inside += 1
            return entered

        async def __aexit__(self, *error: Any) -> None:
            seen.inside -= 1
            await super().__aexit__(*error)

    return Client


@exercise("15.1", 12)
async def missed(answer: Callable[..., Any]) -> str:
    """Check how a client catches up, with a broker of its own."""
    return await asyncio.to_thread(_on_another_loop, _catch_up(answer))


def _on_another_loop(story: Coroutine[Any, Any, str]) -> str:
    # Windows' own loop cannot watch the sockets of aiomqtt.
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(story)


async def _until_gone(running: Broker, seen: Seen) -> None:
    """Wait until the broker has noticed that the last client has left.

    Until then a broker sends messages to the old connection, where they are lost. NATS sends such
    a message again after half a minute.
    """
    from wsdemo.programs.mqtt import until_gone  # needs the extra "scale"

    name = seen.names[-1] if seen.names else None
    if running.websocket_url and isinstance(name, str) and 0 < len(name.encode()) <= 100:
        await until_gone(running.websocket_url, name, seen.clean[-1])


async def _catch_up(answer: Callable[..., Any]) -> str:
    seen, number = Seen(), uuid.uuid4().hex
    text, other_text = f"Café {number}", f"It rains in {number}"
    with broker("mqtt") as running:
        address = urlsplit(running.url)
        host, port = address.hostname or "127.0.0.1", address.port or 1883
        connect = _client(host, port, seen)

        async def away() -> None:
            seen.away += 1
            seen.before = seen.before or len(seen.qos)
            if seen.inside:
                raise Misconception(
                    "you are still connected while you are away: leave the block of async with"
                )
            await _until_gone(running, seen)
            async with _client(host, port, Seen())() as other:
                await other.publish("weather", other_text, qos=1)
                await other.publish("news", text, qos=1)

        found = None
        try:
            catching_up = answer(connect, away)
            if not inspect.isawaitable(catching_up):
                raise NotYet("write async def catch_up(connect, away)", received=catching_up)
            found = await in_time(catching_up, CATCH_UP_TIME)
        except (OutOfTime, TimeoutError):  # after our time, or the learner's
            pass
    if not seen.names:
        raise NotYet(
            "no client was made: write async with connect(…) as client, and subscribe to news"
        )
    if not seen.away:
        raise NotYet("away() has not run: await away() when you have subscribed and disconnected")
    if found == text:
        return (
            "the broker kept the message for your identifier, and you got it when you connected "
            "again."
        )
    raise _why_another(text, other_text, found) or _why_nothing(seen, found)


def _why_another(text: str, other_text: str, found: Any) -> Exception | None:
    """Return a diagnosis if something was found, and it is not the text of the message."""
    if found in (text.encode(), str(text.encode())):
        return NotYet("that is the message's payload, as bytes: decode it", received=found)
    if hasattr(found, "payload"):
        return NotYet("that is the message; its payload is bytes: decode it, and return the text")
    if found == other_text:
        return Misconception(
            "that was published to another topic, 'weather'. Subscribe to 'news', and not to a "
            "wildcard or to another topic.",
            received=found,
        )
    if isinstance(found, str) and found and found.encode("latin-1", "replace") == text.encode():
        return Misconception(
            "the payload is UTF-8, and you decoded it as another encoding.",
            expected=text,
            received=found,
        )
    return None


def _why_nothing(seen: Seen, found: Any) -> Exception:
    if not seen.qos:
        return NotYet("subscribe to news before you leave")
    if not seen.before:
        return Misconception(
            "you had not subscribed before you were away. A broker keeps a message only for the "
            "subscriptions that exist when the message comes."
        )
    if any(seen.clean):
        return Misconception(
            "a clean session is forgotten when its connection ends, and no later message is kept "
            "for it. Use clean_session=False, both times."
        )
    if len(set(seen.names)) > 1:
        return Misconception(
            "the broker keeps a session under an identifier, and you came back under another one: "
            "use the same identifier, both times.",
            received=seen.names,
        )
    if 0 in seen.qos:
        return Misconception(
            "your session was kept, with a subscription of QoS 0. This means at most once, and "
            "for a client that is away it means never. Subscribe with qos=1."
        )
    if len(seen.names) == 1:
        return NotYet(
            "you made only one client: come back with a second async with connect(…), and take a "
            "message"
        )
    return NotYet("return the text of the message that you have missed", received=found)
