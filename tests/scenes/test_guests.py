"""Guests talk while something breaks, and their report says what was lost."""

import asyncio

import pytest

import wsdemo
from wsdemo.apps import chat
from wsdemo.scenes.guests import NAMES, Guest, Guests

pytestmark = pytest.mark.usefixtures("nothing_left_running")

WHOLE = """\
all received the same: True
ids without a gap or a duplicate: True
acknowledged messages that are missing: 0
connections lost: """


def test_guests_that_lose_their_connections_lose_no_message():
    async def main():
        with chat.serve(bus="memory:") as server, wsdemo.Wire(server.url) as wire:
            async with Guests(wire.url) as guests:
                wire.cut()
                await guests.all_acknowledged()
            return guests

    guests = asyncio.run(main())
    assert guests.report() == WHOLE + "6, with 1006"
    assert [guest.name for guest in guests] == list(NAMES)
    assert all(guest.codes == [1006] and len(guest.acknowledged) >= 20 for guest in guests)
    for guest in guests:
        times = [time for time, _ in guest.acknowledged]
        assert times == sorted(times)


def test_a_quiet_evening():
    async def main():
        with chat.serve(bus="memory:") as server:
            async with Guests(server.url, names=["ana", "bob"]) as guests:
                pass
            return guests

    assert asyncio.run(main()).report() == WHOLE + "0"


def taken(guests, *messages):
    """Have all guests receive messages: pairs of a number and a text."""
    for guest in guests:
        for number, text in messages:
            guest._take(f'{{"id": "e-{number}", "message": "{text}"}}')


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda ana, bob: taken([bob], (3, "three")), "all received the same: False"),
        (lambda ana, bob: taken([ana, bob], (4, "four")), "a gap or a duplicate: False"),
        (lambda ana, bob: taken([ana, bob], (2, "two")), "a gap or a duplicate: False"),
        (lambda ana, bob: bob.acknowledged.append((0, "three")), "that are missing: 1"),
    ],
)
def test_a_loss_is_reported(spoil, line):
    async def main():
        guests = Guests("ws://127.0.0.1:9", names=["ana", "bob"])
        taken(guests, (1, "one"), (2, "two"))
        assert guests.report() == WHOLE + "0"
        spoil(*guests)
        return guests.report()

    assert line in asyncio.run(main())


def test_a_wait_that_takes_too_long_says_what_it_was_for():
    async def main():
        with chat.serve(bus="memory:") as server:
            async with Guests(server.url, names=["ana"], patience=2) as guests:
                with pytest.raises(TimeoutError, match=r"waited 2 s for the notice .* is down"):
                    await guests.notified("down")
        with pytest.raises(TimeoutError, match=r"waited 0.1 s for ana to connect"):
            async with Guests("ws://127.0.0.1:9", names=["ana"], patience=0.1):
                pass

    asyncio.run(main())


def test_what_the_block_raises_ends_it_at_once():
    async def main():
        with chat.serve(bus="memory:") as server:
            async with Guests(server.url, names=["ana"]):
                raise LookupError("from the block")

    with pytest.raises(LookupError, match="from the block"):
        asyncio.run(main())


def test_a_message_that_never_comes_back_is_named():
    async def silent(connection):
        async for _ in connection:
            pass

    async def main():
        with wsdemo.serve(silent) as server:
            guest = Guest("ana", server.url, patience=0.1)
            async with guest.client:
                with pytest.raises(TimeoutError, match="'hello' has not come back"):
                    await guest.say("hello")

    asyncio.run(main())
