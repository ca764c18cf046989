"""Answers to the exercises 13.1 and 13.2: mistakes, what is no answer yet, right ones."""

import asyncio
import collections
import functools
import types

from websockets.asyncio.server import broadcast


class Everything:
    def __init__(self):
        self.queue = asyncio.Queue()

    def put(self, value):
        self.queue.put_nowait(value)

    async def get(self):
        return await self.queue.get()


class LastInFirstOut(Everything):
    def __init__(self):
        self.queue = asyncio.LifoQueue()


class Oldest(Everything):
    def put(self, value):
        if self.queue.empty():
            self.queue.put_nowait(value)


class OneAndNoMore(Everything):
    def __init__(self):
        self.queue = asyncio.Queue(1)


class WaitsToPut(OneAndNoMore):
    async def put(self, value):
        await self.queue.put(value)


class LatestInAQueue(OneAndNoMore):
    def put(self, value):
        if self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(value)


class AgainAndAgain:
    def put(self, value):
        self.value = value

    async def get(self):
        return self.value


class Noted:
    """One attribute and an event, wrong in one way or another."""

    empty = object()

    def __init__(self):
        self.value, self.new = self.empty, asyncio.Event()

    def put(self, value):
        self.value = value
        self.new.set()

    async def get(self):
        await self.new.wait()
        self.new.clear()
        value, self.value = self.value, self.empty
        return value


class NeverClears(Noted):
    async def get(self):
        await self.new.wait()
        return self.value


class ClearsFirst(Noted):
    async def get(self):
        self.new.clear()
        await self.new.wait()
        return self.value


class ReadsFirst(Noted):
    async def get(self):
        value = self.value
        await self.new.wait()
        self.new.clear()
        return value if value is not self.empty else self.value


class ReturnsNoneIfEmpty(Noted):
    async def get(self):
        return await super().get() if self.new.is_set() else None


class OneForAll(Noted):
    value, new = None, asyncio.Event()

    def __init__(self):
        pass


class NoneIsEmpty(Noted):
    empty = None

    async def get(self):
        while self.value is None:
            await self.new.wait()
            self.new.clear()
        value, self.value = self.value, None
        return value


class FalseIsEmpty(NoneIsEmpty):
    async def get(self):
        while not self.value:
            await self.new.wait()
            self.new.clear()
        value, self.value = self.value, None
        return value


class OnlyChanges(Noted):
    last = object()

    def put(self, value):
        if value != self.last:
            self.last = value
            super().put(value)


class WakesTheCancelled:
    """A future for the task that waits, which may be cancelled."""

    def __init__(self):
        self.values, self.waiting = [], []

    def put(self, value):
        self.values = [value]
        for each in self.waiting:
            each.set_result(None)
        self.waiting = []

    async def get(self):
        while not self.values:
            self.waiting.append(asyncio.get_running_loop().create_future())
            await self.waiting[-1]
        return self.values.pop()


class WithADeque:
    def __init__(self):
        self.values = collections.deque(maxlen=1)
        self.changed = asyncio.Event()

    def put(self, value):
        self.values.append(value)
        self.changed.set()

    async def get(self):
        while not self.values:
            self.changed.clear()
            await self.changed.wait()
        return self.values.pop()


def mailbox_of_functions():
    """One without a class: a future for whoever waits."""
    values, waiting = [], []

    def put(value):
        values[:] = [value]
        while waiting:
            future = waiting.pop()
            if not future.done():
                future.set_result(None)

    async def get():
        while not values:
            waiting.append(asyncio.get_running_loop().create_future())
            await waiting[-1]
        return values.pop()

    return types.SimpleNamespace(put=put, get=get)


def mailbox_with_a_lifo_queue(kind):
    box = LastInFirstOut()
    put = box.put

    def put_alone(value):
        while not box.queue.empty():
            box.queue.get_nowait()
        put(value)

    box.put = put_alone
    return kind(put=box.put, get=box.get)


async def sends_without_a_deadline(connection, message, seconds):
    await connection.send(message)
    return True


async def sends_and_keeps(connection, message, seconds):
    broadcast([connection], message)
    return True


tasks = set()


def in_background(coroutine):
    task = asyncio.ensure_future(coroutine)
    tasks.add(task)
    task.add_done_callback(tasks.discard)


def close(connection, code=1008, reason="you read too slowly"):
    in_background(connection.close(code, reason))


async def close_and_wait(connection):
    await connection.close(1008, "you read too slowly")


async def close_and_abort(connection):
    connection.transport.abort()


async def close_with(connection, *arguments):
    close(connection, *arguments)


def closes_with(*arguments):
    async def goodbye(connection):
        close(connection, *arguments)

    return goodbye


async def no_goodbye(connection):
    pass


async def forgotten_goodbye(connection):
    connection.close(1008, "you read too slowly")


