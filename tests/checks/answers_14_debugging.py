"""Answers to the exercises 14.1 and 14.2: mistakes, what is no answer yet, right ones."""

import asyncio
import contextlib
import functools
import json

from websockets.asyncio.server import broadcast
from websockets.exceptions import ConnectionClosed


def sends(make, *, each=True, to=lambda text: True, once=False):
    """An answer to 14.1.

    Args:
        make: makes a message of a reading, or of all readings.
        each: whether there is a message for each reading.
        to: which messages get a reply.
        once: whether only the first message does.
    """

    async def send_readings(connection, readings):
        async for text in connection:
            if to(text):
                for part in readings if each else [readings]:
                    await connection.send(make(part))
            if once:
                await connection.wait_closed()

    return send_readings


def encoded(reading):
    return json.dumps(reading).encode()


def twice_json(reading):
    return json.dumps(json.dumps(reading))


def lines(readings):
    return "\n".join(map(json.dumps, readings))


def fragments(readings):
    return [json.dumps(reading) for reading in readings]


def from_python(reading):
    return str(reading)


def shown_bytes(reading):
    return str(encoded(reading))


async def only_the_first_reading(connection, readings):
    async for _ in connection:
        await connection.send(json.dumps(readings[0]))


async def a_constant(connection, readings):
    async for _ in connection:
        await connection.send('{"city": "Oslo", "degrees": 21.5}')
        await connection.send('{"city": "Lima", "degrees": 19.0}')


async def without_being_asked(connection, readings):
    for reading in readings:
        await connection.send(json.dumps(reading))
    await sends(json.dumps)(connection, readings)


async def forgets_to_await(connection, readings):
    async for _ in connection:
        for reading in readings:
            connection.send(json.dumps(reading))


async def as_text_of_bytes(connection, readings):
    """One that sends bytes as a text message, all at once."""
    async for _ in connection:
        await asyncio.gather(*(connection.send(encoded(each), text=True) for each in readings))


async def as_a_broadcast(connection, readings):
    with contextlib.suppress(ConnectionClosed):
        while True:
            await connection.recv()
            for reading in readings:
                broadcast([connection], json.dumps(reading, indent=2, ensure_ascii=False))


async def in_pieces(connection, readings, pieces):
    """One that makes each message of the pieces of an encoder, an async iterator."""

    async def pieces_of(reading):
        for piece in pieces(reading):
            yield piece

    async for _ in connection:
        for reading in readings:
            await connection.send(pieces_of(reading))


def answers_everybody():
    everybody = set()

    async def handler(connection, work):
        everybody.add(connection)
        async for text in connection:
            broadcast(everybody, await work(text))

    return handler


def answers_one_by_one():
    lock = asyncio.Lock()

    async def handler(connection, work):
        async for text in connection:
            async with lock:
                await connection.send(await work(text))

    return handler


def answers_by_text():
    asked = {}

    async def handler(connection, work):
        async for text in connection:
            asked[text] = connection
            result = await work(text)
            await asked[text].send(result)

    return handler


def keeps_the_result():
    kept = {}

    async def handler(connection, work):
        async for text in connection:
            kept["result"] = await work(text)
            await asyncio.sleep(0.02)
            await connection.send(kept["result"])

    return handler


def keeps_the_text():
    kept = {}

    async def handler(connection, work):
        async for text in connection:
            kept["text"] = text
            await asyncio.sleep(0)
            await connection.send(await work(kept["text"]))

    return handler


def sets_the_connection(when):
    kept = {}

    async def handler(connection, work):
        kept["current"] = connection
        async for text in connection:
            if when == "after":
                result = await work(text)
                kept["current"] = connection
                await kept["current"].send(result)
            else:
                await kept["current"].send(await work(text))

    return handler


def remembers_results():
    known = {}

    async def handler(connection, work):
        async for text in connection:
            if text not in known:
                known[text] = asyncio.ensure_future(work(text))
            else:
                known[text] = asyncio.ensure_future(asyncio.sleep(0, "BUSY"))
            await connection.send(await known[text])

    return handler


async def does_not_work(connection, work):
    async for text in connection:
        await connection.send(text.upper())


async def answers_once(connection, work):
    await connection.send(await work(await connection.recv()))


async def answers_with_a_coroutine(connection, work):
    async for text in connection:
        await connection.send(str(work(text)))


def gives_up(seconds):
    async def handler(connection, work):
        async for text in connection:
            with contextlib.suppress(TimeoutError):
                await connection.send(await asyncio.wait_for(work(text), seconds))

    return handler


