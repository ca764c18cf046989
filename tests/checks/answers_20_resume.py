"""Answers to exercise 20.2: mistakes, what is no answer yet, right ones."""

import asyncio
import contextlib
import itertools
import json

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, WebSocketException

MISSED = (OSError, ConnectionClosed)


def reads(
    *,
    after=lambda last: last,
    caught=MISSED,
    pausing=True,
    news=lambda n, last: n > last,
    keep=True,
    clean_end="retry",
    late=False,
    tries=itertools.count,
    pause_first=False,
    truthy=False,
):
    """An answer to 20.2.

    Args:
        after: the number to ask for, from the last one that was shown.
        caught: the exceptions after which it tries again.
        pausing: whether it pauses between two tries.
        news: whether a number is new, given the last one.
        keep: whether the last number is kept from one connection to the next.
        clean_end: what a closing handshake before the end means: retry, or the end.
        late: whether the tokens of a connection are shown only when it has ended.
        tries: returns the tries.
        pause_first: whether there is a pause before the first try.
        truthy: whether an empty token is left out.
    """

    async def read_answer(url, show, pause):
        last = 0
        if pause_first:
            await pause()
        for _ in tries():
            if not keep:
                last = 0
            shown = []
            try:
                async with connect(f"{url}/?after={after(last)}") as connection:
                    async for text in connection:
                        message = json.loads(text)
                        if "end" in message:
                            return
                        if news(message["n"], last):
                            last = message["n"]
                            if truthy and not message["token"]:
                                continue
                            (shown.append if late else show)(message["token"])
                    if clean_end == "end":
                        return
            except caught:
                pass
            finally:
                for token in shown:
                    show(token)
            if pausing:
                await pause()

    return read_answer


async def one_connection(url, show, pause):
    async with connect(f"{url}/?after=0") as connection:
        async for text in connection:
            message = json.loads(text)
            if "token" in message:
                show(message["token"])


async def counts_messages(url, show, pause):
    """It counts what has come, and a repeated token counts twice."""
    count = 0
    while True:
        with contextlib.suppress(*MISSED):
            async with connect(f"{url}/?after={count}") as connection:
                async for text in connection:
                    message = json.loads(text)
                    if "end" in message:
                        return
                    count += 1
                    show(message["token"])
        await pause()


async def drops_equal_texts(url, show, pause):
    last, shown = 0, set()
    while True:
        with contextlib.suppress(*MISSED):
            async with connect(f"{url}/?after={last}") as connection:
                async for text in connection:
                    message = json.loads(text)
                    if "end" in message:
                        return
                    last = message["n"]
                    if message["token"] not in shown:
                        shown.add(message["token"])
                        show(message["token"])
        await pause()


async def looks_for_end_in_the_text(url, show, pause):
    last = 0
    while True:
        with contextlib.suppress(*MISSED):
            async with connect(f"{url}/?after={last}") as connection:
                async for text in connection:
                    if '"end' in text.replace("\\", ""):
                        return
                    message = json.loads(text)
                    if message["n"] > last:
                        last = message["n"]
                        show(message["token"])
        await pause()


async def all_again_at_the_end(url, show, pause):
    """A new connection gets the whole answer, and the first tokens are skipped by count."""
    shown = []

    def show_and_note(token):
        shown.append(token)
        show(token)

    while True:
        with contextlib.suppress(*MISSED):
            async with connect(url) as connection:
                async for text in connection:
                    message = json.loads(text)
                    if "end" in message:
                        return
                    if message["n"] > len(shown):
                        show_and_note(message["token"])
        await pause()


async def shows_messages(url, show, pause):
    async with connect(f"{url}/?after=0") as connection:
        async for text in connection:
            show(text)


async def forgets_to_await(url, show, pause):
    async def no_pause():
        pause()
        await asyncio.sleep(0.001)

    await reads()(url, show, no_pause)


# Right ones of unusual form


