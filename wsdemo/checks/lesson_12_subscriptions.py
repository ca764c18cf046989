"""The second exercise of lesson 12."""

from collections.abc import Awaitable, Callable
from typing import Any

from websockets.asyncio.server import ServerConnection

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._inbox import Inbox, settle, until
from wsdemo.checks._plain import Plain
from wsdemo.checks._sets import expect_in, sets_with, sizes
from wsdemo.checks._trial import Trial, trial


def _subscribe(topic: str) -> dict[str, str]:
    return {"action": "subscribe", "topic": topic}


@exercise("12.2")
async def subscriptions(handler: Callable[..., Awaitable[None]]) -> str:
    """Check a handler by its sets: unknown topics, and clients that have disconnected."""
    topics: dict[str, set[Any]] = {"sensor-1": set(), "sensor-2": set(), "news": set()}
    async with trial(lambda connection: handler(connection, topics)) as served:
        inboxes = [Inbox(await served.join()) for _ in range(3)]
        ana, bob, eve = served.there
        subscribed: dict[ServerConnection, list[str]] = {}
        for topic, name in (("sensor-1", 0), ("news", 0), ("sensor-1", 1), ("news", 1)):
            request = _subscribe(topic)
            await expect_in(inboxes[name], served.there[name], topics, topic, request)
            await inboxes[name].in_step()
            _expect_kept(topics, topic, served.there[name], subscribed)
            subscribed.setdefault(served.there[name], []).append(topic)
        for inbox in inboxes[:2]:
            await inbox.in_step()
            if inbox.errors:
                raise Misconception(
                    "a client has subscribed to a topic that is in the dict, and got an error.",
                    received=inbox.received,
                )
        _expect_sets(
            topics,
            {"sensor-1": {ana, bob}, "sensor-2": set(), "news": {ana, bob}},
            "a client has subscribed",
        )
        for unknown in ("sensor-99", "sensor-10", "sensor", "News", ""):
            await _unknown_topic(unknown, inboxes, eve, topics)
        request = _subscribe("sensor-2")
        await inboxes[2].send(request)
        if (
            not await until(lambda: inboxes[2].ended or eve in topics["sensor-2"])
            or inboxes[2].ended
        ):
            raise Misconception(
                "after an unknown topic, the same client could not subscribe to a known topic: go "
                "on after the error.",
                input=request,
            )
        await _all_leave(served, inboxes, topics)
    return "the dict has only known topics, and their sets have only clients that are connected."


def _expect_kept(
    topics: dict[str, Any],
    topic: str,
    connection: ServerConnection,
    subscribed: dict[ServerConnection, list[str]],
) -> None:
    """Raise a diagnosis if a client has lost one topic by subscribing to another."""
    for earlier in subscribed.get(connection, []):
        if connection not in topics.get(earlier, ()):
            raise Misconception(
                f"a client that had subscribed to {earlier!r} has subscribed to {topic!r}, and is "
                f"no longer in the set of {earlier!r}. A client can subscribe to several topics: "
                "do not remove it from any of them before its connection ends.",
                input=_subscribe(topic),
                received=sizes(topics),
            )


def _expect_sets(topics: dict[str, Any], expected: dict[str, set[Any]], event: str) -> None:
    if topics == expected:
        return
    for topic, connections in expected.items():
        if topic not in topics:
            raise Misconception(
                "one of the topics is gone from the dict: nobody can subscribe to it any more.",
                expected=list(expected),
                received=list(topics),
            )
        if topics[topic] - connections:
            raise Misconception(
                f"a connection is in the set of {topic!r}, to which it has not subscribed.",
                expected=sizes(expected),
                received=sizes(topics),
            )
        if connections - topics[topic]:
            raise Misconception(
                f"{event}, and another client is no longer in the set of {topic!r}, to which it "
                "had subscribed.",
                expected=sizes(expected),
                received=sizes(topics),
            )


async def _unknown_topic(
    topic: str, inboxes: list[Inbox], connection: ServerConnection, topics: dict[str, Any]
) -> None:
    request, known = _subscribe(topic), list(topics)
    eve = inboxes[2]
    before, others = eve.errors, inboxes[0].errors + inboxes[1].errors

    def wrongly() -> object:
        return topic in topics or sets_with(connection, topics)

    await eve.send(request)
    await until(lambda: eve.errors > before or eve.ended or wrongly())
    if topic in topics and topic not in known:
        raise Misconception(
            "a client has added a topic of its own. A client that adds a million topics fills "
            "your memory: do not add a topic to the dict.",
            input=request,
            received=list(topics),
        )
    if wrongly():
        raise Misconception(
            "a client has subscribed to a topic that is not in the dict, and is in the set of "
            "another topic.",
            input=request,
            received=sets_with(connection, topics),
        )
    if before and eve.ended:
        raise Misconception(
            "after an unknown topic, the connection was closed: go on after the error.",
            input=request,
            received=Plain(f"close code {eve.client.close_code}"),
        )
    if eve.errors == before:
        raise NotYet(
            'reply with {"error": …}, as JSON, to a topic that is not in the dict',
            input=request,
            received=eve.received
            or Plain(
                f"a close with {eve.client.close_code}, and no message" if eve.ended else "nothing"
            ),
        )
    if inboxes[0].errors + inboxes[1].errors > others:
        raise Misconception("the error has been sent to another client as well.", input=request)


async def _all_leave(served: Trial, inboxes: list[Inbox], topics: dict[str, Any]) -> None:
    ways = ("has closed its connection", "was cut off", "has closed its connection")
    for number, way in enumerate(ways):
        politely = way != "was cut off"
        await served.leave(inboxes[number].client, number, politely)
        await settle()
        if left := sets_with(served.there[number], topics):
            raise Misconception(
                f"a client {way}, and is still in the set of {' and '.join(map(repr, left))}: "
                + (
                    "remove it from all sets, whichever it is in."
                    if politely
                    else "the loop over its messages raised an exception. `finally` runs then, too."
                ),
                received=sizes(topics),
            )
        others = served.there[number + 1 :]
        expected: dict[str, set[Any]] = {
            "sensor-1": {each for each in others if each is served.there[1]},
            "sensor-2": {each for each in others if each is served.there[2]},
            "news": {each for each in others if each is served.there[1]},
        }
        _expect_sets(topics, expected, f"a client {way}")
