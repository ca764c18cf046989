"""One room on two server processes behind nginx, while servers and brokers are killed.

Counts are asserted, never rates. Guests say numbered words, each when the one before has come back,
and say a word again when they have lost their line, or were told that it was not said.
"""

import asyncio
import collections
import contextlib
import json
import os
import pathlib
import shutil
import tempfile

import pytest
from jupyter_client.manager import KernelManager
from websockets.asyncio.client import connect

import wsdemo
from tests.programs.test_process import is_gone
from tests.waiting import wait_until
from wsdemo.programs.balancers import balancer
from wsdemo.programs.process import serve_in_process
from wsdemo.reconnect.resume import Resume

PATIENCE = 20  # s
GUESTS = 20
WORDS = 15


async def until(holds):
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.01)


class Guest:
    """A client that comes back, and all that it hears."""

    def __init__(self, name, url):
        self.name = name
        self.heard = []  # pairs of an id and a word
        self.told = []  # states of the bus, errors, gaps
        self.codes = []  # of the ends of its connections
        self.arrivals = 0
        self._signs = asyncio.Queue()
        self.client = wsdemo.ReconnectingClient(
            f"{url}/?notices=1", base=0.2, cap=1, resume=Resume(), close_timeout=1
        )
        self.client.on("message", self._take)
        self.client.on("close", self._lose)

    @property
    def at_home(self):
        return self.arrivals > len(self.codes)

    def _lose(self, closed):
        self.codes.append(closed.rcvd.code if closed.rcvd else 1006)

    def _take(self, data):
        said = json.loads(data)
        if "id" in said:
            self.heard.append((said["id"], said["message"]))
            self._signs.put_nowait(said["message"])
        elif "error" in said:
            self.told.append("error")
        elif said["type"] in ("bus", "gap"):
            self.told.append(said.get("state", "gap"))
            self._signs.put_nowait(self.told[-1])
        elif said["type"] == "names" and not self.at_home:
            self.arrivals += 1  # it is in the room, and what was missed came before
            self._signs.put_nowait("here")

    async def say(self, word):
        """Say a word until it has come back."""
        message = json.dumps({"user": self.name, "message": word})
        self._signs = asyncio.Queue()  # those of before have nothing to do with this word
        await self.client.send(message)
        while (sign := await asyncio.wait_for(self._signs.get(), PATIENCE)) != word:
            if sign in ("here", "up"):
                await self.client.send(message)

    async def speak(self, over):
        """Say a third of the words before the trouble is over, or more; the last third after."""
        for number in range(WORDS):
            if number == 2 * WORDS // 3:
                await over.wait()
            await self.say(f"{self.name} {number}")
            await asyncio.sleep(0.02)