async def says_that_it_is_late(connection, work):
    async for text in connection:
        try:
            async with asyncio.timeout(30):
                result = await work(text)
        except TimeoutError:
            result = "TOO LATE"
        await connection.send(result)


def works_again(timeout):
    async def handler(connection, work):
        async for text in connection:
            first = asyncio.ensure_future(work(text))
            done, _ = await asyncio.wait({first}, timeout=timeout)
            await connection.send(first.result() if done else await work(text))

    return handler


def remembers_all_results():
    known = {}

    async def handler(connection, work):
        async for text in connection:
            while text in known and text == "slow":
                text += " "
            if text not in known:
                known[text] = await work(text.strip())
            await connection.send(known[text])

    return handler


async def polls_the_work(connection, work):
    async for text in connection:
        working = asyncio.ensure_future(work(text))
        while not working.done():
            await asyncio.wait({working}, timeout=1)
        await connection.send(working.result())


async def answers_twice(connection, work):
    async for text in connection:
        await connection.send(text)
        await connection.send(await work(text))


async def in_lower_case(connection, work):
    async for text in connection:
        await connection.send((await work(text)).lower())


async def in_tasks(connection, work):
    async def answer(text):
        await connection.send(await work(text))

    async with asyncio.TaskGroup() as tasks:
        async for text in connection:
            tasks.create_task(answer(text))


class Capitals:
    def __init__(self):
        self.tasks = {}

    async def __call__(self, connection, work):
        try:
            while True:
                self.tasks[connection] = asyncio.create_task(work(await connection.recv()))
                await connection.send((await self.tasks[connection]).upper())
        except ConnectionClosed:
            del self.tasks[connection]


def by_callback(connection, work):
    async def handler():
        results = asyncio.Queue()

        async def send_all():
            while True:
                await connection.send(await (await results.get()))

        sending = asyncio.create_task(send_all())
        async for text in connection:
            results.put_nowait(asyncio.create_task(work(text)))
        sending.cancel()

    return handler()


MISTAKES = [
    ("14.1", sends(lambda reading: json.dumps([reading])), "JSON array"),
    ("14.1", sends(lines, each=False), "one behind the other"),
    ("14.1", sends(shown_bytes), "Python source"),
    ("14.1", sends(fragments, each=False), "fragments of one message"),
    ("14.1", sends(from_python), "Python"),
    ("14.1", sends(twice_json), "twice"),
    ("14.1", sends(json.dumps, each=False), "JSON array"),
    ("14.1", sends(json.dumps, to=lambda text: text == "now"), "whatever it contains"),
    ("14.1", sends(json.dumps, to=bool), "whatever it contains"),
    ("14.1", sends(json.dumps, to=lambda text: isinstance(text, str)), "whatever it contains"),
    ("14.1", without_being_asked, "before"),
    ("14.2", answers_everybody(), "for the client that has asked"),
    ("14.2", answers_one_by_one(), "nothing to lock"),
    ("14.2", keeps_the_result(), "variable"),
    *(("14.2", gives_up(seconds), "however long") for seconds in (0.05, 0.5, 1, 2, 60)),
    ("14.2", says_that_it_is_late, "however long"),
    ("14.2", works_again(2), "work was called again"),
    ("14.2", works_again(0), "work was called again"),
]

HINTS = [
    ("14.2", answers_twice, "once for each message"),
    ("14.2", keeps_the_text(), "with its own text"),
    ("14.2", does_not_work, "no work on it has begun"),
    ("14.2", remembers_results(), "no work on it has begun"),
    ("14.2", sets_the_connection("before"), "Bob did not get it"),
    ("14.2", answers_by_text(), "Ana did not get it"),
    ("14.1", a_constant, "the reading, and nothing else"),
    ("14.1", sends(encoded), "BINARY"),
    ("14.1", sends(json.dumps, once=True), "each message"),
    ("14.1", only_the_first_reading, "one message per reading"),
    ("14.1", forgets_to_await, "one message per reading"),
    ("14.2", answers_once, "has returned after an answer"),
    ("14.2", remembers_all_results(), "an earlier result for the same text"),
    ("14.2", answers_with_a_coroutine, "await"),
    ("14.2", in_lower_case, "capitals"),
]

RIGHT = [
    ("14.1", as_text_of_bytes),
    ("14.1", as_a_broadcast),
    ("14.1", functools.partial(in_pieces, pieces=json.JSONEncoder().iterencode)),
    ("14.1", sends(lambda reading: [json.dumps(reading, separators=(",", ":"))])),
    ("14.2", in_tasks),
    ("14.2", Capitals()),
    ("14.2", by_callback),
    ("14.2", polls_the_work),
    ("14.2", sets_the_connection("after")),
]
