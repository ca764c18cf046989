"""Answers to exercise 20.3: mistakes, what is no answer yet, right ones."""

import asyncio
import contextlib
import itertools

from websockets.asyncio.server import broadcast
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State


async def one_after_the_other(tokens, readers):
    async for token in tokens:
        for reader in readers:
            await reader.send(token)


async def guarded_loop(tokens, readers):
    async for token in tokens:
        for reader in readers:
            with contextlib.suppress(ConnectionClosed):
                await reader.send(token)


async def gathered(tokens, readers):
    async for token in tokens:
        await asyncio.gather(*(each.send(token) for each in readers), return_exceptions=True)


async def with_a_time_limit(tokens, readers):
    """The model waits a little for a slow reader, and goes on when nobody is left."""

    async def try_to_send(reader, token):
        with contextlib.suppress(TimeoutError, ConnectionClosed):
            await asyncio.wait_for(reader.send(token), 0.02)

    async for token in tokens:
        await asyncio.gather(*(try_to_send(each, token) for each in readers))


async def skips_the_busy(tokens, readers):
    async for token in tokens:
        for reader in readers:
            if not reader.transport.get_write_buffer_size():
                with contextlib.suppress(ConnectionClosed):
                    await reader.send(token)


async def evicts(tokens, readers):
    there = set(readers)
    async for token in tokens:
        for reader in list(there):
            try:
                await asyncio.wait_for(reader.send(token), 0.05)
            except (TimeoutError, ConnectionClosed):
                there.discard(reader)
                reader.transport.abort()


async def send_in_tasks(tokens, readers):
    """Nobody waits for the tasks, and an exception of one is lost."""
    tasks = set()
    async for token in tokens:
        for reader in readers:
            tasks.add(asyncio.create_task(reader.send(token)))


async def deliver(reader, queue):
    with contextlib.suppress(ConnectionClosed):
        while (token := await queue.get()) is not None:
            await reader.send(token)


def relays(
    deliver=deliver,
    *,
    size=0,
    put="nowait",
    stop=True,
    close=True,
    wait=True,
    last=True,
    collect=False,
    shared=False,
):
    """An answer to 20.3.

    Args:
        deliver: sends what is in a queue to a reader.
        size: the size of each queue; 0 for no limit.
        put: nowait, await, or drop where the queue is full.
        stop: whether the loop ends when all readers have left.
        close: whether the generator is closed in any case.
        wait: whether it waits until the queues are empty.
        last: whether the queues get an end.
        collect: whether all tokens are taken first.
        shared: whether all readers have one queue together.
    """

    async def relay(tokens, readers):
        one = asyncio.Queue(size)
        queues = [one if shared else asyncio.Queue(size) for _ in readers]
        pairs = zip(readers, queues, strict=True)
        tasks = [asyncio.create_task(deliver(*pair)) for pair in pairs]
        if collect:
            taken = [token async for token in tokens]
            tokens = in_order(taken)
        try:
            async with contextlib.aclosing(tokens) if close else contextlib.nullcontext():
                async for token in tokens:
                    for queue in [one] if shared else queues:
                        if put == "await":
                            await queue.put(token)
                        elif not queue.full():
                            queue.put_nowait(token)
                    if stop and all(task.done() for task in tasks):
                        break
            if last:
                for queue in queues:
                    await queue.put(None)
            if wait:
                await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    return relay


async def in_order(taken):
    for token in taken:
        yield token


async def deliver_without_care(reader, queue):
    while (token := await queue.get()) is not None:
        await reader.send(token)


async def deliver_until_empty_text(reader, queue):
    with contextlib.suppress(ConnectionClosed):
        while token := await queue.get():
            await reader.send(token)


async def deliver_newest(reader, queue):
    with contextlib.suppress(ConnectionClosed):
        token = ""
        while token is not None:
            token = await queue.get()
            while token is not None and not queue.empty():
                newer = queue.get_nowait()
                if newer is None:
                    await reader.send(token)
                token = newer
            if token is not None:
                await reader.send(token)


async def each_takes_from_the_model(tokens, readers):
    async def serve(reader):
        async for token in tokens:
            await reader.send(token)

    await asyncio.gather(*map(serve, readers), return_exceptions=True)


async def in_a_task_group(tokens, readers):
    """The first reader that leaves ends them all."""
    queues = {reader: asyncio.Queue() for reader in readers}
    async with asyncio.TaskGroup() as group:
        for reader, queue in queues.items():
            group.create_task(deliver_without_care(reader, queue))
        async for token in tokens:
            for queue in queues.values():
                queue.put_nowait(token)
        for queue in queues.values():
            queue.put_nowait(None)


async def only_the_first(tokens, readers):
    async with contextlib.aclosing(tokens):
        async for token in tokens:
            await next(iter(readers)).send(token)


