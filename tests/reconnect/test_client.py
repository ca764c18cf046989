"""ReconnectingClient comes back, and waits before it does."""

import asyncio
import itertools

import pytest
from websockets.exceptions import ConnectionClosedError

import wsdemo
from tests.reconnect.kit import PATIENCE, Told, closing, echo, first
from wsdemo.reconnect.client import ReconnectingClient

pytestmark = pytest.mark.usefixtures("nothing_left_running")


async def restart(server):
    """Close the only connection as a server does that will be back."""
    await asyncio.to_thread(server.run, server.connections[0].close(1012))


async def talk(told, server):
    async with told.client as client:
        await client.send("one")
        heard = [await told.hear()]
        await told.until("open")
        await restart(server)
        await told.until("open")
        await client.send("two")
        return [*heard, await told.hear()]


def test_handlers_survive_a_reconnect():
    async def main():
        with wsdemo.serve(echo) as server:
            told = Told(server.url).listen()
            assert await talk(told, server) == ["one", "two"]
            assert [each[0] for each in told.events] == ["open", "close", "retry", "open"]
            assert told.events[1][1].rcvd.code == 1012
            assert told.events[2][1:] == (2.5, told.events[1][1])
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_iteration_goes_on_across_connections():
    async def main():
        with wsdemo.serve(echo) as server:
            told = Told(server.url)
            async with told.client as client, asyncio.timeout(PATIENCE):
                await client.send("one")
                heard = []
                async for message in client:
                    heard.append(message)
                    if message == "two":
                        break
                    await restart(server)
                    await told.until("open", 2)
                    await client.send("two")
                assert heard == ["one", "two"]

    asyncio.run(main())


def test_each_connection_begins_with_the_first_messages_and_then_comes_the_queue():
    heard, logins = [], itertools.count(1)

    async def keep(connection):
        heard.append([])
        async for message in connection:
            heard[-1].append(message)
            await connection.send(message)

    async def main():
        with wsdemo.serve(keep) as server:
            told = Told(server.url, first=lambda: [f"log-in {next(logins)}", "subscribe"]).listen()
            async with told.client as client:
                await client.send("one")  # before there is a connection
                for _ in range(3):
                    await told.hear()
                await restart(server)
                await client.send("two")
                for _ in range(3):
                    await told.hear()

    asyncio.run(main())
    assert heard == [["log-in 1", "subscribe", "one"], ["log-in 2", "subscribe", "two"]]


def test_it_waits_for_a_server_that_is_not_there_yet():
    async def main():
        with wsdemo.serve(echo) as server:
            url, port = server.url, server.port
        told = Told(url)
        async with told.client as client:
            await told.until("retry", 3)
            assert isinstance(told.events[0][2], OSError)
            with wsdemo.serve(echo, port=port):
                await client.send("Hello")
                assert await first(client) == "Hello"

    asyncio.run(main())


def test_the_address_may_be_made_for_each_connection():
    tickets, seen = iter("ab"), []

    async def address():
        return f"{server.url}/?ticket={next(tickets)}"

    async def note(connection):
        seen.append(connection.request.path)
        await connection.close(1012 if len(seen) == 1 else 1008)

    async def main():
        told = Told(address)
        with pytest.raises(ConnectionClosedError):
            async with told.client as client:
                await first(client)

    with wsdemo.serve(note) as server:
        asyncio.run(main())
    assert seen == ["/?ticket=a", "/?ticket=b"]


def ceilings_after(handler, retries, **options):
    async def main():
        with wsdemo.serve(handler) as server:
            told = Told(server.url, **options)
            async with told.client:
                await told.until("retry", retries)
            assert told.slept[:retries] == [each / 2 for each in told.ceilings[:retries]]
            return told.ceilings[:retries]

    return asyncio.run(main())


def test_waits_grow_to_the_cap_while_connections_do_not_last():
    expected = [5, 10, 20, 30, 30, 30]
    assert ceilings_after(closing(1013, 99), 6) == expected


def test_a_connection_that_lasted_starts_the_count_anew():
    assert ceilings_after(closing(1013, 99), 4, stable=0) == [5, 5, 5, 5]


def test_base_and_cap():
    assert ceilings_after(closing(1011, 99), 4, base=0.5, cap=1.5) == [0.5, 1, 1.5, 1.5]


def test_the_default_waits_are_random_and_within_bounds():
    async def main():
        waits = []

        async def sleep(seconds):
            waits.append(seconds)
            await asyncio.sleep(0)

        with wsdemo.serve(closing(1013, 99)) as server:
            told = Told("")
            client = ReconnectingClient(server.url, base=1, cap=2, sleep=sleep)
            client.on("retry", lambda *about: told._note("retry"))
            async with client:
                await told.until("retry", 12)
        assert 0 <= waits[0] <= 1
        assert all(0 <= each <= 2 for each in waits)
        assert len(set(waits)) == len(waits)

    asyncio.run(main())


def test_more_failures_than_a_float_has_powers():
    """5.0 * 2**1024 is no float: a naive ceiling raises OverflowError after some hours."""

    async def main():
        client = ReconnectingClient(
            lambda: fail(), base=5.0, sleep=lambda seconds: asyncio.sleep(0)
        )
        times = itertools.count(1)
        enough = asyncio.Event()

        def fail():
            if next(times) > 1100:
                enough.set()
            raise OSError("no network")

        async with client:
            await asyncio.wait_for(enough.wait(), PATIENCE)

    asyncio.run(main())
