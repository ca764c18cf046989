"""Answers to exercise 20.1: mistakes, and what is no answer yet."""

import asyncio
import contextlib
import json

from websockets.exceptions import ConnectionClosed


def send(connection, **message):
    return connection.send(json.dumps(message))


async def tell(connection, stream, question):
    """Send an answer to its end."""
    with contextlib.suppress(ConnectionClosed):
        async with contextlib.aclosing(stream(question)) as tokens:
            async for token in tokens:
                await send(connection, token=token)
        await send(connection, end="complete")


def converses(
    tell=tell,
    *,
    on_leave=True,
    late="ignore",
    wait=True,
    end="stopped",
    after_stop="go on",
    cancel=asyncio.Task.cancel,
):
    """An answer to 20.1.

    Args:
        tell: sends an answer to its end.
        on_leave: whether the answer is cancelled when the client leaves.
        late: what a stop gets while no answer is running: ignore, or the same as any stop.
        wait: whether the task has ended before the end is sent.
        end: the end of an answer that was stopped; None sends none.
        after_stop: whether the handler reads on after a stop: go on, return, close.
        cancel: cancels the task of an answer.
    """

    async def handler(connection, stream):
        task = None
        try:
            async for text in connection:
                request = json.loads(text)
                if request["action"] == "ask":
                    task = asyncio.create_task(tell(connection, stream, request["question"]))
                elif late != "ignore" or (task and not task.done()):
                    cancel(task)
                    if wait:
                        await asyncio.wait([task])
                    if end:
                        await send(connection, end=end)
                    if after_stop == "return":
                        return
                    if after_stop == "close":
                        await connection.close(1000, "stopped")
        finally:
            if task and on_leave:
                cancel(task)

    return handler


async def deaf(connection, stream):
    async for text in connection:
        request = json.loads(text)
        if request["action"] == "ask":
            await tell(connection, stream, request["question"])


async def once(connection, stream):
    await tell(connection, stream, json.loads(await connection.recv())["question"])


async def collected(connection, stream, question):
    tokens = [token async for token in stream(question)]
    for token in tokens:
        await send(connection, token=token)
    await send(connection, end="complete")


async def joined(connection, stream, question):
    async for token in stream(question):
        await send(connection, token=token.strip())
    await send(connection, end="complete")


async def skips_empty(connection, stream, question):
    async for token in stream(question):
        if token:
            await send(connection, token=token)
    await send(connection, end="complete")


async def without_an_end(connection, stream, question):
    async for token in stream(question):
        await send(connection, token=token)


async def plain_text(connection, stream, question):
    async for token in stream(question):
        await connection.send(token)
    await send(connection, end="complete")


async def says_complete(connection, stream, question):
    try:
        async for token in stream(question):
            await send(connection, token=token)
    finally:
        await send(connection, end="complete")


async def swallows_the_cancel(connection, stream, question):
    try:
        async for token in stream(question):
            await send(connection, token=token)
    except asyncio.CancelledError:
        pass
    await send(connection, end="complete")


async def shielded(connection, stream, question):
    await asyncio.shield(asyncio.ensure_future(tell(connection, stream, question)))


async def muted(connection, stream):
    """A flag stops the sending, and nothing stops the model."""
    stopped = asyncio.Event()
    tasks = set()

    async def answer(question):
        async for token in stream(question):
            if not stopped.is_set():
                await send(connection, token=token)
        if not stopped.is_set():
            await send(connection, end="complete")

    async for text in connection:
        request = json.loads(text)
        if request["action"] == "ask":
            stopped.clear()
            tasks.add(asyncio.create_task(answer(request["question"])))
        elif tasks and not all(each.done() for each in tasks):
            stopped.set()
            await send(connection, end="stopped")


def queued(both):
    """One task fills a queue, another one sends; a stop cancels the sender, or both."""

    async def handler(connection, stream):
        tasks = []

        async def compute(question, queue):
            async for token in stream(question):
                await queue.put({"token": token})
            await queue.put({"end": "complete"})

        async def send_all(queue):
            message = {}
            while "end" not in message:
                message = await queue.get()
                await send(connection, **message)

        try:
            async for text in connection:
                request = json.loads(text)
                if request["action"] == "ask":
                    queue = asyncio.Queue()
                    computing = asyncio.create_task(compute(request["question"], queue))
                    sending = asyncio.create_task(send_all(queue))
                    tasks[:] = [sending, computing] if both else [sending]
                elif tasks and not sending.done():
                    for each in tasks:
                        each.cancel()
                    await asyncio.wait(tasks)
                    await send(connection, end="stopped")
        finally:
            for each in tasks:
                each.cancel()

    return handler


