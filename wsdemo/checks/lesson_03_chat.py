"""The first and the third exercise of lesson 03."""

import json
from typing import Any

from websockets.asyncio.server import ServerConnection

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._inbox import settle, until
from wsdemo.checks._members import Member
from wsdemo.checks._plain import Plain
from wsdemo.checks._rooms import (
    as_object,
    check_message,
    check_quiet,
    check_slow_member,
    in_json,
    is_error,
    join,
    raise_ended,
)
from wsdemo.checks._trial import trial

RELAYED: list[str | bytes] = ["hello", "", b"\x00\xff", " Hello again\n"]


@exercise("03.1")
async def join_and_leave(handler: Any) -> str:
    """Check ``async def relay(connection, room)``, with a set for the room."""
    room: set[ServerConnection] = set()
    elsewhere: set[ServerConnection] = set()
    async with (
        trial(lambda connection: handler(connection, room)) as served,
        trial(lambda connection: handler(connection, elsewhere)) as other,
    ):
        members = ana, bob, cas = await join(served, "ana", "bob", "cas")
        [dora] = await join(other, "dora")
        for message in RELAYED:
            await _check_relay(ana, members, message)
        await _check_relay(bob, members, "Bob speaks")
        for speaker in ([], [dora]):
            for each in speaker:
                await _check_relay(each, [each], "another room")
            await settle()
            check_quiet([*members, dora], "there are two rooms. Use the `room` that you are given.")
        for given, there in ((room, served.there), (elsewhere, other.there)):
            if given != set(there):
                raise NotYet(
                    "room must hold the connections of all members",
                    expected=Plain(f"{len(there)} connections"),
                    received=given,
                )
        await served.leave(bob.client, 1)
        await served.leave(cas.client, 2, politely=False)
        _check_who_is_left(room, *served.there)
        [eve] = await join(served, "eve")
        await _check_relay(eve, [eve, ana], "Eve is here")
        await check_slow_member(served, ana, eve, str)
    return (
        "one member left, one was cut off, one did not read, and one joined: the others noticed "
        "nothing."
    )


async def _check_relay(sender: Member, members: list[Member], message: str | bytes) -> None:
    await sender.send(message)
    for each in (*[each for each in members if each is not sender], sender):
        values = {"input": message, "expected": Plain(f"by {each.name}: {message!r}")}
        received = await each.receive()
        if received is None:
            raise_ended(each, values)
            raise_ended(sender, values)
            which = "the sender" if each is sender else each.name
            raise NotYet(f"{sender.name} sent a message, and {which} did not receive it", **values)
        if received != message:
            raise NotYet("pass each message on as it came", **values, received=received)


def _check_who_is_left(room: set[Any], ana: Any, bob: Any, cas: Any) -> None:
    if bob in room:
        raise Misconception(
            "a member that has left stays in your room: remove the connection when it ends."
        )
    if cas in room:
        raise Misconception(
            "bob closed the connection, and was removed. The connection of cas was cut, and cas "
            "was not removed: `async for` raises an exception then, and code after it does not "
            "run. `finally` runs."
        )
    if ana not in room:
        raise NotYet("ana is still connected, but no longer in the room")


NOT_A_MESSAGE: list[str | bytes] = [
    "hello",
    "",
    "null",
    "[1, 2]",
    '{"user": "eve"}',
    '{"message": "hi"}',
    '{"user": "eve", "message": NaN}',
    '{"user": "eve", "message": 5}',
    '{"user": null, "message": "hi"}',
    '{"user": ["eve"], "message": "hi"}',
    b"\xff",
    b"\xff\xfe",
    "1" * 5_000,
    "[" * 100_000,
]
"""Bad messages, to be refused: not JSON, other JSON, fields missing or of a wrong type."""

SURROGATE = '{"user": "eve", "message": "\\ud800"}'
"""JSON whose text UTF-8 cannot encode."""


