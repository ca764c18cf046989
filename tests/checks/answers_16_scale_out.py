"""Answers to the exercises of lesson 16: mistakes, what is no answer yet, right ones."""

import asyncio

from websockets.asyncio.server import broadcast


class ScaledRoom:
    """A room on several servers, wrong in one way or another."""

    locally, publishes, again, skips = False, True, False, False

    def __init__(self, bus):
        self.bus, self.members, self.mine = bus, set(), set()

    async def handler(self, connection):
        self.members.add(connection)
        async for message in connection:
            if self.locally:
                broadcast(self.members, message)
            self.mine.add(message)
            if self.publishes:
                await self.bus.publish(message)

    def hear(self, text):
        if self.again:
            self.task = asyncio.create_task(self.bus.publish(text))
        if not (self.skips and text in self.mine):
            broadcast(self.members, text)


def scaled(**wrong):
    return type("MyRoom", (ScaledRoom,), wrong)


class HearsInATask(ScaledRoom):
    async def hear(self, text):
        broadcast(self.members, text)


def drains(*steps, code=1001):
    """Do these steps in turn: once, all, close, stop."""

    async def drain(connections, underway, bus):
        for step in steps:
            if step == "once":
                await asyncio.wait(set(underway))
            while step == "all" and underway:
                await asyncio.wait(set(underway))
            if step == "close":
                await asyncio.gather(*(each.close(code) for each in connections))
            if step == "stop":
                await bus.stop()

    return drain


def keeps(times, how="ping"):
    async def keep(connection, idle):
        while True:
            await (connection.ping() if how == "ping" else connection.send(""))
            await asyncio.sleep(idle / times)

    return keep


MISTAKES = [
    ("16.1", scaled(locally=True), "delivered twice"),
    ("16.1", scaled(skips=True), "somebody has not"),
    ("16.1", scaled(locally=True, publishes=False), "of its own process"),
    ("16.1", scaled(locally=True, skips=True), "in two orders"),
    ("16.1", scaled(again=True), "and so on for ever"),
    ("16.1", HearsInATask, "def, without async"),
    ("16.2", drains("close", "all", "stop"), "First finish, then close"),
    ("16.2", drains("stop", "close"), "and one could not be stored. Who can still speak"),
    ("16.2", drains("all", "stop", "close"), "the bus goes last"),
    ("16.2", drains("once", "close", "stop"), "Bob said one thing more"),
    ("16.2", drains("all", "close", "stop", code=1000), "does not say: come back"),
    ("16.3", keeps(1), "the next one too late"),
    ("16.3", keeps(0.3), "the next one too late"),
    ("16.3", keeps(3, how="message"), "was told nothing"),
    ("16.3", keeps(50), "are enough"),
]


HINTS = [
    ("16.1", scaled(publishes=False), "nothing was published"),
    ("16.1", type("Deaf", (ScaledRoom,), {"hear": lambda *_: None}), "not to their members"),
    ("16.2", drains("all"), "still connected"),
    ("16.2", drains("all", "close"), "now stop the bus"),
    ("16.3", asyncio.sleep, "has hung up"),
]


RIGHT = [
    ("16.2", drains("all", "close", "stop", code=1012)),
]
