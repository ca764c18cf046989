"""The first two exercises of lesson 14."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from websockets.asyncio.server import ServerConnection

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._hurry import hurried, in_a_hurry
from wsdemo.checks._inbox import Inbox, settle, until
from wsdemo.checks._plain import Plain
from wsdemo.checks._trial import trial

Reading = dict[str, Any]

READINGS: list[Reading] = [{"city": "Oslo", "value": 3}, {"city": "Rome", "value": 17}]
OTHERS: list[Reading] = [
    {"city": "Köln", "value": None},
    {"city": "Lima", "wet": True},
    {"city": "", "value": 0},
]

SAID: tuple[str | bytes, ...] = ("now", "now", "later", "", b"now", '{"action": "now"}')
"""The messages of the client; each gets all readings."""

HOLD = 0.3
"""Seconds that the slow work takes at least."""


@exercise("14.1")
async def readings_as_text(handler: Callable[..., Any]) -> str:
    """Check a handler that sends one JSON text for each reading."""
    readings = READINGS

    async def serve(connection: ServerConnection) -> None:
        await handler(connection, list(readings))

    async with trial(serve) as served:
        await _all_readings(Inbox(await served.join()), readings)
        readings = OTHERS
        await _all_readings(Inbox(await served.join()), readings)
    return "you send one message for each reading, and each is text that a page can parse."


async def _all_readings(inbox: Inbox, readings: list[Reading]) -> None:
    await inbox.in_step()
    if inbox.received:
        raise Misconception(
            "readings came before the client had sent a message: reply to messages only.",
            received=inbox.received,
        )
    for number, message in enumerate(SAID):
        done = len(inbox.received)
        await inbox.send_raw(message)
        await until(lambda done=done: len(inbox.received) >= done + len(readings) or inbox.ended)  # type: ignore[misc]
        await inbox.in_step()
        replies = inbox.received[done:]
        for reply in replies[: len(readings)]:
            _expect_json(reply)
        if number > 1 and not replies:
            raise Misconception(
                "'now' got its replies, and another message got none: reply to each message, "
                "whatever it contains.",
                input=message,
            )
        parsed = [json.loads(each) for each in replies]
        if len(parsed) != len(readings):
            each = "each message of the client, also for the second one" if number else "a message"
            raise NotYet(
                f"there are {len(readings)} readings, so one message per reading must come for "
                f"{each}",
                input=message,
                received=replies or Plain("no message"),
            )
        if parsed != readings:
            ordered = sorted(map(repr, parsed)) == sorted(map(repr, readings))
            raise NotYet(
                "send one message per reading, in their order"
                if ordered
                else "send one message per reading: the reading, and nothing else",
                expected=readings,
                received=parsed,
            )


def _expect_json(reply: str | bytes) -> None:
    """Raise a diagnosis if a reply is not one JSON object."""
    if isinstance(reply, bytes):
        raise NotYet(
            "the opcode is BINARY: a page gets a Blob, which JSON.parse cannot read", received=reply
        )
    if reply.startswith(("b'", 'b"')):
        raise Misconception(
            "the opcode is TEXT now, but str() of bytes shows them as Python source code does. Do "
            "not make bytes at all.",
            received=reply,
        )
    values = _values(reply)
    if len(values) > 1:
        raise Misconception(
            f"one message holds {len(values)} JSON texts, one behind the other, which a page "
            "cannot parse. Send a message for each reading. (send() of a list sends the "
            "fragments of one message, not several messages.)",
            received=reply,
        )
    if not values:
        raise Misconception(
            "the text is not JSON. str() of a dict shows it as Python source code does; json.dumps "
            "makes JSON.",
            received=reply,
        )
    if isinstance(values[0], str):
        raise Misconception(
            "the message is the JSON of a text: after JSON.parse, a page has a text and not an "
            "object. json.dumps was called twice.",
            received=reply,
        )
    if isinstance(values[0], list):
        raise Misconception(
            "the message is a JSON array. Send one message per reading, each a JSON object.",
            received=reply,
        )


def _values(text: str) -> list[Any]:
    """Return the JSON values that a text begins with, one behind the other."""
    decoder, found = json.JSONDecoder(), []
    while text := text.lstrip():
        try:
            value, end = decoder.raw_decode(text)
        except ValueError:
            break
        found.append(value)
        text = text[end:]
    return found


class _Work:
    """Work that takes as long as the check wants, and what it returns: never the same twice.

    Attributes:
        texts: what has been worked on.
        finish: set when the slow work may finish.
        cancelled: whether the handler has given up waiting for it.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.finish = asyncio.Event()
        self.cancelled = False

    async def __call__(self, text: str) -> str:
        self.texts.append(text)
        result = f"{text.upper()} {len(self.texts)}"
        if text == "slow":
            try:
                await self.finish.wait()
            except asyncio.CancelledError:
                self.cancelled = True
                raise
        return result


@exercise("14.2")
async def own_answers(handler: Callable[..., Any]) -> str:
    """Check a handler by three clients whose work overlaps."""
    work = _Work()

    async def serve(connection: ServerConnection) -> None:
        with hurried():
            await handler(connection, work)

    async with trial(serve) as served:
        try:
            names = ("Ana", "Bob", "Carol")
            inboxes = {name: Inbox(await served.join()) for name in names}
            # A time limit around the slow work ends before the work, however long the limit is.
            with in_a_hurry(HOLD / 2):
                await _overlap(work, inboxes)
        finally:
            work.finish.set()  # or the handlers would never end
    return "each answer went to its own client, and no client waited for another."


