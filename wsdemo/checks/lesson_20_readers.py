"""The third exercise of lesson 20: one answer, many readers, one of which does not read."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._inbox import Inbox, settle, until
from wsdemo.checks._model import RAN_ON, Answer
from wsdemo.checks._plain import Plain
from wsdemo.checks._trial import Trial, trial

TEXTS = ("Eve ", "", *(f"word {number} " for number in range(3, 61)))
"""The tokens that all readers must get."""

HELD = 3
"""The model waits after so many tokens; readers must have them all by then."""

LEAVES_AFTER = 20
"""The tokens after which one reader leaves."""

PIECE = bytes(2**16)
MOST_PIECES = 500
"""More than the buffers on the way to a reader hold."""


class Class:
    """Readers of one answer: one reads, one sleeps at first, and one leaves.

    Attributes:
        answer: the answer.
        connections: the server's connections to them.
        inboxes: all of them.
        reads: what the reader that reads has received.
        sleeper: the one that does not read at first.
        leaves: the one that leaves.
    """

    def __init__(self, answer: Answer, inboxes: list[Inbox], served: Trial) -> None:
        self.answer = answer
        self.inboxes = inboxes
        self.leaves, self.sleeper, self.reads = inboxes
        self.connections: list[ServerConnection] = list(served.there)

    async def fall_asleep(self) -> None:
        """Let the sleeper read nothing, and fill the buffers on the way to it."""
        self.sleeper.client.transport.pause_reading()
        connection = self.connections[1]
        for _ in range(MOST_PIECES):
            try:
                await asyncio.wait_for(connection.send(PIECE), 0.03)
            except TimeoutError:
                return

    def have(self, count: int) -> bool:
        """Return whether each reader has so many tokens."""
        return all(len(_texts(each)) >= count for each in self.inboxes)

    def wake(self) -> None:
        """Let the sleeper read."""
        self.sleeper.client.transport.resume_reading()


def _texts(inbox: Inbox) -> list[Any]:
    return [each for each in inbox.received if each != PIECE]


@exercise("20.3")
async def relay(function: Callable[..., Any]) -> str:
    """Check a relay by readers that sleep and that leave."""
    answer = Answer(TEXTS, free=HELD)
    async with trial(lambda connection: connection.wait_closed()) as served:
        inboxes = [Inbox(await served.join()) for _ in range(3)]
        room = Class(answer, inboxes, served)
        task = asyncio.ensure_future(_call(function, answer.tokens(), room.connections))
        try:
            await _first_tokens(room, task)
            await room.fall_asleep()
            await _while_one_sleeps(room, task)
            await _until_all_have_it(room, task)
        finally:
            room.wake()
            await _end(answer, task)
        await _all_leave(function, served)
    return "each reader has all tokens, the slow one later, and the model waits for none of them."


def _call(
    function: Callable[..., Any], tokens: AsyncGenerator[str], readers: list[ServerConnection]
) -> Awaitable[Any]:
    running = function(tokens, list(readers))
    if not asyncio.iscoroutine(running):
        raise NotYet("write `async def`: your function is awaited", received=running)
    return running


async def _end(answer: Answer, task: "asyncio.Future[Any]") -> None:
    answer.finish()
    task.cancel()
    await asyncio.wait({task}, timeout=1)


def _expect_no_error(task: "asyncio.Future[Any]") -> None:
    if task.done() and not task.cancelled() and (error := task.exception()):
        raise error


async def _first_tokens(room: Class, task: "asyncio.Future[Any]") -> None:
    """Check that all readers have the first tokens while the model computes the next one."""
    expected = list(TEXTS[:HELD])
    received = [_texts(each) for each in room.inboxes]
    await until(lambda: room.have(HELD) or task.done())
    await settle()
    received = [_texts(each) for each in room.inboxes]
    if received == [expected] * len(received):
        return
    _expect_no_error(task)
    if not room.answer.begun:
        raise NotYet("your function took no token from the generator `tokens`")
    happened = {
        "input": Plain(f"{len(received)} readers, and the first {HELD} tokens of an answer"),
        "expected": expected,
    }
    if any(received):
        few = min(received, key=len)
        if few == ["Eve ", "word 3 "] or max(received) == ["Eve "]:
            raise Misconception(
                "an empty token was left out, or has ended the sending: an empty text is a token "
                "like any other.",
                **happened,
                received=few,
            )
        raise Misconception(
            "a reader has not all tokens: send each token to every reader.",
            **happened,
            received=few,
        )
    room.answer.allow()
    await until(lambda: task.done())
    await room.reads.in_step()
    if room.reads.received:
        raise Misconception(
            "you took all tokens first, and sent them then. Send each token as soon as the model "
            "has computed it.",
            **happened,
            received=received[-1],
        )
    raise NotYet("tokens came, and nothing was sent to the readers", **happened, received=[])


def _waits(room: Class) -> Misconception:
    return Misconception(
        "one reader does not read, and the model waits for the slow reader, and with it all other "
        "readers: `await send` waits while the buffers are full. Give each reader a queue and a "
        "task.",
        input=Plain(f"three readers, one of which does not read; {len(TEXTS)} tokens"),
        expected=Plain("the model computes all tokens"),
        received=Plain(f"it has computed {room.answer.computed}"),
    )


async def _while_one_sleeps(room: Class, task: "asyncio.Future[Any]") -> None:
    answer = room.answer
    answer.allow(LEAVES_AFTER)
    await until(lambda: len(_texts(room.reads)) >= LEAVES_AFTER or task.done(), 1.5)
    await room.reads.in_step()
    _expect_no_error(task)
    if answer.computed < LEAVES_AFTER:
        raise _waits(room)
    await room.leaves.client.close()
    answer.allow()
    await until(lambda: len(_texts(room.reads)) >= len(TEXTS) or task.done(), 1.5)
    await room.reads.in_step()
    received = _texts(room.reads)
    if _failed(task):
        raise _not_caught(task)
    if received == list(TEXTS):
        return
    if task.done():
        raise Misconception(
            "your function returned, and a reader that reads has not all tokens: wait for the "
            "task of each reader before you return.",
            expected=Plain(f"{len(TEXTS)} tokens"),
            received=Plain(f"{len(received)} tokens"),
        )
    if answer.computed < len(TEXTS):
        raise _waits(room)
    raise Misconception(
        "one reader has left, and the others get nothing more.",
        input=Plain(f"one of three readers leaves after {LEAVES_AFTER} tokens"),
        expected=Plain(f"the others get all {len(TEXTS)} tokens"),
        received=Plain(f"{len(received)} tokens"),
    )


def _not_caught(task: "asyncio.Future[Any]") -> Exception:
    error = task.exception()
    if not isinstance(error, ConnectionClosed | BaseExceptionGroup):
        assert isinstance(error, Exception)
        return error
    return Misconception(
        "one reader has left, and your function raised an exception, so that the others get "
        "nothing more. `send` raises ConnectionClosed then: catch it in the task of that reader.",
        input=Plain(f"one of three readers leaves after {LEAVES_AFTER} tokens"),
        expected=Plain(f"the others get all {len(TEXTS)} tokens"),
        received=error,
    )


def _failed(task: "asyncio.Future[Any]") -> bool:
    return task.done() and not task.cancelled() and task.exception() is not None


async def _until_all_have_it(room: Class, task: "asyncio.Future[Any]") -> None:
    sleeper = room.sleeper
    await settle()
    early = task.done()
    room.wake()
    await until(lambda: len(_texts(sleeper)) >= len(TEXTS) or sleeper.ended or _failed(task))
    if not sleeper.ended:
        await sleeper.in_step()
    received = _texts(sleeper)
    happened = {
        "input": Plain("a reader that does not read, and then reads again"),
        "expected": list(TEXTS),
        "received": received,
    }
    if _failed(task):
        raise _not_caught(task)
    if sleeper.ended:
        raise Misconception(
            "the connection of the slow reader was closed. It was only slow: keep its tokens, and "
            "send them when it reads again.",
            **happened,
        )
    if received != list(TEXTS) and received == list(TEXTS[: len(received)]) and early:
        raise Misconception(
            f"your function returned while the slow reader did not read, and this reader has "
            f"missed all tokens after number {len(received)}. Keep them, and return when they are "
            "sent.",
            **happened,
        )
    if received != list(TEXTS):
        raise Misconception(
            "the slow reader reads again, and it has missed tokens, or got them in another order. "
            "An answer with a gap is wrong: keep all tokens of the answer for it.",
            **happened,
        )
    _expect_no_error(task)
    await until(lambda: task.done())
    _expect_no_error(task)
    if not task.done():
        raise NotYet(
            "the model has ended, all readers have all tokens, and your function goes on: return",
            received=Plain("no return"),
        )


async def _all_leave(function: Callable[..., Any], served: Trial) -> None:
    answer = Answer()
    clients = [await served.join() for _ in range(2)]
    tokens = answer.tokens()  # this name keeps it, or the garbage collector would close it
    task = asyncio.ensure_future(_call(function, tokens, served.there[-2:]))
    inboxes = [Inbox(each) for each in clients]
    try:
        await until(lambda: all(len(each.received) >= HELD for each in inboxes) or task.done())
        await clients[0].close()
        clients[1].transport.abort()
        await until(lambda: all(each.state.name == "CLOSED" for each in served.there[-2:]))
        computed = answer.computed
        await until(lambda: answer.ended or answer.computed > computed + RAN_ON)
        if answer.computed > computed + RAN_ON:
            raise Misconception(
                "all readers have left, and the model goes on computing for nobody. Look after "
                "each token whether a reader is left.",
                expected=Plain("the generator is closed soon"),
                received=Plain(f"{answer.computed - computed} more tokens"),
            )
        if not answer.ended:
            raise Misconception(
                "all readers have left, and the generator is not closed: you take no more tokens, "
                "and its `finally` has not run. Await `tokens.aclose()`, or use "
                "contextlib.aclosing.",
            )
    finally:
        await _end(answer, task)
