"""Answers to exercises 08.2 and 08.3: mistakes, what is no answer yet, right ones."""

import asyncio
import contextlib
import functools
from collections import deque

import websockets.sync.client
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

# 08.2

PASSING = (500, 502, 503, 504)


def passes(error):
    return isinstance(error, OSError) or error.response.status_code in PASSING


def tries_again(heals, pause_before=False, refusal=None):
    """Make a first_message that tries again where heals(error), with its faults.

    Args:
        heals: tells which exceptions it takes for bad luck.
        pause_before: whether it pauses before the first try as well.
        refusal: what it makes of any other exception; None lets it through.
    """

    async def first_message(url, pause):
        if pause_before:
            await pause()
        while True:
            try:
                async with connect(url) as connection:
                    return await connection.recv()
            except (OSError, InvalidStatus) as error:
                if not heals(error):
                    if refusal:
                        return refusal(error)
                    raise
            await pause()

    return first_message


def only(*statuses):
    return lambda error: isinstance(error, OSError) or error.response.status_code in statuses


def all_but(*statuses):
    return lambda error: isinstance(error, OSError) or error.response.status_code not in statuses


def at_most(tries):
    async def first_message(url, pause):
        for _ in range(tries):
            try:
                async with connect(url) as connection:
                    return await connection.recv()
            except (OSError, InvalidStatus) as error:
                if not passes(error):
                    raise
            await pause()

    return first_message


def instead_of_await(rest):
    """Make a first_message that does something else than `await pause()`."""

    async def first_message(url, pause):
        while True:
            try:
                async with connect(url) as connection:
                    return await connection.recv()
            except (OSError, InvalidStatus) as error:
                if not passes(error):
                    raise
            await rest(pause)

    return first_message


async def calls_only(pause):
    pause()


async def sleeps_itself(pause):
    await asyncio.sleep(0.01)


async def pauses_twice(pause):
    await pause()
    await pause()


async def pauses_in_finally(url, pause):
    while True:
        try:
            async with connect(url) as connection:
                return await connection.recv()
        except (OSError, InvalidStatus) as error:
            if not passes(error):
                raise
        finally:
            await pause()


async def catches_all(url, pause):
    while True:
        try:
            async with connect(url) as connection:
                return await connection.recv()
        except InvalidStatus as error:
            if not passes(error):
                raise
        except:  # noqa: E722
            pass
        await pause()


async def the_librarys_loop(url, pause):
    async for connection in connect(url):
        return await connection.recv()


def with_connection(use):
    """Make a right first_message, but for what it does with the connection."""

    async def first_message(url, pause):
        while True:
            try:
                async with connect(url) as connection:
                    return await use(connection)
            except (OSError, InvalidStatus) as error:
                if not passes(error):
                    raise
            await pause()

    return first_message


async def last_of_all(connection):
    return [message async for message in connection][-1]


async def forgets_to_await(connection):
    return connection.recv()


async def as_text(connection):
    return str(await connection.recv())


async def recurses(url, pause):
    try:
        async with connect(url) as connection:
            async for message in connection:
                return message
    except (OSError, InvalidStatus) as error:
        if not passes(error):
            raise
    await pause()
    return await recurses(url, pause)


class FirstMessage:
    async def __call__(self, url, pause):
        connecting = connect(url)
        while True:
            try:
                connection = await connecting
            except (OSError, InvalidStatus) as error:
                if not passes(error):
                    raise
                await pause()
            else:
                try:
                    return await connection.recv()
                finally:
                    await connection.close()


def in_a_thread(url):
    with websockets.sync.client.connect(url) as connection:
        return connection.recv()


async def of_a_thread(url, pause):
    while True:
        with contextlib.suppress(OSError, ConnectionClosed):
            try:
                return await asyncio.to_thread(in_a_thread, url)
            except InvalidStatus as error:
                if error.response.status_code < 500:
                    raise
        await pause()


MISTAKES = [
    ("08.2", tries_again(lambda error: isinstance(error, OSError)), "gave up at a 503"),
    ("08.2", tries_again(only(503)), "gave up at a 500"),
    ("08.2", tries_again(only(502, 503, 504)), "gave up at a 500"),
    ("08.2", at_most(3), "gave up after"),
    (
        "08.2",
        tries_again(lambda error: not isinstance(error, OSError) and passes(error)),
        "an OSError",
    ),
    ("08.2", tries_again(lambda error: True), "after a 401 you tried again"),
    ("08.2", tries_again(all_but(401)), "after a 403 you tried again"),
    ("08.2", tries_again(all_but(401, 403)), "after a 404 you tried again"),
    ("08.2", tries_again(passes, refusal=lambda error: None), "let that exception through"),
    ("08.2", tries_again(passes, refusal=lambda error: error), "let that exception through"),
    ("08.2", tries_again(passes, pause_before=True), "before the first try"),
    ("08.2", instead_of_await(calls_only), "did not await it"),
    ("08.2", instead_of_await(sleeps_itself), "without `await pause()`"),
    ("08.2", instead_of_await(pauses_twice), "twice"),
    ("08.2", pauses_in_finally, "when you had the message"),
    ("08.2", catches_all, "A bare `except:`"),
    ("08.2", the_librarys_loop, "`await pause()`"),
]
HINTS = [
    ("08.2", with_connection(last_of_all), "return the first message"),
    ("08.2", with_connection(forgets_to_await), "return the first message"),
    ("08.2", with_connection(as_text), "as it came"),
    ("08.2", lambda url, pause: "hi", "write `async def`"),
]
RIGHT = [
    ("08.2", recurses),
    ("08.2", FirstMessage()),
    ("08.2", of_a_thread),
    ("08.2", tries_again(only(429, *PASSING))),
    ("08.2", functools.partial(tries_again(passes))),
]

