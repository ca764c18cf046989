"""Clients of an MQTT broker: over TCP, over WebSocket, and gone."""

import asyncio

import pytest

import wsdemo
from wsdemo.programs.mqtt import connect_packet, mqtt_client, until_gone

pytestmark = pytest.mark.usefixtures("nothing_left_running")


@pytest.fixture(scope="module")
def broker():
    with wsdemo.broker("mqtt") as broker:
        yield broker


async def receive(client):
    message = await asyncio.wait_for(anext(client.messages), 5)
    return message.payload.decode()


@pytest.mark.parametrize("way", ["url", "websocket_url"])
def test_a_message_comes_over_both_transports(broker, way):
    async def main():
        async with mqtt_client(getattr(broker, way)) as ana, mqtt_client(broker.url) as bob:
            await ana.subscribe("home/kitchen", qos=1)
            await bob.publish("home/kitchen", "20 °C", qos=1)
            assert await receive(ana) == "20 °C"

    asyncio.run(main())


def test_a_client_that_is_gone_keeps_its_session(broker):
    async def main():
        options = {"identifier": "ana", "clean_session": False}
        async with mqtt_client(broker.url, **options) as ana:
            await ana.subscribe("room", qos=1)
        await until_gone(broker.websocket_url, "ana", clean_session=False)
        async with mqtt_client(broker.url) as bob:
            await bob.publish("room", "missed", qos=1)
        async with mqtt_client(broker.url, **options) as ana:
            assert await receive(ana) == "missed"

    asyncio.run(main())


def test_the_connect_packet_has_these_bytes():
    assert connect_packet("ana").hex(" ") == ("10 0f 00 04 4d 51 54 54 04 02 00 3c 00 03 61 6e 61")
    assert connect_packet("bo", clean_session=False).hex(" ") == (
        "10 0e 00 04 4d 51 54 54 04 00 00 3c 00 02 62 6f"
    )
