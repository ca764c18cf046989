"""The exercises of lesson 03."""

import asyncio
import contextlib
import json
import time
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._serving import PATIENCE
from wsdemo.checks._trial import Trial, hear, trial

NOT_A_MESSAGE: list[str | bytes] = [
    "hello",
    "",
    "null",
    "[1, 2]",
    '{"user": "eve"}',
    '{"user": "eve", "message": NaN}',
    '{"user": null, "message": "hi"}',
    b"\xff\xfe",
    "[" * 100_000,
]
"""What a chat room has to refuse: no JSON, other JSON, fields missing or of a wrong type."""


async def _tell(client: ClientConnection, text: str | bytes) -> dict[str, Any]:
    """Send a text and give the JSON object that comes back; an empty one if none does."""
    with contextlib.suppress(ConnectionClosed):  # hearing nothing tells it
        await client.send(text)
    return await _answer(client)


async def _say(client: ClientConnection, user: str, message: str) -> dict[str, Any]:
    return await _tell(client, json.dumps({"user": user, "message": message}))


async def _answer(client: ClientConnection) -> dict[str, Any]:
    text = await hear(client)
    if text is None:
        return {}
    try:
        data = json.loads(text)
    except ValueError:
        raise NotYet(f"your server sends what is not JSON: {text!r:.60}") from None
    return data if isinstance(data, dict) else {}


def _check_message(told: dict[str, Any], user: str, message: str, served: Trial) -> None:
    """Hold what came for a good message to the format of the lesson."""
    if told.get("user") != user or told.get("message") != message:
        came = f"there came {told}" if told else "nothing came"
        raise NotYet(f"{user} said {message!r}, and {came}{served.fault}")
    stamp, now = told.get("timestamp"), time.time()
    if not isinstance(stamp, int | float) or abs(stamp / 1000 - now) > 60:
        raise NotYet("timestamp is the time in milliseconds: int(time.time() * 1000)")


@exercise("03.1")
async def join_and_leave(handler: Any) -> str:
    """Judge ``async def relay(connection, room)``, with a set for the room."""
    room: set[ServerConnection] = set()
    async with trial(lambda connection: handler(connection, room)) as served:
        ana, bob, cas = [await served.join() for _ in range(3)]
        with contextlib.suppress(ConnectionClosed):
            await ana.send("hello")
        for name, client in (("bob", bob), ("cas", cas), ("ana herself", ana)):
            if await hear(client) != "hello":
                raise NotYet(f"ana said 'hello', and {name} did not hear it{served.fault}")
        if room != set(served.there):
            raise NotYet("all three are connected: room must hold their three connections")
        await served.leave(bob, 1)
        await served.leave(cas, 2, politely=False)
        _check_who_is_left(room, *served.there)
        await _check_slow_member(served, ana)
    return "one left, one was cut off, one did not read, one came: nobody else noticed."


def _check_who_is_left(room: set[Any], ana: Any, bob: Any, cas: Any) -> None:
    if bob in room:
        raise Misconception(
            "who has left stays in your room for ever: take the connection out when it ends."
        )
    if cas in room:
        raise Misconception(
            "bob, who said goodbye, was taken out; cas, whose line was cut, was not. There "
            "`async for` raises, and what stands after it does not run: `finally` does."
        )
    if ana not in room:
        raise NotYet("ana is still connected, but no longer in the room")


async def _check_slow_member(served: Trial, ana: ClientConnection) -> None:
    await served.join()
    slow, eve = served.there[-1], await served.join()
    slow.pause_writing()  # what asyncio calls when a client does not read and the buffers are full
    for word in ("one", "two"):
        await ana.send(word)
    both_came = await hear(eve) == "one" and await hear(eve) == "two"
    await served.join()
    slow.resume_writing()
    if both_came:
        return
    with contextlib.suppress(TimeoutError):  # a loop that goes on fails at its next step
        await asyncio.wait_for(ana.wait_closed(), PATIENCE / 4)
    if any(isinstance(error, RuntimeError) for error in served.errors):
        raise Misconception(
            "your loop waited for a member who does not read. Meanwhile somebody joined, and the "
            f"set changed while you iterated over it{served.fault}. broadcast() never waits."
        )
    raise Misconception(
        "one member does not read, and the others hear nothing more: `await send()` waits for "
        "the slowest. broadcast() does not wait."
    )


