"""The evidence that lesson 14's exercises show is what their stubs really leave."""

import asyncio
import functools
import json
import logging
import pathlib
import re

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

import wsdemo
from wsdemo.checks.lesson_14_debugging import READINGS

LESSON = pathlib.Path(__file__).parents[2] / "notebooks" / "14_debugging.ipynb"
CELLS = json.loads(LESSON.read_text(encoding="utf-8"))["cells"]


def evidence(number):
    """The lines that the text of an exercise shows."""
    [text] = [
        after
        for cell in CELLS
        if cell["cell_type"] == "markdown"
        and (after := "".join(cell["source"]).partition(f"**{number}**")[2])
    ]
    return re.search(r"```text\n(.*?)```", text, re.DOTALL)[1].splitlines()


def stub(number):
    """The handler in the cell of an exercise."""
    [source] = [
        "".join(cell["source"]) for cell in CELLS if f'"{number}"' in "".join(cell["source"])
    ]
    code, _, check = source.rpartition("wsdemo.check")
    scope = {}
    exec(code, scope)
    return scope[check.rpartition(", ")[2].rstrip(")\n")]


def seen(wire):
    """The data frames of a wire's log, without sizes; whose they are where there are several."""
    lines = [re.sub(r"\s+\d+ \+ \d+ bytes.*", "", line) for line in wire.log().splitlines()]
    return [line for line in lines if re.search("──|TEXT|BINARY", line)]


def test_the_wire_of_the_first_exercise():
    async def one(url):
        async with connect(url, compression=None) as client:
            await client.send("now")
            await asyncio.wait_for(client.recv(), 5)

    handler = functools.partial(stub("14.1"), readings=READINGS)
    with wsdemo.serve(handler, name="first", compression=None) as server:
        with wsdemo.Wire(server.url) as wire:
            asyncio.run(one(wire.url))
        assert seen(wire) == evidence("14.1")


def test_the_wire_of_the_second_exercise():
    finish = asyncio.Event()

    async def work(text):
        if text == "slow":
            await finish.wait()
        return text.upper()

    async def two(server, url):
        async with connect(url, compression=None) as ana:
            await ana.send("slow")
            while not any(frame.frame.name == "TEXT" for frame in wire.frames):
                await asyncio.sleep(0.01)
            await (await ana.ping())  # the server has read what came before
            async with connect(url, compression=None) as bob:
                await bob.send("fast")
                assert await asyncio.wait_for(bob.recv(), 5) == "FAST"
                await asyncio.to_thread(server.run, release())
                assert await asyncio.wait_for(bob.recv(), 5) == "SLOW"

    async def release():
        finish.set()

    handler = functools.partial(stub("14.2"), work=work)
    with wsdemo.serve(handler, name="second", compression=None) as server:
        with wsdemo.Wire(server.url) as wire:
            asyncio.run(asyncio.wait_for(two(server, wire.url), 10))
        assert seen(wire) == evidence("14.2")


def test_the_log_of_the_third_exercise():
    records, keeper = [], logging.Handler()
    keeper.emit = records.append
    logger = logging.Logger("third", logging.DEBUG)
    logger.addHandler(keeper)

    async def one():
        async with serve(stub("14.3"), "127.0.0.1", 0, logger=logger) as server:
            url = "ws://{}:{}".format(*server.sockets[0].getsockname())
            async with connect(url) as client:
                await asyncio.wait_for(client.recv(), 5)
                await client.send("yes")
                await asyncio.wait_for(client.recv(), 5)

    asyncio.run(one())
    told = []
    for record in records:
        if re.match("[<>] TEXT", text := record.getMessage()):
            told.append(text.rpartition(" [")[0])
        elif record.exc_info:
            told.append(f"{record.exc_info[0].__name__}: {record.exc_info[1]}")
    assert told == evidence("14.3")
