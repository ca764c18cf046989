"""Answers to 17.2: tests of a room that miss too much, fail on the right one, or wait for ever."""

import asyncio
import contextlib
import json
import time

import pytest
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.checks.worked import SOLUTIONS

messages, come_and_go, refused = SOLUTIONS["17.2"]


def the_stub(url):
    with connect(url + "/ana") as ana, connect(url + "/bob") as bob:
        ana.send("Hello")
        assert bob.recv(timeout=2) == "ana: Hello"


def asserts_nothing(url):
    with connect(url + "/ana") as ana, connect(url + "/bob") as bob:
        ana.send("Hello")
        print(bob.recv(timeout=2))


def only_connects(url):
    with connect(url + "/ana"):
        pass


def is_always_true(url):
    with connect(url + "/ana") as ana, connect(url + "/bob") as bob:
        ana.send("Hello")
        assert "ana: Hello" or bob.recv(timeout=2)  # noqa: SIM222


def catches_its_own_failure(url):
    with contextlib.suppress(Exception):
        messages(url)
        come_and_go(url)
        refused(url)


def without_a_time_limit(url):
    with connect(url + "/ana") as ana, connect(url + "/bob") as bob, connect(url + "/cas") as cas:
        ana.send("one")
        ana.send("two")
        for other in (bob, cas):
            assert [other.recv(), other.recv()] == ["ana: one", "ana: two"]


def never_mentions_what_must_not_come(url):
    """Assert all that arrives, in a room of two."""
    with connect(url + "/ana") as ana, connect(url + "/bob") as bob:
        for text in ("one", "two", "three"):
            ana.send(text)
            assert bob.recv(timeout=2) == f"ana: {text}"
    come_and_go(url)


def expects_an_echo(url):
    with connect(url + "/ana") as ana:
        ana.send("Hello")
        assert ana.recv(timeout=1) == "ana: Hello"


def without_the_path(url):
    with connect(url) as ana, connect(url) as bob:
        ana.send("Hello")
        assert bob.recv(timeout=1) == "Hello"


def looks_at_once(url):
    """Race: no time at all for the message to arrive."""
    with connect(url + "/ana") as ana, connect(url + "/bob") as bob:
        ana.send("Hello")
        assert bob.recv(timeout=0) == "ana: Hello"


def takes_nothing():
    raise AssertionError("nobody calls it")


async def asynchronous_stub(url):
    async with connect_async(url + "/ana") as ana, connect_async(url + "/bob") as bob:
        await ana.send("Hello")
        assert await asyncio.wait_for(bob.recv(), 2) == "ana: Hello"


def expects_json(url):
    with connect(url + "/ana") as ana, connect(url + "/bob") as bob:
        ana.send("Hello")
        assert json.loads(bob.recv(timeout=2))["user"] == "ana"


def sleeps_for_long(url):
    time.sleep(6)
    messages(url)


WRONG = [
    (without_a_time_limit, "recv(timeout="),
    (expects_an_echo, "fails on the right room"),
    (without_the_path, "fails on the right room"),
    (looks_at_once, "the right room"),
    (takes_nothing, "one argument"),
    (expects_json, "fails on the right room"),
    (sleeps_for_long, "not finished"),
]
WRONG_HINTS = [
    (catches_its_own_failure, "0 of the 10"),
    (the_stub, "1 of the 10"),
    (asserts_nothing, "0 of the 10"),
    (only_connects, "0 of the 10"),
    (is_always_true, "0 of the 10"),
    (never_mentions_what_must_not_come, "of the 10 broken rooms"),
    (asynchronous_stub, "1 of the 10"),
    (messages, "5 of the 10"),
    ([the_stub, refused], "2 of the 10"),
    ([], "a function"),
    ("test_room", "a function"),
]

# Right ones


def in_one(url):
    messages(url)
    come_and_go(url)
    refused(url)


async def asynchronous(url):
    """Three at once, with one limit for all."""
    async with asyncio.timeout(3), contextlib.AsyncExitStack() as stack:

        async def join(name):
            return await stack.enter_async_context(connect_async(f"{url}/{name}"))

        ana, bob, cas = [await join(name) for name in ("ana", "bob", "cas")]
        for text in ("1", "2"):
            await ana.send(text)
        for each in (bob, cas):
            assert [await each.recv() for _ in "12"] == ["ana: 1", "ana: 2"]
        await cas.send("3")
        assert await ana.recv() == await bob.recv() == "cas: 3"
        await (await join("bob")).wait_closed()
        bob.transport.abort()
        await bob.wait_closed()
        await ana.send("4")
        assert await cas.recv() == "ana: 4"
        await ana.send(b"")
        await ana.wait_closed()
        assert ana.close_code == 1003
        dan = await join("dan")
        await dan.close()
        await (await join("dan")).send("5")
        assert await cas.recv() == "dan: 5"


class Suite:
    """Tests as methods, as a class of pytest's has them."""

    def test_messages(self, url):
        messages(url)

    def test_members(self, url):
        come_and_go(url)

    def test_bytes(self, url):
        refused(url)


suite = Suite()


def without_pytest(url):
    """Catch what must be raised by hand."""
    messages(url)
    come_and_go(url)
    with connect(url + "/eve") as eve:
        eve.send(bytes(3))
        try:
            eve.recv(timeout=2)
        except ConnectionClosed:
            code = eve.close_code
        else:
            pytest.fail("Eve is still there")
        assert code == 1003


GOOD = [
    in_one,
    (messages, come_and_go),
    asynchronous,
    [suite.test_messages, suite.test_members, suite.test_bytes],
    without_pytest,
]

MISTAKES = [("17.2", *row) for row in WRONG]
HINTS = [("17.2", *row) for row in WRONG_HINTS]
RIGHT = [("17.2", each) for each in GOOD]
