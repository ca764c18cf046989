"""Entries of somebody else, and errors that nobody thought of: the room hears on."""

import asyncio
import contextlib
import json

import nats
import pytest
from websockets.asyncio.client import connect

from tests.bus.kit import KINDS, PEOPLE, Listener, rooms, say
from wsdemo.apps import chat
from wsdemo.reconnect.resume import Resume

FORMS = {
    "not JSON": b"hello",
    "empty": b"",
    "an array": b'["ana", "hi"]',
    "text": b'"hi"',
    "a number": b"1e999",
    "without a message": b'{"user": "ana"}',
    "a notice": b'{"type": "left", "user": "ana"}',
    "an error": b'{"error": "you are not welcome"}',
    "an object for a name": b'{"user": {}, "message": "hi", "timestamp": 1}',
    "text for a time": b'{"user": "ana", "message": "hi", "timestamp": "now"}',
    "binary": b"\xff\x00\xfe",
    "deep": b"[" * 50_000,
}
WAYS = [
    "write_without_text",
    "write_under_the_time",
    "write_under_the_time_and_remove_it",
    "write_under_the_last_id",
]
FOREIGN = [
    *((kind, "write", data) for kind in KINDS for data in FORMS.values()),
    *(("redis", way, None) for way in WAYS),
]
NAMES = [
    *(f"{kind}, {form}" for kind in KINDS for form in FORMS),
    *(f"redis, {way}" for way in WAYS),
]


async def until_said(client, word):
    """What a client hears, up to this word of somebody's."""
    heard = []
    async with asyncio.timeout(10):
        while not heard or heard[-1].get("message") != word:
            heard.append(json.loads(await client.recv()))
    return heard


@pytest.mark.parametrize(("kind", "way", "data"), FOREIGN, ids=NAMES)
def test_an_entry_of_somebody_else_is_skipped(kind, way, data, brokers):
    async def main():
        url = brokers[kind].url

        def serve(name):
            return chat.serve(bus=url, name=name, close_timeout=0.3)

        async def speak(client, word):
            await client.send(json.dumps({"user": "ana", "message": word}))
            return await until_said(client, word)

        async with PEOPLE[kind](url, "chat") as person:
            with contextlib.suppress(nats.js.errors.NotFoundError):
                await person.remove()
            with serve("old") as old:
                async with connect(f"{old.url}/?notices=1") as ana:
                    [*_, first] = await speak(ana, "one")
                    await (person.write(data) if data is not None else getattr(person, way)())
                    heard = await speak(ana, "two")
                    assert [each for each in heard if each.get("message") != "two"] == []
                async with connect(f"{old.url}/?since={first['id']}") as bob:
                    assert await until_said(bob, "two") == heard
                await (person.write(data) if data is not None else getattr(person, way)())
            with serve("new") as new:
                async with connect(f"{new.url}/?since={first['id']}") as bob:
                    assert await until_said(bob, "two") == heard
                async with connect(new.url) as ana:
                    [three] = await speak(ana, "three")
            resume = Resume(heard[-1]["id"])
            assert resume.is_new(json.dumps(three)), "an id was given twice"

    asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_that_cannot_be_heard_does_not_end_the_hearing(kind, brokers):
    """A fault of ours, too, may cost one message and not the room; and it is a gap."""

    class Clumsy(Listener):
        def _hear(self, name, text):
            if text == "b":
                raise RuntimeError("out of order")
            super()._hear(name, text)

    async def main():
        async with Clumsy(brokers[kind].url, next(rooms)) as room:
            [first, *_] = await say(room, "abc")
            assert await room.until_heard(2) == ["a", "c"]
            assert room.told == ["up", "gap"]
            assert room.bus.history.since(first).gap

    asyncio.run(main())


@pytest.mark.parametrize("kind", ["memory", *KINDS])
def test_an_error_that_nobody_thought_of_is_an_outage_and_passes(kind, brokers, monkeypatch):
    async def main():
        url = "memory:" if kind == "memory" else brokers[kind].url
        async with Listener(url, next(rooms)) as room:
            follow, broken = room.bus._follow, [True]

            async def fail_once():
                if broken:
                    broken.clear()
                    raise LookupError("nobody thought of this")
                await follow()

            monkeypatch.setattr(room.bus, "_follow", fail_once)
            room.bus._task.cancel()
            room.bus._task = asyncio.create_task(room.bus._run())
            await room.until(lambda: not broken)
            await say(room, "a")
            assert await room.until_heard(1) == ["a"]

    asyncio.run(main())
