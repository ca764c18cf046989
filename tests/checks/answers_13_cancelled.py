"""Answers to exercise 13.1 that a cancelled get() upsets, or that cancel one."""

import asyncio


class GivesToTheCancelled:
    """The first that waits gets the value, also if it waits no more."""

    def __init__(self):
        self.values, self.waiting = [], []

    def put(self, value):
        if not self.waiting:
            self.values = [value]
            return
        first = self.waiting.pop(0)
        if not first.done():
            first.set_result(value)

    async def get(self):
        if self.values:
            return self.values.pop()
        self.waiting.append(asyncio.get_running_loop().create_future())
        return await self.waiting[-1]


class OneFuture(GivesToTheCancelled):
    """A get() that is cancelled takes the future with it."""

    def __init__(self):
        self.future = asyncio.get_running_loop().create_future()

    def put(self, value):
        if self.future.done():
            self.future = asyncio.get_running_loop().create_future()
        self.future.set_result(value)

    async def get(self):
        value = await self.future
        self.future = asyncio.get_running_loop().create_future()
        return value


class CancelsTheWaiting(GivesToTheCancelled):
    """A value wakes the get() that waits by cancelling it."""

    def put(self, value):
        self.values = [value]
        for each in self.waiting:
            each.cancel()

    async def get(self):
        if not self.values:
            self.waiting = [asyncio.get_running_loop().create_future()]
            await self.waiting[0]
        return self.values.pop()


class SleepsAfterAll(GivesToTheCancelled):
    """Whether a get() waits is noted, and stays so if it is cancelled."""

    def __init__(self):
        self.values, self.waits, self.woken = [], False, asyncio.Event()

    def put(self, value):
        if self.waits:
            self.handed, self.waits = value, False
            self.woken.set()
        else:
            self.values = [value]

    async def get(self):
        if self.values:
            return self.values.pop()
        self.waits = True
        await self.woken.wait()
        self.woken.clear()
        return self.handed


class OnceOnly(GivesToTheCancelled):
    """After one value nothing is new."""

    def __init__(self):
        self.new = asyncio.Event()
        self.given = False

    def put(self, value):
        self.value = value
        if not self.given:
            self.new.set()

    async def get(self):
        await self.new.wait()
        self.new.clear()
        self.given = True
        return self.value


MISTAKES = [
    ("13.1", GivesToTheCancelled, "a get() was cancelled while it waited, and then 'a' was put"),
    ("13.1", OneFuture, "the next get() raised CancelledError"),
    ("13.1", CancelsTheWaiting, "put() cancelled the get() that waited"),
    ("13.1", SleepsAfterAll, "two values were put, and get() did not return just the newest"),
]
HINTS = [("13.1", OnceOnly, "it must give each new value")]
