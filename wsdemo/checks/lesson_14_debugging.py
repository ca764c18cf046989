"""The exercises of lesson 14."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._serving import PATIENCE
from wsdemo.checks._trial import hear, trial

READINGS = [{"city": "Oslo", "value": 3}, {"city": "Rome", "value": 17}]

QUESTION = "still there?"
MESSAGES = ["one", "two", "yes", "three"]
REPLIES = ["echo: one", "echo: two", "good", "echo: three"]


@exercise("14.1")
async def readings_as_text(handler: Callable[..., Any]) -> str:
    """Judge a handler that sends one JSON text for each reading."""

    async def serve(connection: ServerConnection) -> None:
        await handler(connection, list(READINGS))

    async with trial(serve) as served:
        client = await served.join()
        for _ in range(2):
            await _say(client, "now")
            for reading in READINGS:
                heard = await hear(client)
                if heard is None:
                    raise NotYet(
                        f"{len(READINGS)} messages must come for each of the client's{served.fault}"
                    )
                _judge_reading(heard, reading)
    return "one message for each reading, and each is text that a page can parse."


def _judge_reading(heard: str | bytes, reading: dict[str, Any]) -> None:
    if isinstance(heard, bytes):
        raise NotYet("the opcode is BINARY: a page gets a Blob, which JSON.parse cannot read")
    if heard.startswith(("b'", 'b"')):
        raise Misconception(
            f"the opcode is TEXT now, and the text is {heard[:12]}…: str() of bytes writes down "
            "how Python shows them. Do not make bytes at all."
        )
    if len(values := _values(heard)) > 1:
        raise Misconception(
            f"one message came that holds {len(values)} JSON texts, one behind the other. send() "
            "of a list sends the fragments of one message, not several messages."
        )
    if values != [reading]:
        raise NotYet(f"the message for {reading} was {heard!r}")


def _values(text: str) -> list[Any]:
    """The JSON values that stand one behind the other in a text, as far as it is JSON."""
    decoder, found = json.JSONDecoder(), []
    while text := text.lstrip():
        try:
            value, end = decoder.raw_decode(text)
        except ValueError:
            break
        found.append(value)
        text = text[end:]
    return found


@exercise("14.2")
async def own_answers(handler: Callable[..., Any]) -> str:
    """Judge a handler by two clients whose work overlaps."""
    begun, finish = asyncio.Event(), asyncio.Event()

    async def work(text: str) -> str:
        if text == "slow":
            begun.set()
            await finish.wait()
        return text.upper()

    async def serve(connection: ServerConnection) -> None:
        await handler(connection, work)

    async with trial(serve) as served:
        ana, bob = await served.join(), await served.join()
        await _say(ana, "slow")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(begun.wait(), PATIENCE)
        if not begun.is_set():
            raise NotYet(f"Ana sent slow, and no work on it has begun{served.fault}")
        await _say(bob, "fast")
        heard = await hear(bob)
        finish.set()  # before anything is raised, or the handler would never end
        if heard is None:
            raise Misconception(
                "Bob waits until Ana's work is done. A lock keeps others from changing what is "
                "shared, and from working; share nothing, and there is nothing to lock."
            )
        if heard != "FAST":
            raise NotYet(f"Bob sent fast and got {heard!r}{served.fault}")
        await _judge_slow(ana, bob, served.fault)
        await _say(bob, "more")
        if (heard := await hear(bob)) != "MORE":
            raise NotYet(f"Bob sent more and got {heard!r}")
    return "each answer went to its own client, and nobody waited for another."


async def _judge_slow(ana: ClientConnection, bob: ClientConnection, fault: str) -> None:
    ears = [asyncio.create_task(hear(each)) for each in (ana, bob)]
    await asyncio.wait(ears, return_when=asyncio.FIRST_COMPLETED)
    by_ana, by_bob = [ear.result() if ear.done() else None for ear in ears]
    for ear in ears:
        ear.cancel()
    await asyncio.wait(ears)
    if by_ana == "FAST":
        raise Misconception(
            "Ana got FAST, which was Bob's. What goes to everybody reaches the right one, too; "
            "but an answer is for who has asked."
        )
    if by_bob is not None:
        too_much = str(by_bob)
        raise NotYet(f"Bob got {too_much} as well, which was Ana's")
    if by_ana != "SLOW":
        raise NotYet(f"Ana sent slow and got {by_ana!r}{fault}")


@exercise("14.3")
async def one_reader(handler: Callable[..., Any]) -> str:
    """Judge a handler that asks a question while other messages come."""
    async with trial(handler) as served:
        client = await served.join()
        if (heard := await hear(client)) != QUESTION:
            raise NotYet(f"the first message must be {QUESTION!r}, not {heard!r}{served.fault}")
        for message in MESSAGES:
            await _say(client, message)
        replies: list[str | bytes] = []
        while len(replies) < len(REPLIES) and (reply := await hear(client)) is not None:
            replies.append(reply)
    if replies == REPLIES:
        return "one reader, which knows what each message is."
    if replies[:1] == ["good"] and "echo: yes" in replies:
        raise Misconception(
            "the first message was 'one', and was answered 'good': you take the next message for "
            "the answer. Messages come in any order; look at what it says."
        )
    lost = [each for each in MESSAGES if each != "yes" and f"echo: {each}" not in replies]
    if lost and replies:
        raise Misconception(
            f"{lost[0]!r} was read, and answered by nobody: who waits for 'yes' has taken it. Two "
            "places that read, even in turns, take each other's messages."
        )
    if "echo: yes" in replies:
        raise NotYet("'yes' was read by the loop; the question's own recv has raised, see the log")
    raise NotYet(f"to {MESSAGES} came {replies}{served.fault}")


async def _say(client: ClientConnection, text: str) -> None:
    with contextlib.suppress(ConnectionClosed):  # hearing nothing tells
        await client.send(text)