@exercise("03.2")
async def identity(handler: Any) -> str:
    """Judge ``async def chat(connection, room)``, with a dict from connection to name."""
    room: dict[ServerConnection, str] = {}
    async with trial(lambda connection: handler(connection, room)) as served:
        ana, eve, zoe = [await served.join() for _ in range(3)]
        _check_message(await _say(ana, "ana", "I am Ana"), "ana", "I am Ana", served)
        for client in (eve, zoe):
            _check_message(await _answer(client), "ana", "I am Ana", served)
        _check_message(await _say(eve, "eve", "I am Eve"), "eve", "I am Eve", served)
        await _check_second_name(eve)
        _check_message(await _say(eve, "eve", "Still Eve"), "eve", "Still Eve", served)
        for message in ("I am Eve", "Still Eve"):
            _check_message(await _answer(zoe), "eve", message, served)
        if await _speaks_as(zoe, "ana", "zoe"):
            raise Misconception(
                "Zoe's first word was 'ana', and now there are two Anas. To bind a name to a "
                "connection is not enough: nobody else may have it at that time."
            )
        _check_message(await _say(zoe, "zoe", "I am Zoe"), "zoe", "I am Zoe", served)
        await served.leave(ana, 0)
        if not await _speaks_as(await served.join(), "ana", "ana"):
            raise Misconception(
                "Ana left, came back, and could not have her name: it belonged to her old "
                "connection for ever. Give it back in `finally`."
            )
    return "Eve tried another name, Zoe a name that was taken; both were told, and Ana came back."


async def _check_second_name(eve: ClientConnection) -> None:
    if not await _speaks_as(eve, "dan", "eve"):
        return
    if await _speaks_as(eve, "ana", "eve"):
        raise Misconception(
            "Eve wrote 'ana' into a message, and the room was told that Ana had spoken. "
            "You trust data['user']; only the connection says who speaks."
        )
    raise Misconception(
        "Eve could not be Ana, but she was Eve, and then Dan: her name is bound only until she "
        "writes another. The first one must hold."
    )


async def _speaks_as(client: ClientConnection, user: str, speaker: str) -> bool:
    """Try a name; give whether the room took it."""
    told = await _say(client, user, "It is me")
    if "error" in told:
        return False
    if told.get("user") == user:
        return True
    if told:
        what = f"what {speaker} wrote as {user!r} went out under the name {told.get('user')!r}"
    elif client.close_code is not None:
        what = f"{speaker} wrote the name {user!r}, and was closed with {client.close_code}"
    else:
        what = f"{speaker} wrote the name {user!r}, and was told nothing"
    raise NotYet(f'{what}; refuse the message, and tell its sender: {{"error": "…"}}')


@exercise("03.3")
async def survive(handler: Any) -> str:
    """Judge ``async def chat(connection, room)``, with a set, against what is no message."""
    room: set[ServerConnection] = set()
    async with trial(lambda connection: handler(connection, room)) as served:
        eve, ana = await served.join(), await served.join()
        told = await _say(eve, "eve", "good")
        if not told and eve.close_code is None:
            raise Misconception(
                "a good message was swallowed without a word. `except: pass` around everything "
                "hides your own mistakes, too: try only what may fail, catch what you expect."
            )
        _check_message(told, "eve", "good", served)
        _check_message(await _answer(ana), "eve", "good", served)
        for text in NOT_A_MESSAGE:
            await _check_refusal(eve, text, served)
        _check_message(await _say(eve, "eve", "still here"), "eve", "still here", served)
        if (await _answer(ana)).get("message") != "still here":
            raise Misconception(
                "Ana was told of what Eve did wrong: an error belongs to its sender alone."
            )
    return f"{len(NOT_A_MESSAGE)} kinds of rubbish, each answered, and the conversation went on."


async def _check_refusal(client: ClientConnection, text: str | bytes, served: Trial) -> None:
    told = await _tell(client, text)
    shown = f"{text!r:.40}"
    if isinstance(told.get("error"), str):
        return
    if client.close_code is not None:
        raise Misconception(
            f"{shown} ended the connection with {client.close_code}{served.fault}. One bad "
            "message is no reason to hang up: answer with an error, and go on with the next."
        )
    if not told:
        raise Misconception(
            f"{shown} got no answer. Who is ignored in silence cannot mend anything: tell the "
            'client {"error": "…"}.'
        )
    raise Misconception(
        f"{shown} was passed on as {told}. Check that user and message are there, and that both "
        "are text, before you send them to others."
    )
