"""Right answers to exercise 20.1, of unusual form."""

import asyncio
import contextlib
import functools
import json

from websockets.exceptions import ConnectionClosed

from tests.checks.answers_20_streaming import converses, queued, send


async def with_two_waits(connection, stream):
    """Without a task for the answer: it waits for a token or a request, whichever comes first."""
    receiving = tokens = step = None
    try:
        while True:
            receiving = receiving or asyncio.ensure_future(connection.recv())
            waits = {receiving, step} if step else {receiving}
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if receiving.done():
                request, receiving = json.loads(receiving.result()), None
                if request["action"] == "ask":
                    tokens = stream(request["question"])
                    step = asyncio.ensure_future(anext(tokens, None))
                elif step:
                    await end_of(step, tokens)
                    tokens = step = None
                    await send(connection, end="stopped")
            elif step and (token := step.result()) is None:
                tokens = step = None
                await send(connection, end="complete")
            else:
                await send(connection, token=token)
                step = asyncio.ensure_future(anext(tokens, None))
    except ConnectionClosed:
        pass
    finally:
        if step:
            await end_of(step, tokens)


async def end_of(step, tokens):
    step.cancel()
    await asyncio.wait([step])
    await tokens.aclose()


class Conversation:
    """The end is sent by the task itself, in its finally."""

    def __init__(self, connection, stream):
        self.connection, self.stream, self.tasks = connection, stream, set()

    async def answer(self, question):
        end = "stopped"
        try:
            async for token in self.stream(question):
                await self.connection.send(json.dumps({"token": token}))
            end = "complete"
        finally:
            with contextlib.suppress(ConnectionClosed):
                await self.connection.send(json.dumps({"end": end}).encode(), text=True)

    async def run(self):
        try:
            async for text in self.connection:
                match json.loads(text):
                    case {"action": "ask", "question": question}:
                        task = asyncio.create_task(self.answer(question))
                        self.tasks.add(task)
                        task.add_done_callback(self.tasks.discard)
                    case _:
                        for each in self.tasks:
                            each.cancel()
        finally:
            for each in self.tasks:
                each.cancel()


async def with_a_task_group(connection, stream):
    """A timeout without an end is moved to now: that is the stop."""
    scope = None

    async def answer(question):
        nonlocal scope
        try:
            async with asyncio.timeout(None) as scope:
                async for token in stream(question):
                    await send(connection, token=token)
            end = "complete"
        except TimeoutError:
            end = "stopped"
        except ConnectionClosed:
            return
        scope = None
        await send(connection, end=end)

    async with asyncio.TaskGroup() as tasks:
        task = None
        async for text in connection:
            request = json.loads(text)
            if request["action"] == "ask":
                task = tasks.create_task(answer(request["question"]))
            elif scope:
                scope.reschedule(0)
        if task:
            task.cancel()


async def numbered(connection, stream):
    """The messages have more in them than was asked for."""
    tasks = {}

    async def answer(question):
        number = 0
        async for token in stream(question):
            number += 1
            await send(connection, n=number, token=token)
        await send(connection, end="complete", tokens=number)

    with contextlib.suppress(ConnectionClosed):
        try:
            while True:
                request = json.loads(await connection.recv(decode=False))
                if request["action"] == "ask":
                    tasks["now"] = asyncio.create_task(answer(request["question"]))
                elif not tasks.get("now", asyncio.Future()).done() and tasks:
                    tasks["now"].cancel()
                    await asyncio.gather(tasks["now"], return_exceptions=True)
                    await send(connection, end="stopped", question=request.get("question"))
        finally:
            for each in tasks.values():
                each.cancel()


RIGHT = [
    ("20.1", converses()),
    ("20.1", converses(wait=False)),
    ("20.1", queued(both=True)),
    ("20.1", with_two_waits),
    ("20.1", lambda connection, stream: Conversation(connection, stream).run()),
    ("20.1", with_a_task_group),
    ("20.1", functools.partial(numbered)),
]
