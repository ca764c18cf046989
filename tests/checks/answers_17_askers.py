"""Answers to 17.3: tests of a client that test something else, or miss too much."""

import json
import threading

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.checks.worked import SOLUTIONS

replies, trouble, limit = SOLUTIONS["17.3"]


async def answers(connection):
    async for message in connection:
        question = json.loads(message)
        await connection.send(json.dumps({"id": question["id"], "data": 3}))


def the_stub(ask, serve):
    async def script(connection):
        question = json.loads(await connection.recv())
        await connection.send(json.dumps({"id": question["id"], "data": 3}))

    assert ask(serve(script).url, "What is a coffee?") == 3


def tests_the_library(ask, serve):
    with connect(serve(answers).url) as client:
        client.send(json.dumps({"id": 1, "question": "What is a coffee?"}))
        assert json.loads(client.recv(timeout=2))["data"] == 3


def asserts_nothing(ask, serve):
    ask(serve(answers).url, "What is a coffee?")


def a_script_that_knows_the_id(ask, serve):
    """Fail from the second question on, as the first id is not always 1."""

    async def script(connection):
        await connection.recv()
        await connection.send(json.dumps({"id": 1, "data": 3}))

    url = serve(script).url
    assert [ask(url, "one"), ask(url, "two")] == [3, 3]


def expects_none_for_an_error(ask, serve):
    async def script(connection):
        question = json.loads(await connection.recv())
        await connection.send(json.dumps({"id": question["id"], "error": "no"}))

    assert ask(serve(script).url, "What is a coffee?") is None


def waits_for_ever(ask, serve):
    """Wait for an event that a client that closes too late never sets."""
    closed = threading.Event()

    async def script(connection):
        question = json.loads(await connection.recv())
        await connection.send(json.dumps({"id": question["id"], "data": 3}))
        await connection.wait_closed()
        closed.set()

    assert ask(serve(script).url, "one") == 3
    closed.wait()


def catches_everything(ask, serve):
    try:
        replies(ask, serve)
        trouble(ask, serve)
    except Exception:
        pass


def takes_one(ask):
    raise AssertionError("nobody calls it")


def a_broken_script(ask, serve):
    async def script(connection):
        question = json.loads(await connection.recv())
        await connection.send(json.dumps({"id": question["number"], "data": 3}))

    assert ask(serve(script).url, "What is a coffee?") == 3


def only_trouble(ask, serve):
    trouble(ask, serve)


WRONG = [
    (a_script_that_knows_the_id, "fails with the right client"),
    (expects_none_for_an_error, "fails with the right client"),
    (waits_for_ever, "waits for ever"),
    (takes_one, "two arguments"),
    (a_broken_script, "fails with the right client"),
]
WRONG_HINTS = [
    (the_stub, "0 of the 10"),
    (catches_everything, "3 of the 10"),  # what pytest.raises raises is no Exception
    (tests_the_library, "never calls `ask`"),
    (asserts_nothing, "0 of the 10"),
    (replies, "5 of the 10"),
    (only_trouble, "of the 10"),
    ([the_stub, only_trouble], "of the 10"),
    ("test_client", "a function"),
]

# Right ones


def in_one(ask, serve):
    replies(ask, serve)
    trouble(ask, serve)


def with_one_clever_server(ask, serve):
    """Do what each question says."""
    seen = []

    async def script(connection):
        async for message in connection:
            request = json.loads(message)
            seen.append(request["id"])
            match request["question"]:
                case "close":
                    await connection.close()
                case "error":
                    await connection.send(json.dumps({"id": request["id"], "error": "no"}))
                case "zero":
                    await connection.send("{")
                    await connection.send(json.dumps({"id": "?", "data": 1}))
                    await connection.send(json.dumps({"id": request["id"], "data": ""}))

    url = serve(script).url
    assert ask(url, "zero") == ""
    for question, expected, limit in (
        ("error", LookupError, 2),
        ("close", ConnectionClosed, 2),
        ("silence", TimeoutError, 0.2),
    ):
        with pytest.raises(expected):
            ask(url, question, limit=limit)
    assert len(set(seen)) == len(seen) == 4


def tidiness(ask, serve):
    """See the end of the connection at the server."""
    ends = []

    async def script(connection):
        async for message in connection:
            await connection.send(json.dumps({"id": json.loads(message)["id"], "data": 1}))
        ends.append(connection.close_code)

    with_end = serve(script)
    assert ask(with_end.url, "one") == 1
    with_end.stop()
    assert ends == [1000]


async def asynchronous(ask, serve):
    replies(ask, serve)
    trouble(ask, serve)


GOOD = [in_one, (replies, trouble, limit), with_one_clever_server, asynchronous, [in_one, tidiness]]

MISTAKES = [("17.3", *row) for row in WRONG]
HINTS = [("17.3", *row) for row in WRONG_HINTS]
RIGHT = [("17.3", each) for each in GOOD]
