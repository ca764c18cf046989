"""A room's stream: the same three promises on memory, Redis and JetStream, over real brokers."""

import asyncio
import gc
import shutil
import sys
import warnings

import nats
import pytest

import wsdemo
from tests.bus.kit import KINDS, Listener
from wsdemo.bus import core as buses
from wsdemo.bus.core import BusDown, open_bus


def on(kind, brokers):
    return "memory:" if kind == "memory" else brokers[kind].url


def numbers(listener):
    return [int(name.partition("-")[2]) for name, _ in listener.heard]


@pytest.mark.parametrize("kind", ["memory", *KINDS])
def test_all_is_heard_in_order_under_the_ids_that_were_answered(kind, brokers):
    async def main():
        async with Listener(on(kind, brokers), "order") as room:
            answered = [await room.bus.publish(str(number)) for number in range(50)]
            assert await room.until_heard(50) == [str(number) for number in range(50)]
            assert [name for name, _ in room.heard] == answered
            assert numbers(room) == list(range(1, 51))
            assert room.told == ["up"]

    asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_two_servers_hear_the_same(kind, brokers):
    async def main():
        url = on(kind, brokers)
        async with Listener(url, "two") as one, Listener(url, "two") as two:
            said = [(one if number % 2 else two).bus.publish(str(number)) for number in range(40)]
            await asyncio.gather(*said)
            await one.until_heard(40)
            await two.until_heard(40)
            assert one.heard == two.heard
            assert numbers(one) == list(range(1, 41))

    asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_a_thousand_may_speak_at_once(kind, brokers):
    async def main():
        async with Listener(on(kind, brokers), "crowd") as room:
            await asyncio.gather(*(room.bus.publish(str(number)) for number in range(1000)))
            said = await room.until_heard(1000)
            assert sorted(map(int, said)) == list(range(1000))

    asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_comes_later_knows_what_was_said(kind, brokers):
    async def main():
        url = on(kind, brokers)
        async with Listener(url, "later") as first:
            names = [await first.bus.publish(text) for text in "abc"]
        async with Listener(url, "later") as second:
            missed = second.bus.history.since(names[0])
            assert missed.messages == list(zip(names[1:], "bc", strict=True))
            assert not missed.gap
            assert (await second.bus.publish("d")).endswith("-4")

    asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_rooms_do_not_hear_each_other(kind, brokers):
    async def main():
        url = on(kind, brokers)
        async with Listener(url, "here") as here, Listener(url, "there") as there:
            await there.bus.publish("not for you")
            await here.bus.publish("for you")
            assert await here.until_heard(1) == ["for you"]

    asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_kept_is_bounded_and_a_gap_is_told(kind, brokers):
    async def main():
        url = on(kind, brokers)
        async with Listener(url, "small", keep=20) as room:
            names = [await room.bus.publish(str(number)) for number in range(300)]
            await room.until_heard(300)
            assert room.bus.history.since(names[0]).gap
            assert len(room.bus.history.since(names[0]).messages) == 20
            assert not room.bus.history.since(names[-21]).gap
        async with Listener(url, "small", keep=20) as later:
            assert later.bus.history.since(names[0]).gap
            assert len(later.bus.history.since(names[-10]).messages) == 9

    asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_a_broker_killed_and_back_has_lost_nothing_it_answered_for(kind):
    async def main():
        with wsdemo.broker(kind) as broker:
            async with Listener(broker.url, "x") as one, Listener(broker.url, "x") as two:
                answered, unanswered = [], []

                async def speak(room, who):
                    for number in range(200):
                        text = f"{who} {number}"
                        try:
                            answered.append((await room.bus.publish(text), text))
                        except BusDown:
                            unanswered.append(text)
                            await room.until(lambda: room.bus.up)

                pairs = [(one, "a"), (two, "b")]
                speaking = [asyncio.create_task(speak(*pair)) for pair in pairs]
                await one.until_heard(100)
                await asyncio.to_thread(broker.kill)
                await one.until(lambda: "down" in one.told)
                await two.until(lambda: "down" in two.told)
                await asyncio.to_thread(broker.start)
                await asyncio.gather(*speaking)
                last, _ = answered[-1]
                for each in (one, two):
                    await each.until(lambda each=each: each.heard[-1][0] == last)
                    await each.until(lambda each=each: each.told[-1] == "up")
                assert unanswered, "the broker was away and nobody noticed"
                assert one.heard == two.heard
                assert numbers(one) == list(range(1, len(one.heard) + 1))
                assert set(answered) <= set(one.heard)
                assert one.told == two.told == ["up", "down", "up"]

    asyncio.run(main())


