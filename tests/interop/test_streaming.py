"""Lesson 20's programs in JavaScript: a stop and a disconnect reach the model, on both sides."""

import asyncio
import contextlib
import json
import re
import socket

import pytest
from websockets.sync.client import connect

import wsdemo
from tests.checks.worked import SOLUTIONS
from tests.interop.programs import node_server

PATIENCE = 10  # s
MODEL = ("20_streaming_server.mjs", 0, 10_000, 1)
"""An answer that nobody waits for to its end."""

pytestmark = pytest.mark.node


def ask(client, tokens):
    """Ask, and read so many tokens."""
    client.send(json.dumps({"action": "ask", "question": "When does Eve pay?"}))
    for _ in range(tokens):
        assert "token" in json.loads(client.recv(timeout=PATIENCE))


def counted(server):
    """The server's count of an answer that was stopped."""
    return int(re.fullmatch(r"stopped after (\d+) tokens\n", server.stdout.readline())[1])


def read_to_the_end(client):
    received = 0
    while True:
        message = json.loads(client.recv(timeout=PATIENCE))
        if "end" in message:
            return received, message
        received += 1


def test_a_stop_ends_the_model_within_one_token_each_time(require_node):
    with (
        node_server(require_node, *MODEL) as (server, port),
        connect(f"ws://127.0.0.1:{port}") as client,
    ):
        for run in range(100):
            ask(client, 1 + run % 5)
            client.send('{"action": "stop"}')
            received, message = read_to_the_end(client)
            assert message["end"] == "stopped"
            assert 0 <= message["computed"] - (1 + run % 5 + received) <= 1
            assert counted(server) == message["computed"]


@pytest.mark.parametrize("how", ["close", "cut"])
def test_a_client_that_leaves_ends_the_model(require_node, how):
    with (
        node_server(require_node, *MODEL) as (server, port),
        connect(f"ws://127.0.0.1:{port}") as client,
    ):
        ask(client, 3)
        if how == "close":
            client.close()
        else:
            client.socket.shutdown(socket.SHUT_RDWR)
        assert 3 <= counted(server) < 10_000


def test_a_stop_without_an_answer_and_what_is_not_json_are_left_alone(require_node):
    with (
        node_server(require_node, "20_streaming_server.mjs", 0, 3, 1) as (server, port),
        connect(f"ws://127.0.0.1:{port}") as client,
    ):
        for text in ('{"action": "stop"}', "no JSON", "null"):
            client.send(text)
        ask(client, 3)
        assert read_to_the_end(client) == (0, {"end": "complete", "computed": 3})
        assert server.stdout.readline() == "complete after 3 tokens\n"


def test_client_and_server_in_node(require_node, node):
    with node_server(require_node, "20_streaming_server.mjs", 0, 200, 1) as (_, port):
        lines = node("20_streaming_client.mjs", f"ws://127.0.0.1:{port}")
    assert lines == [
        "stopped; at most one more token: true",
        "complete; at most one more token: true",
    ]


def test_the_client_and_the_worked_answer(node):
    """Node's client stops the Python handler of exercise 20.1, which sends no count."""

    async def handler(connection):
        async def stream(question):
            for number in range(200):
                await asyncio.sleep(0.001)
                yield f"{question} {number}"

        with contextlib.suppress(Exception):
            await SOLUTIONS["20.1"](connection, stream)

    with wsdemo.serve(handler) as server:
        lines = node("20_streaming_client.mjs", server.url)
    assert [line.partition(";")[0] for line in lines] == ["stopped", "complete"]
