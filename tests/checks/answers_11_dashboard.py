"""Answers to exercise 11.2, the newest value: mistakes, no answers yet, right ones."""

import asyncio
import contextlib
import functools
import itertools


def sends(pick):
    """Make a send_latest that sends what pick(values) takes from the queue."""

    async def send_latest(send, values):
        while True:
            await send(await pick(values))

    return send_latest


def taking(take, count=None):
    """Make one that sends what take makes of a list of all that waits."""

    async def send_latest(send, values):
        for _ in itertools.repeat(None) if count is None else range(count):
            waiting = [await values.get()]
            while not values.empty():
                waiting.append(values.get_nowait())
            await send(take(waiting))

    return send_latest


def one_in(count, first):
    async def send_latest(send, values):
        for number in itertools.count():
            value = await values.get()
            if number % count == (0 if first else count - 1):
                await send(value)

    return send_latest


def while_more_wait_than(count):
    async def pick(values):
        value = await values.get()
        while values.qsize() > count:
            value = values.get_nowait()
        return value

    return pick


async def at_most_two(values):
    value = await values.get()
    return value if values.empty() else values.get_nowait()


async def one_that_comes_after(values):
    while not values.empty():
        values.get_nowait()
    return await values.get()


async def after_a_second(values):
    await asyncio.sleep(1)
    return await while_more_wait_than(0)(values)


async def taken_too_early(values):
    value = await while_more_wait_than(0)(values)
    await asyncio.sleep(0.2)
    return value


async def after_silence(values):
    value = await values.get()
    with contextlib.suppress(TimeoutError):
        while True:
            value = await asyncio.wait_for(values.get(), 0.05)
    return value


async def without_a_wait(values):
    return values.get_nowait()


async def drops_while_busy(send, values):
    while True:
        await send(await values.get())
        while not values.empty():
            values.get_nowait()


async def does_not_await_the_task(send, values):
    while True:
        asyncio.create_task(send(await while_more_wait_than(0)(values)))  # noqa: RUF006


async def forgets_await(send, values):
    while True:
        send(await while_more_wait_than(0)(values))


async def cancels(send, values):
    sending = asyncio.create_task(asyncio.sleep(0))
    while True:
        value = await values.get()
        sending.cancel()
        sending = asyncio.create_task(send(value))


async def the_same_again(send, values):
    value = await values.get()
    while True:
        while not values.empty():
            value = values.get_nowait()
        await send(value)


async def nothing_first(send, values):
    value = None
    while True:
        while not values.empty():
            value = values.get_nowait()
        await send(value)


async def without_zero(send, values):
    while True:
        if value := await while_more_wait_than(0)(values):
            await send(value)


async def newest_first(send, values):
    while True:
        waiting = [await values.get()]
        while not values.empty():
            waiting.append(values.get_nowait())
        for value in reversed(waiting):
            await send(value)


async def never_stops_asking(send, values):
    while True:
        if not values.empty():
            await send(values.get_nowait())


async def goes_on_if_more_wait(send, values):
    while True:
        value = await values.get()
        if values.empty():
            await send(value)


async def by_exception(values):
    value = await values.get()
    with contextlib.suppress(asyncio.QueueEmpty):
        while True:
            value = values.get_nowait()
    return value


async def by_size(values):
    for _ in range(max(1, values.qsize())):
        value = await values.get()
    return value


async def every_10_ms(values):
    while values.empty():
        await asyncio.sleep(0.01)
    return await by_size(values)


class TwoTasks:
    async def __call__(self, send, values):
        self.new = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.read(values))
            tasks.create_task(self.write(send))

    async def read(self, values):
        while True:
            self.value = await values.get()
            self.new.set()

    async def write(self, send):
        while await self.new.wait():
            self.new.clear()
            await send(self.value)


async def sends_again(send, values):
    value = await values.get()
    while True:
        while not values.empty():
            value = values.get_nowait()
        await send(value)
        await asyncio.sleep(0.05)


MISTAKES = [
    ("11.2", sends_again, "twice"),
    ("11.2", sends(lambda values: values.get()), "is old: 9 newer had come"),
    ("11.2", sends(at_most_two), "is old: 8 newer had come"),
    ("11.2", sends(while_more_wait_than(5)), "is old: 5 newer had come"),
    ("11.2", taking(lambda waiting: waiting[0]), "is old: 9 newer had come"),
    ("11.2", taking(max), "is old: 2 newer had come"),
    ("11.2", newest_first, "the client went back in time"),
    ("11.2", drops_while_busy, "the client does not get the last one"),
    ("11.2", sends(one_that_comes_after), "the client does not get the last one"),
    ("11.2", one_in(10, first=True), "the client does not get the last one"),
    ("11.2", without_zero, "the client does not get the last one"),
    ("11.2", taking(lambda waiting: waiting[-1], count=1), "after it had sent 1 values"),
    ("11.2", taking(lambda waiting: waiting[-1], count=5), "after it had sent 5 values"),
    ("11.2", taking(str), "as it came from the queue"),
    ("11.2", taking(lambda waiting: waiting), "as it came from the queue"),
    ("11.2", nothing_first, "as it came from the queue"),
    ("11.2", the_same_again, "sent twice"),
    ("11.2", does_not_await_the_task, "while another was under way"),
    ("11.2", forgets_await, "without `await`"),
    ("11.2", cancels, "you cancelled a `send`"),
    ("11.2", sends(after_a_second), "do not sleep"),
    ("11.2", sends(taken_too_early), "it is old when it is sent"),
    ("11.2", sends(after_silence), "do not wait for a pause"),
    ("11.2", sends(without_a_wait), "your code raised QueueEmpty"),
    ("11.2", never_stops_asking, "blocked the event loop"),
]
HINTS = [
    ("11.2", one_in(10, first=False), "was not sent within 2 s"),
    ("11.2", lambda send, values: None, "write `async def`"),
]
RIGHT = [
    ("11.2", goes_on_if_more_wait),
    ("11.2", sends(by_exception)),
    ("11.2", sends(by_size)),
    ("11.2", sends(every_10_ms)),
    ("11.2", taking(lambda waiting: waiting[-1])),
    ("11.2", TwoTasks()),
    ("11.2", functools.partial(sends(while_more_wait_than(0)))),
]
