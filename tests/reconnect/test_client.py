"""ReconnectingClient: it comes back, keeps what it must, and knows when to give up."""

import asyncio
import contextlib
import itertools
import json
import ssl
import threading

import pytest
import trustme
from websockets.exceptions import ConnectionClosedError, InvalidStatus, InvalidURI

import wsdemo
from wsdemo.reconnect.client import FATAL_CODES, ReconnectingClient
from wsdemo.reconnect.resume import Resume

PATIENCE = 5  # seconds; every wait has a bound, and none needs a tenth of it

pytestmark = pytest.mark.usefixtures("nothing_left_running")


async def echo(connection):
    async for message in connection:
        await connection.send(message)


class Told:
    """What a client says of itself: events that can be waited for, and the times it chose."""

    def __init__(self, url, **options):
        self.ceilings, self.slept, self.events = [], [], []
        self.messages = asyncio.Queue()
        self._happened = asyncio.Queue()
        options = {"ping_interval": None, "close_timeout": 0.5, **options}
        self.client = ReconnectingClient(url, uniform=self._choose, sleep=self._sleep, **options)
        for event in ("open", "close", "retry"):
            self.client.on(event, lambda *about, event=event: self._note(event, *about))

    def _choose(self, least, most):
        assert least == 0
        self.ceilings.append(most)
        return most / 2

    async def _sleep(self, seconds):
        self.slept.append(seconds)
        await asyncio.sleep(0.001)

    def _note(self, event, *about):
        self.events.append((event, *about))
        self._happened.put_nowait(event)

    def listen(self):
        self.client.on("message", self.messages.put_nowait)
        return self

    async def hear(self):
        return await asyncio.wait_for(self.messages.get(), PATIENCE)

    async def until(self, event, times=1):
        async with asyncio.timeout(PATIENCE):
            while times:
                times -= await self._happened.get() == event


def closing(code, times):
    """Make a handler that closes the first connections at once with a code, then echoes."""
    count = itertools.count()

    async def handler(connection):
        if next(count) < times:
            await connection.close(code, "no")
        else:
            await echo(connection)

    return handler


def refusing(*statuses):
    """Make a process_request that refuses with these, one after the other, then lets in."""
    left = list(statuses)
    return lambda connection, request: connection.respond(left.pop(0), "") if left else None


async def first(client):
    async with asyncio.timeout(PATIENCE):
        async for message in client:
            return message


# It comes back


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


# How long it waits


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


# When it gives up


@pytest.mark.parametrize("status", [401, 403, 404, 429, 501])
def test_fatal_refusals_end_it(status):
    async def main():
        with wsdemo.serve(echo, process_request=refusing(*[status] * 9)) as server:
            told = Told(server.url)
            with pytest.raises(InvalidStatus, match=f"HTTP {status}"):
                async with told.client as client:
                    await first(client)
            assert told.events == []

    asyncio.run(main())


@pytest.mark.parametrize("status", [500, 502, 503, 504])
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


# The queue


def test_what_could_not_be_sent_is_kept_in_order():
    async def main():
        with wsdemo.serve(echo) as server:
            port = server.port
        told = Told(server.url).listen()
        async with told.client as client:
            await told.until("retry")
            for n in range(5):
                await client.send(f"{n}")
            assert client.unsent == list("01234")
            with wsdemo.serve(echo, port=port):
                assert [await told.hear() for _ in range(5)] == list("01234")
                assert client.unsent == []

    asyncio.run(main())


def test_a_full_queue_makes_send_wait():
    async def main():
        with wsdemo.serve(echo) as server:
            port = server.port
        told = Told(server.url, queue=2).listen()
        async with told.client as client:
            await client.send("one")
            await client.send(b"two")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.send("lost patience"), 0.05)
            waiting = asyncio.create_task(client.send("three"))
            await asyncio.sleep(0.05)
            assert (client.unsent, waiting.done()) == (["one", b"two"], False)
            with wsdemo.serve(echo, port=port):
                assert [await told.hear() for _ in range(3)] == ["one", b"two", "three"]
                await waiting

    asyncio.run(main())


def test_leaving_lets_the_queue_out_and_says_goodbye():
    heard, codes = [], []

    async def note(connection):
        async for message in connection:
            heard.append(message)
        codes.append(connection.close_code)

    async def main():
        async with ReconnectingClient(server.url) as client:
            for n in range(50):
                await client.send(f"{n}")

    with wsdemo.serve(note) as server:
        asyncio.run(main())
    assert heard == [f"{n}" for n in range(50)]
    assert codes == [1000]


def test_leaving_does_not_wait_for_ever():
    async def main():
        with wsdemo.serve(echo) as server:
            pass
        told = Told(server.url, patience=0.05)
        async with asyncio.timeout(PATIENCE):
            async with told.client as client:
                await client.send("never")
        assert client.unsent == ["never"]
        with pytest.raises(RuntimeError, match="closed"):
            await client.send("later")
        assert await first(client) is None

    asyncio.run(main())


