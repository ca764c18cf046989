"""Answers to exercise 14.3: mistakes, what is no answer yet, right ones."""

import asyncio
import contextlib
import functools

from websockets.asyncio.server import broadcast
from websockets.exceptions import ConnectionClosed


def asks(
    *,
    question="still there?",
    is_yes=lambda text: text == "yes",
    both=False,
    again=False,
    good="good",
    echo="echo: {}",
    shared=False,
    until_yes=False,
):
    """An answer to 14.3.

    Args:
        question: the question; empty if there is none.
        is_yes: whether a message is the answer.
        both: whether the answer is echoed as well.
        again: whether each such message is an answer.
        good: the reply to it.
        echo: the reply to other messages.
        shared: whether all clients have one answer.
        until_yes: whether the connection is closed after it.
    """
    answered = set()

    async def handler(connection):
        who = "all" if shared else connection
        if question:
            await connection.send(question)
        async for text in connection:
            if is_yes(text) and (again or who not in answered):
                answered.add(who)
                await connection.send(good)
                if until_yes:
                    return
                if not both:
                    continue
            await connection.send(echo.format(text))

    return handler


async def takes_the_next_for_the_answer(connection):
    await connection.send("still there?")
    await connection.recv()
    await connection.send("good")
    async for text in connection:
        await connection.send(f"echo: {text}")


async def waits_for_yes(connection):
    await connection.send("still there?")
    while await connection.recv() != "yes":
        pass
    await connection.send("good")
    async for text in connection:
        await connection.send(f"echo: {text}")


async def looks_at_the_first_only(connection):
    await connection.send("still there?")
    text = await connection.recv()
    await connection.send("good" if text == "yes" else f"echo: {text}")
    async for text in connection:
        await connection.send(f"echo: {text}")


async def reads_in_turns(connection):
    turn = asyncio.Lock()

    async def read():
        async with turn:
            return await connection.recv()

    async def ask():
        await connection.send("still there?")
        if await read() == "yes":
            await connection.send("good")

    asking = asyncio.create_task(ask())  # noqa: F841, RUF006 - kept while the loop runs
    while True:
        await connection.send(f"echo: {await read()}")


async def with_queues(connection):
    """One reader, that gives each message to the task that wants it; no order between these."""
    answers, texts = asyncio.Queue(), asyncio.Queue()

    async def ask():
        await connection.send("still there?")
        await answers.get()
        await connection.send("good")

    async def echo():
        while True:
            await connection.send(f"echo: {await texts.get()}")

    tasks = [asyncio.create_task(each()) for each in (ask, echo)]
    answered = False
    async for text in connection:
        if text == "yes" and not answered:
            answered = True
            answers.put_nowait(text)
        else:
            texts.put_nowait(text)
    for each in tasks:
        each.cancel()


class Asking:
    """One whose question is a future."""

    async def __call__(self, connection):
        answer = asyncio.get_running_loop().create_future()
        answer.add_done_callback(lambda _: broadcast([connection], "good"))
        broadcast([connection], "still there?")
        with contextlib.suppress(ConnectionClosed):
            while True:
                text = await connection.recv(decode=False)
                if text == b"yes" and not answer.done():
                    answer.set_result(text)
                else:
                    await connection.send(b"echo: " + text, text=True)


async def replies(messages):
    """The replies to the messages of a client, as an async generator."""
    yield "still there?"
    waiting = True
    async for text in messages:
        match text:
            case "yes" if waiting:
                waiting = False
                yield "good"
            case _:
                yield f"echo: {text}"


async def with_a_generator(connection, replies):
    async for reply in replies(connection):
        await connection.send(reply)


async def lets_the_question_take_all(connection):
    """The first message ends the question, and those that came meanwhile are lost."""
    messages = asyncio.Queue()

    async def ask():
        await connection.send("still there?")
        if await messages.get() == "yes":
            await connection.send("good")

    asking = asyncio.create_task(ask())
    async for text in connection:
        if asking.done():
            await connection.send(f"echo: {text}")
        else:
            messages.put_nowait(text)


MISTAKES = [
    ("14.3", takes_the_next_for_the_answer, "need not be the answer"),
    ("14.3", waits_for_yes, "'one' got no reply"),
    ("14.3", reads_in_turns, "even in turns"),
    ("14.3", asks(both=True), "was echoed as well"),
    ("14.3", asks(again=True), "second"),
    ("14.3", asks(is_yes=lambda text: text.startswith("yes")), "Only"),
    ("14.3", asks(is_yes=lambda text: text.lower() == "yes"), "Only"),
    ("14.3", asks(is_yes=lambda text: True), "need not be the answer"),
    ("14.3", asks(shared=True), "each client"),
    ("14.3", asks(until_yes=True), "after"),
]

HINTS = [
    ("14.3", lets_the_question_take_all, "no message got a reply"),
    ("14.3", looks_at_the_first_only, "still open"),
    ("14.3", asks(question=""), "still there?"),
    ("14.3", asks(question="Still there?"), "still there?"),
    ("14.3", asks(is_yes=lambda text: False), "good"),
    ("14.3", asks(good="Good"), "good"),
    ("14.3", asks(echo="{}"), "echo: "),
]

RIGHT = [
    ("14.3", with_queues),
    ("14.3", Asking()),
    ("14.3", functools.partial(with_a_generator, replies=replies)),
    ("14.3", lambda connection: asks()(connection)),
]
