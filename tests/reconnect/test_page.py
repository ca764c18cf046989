"""A page in Python: its console, its clock, and its WebSocket with listeners."""

import asyncio

import pytest

import wsdemo
from wsdemo.reconnect import page as module
from wsdemo.reconnect.page import Page


async def echo(connection):
    async for message in connection:
        await connection.send(message)
        if message == "bye":
            await connection.close(1000)


def listening(page, url):
    socket = page.websocket(url)
    socket.add_event_listener("open", lambda: page.log("open"))
    socket.add_event_listener("message", lambda message: page.log(f"message {message}"))
    socket.add_event_listener("close", lambda: page.log("close"))
    return socket


def test_events_come_in_order():
    async def main(url):
        async with Page() as page:
            socket = listening(page, url)
            assert socket.ready_state == "CONNECTING"
            assert await page.until("open") == ["open"]
            assert socket.ready_state == "OPEN"
            socket.send("hello")
            socket.send("bye")
            seen = await page.until("close")
            assert seen == ["message hello", "message bye", "close"]
            assert socket.ready_state == "CLOSED"

    with wsdemo.serve(echo) as server:
        asyncio.run(main(server.url))


@pytest.mark.parametrize("status", [None, 401])
def test_one_that_never_opened_only_closes(status):
    def refuse(connection, request):
        return connection.respond(status, "") if status else None

    async def main(url):
        async with Page() as page:
            listening(page, url)
            assert await page.until("close") == ["close"]

    with wsdemo.serve(echo, process_request=refuse) as server:
        if status:
            asyncio.run(main(server.url))
    if not status:  # nobody is there
        asyncio.run(main(server.url))


def test_the_clock_runs_a_thousand_times_as_fast():
    async def main():
        async with Page() as page:
            start = asyncio.get_running_loop().time()
            page.set_timeout(lambda: page.log("later"), 20_000)
            page.set_timeout(lambda: page.log("sooner"), 0)
            assert await page.until("later") == ["sooner", "later"]
            return asyncio.get_running_loop().time() - start

    assert 0.019 < asyncio.run(main()) < 2


def test_a_line_that_does_not_come_is_not_awaited_without_end(monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.05)

    async def main():
        async with Page() as page:
            for _ in range(1000):
                page.log("another line")  # that something comes must not keep it waiting
            with pytest.raises(TimeoutError):
                await page.until("this line")

    asyncio.run(main())


def test_a_page_that_is_closed_is_quiet():
    left = []

    async def room(connection):
        await connection.wait_closed()
        left.append(connection.close_code)

    async def main(url):
        async with Page() as page:
            listening(page, url)
            await page.until("open")
            page.set_timeout(lambda: left.append("timer"), 10_000)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await page.until("close")

    with wsdemo.serve(room) as server:
        asyncio.run(main(server.url))
    assert left == [1001]
