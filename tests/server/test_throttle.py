"""Who sends too fast waits; nobody alive is taken for dead, and nobody dead for alive."""

import asyncio
import json
import queue
import threading
import time

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

import wsdemo
from wsdemo.apps import chat, heartbeat, patterns
from wsdemo.frames import Opcode
from wsdemo.server import throttle
from wsdemo.server.limits import Limits, rate_limited, serve_limited

pytestmark = pytest.mark.usefixtures("nothing_left_running")

FASTER = 25  # how many times as fast as in a shipped server all clocks run
LIBRARYS = 20  # seconds, websockets' ping_interval and ping_timeout


def faster(limits):
    """A shipped server's limits, and its heartbeat, on a clock that runs faster."""
    assert limits.rate
    return Limits(max_size=limits.max_size, rate=limits.rate * FASTER, burst=limits.burst)


def says(number):
    return json.dumps({"user": "bot", "message": str(number)})


def asks(number):
    return json.dumps({"id": number, "action": "getData"})


@pytest.mark.parametrize(
    ("app", "shipped", "text", "field"),
    [(chat, chat.HEARTBEAT, says, "message"), (patterns, LIBRARYS, asks, "id")],
    ids=["chat", "patterns"],
)
def test_three_thousand_in_one_go_all_arrive(app, shipped, text, field):
    """Both ends ping, as by default; it takes longer than either would wait for a Pong."""
    beat = shipped / FASTER
    limits = faster(app.LIMITS)
    assert (3000 - limits.burst) / limits.rate > 2 * beat
    alive = {"ping_interval": LIBRARYS / FASTER, "ping_timeout": LIBRARYS / FASTER}
    own = {"heartbeat": beat} if app is chat else {"ping_interval": beat, "ping_timeout": beat}

    async def main(url):
        async with connect(url, max_queue=None, **alive) as client, asyncio.timeout(60):
            for number in range(3000):
                await client.send(text(number))
            return [json.loads(await client.recv())[field] for _ in range(3000)]

    with app.serve(limits=limits, **own) as server:
        assert list(map(int, asyncio.run(main(server.url)))) == list(range(3000))


def count(handled, limits):
    async def handler(connection):
        async for message in rate_limited(connection, limits):
            handled.append(message)

    return handler


def test_where_too_much_waits_the_sender_has_to_wait_and_is_not_taken_for_dead(monkeypatch):
    monkeypatch.setattr(throttle, "MOST_WAITING", 2**14)
    handled, limits = [], Limits(rate=50, burst=1)
    options = {"ping_interval": 0.4, "ping_timeout": 0.4, "close_timeout": 0.2}

    async def main(url):
        async with connect(url, ping_interval=None) as client:
            sent, piece = 0, bytes(2**16)
            try:
                async with asyncio.timeout(2):  # five times as long as the server waits for a Pong
                    while True:
                        await client.send(piece)
                        sent += 1
            except TimeoutError:
                pass
            assert sent < 500, "31 MiB, and TCP has not slowed the sender down"
            assert client.close_code is None
            async with asyncio.timeout(30):
                while len(handled) < sent:
                    await asyncio.sleep(0.05)
            pong = await client.ping()  # and in the end it is answered
            await asyncio.wait_for(pong, 5)

    with serve_limited(count(handled, limits), limits, **options) as server:
        asyncio.run(main(server.url))


def test_while_reading_is_stopped_no_time_counts(monkeypatch):
    """A message comes every two seconds, so seldom that it is no sign of life."""
    monkeypatch.setattr(throttle, "MOST_WAITING", 1)
    handled, limits = [], Limits(rate=0.5, burst=1)
    options = {"ping_interval": 0.8, "ping_timeout": 0.8, "close_timeout": 0.2, "max_queue": 1}

    async def main(url):
        async with connect(url, ping_interval=None) as client:
            for number in range(4):
                await client.send(str(number))
            async with asyncio.timeout(20):
                while len(handled) < 4:
                    await asyncio.sleep(0.05)
            await asyncio.wait_for(await client.ping(), 5)

    with serve_limited(count(handled, limits), limits, **options) as server:
        asyncio.run(main(server.url))