async def with_recv(url, show, pause):
    """With recv, and with the library's own loop of connections left out."""
    last = ended = 0
    while not ended:
        connection = None
        try:
            connection = await connect(url + f"/?after={last}")
            while not ended:
                match json.loads(await connection.recv(decode=False)):
                    case {"end": _}:
                        ended = True
                    case {"n": n, "token": token} if n == last + 1:
                        show(token)
                        last = n
        except (WebSocketException, OSError):
            await pause()
        finally:
            if connection:
                await connection.close()


class Reader:
    """An object that keeps the tokens by their number."""

    def __init__(self, url, show, pause):
        self.url, self.show, self.pause = url, show, pause
        self.tokens, self.complete = {}, False

    async def connection(self):
        async with connect(f"{self.url}/?after={max(self.tokens, default=0)}") as connection:
            async for text in connection:
                self.take(**json.loads(text))

    def take(self, n=None, token=None, end=None):
        if end is not None:
            self.complete = True
        elif n not in self.tokens:
            self.tokens[n] = token
            self.show(token)

    async def run(self):
        while True:
            with contextlib.suppress(*MISSED):
                await self.connection()
            if self.complete:
                return len(self.tokens)
            await self.pause()


async def by_recursion(url, show, pause, last=0):
    try:
        async with connect(f"{url}/?after={last}") as connection:
            while "end" not in (message := json.loads(await connection.recv())):
                if message["n"] > last:
                    last = message["n"]
                    show(message["token"])
            return
    except MISSED:
        await pause()
    await by_recursion(url, show, pause, last)


async def messages_of(url, pause):
    last = 0
    while True:
        try:
            async with connect(f"{url}/?after={last}") as connection:
                async for text in connection:
                    message = json.loads(text)
                    yield message
                    last = max(last, message.get("n", 0))
        except MISSED:
            pass
        await pause()


async def with_a_generator(url, show, pause):
    expected = itertools.count(1)
    wanted = next(expected)
    async with contextlib.aclosing(messages_of(url, pause)) as messages:
        async for message in messages:
            if "end" in message:
                break
            if message["n"] == wanted:
                show(message["token"])
                wanted = next(expected)


MISTAKES = [
    ("20.2", one_connection, "ConnectionClosedError"),
    ("20.2", reads(keep=False), "from the beginning"),
    ("20.2", reads(after=lambda last: 0), "from the beginning"),
    ("20.2", all_again_at_the_end, "from the beginning"),
    ("20.2", reads(after=lambda last: last + 1), "is left out"),
    ("20.2", reads(after=lambda last: max(0, last - 1)), "that it has shown"),
    ("20.2", reads(pausing=False), "without `await pause()`"),
    ("20.2", forgets_to_await, "did not await it"),
    ("20.2", reads(pause_first=True), "before the first"),
    ("20.2", reads(caught=ConnectionClosed), "OSError"),
    ("20.2", reads(caught=OSError), "ConnectionClosedError"),
    ("20.2", reads(tries=lambda: range(3)), "gave up"),
    ("20.2", reads(news=lambda n, last: True), "shown twice"),
    ("20.2", counts_messages, "shown twice"),
    ("20.2", reads(news=lambda n, last: str(n) > str(last)), "as texts"),
    ("20.2", drops_equal_texts, "equal texts"),
    ("20.2", reads(truthy=True), "empty"),
    ("20.2", reads(clean_end="end"), "1001"),
    ("20.2", reads(late=True), "as soon as"),
    ("20.2", looks_for_end_in_the_text, "inside a token"),
    ("20.2", reads(caught=(ConnectionClosedError, OSError), clean_end="end"), "1001"),
]


async def does_nothing_more(url, show, pause):
    async with connect(f"{url}/?after=0"):
        await asyncio.sleep(60)


async def other_path(url, show, pause):
    async with connect(f"{url}/after/0") as connection:
        await connection.recv()


HINTS = [
    ("20.2", shows_messages, "call show with the token"),
    ("20.2", does_nothing_more, "show"),
    ("20.2", other_path, "?after={n}"),
]

RIGHT = [
    ("20.2", reads()),
    ("20.2", with_recv),
    ("20.2", lambda url, show, pause: Reader(url, show, pause).run()),
    ("20.2", by_recursion),
    ("20.2", with_a_generator),
    ("20.2", reads(news=lambda n, last: n == last + 1)),
]
