"""When ReconnectingClient gives up."""

import asyncio
import ssl
import threading

import pytest
import trustme
from websockets.exceptions import ConnectionClosedError, InvalidStatus, InvalidURI

import wsdemo
from tests.reconnect.kit import PATIENCE, Told, closing, echo, first
from wsdemo.reconnect.client import FATAL_CODES, ReconnectingClient

pytestmark = pytest.mark.usefixtures("nothing_left_running")


def refusing(*statuses):
    """Make a process_request that refuses with these, one after the other, then lets in."""
    left = list(statuses)
    return lambda connection, request: connection.respond(left.pop(0), "") if left else None


@pytest.mark.parametrize("status", [401, 403, 404, 501])
def test_fatal_refusals_end_it(status):
    async def main():
        with wsdemo.serve(echo, process_request=refusing(*[status] * 9)) as server:
            told = Told(server.url)
            with pytest.raises(InvalidStatus, match=f"HTTP {status}"):
                async with told.client as client:
                    await first(client)
            assert told.events == []

    asyncio.run(main())


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_passing_refusals_do_not(status):
    async def main():
        with wsdemo.serve(echo, process_request=refusing(status, status)) as server:
            told = Told(server.url)
            async with told.client as client:
                await client.send("Hello")
                assert await first(client) == "Hello"
            assert told.ceilings == [5, 10]

    asyncio.run(main())


@pytest.mark.parametrize("code", [1003, 1008, 1009, 4401])
def test_fatal_close_codes_end_it(code):
    async def main():
        with wsdemo.serve(closing(code, 1)) as server:
            told = Told(server.url, fatal=FATAL_CODES | {4401})
            with pytest.raises(ConnectionClosedError, match=f"received {code}"):
                async with told.client as client:
                    await first(client)
            assert [each[0] for each in told.events] == ["open", "close"]

    asyncio.run(main())


@pytest.mark.parametrize("code", [1000, 1001, 1011, 1012, 1013, 4401])
def test_other_close_codes_do_not(code):
    async def main():
        with wsdemo.serve(closing(code, 1)) as server:
            told = Told(server.url)
            async with told.client as client:
                await client.send("Hello")
                await told.until("open", 2)
                if not told.client.unsent:
                    await client.send("Hello")  # the first was lost with its connection
                assert await first(client) == "Hello"

    asyncio.run(main())


def test_a_line_that_is_cut_does_not():
    async def main():
        with wsdemo.serve(echo) as server, wsdemo.Wire(server.url) as wire:
            told = Told(wire.url)
            async with told.client:
                await told.until("open")
                wire.cut()
                await told.until("open")
            assert told.events[1][1].rcvd is None

    asyncio.run(main())


def test_an_untrusted_certificate_ends_it():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost", "127.0.0.1").configure_cert(context)

    async def main():
        with wsdemo.serve(echo, ssl=context) as server:
            told = Told(server.url)
            with pytest.raises(ssl.SSLCertVerificationError):
                async with told.client as client:
                    await first(client)

    asyncio.run(main())


def test_an_address_that_is_none_ends_it():
    async def main():
        with pytest.raises(InvalidURI):
            async with ReconnectingClient("http://127.0.0.1") as client:
                await first(client)

    asyncio.run(main())


async def fails(client):
    async with client:
        await client._until(lambda: client._ended)
        raise KeyError


def test_the_reason_is_told_once_and_to_all_who_wait():
    async def main():
        with wsdemo.serve(echo, process_request=refusing(401, 401, 401)) as server:
            async with ReconnectingClient(server.url) as client:
                for _ in range(2):
                    with pytest.raises(InvalidStatus):
                        await first(client)
                with pytest.raises(InvalidStatus):
                    await client.send("Hello")
            with pytest.raises(InvalidStatus):  # nobody has asked: the end of the block tells
                async with ReconnectingClient(server.url) as client:
                    await client._until(lambda: client._ended)
            with pytest.raises(KeyError):  # what went wrong inside is not hidden by it
                await fails(ReconnectingClient(server.url))

    asyncio.run(main())


def test_a_send_that_waits_is_told_too():
    async def main():
        go_on = threading.Event()

        async def gate(connection, request):
            await asyncio.to_thread(go_on.wait, PATIENCE)
            return connection.respond(401, "")

        with wsdemo.serve(echo, process_request=gate) as server:
            async with ReconnectingClient(server.url, queue=1) as client:
                await client.send("one")
                waiting = asyncio.create_task(client.send("two"))
                await asyncio.sleep(0)
                assert not waiting.done()
                go_on.set()
                with pytest.raises(InvalidStatus):
                    await asyncio.wait_for(waiting, PATIENCE)
                assert client.unsent == ["one"]

    asyncio.run(main())
