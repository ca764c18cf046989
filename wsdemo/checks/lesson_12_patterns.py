"""The exercises of lesson 12."""

import asyncio
import contextlib
import functools
import json
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._serving import PATIENCE, connected
from wsdemo.checks._trial import Trial, hear, in_time, trial

SECONDS = 0.2
"""How long the question that is never answered may be waited for."""


async def _backwards(connection: ServerConnection) -> None:
    """Answer two questions, the second one first; then nothing more."""
    questions = [json.loads(await connection.recv()) for _ in range(2)]
    for question in reversed(questions):
        answer = {"id": question.get("id"), "data": f"answer to {question.get('action')}"}
        await connection.send(json.dumps(answer))
    async for _ in connection:
        pass


async def _read(client: ClientConnection, pending: dict[Any, asyncio.Future[Any]]) -> None:
    """Hand each answer to the one who waits for it."""
    async for text in client:
        answer = json.loads(text)
        future = pending.get(answer["id"])
        if future is not None and not future.done():
            future.set_result(answer["data"])


@exercise("12.1")
async def ask(answer: Callable[..., Any]) -> str:
    """Judge a request by answers in the wrong order, and by one that never comes."""
    pending: dict[Any, asyncio.Future[Any]] = {}
    async with connected(_backwards, 1) as [client]:
        reader = asyncio.create_task(_read(client, pending))
        try:
            return await _judge(functools.partial(answer, client, pending), pending)
        finally:
            reader.cancel()


async def _judge(ask: Callable[..., Any], pending: dict[Any, asyncio.Future[Any]]) -> str:
    both = [asyncio.create_task(ask({"action": each}, PATIENCE)) for each in ("one", "two")]
    try:
        done, _ = await asyncio.wait(both, timeout=PATIENCE / 2)
        ids = set(pending)
        found = [each.result() if each in done else None for each in both]
    finally:
        for each in both:
            each.cancel()
    if found[0] == "answer to two" or (None in found and len(ids) == 1):
        raise Misconception(
            "two questions were asked before either was answered, and they had the same id: an "
            "answer belongs to a question by its id alone, so each needs one of its own."
        )
    if found != ["answer to one", "answer to two"]:
        raise NotYet(f"'one' and 'two' were asked, the second was answered first; you gave {found}")
    if pending:
        raise Misconception(
            f"both are answered, and pending still holds {len(pending)}: it grows with every "
            "question. Take the entry out when you are done."
        )
    try:
        told = await in_time(ask({"action": "never"}, SECONDS))
    except TimeoutError:
        pass
    else:
        raise NotYet(f"a question without an answer must raise TimeoutError; you gave {told!r}")
    if pending:
        raise Misconception(
            "the question that was given up is still in pending: nobody will ever take it out. "
            "`finally` does, however the waiting ends."
        )
    return "each answer finds its question, in any order, and nothing is left behind."


async def _say(client: ClientConnection, **request: str) -> None:
    try:
        await client.send(json.dumps(request))
    except ConnectionClosed:
        raise NotYet("the handler has ended; loop over the messages of its connection") from None


async def _error(client: ClientConnection) -> bool:
    """Whether the next message is an object with an error in it."""
    text = await hear(client)
    with contextlib.suppress(ValueError):
        answer = json.loads(text or "")
        return isinstance(answer, dict) and "error" in answer
    return False


async def _until(condition: Callable[[], bool]) -> bool:
    """Let other tasks run until something holds; whether it does, in time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.01)
    return condition()


@exercise("12.2")
async def subscriptions(handler: Callable[..., Any]) -> str:
    """Judge a handler by who is on its lists: strangers' topics, and the dead."""
    topics: dict[str, set[Any]] = {"sensor-1": set(), "news": set()}
    async with trial(lambda connection: handler(connection, topics)) as served:
        ana, bob, eve = [await served.join() for _ in range(3)]
        for client in (ana, bob):
            await _say(client, action="subscribe", topic="sensor-1")
        if not await _until(lambda: set(served.there[:2]) == topics["sensor-1"]):
            raise NotYet(f"two have subscribed to sensor-1; it has {len(topics['sensor-1'])}")
        await _say(eve, action="subscribe", topic="sensor-99")
        refused = await _error(eve)
        if "sensor-99" in topics:
            raise Misconception(
                "a stranger has made a topic of its own. One who makes a million takes your "
                "memory: refuse what you do not know."
            )
        if not refused:
            raise NotYet(f'a topic that there is not is answered with {{"error": …}}{served.fault}')
        return await _leave(served, ana, bob, topics)


async def _leave(
    served: Trial, ana: ClientConnection, bob: ClientConnection, topics: dict[str, Any]
) -> str:
    await served.leave(ana, 0)
    if served.there[0] in topics["sensor-1"]:
        raise Misconception(
            "one has left, and is still on the list: it grows for as long as the server runs, and "
            "each message is sent to the dead."
        )
    await served.leave(bob, 1, politely=False)
    if served.there[1] in topics["sensor-1"]:
        raise Misconception(
            "a line was cut, and its end is still on the list: the loop over its messages raised. "
            "`finally` is reached however a connection ends."
        )
    return "only known topics, and nobody on a list who is not there."


@exercise("12.3")
async def rooms(handler: Callable[..., Any]) -> str:
    """Judge a handler by who gets into a room, and who is heard there."""
    members: dict[str, set[Any]] = {"staff": set()}
    async with trial(lambda connection: handler(connection, members, {"staff": "k3y"})) as served:
        ana, eve = [await served.join() for _ in range(2)]
        await _say(ana, action="join", room="staff", key="k3y")
        if not await _until(lambda: members["staff"] == {served.there[0]}):
            raise NotYet("one with the right key must be in the room")
        await _say(eve, action="join", room="staff", key="guess")
        refused = await _error(eve)
        if served.there[1] in members["staff"]:
            raise Misconception("one with a wrong key has got in: a room's name is no secret.")
        if not refused:
            raise NotYet(f'a wrong key is answered with {{"error": …}}{served.fault}')
        await _say(eve, action="message", room="staff", message="from outside")
        outside = await _error(eve)
        await _say(ana, action="message", room="staff", message="from inside")
        heard = await hear(ana)
        if heard is not None and "from outside" in str(heard):
            raise Misconception(
                "one who is not in the room was heard in it: check at each message, not only at "
                "the door."
            )
        if heard is None or "from inside" not in str(heard):
            raise NotYet(f"what a member says must reach all members, itself too{served.fault}")
        if not outside:
            raise NotYet(f'who speaks from outside is answered with {{"error": …}}{served.fault}')
    return "only who has the key gets in, and only who is in is heard."
