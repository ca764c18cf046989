"""After a broker has lost what it stored, nothing is lost in silence, and no room goes deaf.

One battery for all brokers. Each fault is set up by the broker's own client, as a person would.
"""

import asyncio
import itertools
import shutil
from collections import Counter

import pytest

import wsdemo
from tests.bus.kit import KINDS, PEOPLE, Listener, Redis, rooms, say

LOST = [  # all that was stored is gone, or is called otherwise
    *itertools.product(KINDS, ["remove", "expire", "purge"]),
    ("redis", "flush"),
    ("redis", "forget_the_epoch"),
    ("nats", "begin_again"),
    ("nats", "remove_the_consumers"),
]
KEPT = {  # faults after which the stream still has what it had
    ("redis", "forget_the_epoch"),
    ("nats", "remove_the_consumers"),
}

# Nothing is lost to those who have heard all; JetStream's own limits say nothing to anybody.
UNSEEN = {("redis", "purge"), ("nats", "purge"), ("nats", "expire")}


@pytest.mark.parametrize(("kind", "fault"), LOST)
def test_after_a_loss_all_that_is_said_is_heard_by_all(kind, fault, brokers):
    async def main():
        url, room = brokers[kind].url, next(rooms)
        async with (
            Listener(url, room) as one,
            Listener(url, room) as two,
            PEOPLE[kind](url, room) as person,
        ):
            before = await say(one, [f"before {n}" for n in range(20)])
            for each in (one, two):
                await each.until_heard(20)
            await getattr(person, fault)()
            after, again = [f"after {n}" for n in range(30)], Counter()
            for number, text in enumerate(after):
                await say((one, two)[number % 2], [text], again)
            for each in (one, two):
                await each.until(lambda each=each: each.heard and each.heard[-1][1] == after[-1])
                told = {"gap", "down"} & set(each.told)
                assert told or (kind, fault) in UNSEEN, "nobody was told"
            # An epoch that is new has the old messages under new ids, if they are still there.
            heard = {room: room.heard[20:] for room in (one, two)}
            assert heard[one] == heard[two]
            texts = [text for _, text in heard[one] if "after" in text]
            assert list(dict.fromkeys(texts)) == after
            # What is published again after BusDown may come twice, as its docstring says.
            assert Counter(texts) <= Counter(after) + again
            names = [name for name, _ in heard[one]]
            assert len({*before, *names}) == len(before) + len(names), "an id was given twice"

    asyncio.run(main())


@pytest.mark.parametrize(("kind", "fault"), LOST)
def test_after_a_loss_a_server_starts_and_tells_a_newcomer_of_the_gap(kind, fault, brokers):
    async def main():
        url, room = brokers[kind].url, next(rooms)
        async with PEOPLE[kind](url, room) as person:
            async with Listener(url, room) as first:
                names = await say(first, "abc")
                await first.until_heard(3)
                await getattr(person, fault)()
            async with Listener(url, room) as second:
                missed = second.bus.history.since(names[0])
                if (kind, fault) in KEPT:
                    assert [text for _, text in missed.messages][-2:] == ["b", "c"]
                else:
                    assert missed == ([], True)
                [name] = await say(second, "d")
                assert name not in names
                await second.until(lambda: second.heard and second.heard[-1] == (name, "d"))

    asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_that_was_removed_before_it_was_heard_is_a_gap_though_nothing_follows(
    kind, brokers
):
    async def main():
        url, name = brokers[kind].url, next(rooms)
        async with Listener(url, name) as room, PEOPLE[kind](url, name) as person:
            [first] = await say(room, ["first"])
            await room.until_heard(1)
            await person.write_and_remove()
            await room.until(lambda: "gap" in room.told)
            await room.until(lambda: room.bus.up)
            assert room.bus.history.since(first) == ([], True)
            await say(room, ["second"])
            assert await room.until_heard(2) == ["first", "second"]

    asyncio.run(main())


def test_messages_said_between_a_loss_and_its_discovery_are_heard(brokers):
    """As many as were heard before, and more: numbers alone would look like the next ones."""

    async def main():
        url, room = brokers["redis"].url, next(rooms)
        async with Listener(url, room) as near, Listener(url, room) as far:
            await say(near, [f"before {n}" for n in range(5)])
            await far.until_heard(5)
            async with Redis(url, room) as person:
                await person.flush()
            after = [f"after {n}" for n in range(9)]
            await asyncio.gather(*(say(near, [text]) for text in after))
            await far.until_heard(14)
            assert sorted(text for _, text in far.heard[5:]) == after
            assert far.told == ["up", "gap"]

    asyncio.run(main())


def test_a_broker_that_comes_back_with_less_than_it_had_begins_another_epoch():
    """As after a power failure, if it writes to its file only once a second."""

    async def main():
        with wsdemo.broker("redis") as broker:
            folder = broker.program.folder
            async with Listener(broker.url, "back") as room:
                await say(room, "abc")
                shutil.copytree(folder / "appendonlydir", folder / "earlier")
                before = await say(room, "de")
                await room.until_heard(5)
                await asyncio.to_thread(broker.kill)
                await room.until(lambda: "down" in room.told)
                shutil.rmtree(folder / "appendonlydir")
                (folder / "earlier").rename(folder / "appendonlydir")
                await asyncio.to_thread(broker.start)
                await room.until(lambda: room.told[-1] == "up")
                assert room.told == ["up", "down", "gap", "up"]
                after = await say(room, "fg")
                await room.until(lambda: room.heard[-1][1] == "g")
                assert not set(before) & set(after)
                assert [text for _, text in room.heard] == list("abcdeabcfg")

    asyncio.run(main())
