"""The common parts of lesson 03's exercises: rooms, and members that do not read."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.server import ServerConnection

from wsdemo.checks import Misconception, NotYet
from wsdemo.checks._members import Member
from wsdemo.checks._plain import Plain
from wsdemo.checks._stalls import Stalls, took_longer
from wsdemo.checks._trial import Trial

__all__ = [
    "as_object",
    "check_message",
    "check_quiet",
    "check_slow_member",
    "in_json",
    "is_error",
    "join",
    "raise_ended",
]

AT_ONCE = 0.5
"""Seconds within which a message arrives that waits for no client; a busy machine adds to them."""


async def join(served: Trial, *names: str) -> list[Member]:
    """Connect some clients."""
    return [Member(await served.join(), name) for name in names]


def in_json(user: str, message: str) -> str:
    """Return a message of the chat."""
    return json.dumps({"user": user, "message": message})


def as_object(message: str | bytes | None) -> dict[str, Any]:
    """Return the JSON object that a message is; an empty one if none came.

    Raises:
        NotYet: the message is something else.
    """
    if message is None:
        return {}
    with contextlib.suppress(ValueError):
        data = json.loads(message)
        if isinstance(data, dict):
            return data
    raise NotYet("the server sent a message that is not a JSON object", received=message)


def is_error(message: str | bytes | None) -> bool:
    """Return whether a message is a JSON object with an error in it."""
    with contextlib.suppress(NotYet):
        return "error" in as_object(message)
    return False


async def check_message(member: Member, user: str, message: str) -> None:
    """Check that the next message to a member has the format of the lesson."""
    received = await member.receive()
    values = {
        "input": in_json(user, message),
        "expected": Plain(f"by {member.name}: the same, with a timestamp"),
    }
    if received is None:
        raise_ended(member, values)
        raise NotYet(f"{member.name} did not receive a message of {user}", **values)
    data = as_object(received)
    if data.get("user") != user or data.get("message") != message:
        raise NotYet(
            f"{member.name} received something other than the message of {user}",
            **values,
            received=received,
        )
    if not _is_now(data.get("timestamp")):
        raise NotYet(
            "a message needs a timestamp that says when it was sent: int(time.time() * 1000)",
            **values,
            received=received,
        )


def raise_ended(member: Member, values: dict[str, Any]) -> None:
    """Raise a hint if a member's connection has ended."""
    if member.ended:
        raise NotYet(
            f"the connection of {member.name} was closed, and the conversation was not over",
            **values,
            received=Plain(f"a close with {member.code}"),
        )


def _is_now(stamp: Any) -> bool:
    """Return whether this is the time: a number of milliseconds or seconds, or ISO 8601."""
    if isinstance(stamp, bool) or not isinstance(stamp, int | float | str):
        return False
    now = time.time()
    with contextlib.suppress(ValueError):
        number = float(stamp)
        return min(abs(number - now), abs(number / 1000 - now)) < 60
    with contextlib.suppress(ValueError):
        moment = datetime.fromisoformat(str(stamp))
        local = abs(moment.replace(tzinfo=None) - datetime.now())
        universal = abs(moment.replace(tzinfo=None) - datetime.now(UTC).replace(tzinfo=None))
        aware = abs(moment - datetime.now(UTC)) if moment.tzinfo else min(local, universal)
        return aware.total_seconds() < 60
    return False


def check_quiet(members: list[Member], what: str) -> None:
    """Raise if a member has received more than was asked for."""
    for each in members:
        if each.more:
            raise Misconception(
                f"{each.name} received a message that was not for {each.name}: {what}",
                received=each.more[0],
            )


async def check_slow_member(
    served: Trial, sender: Member, receiver: Member, texts: Callable[[str], str]
) -> None:
    """Let a member read nothing, and another join meanwhile; the rest must notice nothing.

    Args:
        served: where the room is.
        sender: a member that sends.
        receiver: another member, which must receive what is sent.
        texts: makes a message of a word.
    """
    await served.join()
    slow: ServerConnection = served.there[-1]
    slow.pause_writing()  # what asyncio calls when a client does not read and the buffers are full
    with contextlib.ExitStack() as paused:
        paused.callback(slow.resume_writing)
        async with Stalls() as stalls:
            for word in ("one", "two"):
                start = time.monotonic()
                await sender.send(texts(word))
                received = await receiver.receive(AT_ONCE + 1.5)
                took = time.monotonic() - start
                if received is None or took_longer(took, AT_ONCE, stalls.seconds):
                    await served.join()
                    paused.close()
                    await _raise_slow(sender, received, took)


async def _raise_slow(sender: Member, received: str | bytes | None, took: float) -> None:
    with contextlib.suppress(TimeoutError):  # a loop that goes on fails at its next step
        await asyncio.wait_for(sender.client.wait_closed(), AT_ONCE)
    values = {
        "input": Plain("a member that does not read, and one that joins"),
        "received": Plain(f"after {took:.1f} s" if received else "nothing"),
    }
    if sender.ended and sender.code == 1011:
        raise Misconception(
            "your loop waited for a member that does not read. Meanwhile another one joined, and "
            "the sender's handler ended. broadcast() does not wait.",
            **values,
        )
    raise Misconception(
        "one member does not read, and the others receive nothing in time: `await send()` waits "
        "for the slowest. broadcast() does not wait.",
        **values,
    )