@exercise("03.3")
async def survive(handler: Any) -> str:
    """Check ``async def chat(connection, room)``, with a set, by bad messages."""
    room: set[ServerConnection] = set()
    async with trial(lambda connection: handler(connection, room)) as served:
        members = eve, ana = await join(served, "eve", "ana")
        for user, message in (("eve", "good"), ("Eve", 'She said "hi"\n'), ("eve", ""), ("", "hi")):
            await eve.send(in_json(user, message))
            await _check_that_empty_is_text(eve, user, message)
            for each in members:
                await check_message(each, user, message)
        for text in NOT_A_MESSAGE:
            await _check_refusal(eve, text)
        await settle()
        check_quiet([ana], "Eve's message was wrong, and an error is for its sender only.")
        await _check_surrogate(members)
        await _check_more_keys(members)
        await eve.send(in_json("eve", "still here"))
        for each in members:
            await check_message(each, "eve", "still here")
        [bob] = await join(served, "bob")
        await served.leave(bob.client, 2, politely=False)
        if len(room) != 2:
            raise Misconception(
                "a member whose connection was cut stays in your room: `async for` raises an "
                "exception then, and code after it does not run. `finally` runs.",
                expected=Plain("2 connections in the room"),
                received=Plain(f"{len(room)}"),
            )
        await check_slow_member(served, eve, ana, lambda word: in_json("eve", word))
    return (
        f"{len(NOT_A_MESSAGE)} kinds of bad messages were each answered, and the conversation "
        "went on."
    )


async def _check_that_empty_is_text(member: Member, user: str, message: str) -> None:
    await until(lambda: member.more or member.ended)
    if not (user and message) and member.more and is_error(member.more[0]):
        raise Misconception(
            "a message with an empty text in it was refused. An empty text is text as well: check "
            "its type with isinstance, and not whether it is true.",
            input=in_json(user, message),
            expected=Plain("the same, with a timestamp"),
            received=member.more[0],
        )


async def _check_refusal(member: Member, text: str | bytes) -> None:
    await member.send(text)
    received = await member.receive()
    values = {"input": text, "expected": Plain('{"error": …}')}
    if received is not None:
        if "error" in as_object(received):
            return
        raise Misconception(
            "something that is not a message was passed on. Check that user and message are there, "
            "and that both are text, before you send them to others.",
            **values,
            received=received,
        )
    if member.ended:
        raise Misconception(
            "one bad message ended the connection: answer with an error, and go on with the next.",
            **values,
            received=Plain(f"a close with {member.code}"),
        )
    raise Misconception(
        "a bad message was not answered. Its sender does not learn that the message is wrong: "
        "send an error.",
        **values,
        received=Plain("nothing"),
    )


async def _check_surrogate(members: list[Member]) -> None:
    """Check text that UTF-8 cannot encode: it may be passed on in JSON, or refused."""
    eve, ana = members
    await eve.send(SURROGATE)
    received = await eve.receive()
    if received is None:
        raise Misconception(
            "text that UTF-8 cannot encode was not answered. json.dumps can escape it, unless "
            "ensure_ascii is False; or answer with an error.",
            input=SURROGATE,
            received=Plain(f"a close with {eve.code}" if eve.ended else "nothing"),
        )
    if "error" not in as_object(received):
        await ana.receive()


async def _check_more_keys(members: list[Member]) -> None:
    """Check an object with more keys: it may be refused, or its other keys removed."""
    eve, ana = members
    text = json.dumps({"user": "eve", "message": "hi", "timestamp": 0, "admin": True})
    await eve.send(text)
    data = as_object(await eve.receive())
    if "error" in data:
        return
    received = as_object(await ana.receive())
    if set(received) != {"user", "message", "timestamp"} or not received["timestamp"]:
        raise Misconception(
            "the object that came in was passed on with all its keys. Build a new object from "
            "what you have checked: user, message and your timestamp.",
            input=text,
            received=received,
        )