async def joined_at_the_end(tokens, readers):
    text = "".join([token async for token in tokens])
    broadcast(readers, text)


# Right ones of unusual form


async def by_broadcast(tokens, readers):
    """The library writes into the buffer of each connection, and waits for none."""
    async with contextlib.aclosing(tokens):
        async for token in tokens:
            there = [each for each in readers if each.state is State.OPEN]
            if not there:
                break
            broadcast(there, token)


class Answer:
    """One list of tokens; each reader has a position in it."""

    def __init__(self):
        self.texts, self.complete, self.more = [], False, asyncio.Event()

    def changed(self):
        self.more.set()
        self.more = asyncio.Event()

    async def follow(self, reader):
        with contextlib.suppress(ConnectionClosed):
            for position in itertools.count():
                while position == len(self.texts):
                    if self.complete:
                        return
                    await self.more.wait()
                await reader.send(self.texts[position])

    async def run(self, tokens, readers):
        async with asyncio.TaskGroup() as group:
            tasks = {group.create_task(self.follow(each)) for each in readers}
            async for token in tokens:
                self.texts.append(token)
                self.changed()
                tasks = {each for each in tasks if not each.done()}
                if not tasks:
                    await tokens.aclose()
            self.complete = True
            self.changed()


async def with_a_condition(tokens, readers):
    """A condition, and a task for the model which is cancelled when the last reader has left."""
    texts, end, changed = [], [], asyncio.Condition()

    async def compute():
        try:
            async for token in tokens:
                async with changed:
                    texts.append(token)
                    changed.notify_all()
        finally:
            end.append(True)
            async with changed:
                changed.notify_all()

    async def follow(reader):
        position = 0
        while True:
            async with changed:
                while position == len(texts) and not end:
                    await changed.wait()
            if position == len(texts):
                return
            try:
                await reader.send(texts[position])
            except ConnectionClosed:
                return
            position += 1

    computing = asyncio.create_task(compute())
    try:
        await asyncio.gather(*map(follow, readers))
    finally:
        computing.cancel()
        await asyncio.wait([computing])


async def notices_at_once(tokens, readers):
    """It watches the ends of the connections, and so stops a model that is computing."""
    queues = [asyncio.Queue() for _ in readers]

    async def compute():
        async for token in tokens:
            for queue in queues:
                queue.put_nowait(token)
        for queue in queues:
            queue.put_nowait(None)

    async def serve(reader, queue):
        sending = asyncio.ensure_future(deliver(reader, queue))
        leaving = asyncio.ensure_future(reader.wait_closed())
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        sending.cancel()
        leaving.cancel()

    computing = asyncio.create_task(compute())
    await asyncio.gather(*map(serve, readers, queues))
    computing.cancel()
    await asyncio.gather(computing, return_exceptions=True)
    await tokens.aclose()


MISTAKES = [
    ("20.3", one_after_the_other, "waits for the slow reader"),
    ("20.3", guarded_loop, "waits for the slow reader"),
    ("20.3", gathered, "waits for the slow reader"),
    ("20.3", relays(size=1, put="await"), "waits for the slow reader"),
    ("20.3", evicts, "was closed"),
    ("20.3", with_a_time_limit, "all readers have left"),
    ("20.3", skips_the_busy, "missed"),
    ("20.3", relays(size=4, put="drop"), "missed"),
    ("20.3", relays(deliver_newest), "missed"),
    ("20.3", relays(wait=False), "returned"),
    ("20.3", relays(deliver_without_care), "has left, and your function raised"),
    ("20.3", in_a_task_group, "has left, and your function raised"),
    ("20.3", relays(stop=False), "all readers have left"),
    ("20.3", relays(close=False), "is not closed"),
    ("20.3", relays(collect=True), "as soon as"),
    ("20.3", joined_at_the_end, "as soon as"),
    ("20.3", relays(shared=True), "to every reader"),
    ("20.3", each_takes_from_the_model, "to every reader"),
    ("20.3", relays(deliver_until_empty_text), "empty"),
    ("20.3", only_the_first, "to every reader"),
    ("20.3", send_in_tasks, "all readers have left"),
]


async def nothing(tokens, readers):
    pass


async def takes_and_sends_nothing(tokens, readers):
    async for _ in tokens:
        pass


HINTS = [
    ("20.3", nothing, "took no token"),
    ("20.3", takes_and_sends_nothing, "sent"),
    ("20.3", relays(last=False), "return"),
]

RIGHT = [
    ("20.3", relays()),
    ("20.3", by_broadcast),
    ("20.3", lambda tokens, readers: Answer().run(tokens, readers)),
    ("20.3", with_a_condition),
    ("20.3", notices_at_once),
]
