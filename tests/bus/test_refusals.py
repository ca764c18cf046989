"""What a broker refuses, and what is said then."""

import asyncio
import json

import pytest
import redis.asyncio
from websockets.asyncio.client import connect

import wsdemo
from tests.bus.kit import Redis, rooms
from wsdemo.apps import chat
from wsdemo.bus import core as buses
from wsdemo.bus.core import BusDown, open_bus


def test_a_refusal_of_the_broker_reaches_the_sender(brokers):
    """Redis with no memory left answers, and its answer helps; its address is nobody's business."""

    async def main():
        url = brokers["redis"].url
        with chat.serve(bus=url) as server:
            async with connect(server.url) as ana, Redis(url, "chat") as person:
                await person.client.config_set("maxmemory", 1)
                try:
                    await ana.send(json.dumps({"user": "ana", "message": "hi"}))
                    told = json.loads(await asyncio.wait_for(ana.recv(), 5))
                finally:
                    await person.client.config_set("maxmemory", 0)
        assert told["error"].startswith("not sent: the bus refuses it: ")
        assert "maxmemory" in told["error"]
        assert "127.0.0.1" not in told["error"]

    asyncio.run(main())


def test_an_old_redis_is_refused_at_the_start(brokers, monkeypatch):
    """An answer to INFO of version 6 stands for the broker; tried with a real 6.2.14 by hand."""

    async def info(self, *_):
        return {"redis_version": "6.2.14"}

    monkeypatch.setattr(redis.asyncio.Redis, "info", info)
    monkeypatch.setattr(buses, "ANSWER_TIME", 60)  # it is refused, and not waited for

    async def main():
        said = r"no bus at redis://.*: it is Redis 6\.2\.14; the bus needs Redis 7 or newer"
        async with asyncio.timeout(5):
            with pytest.raises(BusDown, match=said):
                await open_bus(brokers["redis"].url, next(rooms)).start(print)

    asyncio.run(main())


def test_a_nats_server_without_jetstream_is_refused_at_the_start(monkeypatch):
    monkeypatch.setattr(buses, "ANSWER_TIME", 60)
    monkeypatch.setattr(
        "wsdemo.programs.brokers.NATS_CONFIGURATION",
        "host: 127.0.0.1\nport: {nats}\nhttp: {mqtt}\n"
        "websocket {{ host: 127.0.0.1, port: {websocket}, no_tls: true }}\n",
    )

    async def main():
        with wsdemo.broker("nats") as broker:
            said = r"no bus at nats://.*: it is NATS 2\.\d+ without JetStream; start nats-server"
            async with asyncio.timeout(5):
                with pytest.raises(BusDown, match=said):
                    await open_bus(broker.url, next(rooms)).start(print)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://localhost", "redis://localhost"),
        ("redis://:secret@localhost:1/2", "redis://localhost:1"),
        ("nats://[::1]:1", "nats://[::1]:1"),
    ],
)
def test_an_address_is_shown_as_it_was_given_without_its_password(url, shown):
    async def main():
        with pytest.raises(BusDown) as told:
            await open_bus(url).publish("x")
        assert str(told.value) == f"no bus at {shown}: no answer"

    asyncio.run(main())
