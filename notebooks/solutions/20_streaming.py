"""One worked answer for each exercise of lesson 20."""

import asyncio
import contextlib
import json

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


async def converse(connection, stream):
    """Answer one question after the other; a stop, or a client that leaves, ends the answer."""
    task = None
    try:
        async for text in connection:
            request = json.loads(text)
            if request["action"] == "ask":
                task = asyncio.create_task(send_answer(connection, stream(request["question"])))
            elif task and not task.done():
                task.cancel()
                await asyncio.wait([task])  # the generator has ended now
                await connection.send(json.dumps({"end": "stopped"}))
    finally:
        if task:
            task.cancel()


async def send_answer(connection, tokens):
    """Send each token as soon as it is computed, and close the generator in any case."""
    with contextlib.suppress(ConnectionClosed):  # the client has left
        async with contextlib.aclosing(tokens):
            async for token in tokens:
                await connection.send(json.dumps({"token": token}))
        await connection.send(json.dumps({"end": "complete"}))


async def read_answer(url, show, pause):
    """Read an answer up to its end; after a cut, go on after the last token that was shown."""
    last = 0
    while True:
        try:
            async with connect(f"{url}/?after={last}") as connection:
                async for text in connection:
                    message = json.loads(text)
                    if "end" in message:
                        return
                    if message["n"] > last:
                        last = message["n"]
                        show(message["token"])
        except (OSError, ConnectionClosed):
            pass
        await pause()


async def relay(tokens, readers):
    """Send each token to all readers; each has its own queue, and its own task."""
    queues = [asyncio.Queue() for _ in readers]
    tasks = [asyncio.create_task(deliver(*pair)) for pair in zip(readers, queues, strict=True)]
    try:
        async with contextlib.aclosing(tokens):
            async for token in tokens:
                for queue in queues:
                    queue.put_nowait(token)
                if all(task.done() for task in tasks):
                    break  # all readers have left
        for queue in queues:
            queue.put_nowait(None)
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


async def deliver(reader, queue):
    """Send what is in a queue, until None comes or the reader leaves."""
    with contextlib.suppress(ConnectionClosed):
        while (token := await queue.get()) is not None:
            await reader.send(token)


answers = {"20.1": converse, "20.2": read_answer, "20.3": relay}
