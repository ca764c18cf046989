"""What ReconnectingClient keeps: its queue, its handlers, its place."""

import asyncio
import contextlib
import json

import pytest
from websockets.exceptions import ConnectionClosedError

import wsdemo
from tests.reconnect.kit import PATIENCE, Told, echo, first
from wsdemo.reconnect.client import ReconnectingClient
from wsdemo.reconnect.resume import Resume

pytestmark = pytest.mark.usefixtures("nothing_left_running")


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
