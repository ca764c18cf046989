"""Answers to exercise 16.1: mistakes, what is no answer yet, right ones."""

import asyncio
import collections
import functools
import types

from websockets.asyncio.server import broadcast
from websockets.exceptions import ConnectionClosed


class ScaledRoom:
    """A room on several servers, wrong in one way or another."""

    locally, publishes, again, skips = False, True, False, False

    def __init__(self, bus):
        self.bus, self.members, self.mine = bus, set(), set()

    async def handler(self, connection):
        self.members.add(connection)
        try:
            async for message in connection:
                await self.take(message)
        finally:
            self.members.discard(connection)

    async def take(self, message):
        if self.locally:
            broadcast(self.members, message)
        self.mine.add(message)
        if self.publishes:
            await self.bus.publish(message)

    def deliver(self, text):
        if self.again:
            self.task = asyncio.create_task(self.bus.publish(text))
        if not (self.skips and text in self.mine):
            broadcast(self.members, text)


def scaled(**wrong):
    return type("MyRoom", (ScaledRoom,), wrong)


class DeliversInATask(ScaledRoom):
    async def deliver(self, text):
        broadcast(self.members, text)


class DeliversNothing(ScaledRoom):
    def deliver(self, text):
        pass


class DeliversToOne(ScaledRoom):
    def deliver(self, text):
        for each in self.members:
            broadcast([each], text)
            break


class DeliversInCapitals(ScaledRoom):
    def deliver(self, text):
        broadcast(self.members, text.upper())


class DeliversEachTextOnce(ScaledRoom):
    def __init__(self, bus):
        super().__init__(bus)
        self.seen = set()

    def deliver(self, text):
        if text not in self.seen:
            self.seen.add(text)
            broadcast(self.members, text)


class ForgetsToSend(ScaledRoom):
    def deliver(self, text):
        for each in self.members:
            each.send(text)


everybody = set()


class OneSetForAll(ScaledRoom):
    def __init__(self, bus):
        super().__init__(bus)
        self.members = everybody


class MemberWhenItSpeaks(ScaledRoom):
    async def handler(self, connection):
        async for message in connection:
            self.members.add(connection)
            await self.bus.publish(message)


class FirstMessageOnly(ScaledRoom):
    async def handler(self, connection):
        self.members.add(connection)
        await self.bus.publish(await connection.recv())
        await connection.wait_closed()


class ForgetsToPublish(ScaledRoom):
    async def take(self, message):
        self.bus.publish(message)


class PublishesTwice(ScaledRoom):
    async def take(self, message):
        await self.bus.publish(message)
        await self.bus.publish(message)


class PublishesInPairs(ScaledRoom):
    """Publishes two messages as one, to save a way to the broker."""

    kept = ()

    async def take(self, message):
        self.kept = (*self.kept, message)
        if len(self.kept) == 2:
            await self.bus.publish("\n".join(self.kept))
            self.kept = ()


class SendsInTasks(ScaledRoom):
    def __init__(self, bus):
        super().__init__(bus)
        self.tasks = set()

    def deliver(self, text):
        for each in self.members:
            task = asyncio.create_task(each.send(text))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)


class WithQueues:
    """A queue and a task for each member."""

    def __init__(self, bus):
        self.bus = bus
        self.queues = {}

    async def handler(self, connection):
        self.queues[connection] = asyncio.Queue()
        sending = asyncio.create_task(self.send(connection))
        try:
            while True:
                await self.bus.publish(await connection.recv())
        except ConnectionClosed:
            pass
        finally:
            del self.queues[connection]
            sending.cancel()

    async def send(self, connection):
        while True:
            await connection.send(await self.queues[connection].get())

    def deliver(self, text):
        for queue in self.queues.values():
            queue.put_nowait(text)


def room_of_functions(bus):
    """A room without a class."""
    members = collections.deque()

    async def handler(connection):
        members.append(connection)
        try:
            async for message in connection:
                await bus.publish(message)
        finally:
            members.remove(connection)

    return types.SimpleNamespace(handler=handler, deliver=functools.partial(broadcast, members))


class PublishesInATask(ScaledRoom):
    """Gives what comes to one task that publishes, in order."""

    def __init__(self, bus):
        super().__init__(bus)
        self.waiting, self.publishing = asyncio.Queue(), None

    async def take(self, message):
        self.waiting.put_nowait(message)
        self.publishing = self.publishing or asyncio.create_task(self.publish_all())

    async def publish_all(self):
        while True:
            await self.bus.publish(await self.waiting.get())


class PublishesStripped(WithQueues):
    """Spaces are part of a message."""

    def __init__(self, bus):
        super().__init__(types.SimpleNamespace(publish=lambda text: bus.publish(text.strip())))


MISTAKES = [
    ("16.1", scaled(locally=True), "delivered twice"),
    ("16.1", scaled(skips=True), "nobody on Ana's own server"),
    ("16.1", scaled(locally=True, publishes=False), "of its own process"),
    ("16.1", scaled(locally=True, skips=True), "in two orders"),
    ("16.1", scaled(again=True), "were published"),
    ("16.1", PublishesTwice, "2 were published"),
    ("16.1", DeliversInATask, "async def"),
    ("16.1", OneSetForAll, "share"),
    ("16.1", DeliversEachTextOnce, "same text"),
    ("16.1", MemberWhenItSpeaks, "only listens"),
]

HINTS = [
    ("16.1", PublishesStripped, "publish each message as it is"),
    ("16.1", DeliversToOne, "not to all of their members"),
    ("16.1", scaled(publishes=False), "nothing was published"),
    ("16.1", DeliversNothing, "not to all of their members"),
    ("16.1", DeliversInCapitals, "as it is"),
    ("16.1", ForgetsToSend, "not to all of their members"),
    ("16.1", ForgetsToPublish, "nothing was published"),
    ("16.1", FirstMessageOnly, "several messages"),
    ("16.1", PublishesInPairs, "nothing was published"),
]

RIGHT = [
    ("16.1", WithQueues),
    ("16.1", room_of_functions),
    ("16.1", functools.partial(SendsInTasks)),
    ("16.1", PublishesInATask),
]
