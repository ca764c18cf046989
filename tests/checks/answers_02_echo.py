"""Answers to 02.1, and one to 02.3: mistakes, what is no answer yet, unusual right ones."""

import asyncio
import contextlib
import functools

from websockets.exceptions import ConnectionClosed


def greeter(hello="Welcome!", form="You said: {}", in_loop=False, once=False, after=False):
    async def handler(connection):
        if not in_loop and not after:
            await connection.send(hello)
        async for message in connection:
            if in_loop:
                await connection.send(hello)
            await connection.send(form.format(message))
            if once:
                return
        if after:
            await connection.send(hello)

    return handler


async def no_greeting(connection):
    async for message in connection:
        await connection.send(f"You said: {message}")


async def recv_once(connection):
    await connection.send("Welcome!")
    message = await connection.recv()
    await connection.send(f"You said: {message}")


async def plain_for(connection):
    await connection.send("Welcome!")
    for message in connection:
        await connection.send(f"You said: {message}")


async def noawait(connection):
    connection.send("Welcome!")
    async for message in connection:
        await connection.send(f"You said: {message}")


async def noawait2(connection):
    await connection.send("Welcome!")
    async for message in connection:
        connection.send(f"You said: {message}")


async def first_msg(connection):
    await connection.send("Welcome!")
    first = await connection.recv()
    async for _ in connection:
        await connection.send(f"You said: {first}")


async def returns(connection):
    await connection.send("Welcome!")
    async for message in connection:
        return f"You said: {message}"


SEEN = {}


async def first_client(connection):
    if SEEN.setdefault(asyncio.get_running_loop(), connection) is connection:
        await connection.send("Welcome!")
    async for message in connection:
        await connection.send(f"You said: {message}")


async def skips_empty(connection):
    await connection.send("Welcome!")
    while message := await connection.recv():
        await connection.send(f"You said: {message}")


async def all_at_once(connection):
    await connection.send("Welcome!")
    ms = [message async for message in connection]
    for message in ms:
        await connection.send(f"You said: {message}")


async def one_send(connection):
    async for message in connection:
        await connection.send(f"Welcome!\nYou said: {message}")


async def bytes_(connection):
    await connection.send(b"Welcome!")
    async for message in connection:
        await connection.send(f"You said: {message}".encode())


async def typo(connection):
    await connection.send("Welcome!")
    async for _ in connection:
        await connection.send(f"You said: {mesage}")  # noqa: F821


async def limited(connection):
    await connection.send("Welcome!")
    for _ in range(2):
        await connection.send(f"You said: {await connection.recv()}")


def plain(connection):
    return None


async def upper(connection):
    await connection.send("Welcome!")
    async for message in connection:
        await connection.send(f"You said: {message.lower().strip()}")


class Echo:
    async def __call__(self, connection):
        await connection.send("Welcome!")
        with contextlib.suppress(ConnectionClosed):
            while True:
                await connection.send("You said: " + await connection.recv())


async def formatted(form, connection):
    await connection.send("Welcome!")
    async for message in connection:
        await connection.send(form % message)


async def by_gen(connection):
    async def answers():
        yield "Welcome!"
        async for message in connection:
            yield f"You said: {message}"

    async for a in answers():
        await connection.send(a)


async def by_queue(connection):
    q = asyncio.Queue()
    q.put_nowait("Welcome!")

    async def out():
        while True:
            await connection.send(await q.get())

    t = asyncio.create_task(out())
    try:
        async for message in connection:
            q.put_nowait(f"You said: {message}")
    finally:
        t.cancel()


async def anext_(connection):
    await connection.send("Welcome!")
    it = aiter(connection)
    while (message := await anext(it, None)) is not None:
        await connection.send(["You said: ", message])


async def greets_the_first_message(connection):
    greeted = False
    async for message in connection:
        if not greeted:
            await connection.send("Welcome!")
        greeted = True
        await connection.send(f"You said: {message}")


async def reads_one_too_many(connection):
    await connection.send("Welcome!")
    await connection.recv()
    async for message in connection:
        await connection.send(f"You said: {message}")


async def greets_again(connection):
    await connection.send("Welcome!")
    async for message in connection:
        await connection.send("Welcome!")
        await connection.send(f"You said: {message}")


async def waits_for_ever(connection, seconds):
    return await connection.recv()


MISTAKES = [
    ("02.1", greets_again, "greets again for a message"),
    ("02.3", waits_for_ever, "still waited after"),
    ("02.1", greeter(once=True), "the server had closed the connection. A"),
    ("02.1", recv_once, "the server had closed the connection. A"),
    ("02.1", returns, "the server had closed the connection. A"),
    ("02.1", skips_empty, "the server had closed the connection. A"),
    ("02.1", limited, "the server had closed the connection. A"),
    ("02.1", greeter(in_loop=True), "inside the loop over the messages, or after recv()"),
    ("02.1", greets_the_first_message, "inside the loop over the messages, or after recv()"),
    ("02.1", reads_one_too_many, "'one' was not answered, and the next message was"),
]

HINTS = [
    ("02.1", no_greeting, "no message came within"),
    ("02.1", greeter("Welcome"), "the first message must be the greeting"),
    ("02.1", greeter(form="You said {}"), "a message was not answered as the exercise"),
    ("02.1", greeter(form="{}"), "a message was not answered as the exercise"),
    ("02.1", plain_for, "the handler ended with an exception"),
    ("02.1", noawait, "no message came within"),
    ("02.1", noawait2, "no message came within"),
    ("02.1", first_msg, "no message came within"),
    ("02.1", first_client, "no message came within"),
    ("02.1", all_at_once, "no message came within"),
    ("02.1", one_send, "no message came within"),
    ("02.1", bytes_, "the first message must be the greeting"),
    ("02.1", typo, "the handler ended with an exception"),
    ("02.1", plain, "the handler ended with an exception"),
    ("02.1", upper, "a message was not answered as the exercise"),
]

RIGHT = [
    ("02.1", greeter()),
    ("02.1", Echo()),
    ("02.1", functools.partial(formatted, "You said: %s")),
    ("02.1", by_gen),
    ("02.1", by_queue),
    ("02.1", anext_),
]