def test_a_loss_of_which_nats_py_does_not_tell_is_noticed(monkeypatch):
    async def close(self, status, do_cbs=True):
        return await told_of(self, status, do_cbs=False)

    told_of = nats.aio.client.Client._close
    monkeypatch.setattr(nats.aio.client.Client, "_close", close)

    async def main():
        with wsdemo.broker("nats") as broker:
            async with Listener(broker.url, "silent") as room:
                await asyncio.to_thread(broker.kill)
                await room.until(lambda: "down" in room.told)
                await asyncio.to_thread(broker.start)
                await room.until(lambda: room.told == ["up", "down", "up"])

    asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_a_broker_that_has_lost_all_begins_another_epoch(kind, monkeypatch):
    async def main():
        with wsdemo.broker(kind) as broker:
            async with Listener(broker.url, "lost") as room:
                before = await room.bus.publish("before")
                await room.until_heard(1)
                await asyncio.to_thread(broker.kill)
                await room.until(lambda: "down" in room.told)
                for each in broker.program.folder.iterdir():
                    if each.name in ("appendonlydir", "jetstream"):
                        shutil.rmtree(each)
                await asyncio.to_thread(broker.start)
                await room.until(lambda: room.told[-1] == "up")
                assert room.told == ["up", "down", "gap", "up"]
                after = await room.bus.publish("after")
                await room.until_heard(2)
                assert after.endswith("-1")
                assert room.bus.history.since(before) == ([(after, "after")], True)

    asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_while_it_was_away_more_was_said_than_is_kept(kind):
    """The one that comes back knows that it has missed something, and says so."""

    async def main():
        with wsdemo.broker(kind) as broker:
            port = broker.program.ports[0]
            relayed = wsdemo.Wire(f"ws://127.0.0.1:{port}")  # any line will do
            url = relayed.url.replace("ws://", f"{kind}://")
            async with (
                Listener(broker.url, "full", keep=5) as near,
                Listener(url, "full", keep=5) as far,
            ):
                first = await near.bus.publish("first")
                await far.until_heard(1)
                relayed.freeze()
                # Redis trims whole blocks of a hundred entries, so it takes many.
                for number in range(300):
                    await near.bus.publish(str(number))
                relayed.cut()
                relayed.thaw()
                await far.until(lambda: far.heard[-1][1] == "299")
                await far.until(lambda: far.told[-1] == "up")
                assert far.told == ["up", "down", "gap", "up"]
                assert far.bus.history.since(first).gap
            relayed.stop()

    asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_no_broker_is_said_with_its_address(kind, monkeypatch):
    monkeypatch.setattr(buses, "ANSWER_TIME", 0.3)

    async def main():
        with wsdemo.broker(kind) as broker:
            url = broker.url.replace("//", "//ana:secret@")
            port = broker.program.ports[0]
        with pytest.raises(BusDown, match=f"no bus at {kind}://127.0.0.1:{port}: .+") as told:
            await open_bus(url).start(print)
        assert "secret" not in str(told.value)

    asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_an_attempt_that_fails_leaves_no_socket_open(kind, monkeypatch):
    """The listener of a program that is ending accepts a connection and resets it."""
    monkeypatch.setattr(buses, "ANSWER_TIME", 0.3)
    attempts = []

    async def reset(_, writer):
        attempts.append(writer)
        writer.transport.abort()

    async def main():
        async with await asyncio.start_server(reset, "127.0.0.1", 0) as listener:
            port = listener.sockets[0].getsockname()[1]
            with pytest.raises(BusDown):
                await open_bus(f"{kind}://127.0.0.1:{port}").start(print)

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        asyncio.run(main())
        gc.collect()
    assert attempts
    assert [str(warning.message) for warning in seen] == []


def test_an_address_that_nats_cannot_read_is_the_reason_given(monkeypatch):
    monkeypatch.setattr(buses, "ANSWER_TIME", 0.3)
    with pytest.raises(BusDown, match="invalid connect url"):
        asyncio.run(open_bus("nats://127.0.0.1:port").start(print))


def test_who_leaves_at_once_has_left(brokers):
    """Redis' library may lose a cancellation that comes together with an answer."""

    async def main():
        for _ in range(20):
            bus = open_bus(brokers["redis"].url, "short")
            await bus.start(print)
            async with asyncio.timeout(3):
                await bus.stop()
                await bus.stop()

    asyncio.run(main())


def test_before_it_is_up_nothing_is_said():
    async def main():
        with pytest.raises(BusDown, match=r"no bus at redis://127\.0\.0\.1:1"):
            await open_bus("redis://127.0.0.1:1").publish("x")

    asyncio.run(main())


@pytest.mark.parametrize("url", ["", "chat", "kafka://host", "http://127.0.0.1"])
def test_there_are_no_other_buses(url):
    with pytest.raises(ValueError, match="no bus for"):
        open_bus(url)


def test_a_history_keeps_something():
    with pytest.raises(ValueError, match="1 message or more"):
        open_bus("memory:", keep=0)


def test_a_library_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    monkeypatch.delitem(sys.modules, "wsdemo.bus.redis", raising=False)
    with pytest.raises(ModuleNotFoundError, match=r"needs the library redis.*pip install"):
        open_bus("redis://127.0.0.1")
