"""Lesson 20's experiments count the tokens of an answer on both sides."""

import asyncio
import contextlib
import json

import pytest
from websockets.asyncio.client import connect

import wsdemo
from wsdemo.scenes import streaming
from wsdemo.scenes.streaming import QUESTION, ask_and_stop, end_often, read, until


class Model:
    """A model with 200 tokens, one a millisecond."""

    computed = known = running = 0

    async def stream(self, question):
        assert question == QUESTION
        self.running += 1
        try:
            for number in range(200):
                await asyncio.sleep(0.001)
                self.computed += 1
                yield number
        finally:
            self.running -= 1


async def deaf(connection, model):
    async for token in model.stream(await connection.recv()):
        await connection.send(json.dumps({"token": token}))
    await connection.send(json.dumps({"end": "complete"}))


async def send_all(connection, tokens):
    async with contextlib.aclosing(tokens):
        async for token in tokens:
            await connection.send(json.dumps({"token": token}))


async def stoppable(connection, model):
    sending = asyncio.create_task(send_all(connection, model.stream(await connection.recv())))
    try:
        await connection.recv()
    finally:
        model.known = model.computed
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    await connection.send(json.dumps({"end": "stopped"}))


def test_a_stop_that_nobody_reads():
    assert asyncio.run(ask_and_stop(deaf, Model())) == (200, 200, 0, "complete")


def test_a_stop_after_three_tokens():
    received, computed, known, end = asyncio.run(ask_and_stop(stoppable, Model()))
    assert 3 <= received < 200
    assert known <= computed <= known + 1
    assert end == "stopped"


@pytest.mark.parametrize("how", ["stop", "close", "cut"])
def test_the_model_stops_within_one_token_in_a_hundred_of_a_hundred_runs(how):
    runs = asyncio.run(end_often(stoppable, Model(), how))
    assert len(runs) == 100
    assert [each for each in runs if not 0 <= each.computed - each.known <= 1] == []
    assert all(each.computed >= each.received > 0 for each in runs)
    if how == "stop":
        assert [each for each in runs if each.computed - each.received > 1] == []
        assert {each.end for each in runs} == {"stopped"}
    else:
        assert {each.end for each in runs} == {""}


def test_the_count_waits_for_a_server_that_learns_of_the_end_after_its_model():
    async def late(connection, model):
        try:
            await send_all(connection, model.stream(await connection.recv()))
        finally:
            await asyncio.sleep(0.05)
            model.known = model.computed

    [run] = asyncio.run(end_often(late, Model(), "cut", runs=1))
    assert run.known == run.computed > 0


def test_so_many_tokens_are_read_before():
    runs = asyncio.run(end_often(stoppable, Model(), "close", runs=12))
    assert [each.received for each in runs] == [*range(1, 11), 1, 2]
    [run] = asyncio.run(end_often(stoppable, Model(), "cut", runs=1, tokens=4))
    assert run.received == 4


def test_reading_has_a_bound(monkeypatch):
    monkeypatch.setattr(streaming, "PATIENCE", 0.05)

    async def silent(connection):
        await connection.wait_closed()

    async def read_from(url):
        async with connect(url) as client:
            await read(client)

    with wsdemo.serve(silent) as server, pytest.raises(TimeoutError):
        asyncio.run(read_from(server.url))
    with pytest.raises(TimeoutError):
        asyncio.run(until(lambda: False))