async def in_trouble(url, trouble):
    """Let guests speak while trouble is made; give them when all have heard all."""
    over = asyncio.Event()
    guests = [Guest(f"guest {number}", url) for number in range(GUESTS)]
    async with contextlib.AsyncExitStack() as stack:
        for guest in guests:
            await stack.enter_async_context(guest.client)
            await until(lambda guest=guest: guest.at_home)
        speaking = [asyncio.create_task(guest.speak(over)) for guest in guests]
        await until(lambda: len(guests[0].heard) > GUESTS * WORDS // 4)
        await trouble(guests)
        over.set()
        await asyncio.gather(*speaking)
        newest = max((guest.heard[-1] for guest in guests), key=lambda each: number_of(each[0]))
        await until(lambda: all(guest.heard[-1] == newest for guest in guests))
    return guests


def number_of(name):
    return int(name.rpartition("-")[2])


def check_that_nothing_is_lost(guests):
    heard = guests[0].heard
    assert [number_of(name) for name, _ in heard] == list(range(1, len(heard) + 1))
    assert all(guest.heard == heard for guest in guests)
    times = collections.Counter(word for _, word in heard)
    # Each word was said until it had come back: all are acknowledged.
    assert times.keys() == {f"guest {g} {n}" for g in range(GUESTS) for n in range(WORDS)}
    # Who is cut off between a word and its coming back says it again: one word for each loss.
    losses = sum(len(guest.codes) + guest.told.count("down") for guest in guests)
    assert sum(times.values()) - len(times) <= losses
    assert not any("gap" in guest.told for guest in guests)


def serve_two(stack, *options):
    """Start two servers; give them, and a balancer in front."""
    servers = [stack.enter_context(serve_in_process("chat", *options)) for _ in range(2)]
    front = stack.enter_context(balancer([server.url for server in servers]))
    return servers, front


@pytest.fixture
def stack():
    with contextlib.ExitStack() as stack:
        yield stack


async def history_of(server, since, own):
    """What a server tells a newcomer who had this id last, up to the newcomer's own word."""
    heard = []
    async with connect(f"{server.url}/?since={since}", max_queue=None) as client:
        await client.send(json.dumps({"user": "newcomer", "message": own}))
        while not heard or heard[-1][1] != own:
            said = json.loads(await asyncio.wait_for(client.recv(), PATIENCE))
            heard.append((said["id"], said["message"]))
    return heard[:-1]


def test_a_server_is_killed_and_started_again(stack):
    broker = stack.enter_context(wsdemo.broker("redis"))
    [first, second], front = serve_two(stack, "--bus", broker.url)

    async def trouble(guests):
        await asyncio.to_thread(first.kill)
        await until(lambda: sum(len(guest.codes) for guest in guests) == GUESTS // 2)
        await until(lambda: all(guest.at_home for guest in guests))
        await asyncio.to_thread(first.start)

    async def main():
        guests = await in_trouble(front.url, trouble)
        check_that_nothing_is_lost(guests)
        # Those of the first server, each once, and without a goodbye.
        assert sorted(map(tuple, (guest.codes for guest in guests))) == (
            [()] * (GUESTS // 2) + [(1006,)] * (GUESTS // 2)
        )
        assert not any(guest.told for guest in guests)
        heard = guests[0].heard
        for server in (first, second):
            told = await history_of(server, heard[0][0], f"newcomer {server.pid}")
            assert told[: len(heard) - 1] == heard[1:]

    asyncio.run(main())


@pytest.mark.parametrize("kind", [pytest.param("redis", marks=pytest.mark.weekly), "nats"])
def test_the_broker_is_killed_for_a_second(kind, stack):
    broker = stack.enter_context(wsdemo.broker(kind))
    _, front = serve_two(stack, "--bus", broker.url)

    async def trouble(guests):
        await asyncio.to_thread(broker.kill)
        await until(lambda: all("down" in guest.told for guest in guests))
        async with connect(front.url) as visitor:
            await visitor.send(json.dumps({"user": "visitor", "message": "lost"}))
            told = json.loads(await asyncio.wait_for(visitor.recv(), PATIENCE))
        assert "the bus is down" in told["error"]
        await asyncio.sleep(1)
        await asyncio.to_thread(broker.start)
        await until(lambda: all("up" in guest.told for guest in guests))

    async def main():
        guests = await in_trouble(front.url, trouble)
        check_that_nothing_is_lost(guests)
        assert not any(guest.codes for guest in guests), "a line was lost with the broker"
        states = {tuple(each for each in guest.told if each != "error") for guest in guests}
        assert states == {("down", "up")}

    asyncio.run(main())


@pytest.mark.weekly
@pytest.mark.skipif(os.name != "posix", reason="on Windows no program can be asked to end")
def test_a_rolling_restart(stack):
    broker = stack.enter_context(wsdemo.broker("redis"))
    servers, front = serve_two(stack, "--bus", broker.url)

    async def trouble(guests):
        for server, goodbyes in zip(servers, (GUESTS // 2, GUESTS // 2 + GUESTS), strict=True):
            before = server.pid
            await asyncio.to_thread(server.terminate)
            await until(lambda n=goodbyes: sum(len(guest.codes) for guest in guests) == n)
            await until(lambda: all(guest.at_home for guest in guests))
            await asyncio.to_thread(server.start)
            assert server.pid != before

    async def main():
        guests = await in_trouble(front.url, trouble)
        check_that_nothing_is_lost(guests)
        # Half of them were on the first, all of them then on the second; each was told why.
        assert sorted(map(tuple, (guest.codes for guest in guests))) == (
            [(1001,)] * (GUESTS // 2) + [(1001, 1001)] * (GUESTS // 2)
        )
        assert all(server.log.count("stopped") == 1 for server in servers)

    asyncio.run(main())


def test_without_a_bus_nothing_crosses_sticky_or_not(stack):
    servers = [stack.enter_context(serve_in_process("chat")) for _ in range(2)]
    urls = [server.url for server in servers]

    async def rooms(front):
        """Let forty guests in, who speak in two turns; give who has heard whom in the first."""
        heard = {f"guest{number}": set() for number in range(40)}
        async with contextlib.AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(
                    connect(f"{front.url}/?user={user}", max_queue=None)
                )
                for user in heard
            ]
            for turn in ("one", "two"):
                for user, client in zip(heard, clients, strict=True):
                    await client.send(json.dumps({"user": user, "message": turn}))
                    while (user, turn) not in heard[user]:
                        said = json.loads(await asyncio.wait_for(client.recv(), PATIENCE))
                        heard[user].add((said["user"], said["message"]))
        return {frozenset(name for name, turn in each if turn == "one") for each in heard.values()}

    async def main():
        for sticky in (False, True):
            with balancer(urls, sticky=sticky) as front:
                one, other = await rooms(front)  # two servers, two rooms
            assert not one & other
            assert len(one | other) == 40

    asyncio.run(main())


LESSON = """
import wsdemo
from wsdemo.programs.balancers import balancer
from wsdemo.programs.process import serve_in_process

redis, nats = wsdemo.broker("redis"), wsdemo.broker("nats")
server = serve_in_process("chat", "--bus", redis.url)
front = balancer([server.url])
programs = [redis.program, nats.program, server, front]
print(*(pid for each in programs for pid in (each.pid, each._watchdog.pid)))
print(*(each.folder for each in programs))
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs Linux' list of processes")
def test_nothing_is_left_when_a_kernel_is_killed():
    place = tempfile.mkdtemp(prefix="k")  # a short path: that of a socket has a limit
    kernel = KernelManager(transport="ipc", ip=f"{place}/k")
    kernel.start_kernel()
    try:
        client = kernel.blocking_client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        printed = []
        client.execute_interactive(LESSON, timeout=60, output_hook=printed.append)
        lines = "".join(each["content"].get("text", "") for each in printed).splitlines()
        assert len(lines) == 2, printed
        pids, folders = [int(pid) for pid in lines[0].split()], lines[1].split()
        assert not any(is_gone(pid) for pid in pids)
        assert len(running_in(folders)) >= len(folders), "the list of processes shows none"
        kernel.signal_kernel(9)
        wait_until(lambda: all(map(is_gone, pids)), 15)
        wait_until(lambda: not any(map(os.path.exists, folders)), 15)
        assert running_in(folders) == []
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
        shutil.rmtree(place, ignore_errors=True)


def running_in(folders):
    """The processes whose command names one of these folders."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (process / "cmdline").read_text(errors="replace")
            found += [command] if any(folder in command for folder in folders) else []
    return found
