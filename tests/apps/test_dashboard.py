"""The finished dashboard: whole readings, changes, and what a slow client gets."""

import asyncio
import json
import random
import time

import pytest
from websockets.asyncio.client import connect as connect_async
from websockets.sync.client import connect

import wsdemo
from wsdemo.apps import dashboard

pytestmark = pytest.mark.usefixtures("nothing_left_running")


def hear(client):
    return json.loads(client.recv(timeout=5))


def is_reading(heard):
    assert heard.keys() == {"temperature", "humidity", "timestamp"}
    assert 70 <= heard["temperature"] <= 80
    assert 50 <= heard["humidity"] <= 70
    assert abs(heard["timestamp"] / 1000 - time.time()) < 60
    return True


def test_the_first_reading_comes_at_once():
    """At one reading in a thousand seconds nobody would wait for the next."""
    with dashboard.serve(rate=0.001, name="rare") as server:
        for query in ("", "?deltas=1"):
            with connect(server.url + "/" + query) as client:
                assert is_reading(hear(client))


def test_each_message_is_a_whole_reading():
    with dashboard.serve(rate=200, name="often") as server, connect(server.url) as client:
        heard = [hear(client) for _ in range(20)]
    assert all(map(is_reading, heard))
    times = [each["timestamp"] for each in heard]
    assert times == sorted(times)
    assert len({each["temperature"] for each in heard}) > 1


def test_deltas_add_up_to_the_readings():
    async def story():
        chance = random.Random(3)
        sensor = dashboard.Sensor(rate=0.001, chance=chance)
        whole, changes = dashboard.Latest(), dashboard.Latest()
        sensor.add(whole)
        sensor.add(changes, deltas=True)
        state = {}
        for _ in range(300):
            state.update(told := await changes.take())
            assert state == await whole.take() == sensor.reading
            sensor.measure()
        assert 0 < len(told) <= 3
        sensor.discard(whole)
        sensor.discard(changes)

    asyncio.run(story())


def test_what_has_not_changed_is_not_told():
    class Same:
        def uniform(self, least, most):
            return least

    async def story():
        sensor = dashboard.Sensor(rate=0.001, chance=Same())
        changes = dashboard.Latest()
        sensor.add(changes, deltas=True)
        assert is_reading(await changes.take())
        await asyncio.sleep(0.002)  # another millisecond, another timestamp
        sensor.measure()
        assert (await changes.take()).keys() == {"timestamp"}
        sensor.discard(changes)

    asyncio.run(story())


def test_news_are_joined_and_the_last_one_remains():
    async def story():
        latest = dashboard.Latest()
        for number in range(1000):
            latest.put({"a": number})
        latest.put({"b": 1})
        assert await latest.take() == {"a": 999, "b": 1}
        taking = asyncio.create_task(latest.take())
        await asyncio.sleep(0)
        assert not taking.done()
        latest.put({"a": 0})
        assert await taking == {"a": 0}

    asyncio.run(story())


def test_a_frozen_client_gets_nothing_old():
    """Hundreds of readings are measured meanwhile; one is under way, and then comes the latest."""

    async def story():
        with dashboard.serve(rate=500, name="frozen") as server, wsdemo.Wire(server.url) as wire:
            async with connect_async(wire.url, max_queue=None) as client:
                await client.recv()
                wire.freeze()
                async with connect_async(server.url) as other:
                    begin = json.loads(await other.recv())["timestamp"]
                    while json.loads(await other.recv())["timestamp"] < begin + 300:
                        pass
                    now = json.loads(await other.recv())["timestamp"]
                before = [json.loads(each) for each in await drain(client)]
                wire.thaw()
                held = [json.loads(await client.recv()) for _ in range(3)]
        return now, before, held

    async def drain(client):
        got = []
        try:
            while True:
                got.append(await asyncio.wait_for(client.recv(), 0.05))
        except TimeoutError:
            return got

    now, _, held = asyncio.run(story())
    assert sum(each["timestamp"] < now for each in held) <= 1


def test_nobody_is_told_nothing_is_measured():
    async def story():
        sensor = dashboard.Sensor(rate=1000)
        one, other = dashboard.Latest(), dashboard.Latest()
        sensor.add(one)
        sensor.add(other)
        sensor.discard(one)
        [task] = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        sensor.discard(other)
        sensor.discard(other)
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_a_rate_that_means_nothing(rate):
    with pytest.raises(ValueError, match="more than 0"):
        dashboard.serve(rate=rate)


@pytest.mark.parametrize("said", ["hello", b"\xff", "[" * 900])
def test_what_a_client_says_is_passed_over(said):
    with dashboard.serve(rate=100, name="deaf") as server:
        with connect(server.url) as rude, connect(server.url) as bystander:
            rude.send(said)
            for client in (rude, bystander):
                assert all(is_reading(hear(client)) for _ in range(3))
        assert server.errors == []