def test_leaving_in_haste_ends_it_too():
    async def main():
        with wsdemo.serve(echo) as server:
            pass
        told = Told(server.url, patience=60)

        async def leave():
            async with told.client as client:
                await client.send("never")

        leaving = asyncio.create_task(leave())
        await told.until("retry")
        leaving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(leaving, PATIENCE)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_what_cannot_be_sent_is_refused_at_once():
    async def main():
        with wsdemo.serve(echo) as server:
            async with ReconnectingClient(server.url) as client:
                for wrong, error in ((None, TypeError), ({}, TypeError), ("\ud800", UnicodeError)):
                    with pytest.raises(error):
                        await client.send(wrong)
                await client.send("right")
                assert await first(client) == "right"

    asyncio.run(main())


# Handlers


def test_a_handler_that_fails_harms_nobody():
    async def main():
        complaints = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        with wsdemo.serve(echo) as server:
            told = Told(server.url)
            told.client.on("message", lambda message: 1 / 0)
            told.listen()
            async with told.client as client:
                await client.send("one")
                await client.send("two")
                assert [await told.hear(), await told.hear()] == ["one", "two"]
        assert [type(each["exception"]) for each in complaints] == [ZeroDivisionError] * 2

    asyncio.run(main())


def test_handlers_that_come_late_and_go_early():
    async def main():
        count = 40

        async def talkative(connection):
            for n in range(count):
                await connection.send(f"{n}")
            await echo(connection)

        with wsdemo.serve(talkative) as server:
            told = Told(server.url)
            async with told.client as client:
                await told.until("open")
                await asyncio.sleep(0.1)  # until no more is read
                assert len(client._inbox) <= 16
                told.listen()
                assert [await told.hear() for _ in range(count)] == [f"{n}" for n in range(count)]
                client.off("message", told.messages.put_nowait)
                await client.send("for async for")
                assert await first(client) == "for async for"
                assert told.messages.empty()

    asyncio.run(main())


def test_handlers_that_are_none():
    client = ReconnectingClient("ws://127.0.0.1")
    with pytest.raises(ValueError, match="only open, message, close, retry"):
        client.on("opened", print)
    with pytest.raises(TypeError, match="async for"):
        client.on("message", echo)
    with pytest.raises(ValueError, match="not in list"):
        client.off("message", print)


def test_it_is_used_in_one_block():
    async def main():
        client = ReconnectingClient("ws://127.0.0.1:1")
        with pytest.raises(RuntimeError, match="in a block"):
            await client.send("early")
        with pytest.raises(RuntimeError, match="in a block"):
            await first(client)
        async with client:
            pass
        with pytest.raises(RuntimeError, match="once"):
            async with client:
                pass

    asyncio.run(main())


@pytest.mark.parametrize("wrong", [{"base": 2, "cap": 1}, {"base": -1}, {"queue": 0}])
def test_numbers_that_mean_nothing(wrong):
    with pytest.raises(ValueError, match="it needs"):
        ReconnectingClient("ws://127.0.0.1", **wrong)


# Resume


def item(epoch, number):
    return json.dumps({"id": f"{epoch}-{number}"})


def test_resume_keeps_the_last_id_and_drops_what_comes_twice():
    resume = Resume()
    assert resume.address("ws://x/feed") == "ws://x/feed"
    news = [item("a", 9), item("a", 10), item("a", 9), item("a", 10), item("b", 1), item("b", 1)]
    assert [resume.is_new(each) for each in news] == [True, True, False, False, True, False]
    assert resume.last == "b-1"
    assert resume.address("ws://x/feed") == "ws://x/feed?since=b-1"
    assert resume.address("ws://x/feed?room=1") == "ws://x/feed?room=1&since=b-1"
    assert Resume("ü&b-c-7").address("ws://x") == "ws://x?since=%C3%BC%26b-c-7"


@pytest.mark.parametrize("odd", ["", "null", "[]", "{}", '{"id": 7}', '{"id": "x"}', b"\xff"])
def test_what_has_no_id_is_always_new(odd):
    resume = Resume("a-5")
    assert resume.is_new(odd)
    assert resume.is_new(odd)
    assert resume.last == "a-5"


def test_an_id_that_is_none():
    with pytest.raises(ValueError, match="invalid literal"):
        Resume("seven")


def test_the_client_resumes_where_it_was():
    paths = []

    async def replays_one_too_many(connection):
        paths.append(connection.request.path)
        since = int(connection.request.path.partition("?since=a-")[2] or 1)
        for number in range(since, since + 3):
            await connection.send(item("a", number))
        await connection.close(1012 if len(paths) < 3 else 1008)

    async def main():
        told = Told(server.url, resume=Resume()).listen()
        with pytest.raises(ConnectionClosedError):
            async with told.client:
                await told.until("close", 3)
        return [json.loads(await told.hear())["id"] for _ in range(told.messages.qsize())]

    with wsdemo.serve(replays_one_too_many) as server:
        heard = asyncio.run(main())
    assert heard == [f"a-{number}" for number in range(1, 8)]
    assert paths == ["/", "/?since=a-3", "/?since=a-5"]