# 08.3


def had(last):
    """Take apart the id that a client had last."""
    epoch, _, number = last.rpartition("-")
    return epoch, int(number)


def is_gap(kept, epoch, last):
    had_epoch, number = had(last)
    newest = kept[-1][0] if kept else 0
    return epoch != had_epoch or not newest - len(kept) <= number <= newest


def newer(kept, last):
    return [each for each in kept if each[0] > had(last)[1]]


def right_replay(kept, epoch, last):
    gap = is_gap(kept, epoch, last)
    return gap, list(kept) if gap else newer(kept, last)


def with_gap(gap):
    """Make a replay that finds its gaps with another function."""

    def replay(kept, epoch, last):
        return (True, kept) if gap(kept, *had(last), epoch) else (False, newer(kept, last))

    return replay


def with_messages(messages):
    """Make a replay that is right, but for what it makes of the right messages."""

    def replay(kept, epoch, last):
        gap, right = right_replay(kept, epoch, last)
        return gap, messages(right)

    return replay


def from_number(least):
    def replay(kept, epoch, last):
        gap, _ = right_replay(kept, epoch, last)
        return gap, kept if gap else [each for each in kept if each[0] >= had(last)[1] + least]

    return replay


def compares_texts(kept, epoch, last):
    return False, [each for each in kept if f"{epoch}-{each[0]}" > last]


def takes_numbers_for_places(kept, epoch, last):
    gap, _ = right_replay(kept, epoch, last)
    return gap, kept if gap else kept[had(last)[1] :]


def splits(kept, epoch, last):
    had_epoch, number = last.split("-")
    return right_replay(kept, epoch, f"{had_epoch}-{number}")


def splits_at_the_first(kept, epoch, last):
    return (True, kept) if last.partition("-")[0] != epoch else right_replay(kept, epoch, last)


def only_newer_after_a_gap(kept, epoch, last):
    return is_gap(kept, epoch, last), newer(kept, last)


def nothing_after_a_gap(kept, epoch, last):
    return (True, []) if is_gap(kept, epoch, last) else (False, newer(kept, last))


def empties_kept(kept, epoch, last):
    while not is_gap(kept, epoch, last) and kept and kept[0][0] <= had(last)[1]:
        kept.pop(0)
    return is_gap(kept, epoch, last), kept


async def awaits_nothing(kept, epoch, last):
    return right_replay(kept, epoch, last)


def slices(kept, epoch, last):
    had_epoch, _, number = last.rpartition("-")
    place = int(number) - (kept[0][0] - 1 if kept else 0)
    if had_epoch != epoch or place not in range(len(kept) + 1):
        return 1, kept
    return 0, kept[place:]


class Replay:
    def __call__(self, *arguments):
        return list(right_replay(*arguments))


REPLAY = [
    (from_number(0), "number 10 again"),
    (compares_texts, "compare numbers, not texts"),
    (with_gap(lambda kept, epoch, number, now: False), "is no longer kept"),
    (with_gap(lambda kept, epoch, number, now: number + 1 < kept[0][0]), "from another epoch"),
    (with_gap(lambda kept, epoch, number, now: True), "is still kept: report no gap"),
    (
        with_gap(lambda kept, epoch, number, now: number + 2 < kept[0][0]),
        "message 7 is no longer kept",
    ),
    (with_gap(lambda kept, epoch, number, now: number < kept[0][0]), "so there is no gap"),
    (
        with_gap(lambda kept, epoch, number, now: epoch != now or number + 1 < kept[0][0]),
        "newer than the newest message",
    ),
    (
        with_gap(
            lambda kept, epoch, number, now: (
                epoch != now or not kept[0][0] - 1 <= number <= kept[-1][0]
            )
        ),
        "calling your function raised an exception",
    ),
    (splits, "calling your function raised an exception"),
    (splits_at_the_first, "an epoch may contain"),
    (only_newer_after_a_gap, "send all that is kept"),
    (nothing_after_a_gap, "send all that is kept"),
    (empties_kept, "changed `kept`"),
    (with_messages(lambda right: right[::-1]), "oldest first"),
    (awaits_nothing, "`async def`"),
]
REPLAY_HINTS = [
    (from_number(2), "has not had"),
    (takes_numbers_for_places, "has not had"),
    (with_messages(lambda right: [text for _, text in right]), "a pair (number, text)"),
    (with_messages(lambda right: None), "return two things"),
    (lambda *arguments: right_replay(*arguments)[1], "return two things"),
    (lambda *arguments: right_replay(*arguments)[::-1], "return two things"),
]
REPLAY_RIGHT = [
    slices,
    Replay(),
    with_messages(tuple),
    with_messages(lambda right: deque(map(list, right))),
    with_messages(iter),
]
MISTAKES += [("08.3", *row) for row in REPLAY]
HINTS += [("08.3", *row) for row in REPLAY_HINTS]
RIGHT += [("08.3", answer) for answer in REPLAY_RIGHT]