def evicts(goodbye, *, after=lambda seconds: seconds, results=(True, False), send=None):
    """An answer to 13.2 with its own goodbye, deadline, results, or way to send."""

    async def send_or_evict(connection, message, seconds):
        try:
            sending = send(connection, message) if send else connection.send(message)
            await asyncio.wait_for(sending, after(seconds))
        except TimeoutError:
            await goodbye(connection)
            return results[1]
        return results[0]

    return send_or_evict


async def raises_the_time_out(connection, message, seconds):
    try:
        await asyncio.wait_for(connection.send(message), seconds)
    except TimeoutError:
        close(connection)
        raise
    return True


async def closes_everybody(connection, message, seconds):
    try:
        await asyncio.wait_for(connection.send(message), seconds)
        return True
    except TimeoutError:
        return False
    finally:
        close(connection)


async def send_as_bytes(connection, message):
    await connection.send(message.encode() if isinstance(message, str) else message)


async def send_twice(connection, message):
    await connection.send(message)
    await connection.send(message)


async def with_wait(connection, message, seconds):
    """One without exceptions: it waits for a task, and looks whether it is done."""
    sending = asyncio.ensure_future(connection.send(message))
    _, late = await asyncio.wait({sending}, timeout=seconds)
    for each in late:
        each.cancel()
        close(connection)
    return not late


class Sender:
    def __init__(self, reason):
        self.reason = reason
        self.tasks = []

    async def __call__(self, connection, message, seconds):
        try:
            async with asyncio.timeout(seconds):
                await connection.send(message)
        except TimeoutError:
            self.tasks.append(asyncio.create_task(connection.close(code=1008, reason=self.reason)))
            return 0
        return 1


async def with_a_timer(connection, message, seconds):
    """One that asks the loop for a call, and closes the connection while it is sending."""
    loop, late = asyncio.get_running_loop(), asyncio.Event()
    timer = loop.call_later(seconds, late.set)
    sending = asyncio.create_task(connection.send(message))
    over = asyncio.create_task(late.wait())
    await asyncio.wait({sending, over}, return_when=asyncio.FIRST_COMPLETED)
    timer.cancel()
    over.cancel()
    if sending.done():
        return True
    sending.cancel()
    close(connection, 1008, "late")
    return False


MISTAKES = [
    ("13.1", Everything, "further behind with each value"),
    ("13.1", LastInFirstOut, "given once"),
    ("13.1", Oldest, "drop what is new"),
    ("13.1", OneAndNoMore, "raised QueueFull"),
    ("13.1", WaitsToPut, "async def"),
    ("13.1", AgainAndAgain, "each value is given once"),
    ("13.1", NeverClears, "each value is given once"),
    ("13.1", ReadsFirst, "after the wait"),
    ("13.1", ReturnsNoneIfEmpty, "at once None"),
    ("13.1", OneForAll, "share their value"),
    ("13.1", NoneIsEmpty, "value like any other"),
    ("13.1", FalseIsEmpty, "value like any other"),
    ("13.1", WakesTheCancelled, "InvalidStateError"),
    ("13.1", OnlyChanges, "although an equal value"),
    ("13.2", sends_without_a_deadline, "no deadline"),
    ("13.2", sends_and_keeps, "was written has not yet been taken"),
    ("13.2", evicts(close_and_wait), "wait until it is closed"),
    ("13.2", evicts(close_and_abort), "no code, no reason"),
    ("13.2", evicts(closes_with(1000, "slow")), "1008"),
    ("13.2", evicts(closes_with(1013, "slow")), "1008"),
    ("13.2", evicts(closes_with(), after=lambda _: 0.05), "not less"),
    ("13.2", evicts(closes_with(), after=lambda _: 1), "not more"),
    ("13.2", evicts(closes_with(), after=lambda seconds: 2 * seconds), "not more"),
    ("13.2", evicts(closes_with(), results=(True, True)), "had returned True"),
    ("13.2", closes_everybody, "reads"),
    ("13.2", raises_the_time_out, "TimeoutError"),
]

HINTS = [
    ("13.2", evicts(closes_with(1008, "")), "reason"),
    ("13.1", ClearsFirst, "before get() was called"),
    ("13.2", evicts(no_goodbye), "1008"),
    ("13.2", evicts(forgotten_goodbye), "1008"),
    ("13.2", evicts(closes_with(), results=(None, None)), "True"),
    ("13.2", evicts(closes_with(), results=(False, True)), "True"),
    ("13.2", evicts(closes_with(), send=send_as_bytes), "message"),
    ("13.2", evicts(closes_with(), send=send_twice), "once"),
]

RIGHT = [
    ("13.1", LatestInAQueue),
    ("13.1", WithADeque),
    ("13.1", mailbox_of_functions),
    ("13.1", functools.partial(mailbox_with_a_lifo_queue, types.SimpleNamespace)),
    ("13.1", Noted),
    ("13.2", with_wait),
    ("13.2", Sender("you read too slowly")),
    ("13.2", with_a_timer),
    ("13.2", lambda *arguments: evicts(closes_with(1008, "slow"))(*arguments)),
]