async def flag_and_break(connection, stream):
    """The flag is looked at only when the next token has come."""
    stopped, task = asyncio.Event(), None

    async def answer(question):
        end = "complete"
        async with contextlib.aclosing(stream(question)) as tokens:
            async for token in tokens:
                if stopped.is_set():
                    end = "stopped"
                    break
                await send(connection, token=token)
        await send(connection, end=end)

    try:
        async for text in connection:
            request = json.loads(text)
            if request["action"] == "ask":
                stopped.clear()
                task = asyncio.create_task(answer(request["question"]))
            else:
                stopped.set()
    finally:
        if task:
            task.cancel()


async def asks_in_between(connection, stream):
    """After each token it looks whether a stop has come."""
    async for text in connection:
        request, end = json.loads(text), "complete"
        if request["action"] != "ask":
            continue
        async for token in stream(request["question"]):
            await send(connection, token=token)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(connection.recv(), 0.001)
                end = "stopped"
                break
        await send(connection, end=end)


def one_task_for_all():
    """The task is in a variable that all clients share."""
    running = []

    async def handler(connection, stream):
        try:
            async for text in connection:
                request = json.loads(text)
                if request["action"] == "ask":
                    running[:] = [
                        asyncio.create_task(tell(connection, stream, request["question"]))
                    ]
                elif running and not running[0].done():
                    running[0].cancel()
                    await asyncio.wait(running)
                    await send(connection, end="stopped")
        finally:
            if running:
                running[0].cancel()

    return handler


def one_client_at_a_time():
    lock, converse = asyncio.Lock(), converses()

    async def handler(connection, stream):
        async with lock:
            await converse(connection, stream)

    return handler


def kept_open():
    """A break leaves the generator open, and a list keeps it."""
    kept = []

    async def answer(connection, stream, question, stopped):
        tokens = stream(question)
        kept.append(tokens)
        step = asyncio.ensure_future(anext(tokens))
        end = asyncio.ensure_future(stopped.wait())
        while True:
            await asyncio.wait({step, end}, return_when=asyncio.FIRST_COMPLETED)
            if end.done():
                await send(connection, end="stopped")
                return
            try:
                await send(connection, token=step.result())
            except StopAsyncIteration:
                await send(connection, end="complete")
                return
            step = asyncio.ensure_future(anext(tokens))

    async def handler(connection, stream):
        stopped, task = asyncio.Event(), None
        async for text in connection:
            request = json.loads(text)
            if request["action"] == "ask":
                stopped = asyncio.Event()
                task = asyncio.create_task(answer(connection, stream, request["question"], stopped))
            elif task and not task.done():
                stopped.set()

    return handler


async def no_task_yet(connection, stream):
    task = None
    async for text in connection:
        request = json.loads(text)
        if request["action"] == "ask":
            task = asyncio.create_task(tell(connection, stream, request["question"]))
        elif not task.done():
            task.cancel()
            await send(connection, end="stopped")


async def wrong_key(connection, stream):
    async for text in connection:
        await tell(connection, stream, json.loads(text)["text"])


async def the_whole_request(connection, stream, text):
    await tell(connection, stream, json.dumps(text))


MISTAKES = [
    ("20.1", once, "the connection was closed"),
    ("20.1", deaf, "reads the stop only after the whole answer"),
    ("20.1", no_task_yet, "no answer was running, and the connection was closed"),
    ("20.1", wrong_key, "your handler raised an exception"),
    ("20.1", muted, "stopped sending"),
    ("20.1", queued(both=False), "stopped sending"),
    ("20.1", converses(shielded), "after the end"),
    ("20.1", converses(cancel=lambda task: None, wait=False), "after the end"),
    ("20.1", flag_and_break, "computing its next token"),
    ("20.1", asks_in_between, "computing its next token"),
    ("20.1", converses(on_leave=False), "has left"),
    ("20.1", converses(collected), "before it had computed all"),
    ("20.1", converses(swallows_the_cancel), "'complete' and 1 more"),
    ("20.1", converses(late="reply"), "no answer was running"),
    ("20.1", converses(says_complete), "complete"),
    ("20.1", converses(end="complete"), "complete"),
    ("20.1", converses(after_stop="return"), "not the connection"),
    ("20.1", converses(after_stop="close"), "not the connection"),
    ("20.1", one_task_for_all(), "another client"),
    ("20.1", one_client_at_a_time(), "another client"),
    ("20.1", kept_open(), "is not closed"),
    ("20.1", converses(joined), "tokens as they are"),
    ("20.1", converses(skips_empty), "tokens as they are"),
]

HINTS = [
    ("20.1", converses(without_an_end), '{"end": "complete"}'),
    ("20.1", converses(plain_text), '{"token": …}'),
    ("20.1", converses(end=None), '{"end": "stopped"}'),
    ("20.1", converses(the_whole_request), "the client's question"),
]