async def _overlap(work: _Work, inboxes: dict[str, Inbox]) -> None:
    own: dict[str, list[str]] = {name: [] for name in inboxes}

    async def begins(name: str, text: str) -> None:
        inbox, before = inboxes[name], len(work.texts)
        await inbox.send_raw(text)
        await until(lambda: len(work.texts) > before or inbox.ended)
        if len(work.texts) == before:
            raise NotYet(
                f"call `await work(text)` for each message. {name} has sent {text!r}, and no work "
                "on it has begun"
                + (
                    "; an earlier result for the same text may be out of date"
                    * (text in work.texts)
                ),
                input=text,
                received=inbox.received,
            )

    async def expect(count: int) -> None:
        await until(lambda: sum(len(each.received) for each in inboxes.values()) >= count)
        for inbox in inboxes.values():
            await inbox.in_step()
        _expect_own(inboxes, own)

    await begins("Ana", "slow")
    await inboxes["Bob"].send_raw("fast")
    await until(lambda: "fast" in work.texts or inboxes["Bob"].ended)
    if "fast" not in work.texts and not inboxes["Bob"].ended:
        raise Misconception(
            "Bob waits until the work for Ana is done. A lock keeps others from changing shared "
            "data, and also from working: if you share nothing, there is nothing to lock.",
            input=Plain("'slow' from Ana, whose work goes on; then 'fast' from Bob"),
            received=Plain("no work on 'fast' has begun"),
        )
    own["Bob"].append(f"FAST {work.texts.index('fast') + 1}")
    await expect(1)
    await begins("Carol", "slow")
    await asyncio.sleep(HOLD)
    await settle()  # after a stall, a limit that is over has just cancelled the work
    if work.cancelled:
        raise Misconception(
            "the work on 'slow' was cancelled before it had finished: wait for it, however long "
            "it takes. A time limit of any length is too short for some work; in this check, each "
            "time limit passes at once.",
            input=Plain("'slow' from Ana, on which the work takes longer than any time limit"),
        )
    if work.texts.count("slow") > 2:
        raise Misconception(
            "work was called again for a message on which it was at work already: call it once "
            "for each message, and wait for that call.",
            input=Plain("'slow' from Ana, 'fast' from Bob, 'slow' from Carol"),
            expected=Plain("3 calls of work"),
            received=Plain(f"work on {work.texts}"),
        )
    own["Ana"].append("SLOW 1")
    own["Carol"].append("SLOW 3")
    work.finish.set()
    await expect(3)
    for _ in range(3):
        done = len(work.texts)
        texts = {name: f"{name} {done}" for name in inboxes}
        await asyncio.gather(*(inbox.send_raw(texts[name]) for name, inbox in inboxes.items()))
        await until(lambda done=done: len(work.texts) >= done + 3)  # type: ignore[misc]
        for name, text in texts.items():
            if text not in work.texts and inboxes[name].ended:
                raise NotYet(
                    f"the handler of {name} has returned after an answer, and so the connection "
                    "was closed: go on with the next message",
                    input=text,
                    received=Plain(f"a close with {inboxes[name].client.close_code}"),
                )
            if text not in work.texts:
                raise NotYet(
                    "call `await work(text)` for each message, with its own text, also when "
                    f"several clients send at the same time. {name} has sent {text!r}",
                    received=Plain(f"work on {work.texts[done:]}"),
                )
            own[name].append(f"{text.upper()} {work.texts.index(text) + 1}")
        await expect(done + 3)
    # What work returns is never the same twice, so the first result is not good enough.
    await begins("Bob", "fast")
    own["Bob"].append(f"FAST {len(work.texts)}")
    await expect(len(work.texts))


def _expect_own(inboxes: dict[str, Inbox], own: dict[str, list[str]]) -> None:
    """Raise a diagnosis if a client got the answer of another one, or not all of its own."""
    owners = {result: name for name, results in own.items() for result in results}
    for name, inbox in inboxes.items():
        missing = [each for each in own[name] if each not in inbox.received]
        for reply in inbox.received:
            owner = owners.get(str(reply), name)
            if owner == name:
                continue
            if reply not in inboxes[owner].received:
                raise NotYet(
                    f"{name} got the answer to {owner}, and {owner} did not get it",
                    received=reply,
                )
            if missing:
                raise Misconception(
                    f"{name} got the answer to {owner} in place of their own: all connections "
                    "share a variable, and another one changes it while this one waits. Use local "
                    "variables.",
                    expected=own[name],
                    received=inbox.received,
                )
            raise Misconception(
                f"{name} got the answer to {owner}, too. A message to everybody also reaches the "
                "right client, but an answer is for the client that has asked.",
                received=reply,
            )
    for name, inbox in inboxes.items():
        if inbox.received != own[name]:
            raise NotYet(
                f"{name} must get what work returned, in capitals, once for each message",
                expected=own[name],
                received=inbox.received,
            )
