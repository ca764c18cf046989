"""A machine that stalls while an answer is tried must change no word of the verdict on it."""

import asyncio
import time

import pytest

import wsdemo
from wsdemo.checks._patience import done_within, until
from wsdemo.checks._plain import after
from wsdemo.checks._stalls import Stalls

STALL = 0.13
"""Seconds; too short to be taken for a line of the learner's that blocks the event loop."""


def stall():
    time.sleep(STALL)


async def answers_at_once(connection):
    async for message in connection:
        if message == "work 0":
            stall()
        await connection.send(f"done: {message}")


def returns_at_once(stalls_with):
    async def handler(connection, seconds):
        if seconds == stalls_with:  # one of the two connections that the check tries
            stall()

    return handler


@pytest.mark.parametrize(
    ("number", "answer", "received"),
    [
        ("02.2", answers_at_once, ", ".join(["at once"] * 6)),
        ("02.3", returns_at_once(0.2), "None at once"),
        ("05.3", returns_at_once(0.4), "closed at once"),
    ],
)
def test_what_came_at_once_is_shown_so_when_the_machine_stalls(number, answer, received):
    verdict = wsdemo.check(number, answer)
    assert verdict.state == "not yet", verdict
    assert ("received", received) in verdict.evidence


async def waits_while_the_machine_stalls(connection, seconds):
    """The stall is nearly as long as both limits."""
    if seconds == 0.2:
        asyncio.get_running_loop().call_later(0.01, time.sleep, 0.385)
    try:
        return await asyncio.wait_for(connection.recv(), seconds)
    except TimeoutError:
        return None


def test_a_wait_that_a_stall_has_filled_is_not_judged():
    assert wsdemo.check("02.3", waits_while_the_machine_stalls).state == "no verdict"


async def waits_for_longer(connections, underway, bus):
    while underway:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)  # meanwhile the check sees that nothing is under way
    time.sleep(0.3)  # noqa: ASYNC251 - as if the machine stalled
    await asyncio.sleep(0.35)
    for each in connections:
        await each.close(1001)
    await bus.stop()


def test_a_wait_that_only_a_stall_may_have_made_too_long_is_not_judged():
    assert wsdemo.check("16.2", waits_for_longer).state == "no verdict"


@pytest.mark.parametrize(
    ("seconds", "stalled", "shown"),
    [
        (0.01, 0, "at once"),
        (0.13, 0.12, "at once"),
        (0.1, 0, "after 0.10 s"),
        (0.5, 0.13, "after 0.50 s"),
    ],
)
def test_after(seconds, stalled, shown):
    assert after(seconds, stalled) == shown


def test_a_limit_is_counted_in_steps():
    """A stall that is longer than the limit makes one step of it longer."""

    async def wait(which, what):
        asyncio.get_running_loop().call_soon(time.sleep, 0.4)
        return await which(what, 0.3)

    async def both():
        ready = asyncio.create_task(asyncio.sleep(0.5))
        assert await wait(until, ready.done)
        assert await wait(done_within, asyncio.create_task(asyncio.sleep(0.5)))
        assert not await done_within(asyncio.create_task(asyncio.sleep(9)), 0.3)

    asyncio.run(both())


def test_a_stall_counts_before_the_loop_has_noticed_it():
    async def count():
        async with Stalls() as stalls:
            await asyncio.sleep(0)
            stall()
            return stalls.seconds

    assert asyncio.run(count()) > STALL / 2


def test_what_comes_after_the_block_is_no_stall():
    async def watch():
        async with Stalls() as stalls:
            await asyncio.sleep(0)
        return stalls

    stalls = asyncio.run(watch())
    before = stalls.seconds
    stall()
    assert stalls.seconds == before
