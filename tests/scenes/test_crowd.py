"""A crowd with one sleeper: what reaches whom, when, and what is left afterwards."""

import asyncio

import pytest
from websockets.asyncio.server import broadcast

from wsdemo.scenes.crowd import Crowd, fill

PATIENCE = 20  # s


def run(function):
    """Run a coroutine function as a test."""

    def test():
        asyncio.run(asyncio.wait_for(function(), PATIENCE))

    test.__name__, test.__doc__ = function.__name__, function.__doc__
    return test


async def tell(crowd, *texts):
    async def send():
        for text in texts:
            broadcast(crowd.members, text)

    await crowd.on_server(send())


@run
async def test_all_but_the_sleeper_receive_and_it_catches_up():
    async with Crowd(5) as crowd:
        await tell(crowd, "one", "two")
        await crowd.wait(2)
        assert crowd.texts == [["one", "two"]] * 2 + [[]] + [["one", "two"]] * 2
        assert crowd.summary() == "4 received 2, 1 received 0"
        assert crowd.sleeping is crowd.members[2]
        crowd.wake()
        await crowd.wait(2, sleeper=True)
        assert crowd.summary() == "5 received 2"
        assert len(crowd.times) == 10
        assert crowd.times == sorted(crowd.times)


@run
async def test_waiting_ends_in_time_though_nothing_comes():
    async with Crowd(1) as crowd:
        await crowd.wait(1, seconds=0.05, sleeper=True)
        assert crowd.texts == [[]]


@run
async def test_waiting_ends_with_the_connection():
    async with Crowd(1) as crowd:
        crowd.server.run(cut(crowd.sleeping))
        crowd.wake()
        await crowd.wait(1, seconds=PATIENCE, sleeper=True)
        assert crowd.sleeper.close_code == 1006


async def cut(connection):
    connection.transport.abort()


@run
async def test_a_text_for_the_sleeper_is_waited_for():
    async with Crowd(1) as crowd:
        await tell(crowd, "one", "end")
        await crowd.wait_for_sleeper("end", seconds=0.05)
        assert crowd.texts == [[]]
        crowd.wake()
        await crowd.wait_for_sleeper("end")
        assert crowd.texts == [["one", "end"]]
        crowd.server.run(cut(crowd.sleeping))
        await crowd.wait_for_sleeper("never")


@run
async def test_the_sleepers_buffers_are_full():
    async with Crowd(1) as crowd:
        assert await crowd.on_server(fill(crowd.sleeping, pieces=1))


@run
async def test_nothing_is_left_running():
    before = asyncio.all_tasks()
    async with Crowd(3) as crowd:
        pass
    assert not crowd.server.running
    assert asyncio.all_tasks() == before


@run
async def test_what_fails_inside_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        async with Crowd(1) as crowd:
            raise ZeroDivisionError
    assert not crowd.server.running