def test_a_message_is_a_sign_of_life(raw):
    """A peer that never sends a Pong, and speaks."""
    handled, limits = [], Limits(rate=1000)
    options = {"ping_interval": 0.4, "ping_timeout": 1.2, "close_timeout": 0.2}
    with (
        serve_limited(count(handled, limits), limits, **options) as server,
        raw(server.url) as client,
    ):
        client.upgrade()
        for _ in range(20):  # for longer than a ping may wait for its pong
            client.send_frame(Opcode.TEXT, b"still here")
            time.sleep(0.1)
        begin = time.monotonic()
        frames = client.last_frames()
        assert time.monotonic() - begin < 4
        assert len(handled) == 20
        assert (frames[-1].close_code, frames[-1].close_reason) == (1011, "keepalive ping timeout")


def test_a_dead_sender_is_found_while_its_messages_wait_and_they_are_heard(raw):
    handled, limits = [], Limits(rate=10, burst=1)
    options = {"ping_interval": 0.4, "ping_timeout": 0.4, "close_timeout": 0.2}
    with (
        serve_limited(count(handled, limits), limits, **options) as server,
        raw(server.url) as client,
    ):
        client.upgrade()
        for number in range(40):  # four seconds' worth, and then silence
            client.send_frame(Opcode.TEXT, str(number).encode())
        begin = time.monotonic()
        client.last_frames()
        assert time.monotonic() - begin < 2
        deadline = time.monotonic() + 10
        while len(handled) < 40 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert handled == [str(number) for number in range(40)]


def test_what_a_sender_said_before_it_left_is_heard():
    async def main(url):
        async with connect(url) as bob:
            async with connect(url) as eve:
                for number in range(60):
                    await eve.send("not JSON" if number == 30 else says(number))
            async with asyncio.timeout(10):
                heard = [json.loads(await bob.recv())["message"] for _ in range(59)]
        assert heard == [str(number) for number in range(60) if number != 30]

    with chat.serve(limits=Limits(rate=100, burst=5)) as server:
        asyncio.run(main(server.url))
    assert server.errors == []


def test_a_sender_that_is_cut_off_ends_the_loop_with_the_reason():
    ended, limits = [], Limits(rate=100, burst=5)

    async def handler(connection):
        try:
            async for message in rate_limited(connection, limits):
                ended.append(message)
        except ConnectionClosed as closed:
            ended.append(closed.rcvd)

    async def main(server):
        with wsdemo.Wire(server.url) as wire:
            async with connect(wire.url) as client:
                for _ in range(10):
                    await client.send("x")
                pong = await client.ping()
                await pong  # so all has arrived
                wire.cut()
            async with asyncio.timeout(5):
                while len(ended) < 11:
                    await asyncio.sleep(0.01)

    with serve_limited(handler, limits) as server:
        asyncio.run(main(server))
    assert ended == ["x"] * 10 + [None]


def test_a_sender_that_leaves_ends_the_loop():
    ended, limits = threading.Event(), Limits(rate=1000)

    async def handler(connection):
        async for _ in rate_limited(connection, limits):
            pass
        ended.set()

    async def main(url):
        async with connect(url) as client:
            await client.send("bye")

    with serve_limited(handler, limits) as server:
        asyncio.run(main(server.url))
        assert ended.wait(5)


def test_time_that_has_passed_counts_for_the_next_message():
    handled, limits = queue.SimpleQueue(), Limits(rate=2, burst=1)

    async def handler(connection):
        async for _ in rate_limited(connection, limits):
            handled.put(time.monotonic())

    async def main(url):
        async with connect(url) as client:
            await client.send("first")
            first = await asyncio.to_thread(handled.get, timeout=5)
            await asyncio.sleep(0.25)  # half of the time until the next one may come
            await client.send("second")
            return await asyncio.to_thread(handled.get, timeout=5) - first

    with serve_limited(handler, limits) as server:
        assert 0.4 < asyncio.run(main(server.url)) < 0.9


def test_the_heartbeat_server_does_not_take_a_fast_sender_for_dead(monkeypatch):
    monkeypatch.setattr(throttle, "MOST_WAITING", 2**12)

    async def main(url):
        async with connect(url, max_queue=None, ping_interval=None) as client:
            for _ in range(300):
                await client.send('{"type": "heartbeat"}')
            async with asyncio.timeout(20):
                for _ in range(300):
                    await client.recv()

    with heartbeat.serve(0.4, Limits(rate=100, burst=10)) as server:
        asyncio.run(main(server.url))
