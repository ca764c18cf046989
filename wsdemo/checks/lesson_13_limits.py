"""The first two exercises of lesson 13."""

import asyncio
from collections.abc import Callable
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from wsdemo.checks import Misconception, NotYet, OutOfTime, exercise
from wsdemo.checks._inbox import Inbox, settle, until
from wsdemo.checks._plain import Plain
from wsdemo.checks._trial import Trial, called, in_time, trial

SOON = 0.3
"""Seconds for what need not wait for anything."""

DEADLINES = (0.2, 0.5)
"""Seconds that a client has for a message; each is tried."""

PIECE = bytes(65_536)
MOST_PIECES = 500
"""More than the buffers on the way to a client hold."""


async def _got(box: Any) -> tuple[bool, Any]:
    """Return whether the box gives a value at once, and which."""
    getting = asyncio.ensure_future(box.get())
    try:
        return True, await in_time(getting, SOON)
    except OutOfTime:
        return False, None
    except asyncio.CancelledError:
        if not getting.cancelled():
            raise  # it is the check that was cancelled
        raise _after_a_cancelled_get(
            "the next get() raised CancelledError, although the check did not cancel it"
        ) from None


def _after_a_cancelled_get(what: str, **values: Any) -> Misconception:
    return Misconception(
        f"a get() was cancelled while it waited, and then {what}. What get() stores for its wait, "
        "such as a future, is of no use any more: a future is cancelled with the task that "
        "awaits it. Remove it in `finally`, so that the value goes to the next get().",
        **values,
    )


def _put(box: Any, *values: Any) -> None:
    for value in values:
        try:
            called(box.put, value)
        except asyncio.InvalidStateError:
            raise _after_a_cancelled_get(
                "put() raised InvalidStateError, because it gave the value to the cancelled get()",
                input=value,
            ) from None
        except asyncio.QueueFull:
            raise Misconception(
                "put() raised QueueFull: the newest value is refused, and the oldest is kept. "
                "Make room for the newest: nobody needs the old value any more."
            ) from None


@exercise("13.1")
async def latest(kind: Callable[[], Any]) -> str:
    """Check a mailbox that keeps the latest value."""
    other, box = kind(), kind()
    _put(other, "for another mailbox")
    _put(box, "one", "two", "three")
    await _newest(box)
    given, value = await _got(other)
    if not given or value != "for another mailbox":
        raise Misconception(
            "two mailboxes share their value: each needs attributes of its own, set in __init__ "
            "and not in the class. Two clients would get each other's messages.",
            input=Plain("'for another mailbox' was put into the other one, and nothing else"),
            expected="for another mailbox",
            received=value if given else "get() waited",
        )
    for number, value in enumerate(("a", "a", 0, None, "")):
        _put(box, value)
        given, received = await _got(box)
        if not given and not number:
            raise await _explain_no_second(kind, value)
        if not given:
            raise Misconception(
                f"{value!r} was put, and get() waited for another value. "
                + (
                    f"{value!r} is new, although an equal value was given before."
                    if value == "a"
                    else f"{value!r} is a value like any other."
                )
            )
        if received != value:
            raise NotYet("get() must return what was put", expected=value, received=received)
    await _waiting(box)
    await _replaced(box)
    return "get() returns the newest value, once, and put() never waits."


async def _explain_no_second(kind: Callable[[], Any], value: Any) -> Exception:
    """Return why a second value was not given, when a get() between had been cancelled."""
    untroubled = kind()
    for each in ("first", "second"):
        _put(untroubled, each)
        if await _got(untroubled) != (True, each):
            return NotYet(
                f"{value!r} was put after another value had been given, and get() waited: it must "
                "give each new value",
                input=value,
            )
    return _after_a_cancelled_get(
        f"{value!r} was put, and the next get() did not give it",
        input=value,
        expected=value,
        received=Plain("get() waited"),
    )


async def _newest(box: Any) -> None:
    given, first = await _got(box)
    if not given:
        raise NotYet(
            "three values were put before get() was called, and get() waited: it must return the "
            "newest at once"
        )
    if first == "one":
        more, second = await _got(box)
        if more:
            raise Misconception(
                "you keep all values, and give the oldest first. A client that reads slowly gets "
                "further behind with each value, and memory grows. Keep only the newest.",
                input=Plain("'one', 'two', 'three' were put"),
                received=[first, second],
            )
        raise Misconception("you keep the oldest value, and drop what is new: do the reverse")
    if first != "three":
        raise NotYet("return the newest value", input=("one", "two", "three"), received=first)
    again, second = await _got(box)
    if again:
        raise Misconception(
            f"get() gave {first!r}, and then at once {second!r}: each value is given once. If "
            "nothing is new, get() must wait; otherwise the task that calls it never pauses."
        )


async def _waiting(box: Any) -> None:
    """Check a get() that waits, and one that is cancelled while it does."""
    for value in ("first", "second"):
        cancelled = asyncio.ensure_future(box.get())
        await settle()
        cancelled.cancel()
        await asyncio.wait({cancelled}, timeout=SOON)
        waiting = asyncio.ensure_future(box.get())
        await settle()
        if waiting.cancelled():
            raise _after_a_cancelled_get(
                "the next get() raised CancelledError, although the check did not cancel it"
            )
        _put(box, value)
        try:
            received = await in_time(waiting, SOON)
        except asyncio.CancelledError:
            if not waiting.cancelled():
                raise  # it is the check that was cancelled
            raise Misconception(
                "get() was waiting, then a value was put, and get() raised CancelledError: put() "
                "cancelled the get() that waited. Wake it, by an Event or by a future's result.",
                input=value,
                expected=value,
                received=Plain("CancelledError"),
            ) from None
        except OutOfTime:
            raise NotYet(
                "get() was waiting, then a value was put, and get() goes on waiting", input=value
            ) from None
        if received != value:
            raise Misconception(
                "get() was waiting, then a value was put, and get() returned another one: read "
                "the newest after the wait, not before.",
                expected=value,
                received=received,
            )


async def _replaced(box: Any) -> None:
    """Check that a newer value replaces an older one, after a get() that was cancelled."""
    await _got(box)
    _put(box, "older", "newer")
    given, first = await _got(box)
    again, second = await _got(box)
    if again or not given or first != "newer":
        received = [value for there, value in ((given, first), (again, second)) if there]
        raise _after_a_cancelled_get(
            "two values were put, and get() did not return just the newest",
            input=Plain("a get() that is cancelled, then 'older' and 'newer' were put"),
            expected=["newer"],
            received=received,
        )


@exercise("13.2")
async def send_or_evict(answer: Callable[..., Any]) -> str:
    """Check a send with a deadline by clients that stop reading."""
    async with trial(lambda connection: connection.wait_closed()) as served:
        await _taken(answer, served)
        for number, seconds in enumerate(DEADLINES, 1):
            client = await served.join()
            connection = served.there[number]
            client.transport.pause_reading()
            try:
                await _until_evicted(answer, connection, seconds)
            finally:
                client.transport.resume_reading()
            await _last_words(Inbox(client), connection)
    return "clients that read get their messages, and a slow client learns why it was closed."


async def _taken(answer: Callable[..., Any], served: Trial) -> None:
    inbox = Inbox(await served.join())
    messages = ["Hello", "Hello again"]
    for message in messages:
        try:
            taken = await in_time(answer(served.there[0], message, SOON))
        except ConnectionClosed:
            raise Misconception(
                "the connection of a client that reads was closed after its first message."
            ) from None
        if not taken:
            raise NotYet("the client reads, so the message is taken: return True", received=taken)
    await until(lambda: len(inbox.received) >= len(messages) or inbox.ended)
    if inbox.received != messages:
        raise NotYet(
            "a client that reads must get each message once, as it is",
            expected=messages,
            received=inbox.received,
        )
    if inbox.ended or served.there[0].state is not State.OPEN:
        raise Misconception("the connection of a client that reads was closed after its message.")


async def _until_evicted(
    answer: Callable[..., Any], connection: ServerConnection, seconds: float
) -> None:
    loop = asyncio.get_running_loop()
    for _ in range(MOST_PIECES):
        sending = asyncio.ensure_future(answer(connection, PIECE, seconds))
        began = loop.time()
        try:
            await asyncio.wait({sending}, timeout=1.6 * seconds)
            if not sending.done():
                await settle()
            late = not sending.done()
            if late and connection.state is not State.OPEN:
                raise _waits_for_the_close()
            taken = await in_time(sending)
        except OutOfTime:
            if connection.state is not State.OPEN:
                raise _waits_for_the_close() from None
            raise Misconception(
                "a client reads nothing, and your send still waits: it has no deadline, and all "
                "other clients wait for their message, too.",
                input=Plain(f"seconds={seconds}"),
                received=Plain(f"no result after {loop.time() - began:.1f} s"),
            ) from None
        except ConnectionClosed:
            raise Misconception(
                "a client did not read, and its connection was closed, but your function had "
                "returned True: return False then."
            ) from None
        finally:
            sending.cancel()
        if not taken:
            _expect_deadline(loop.time() - began, seconds, late)
            return
    size = connection.transport.get_write_buffer_size() // 2**20
    raise Misconception(
        f"a client reads nothing, your function returns True for every message, and {size} MiB "
        "wait in memory: a message that was written has not yet been taken by the client. `await "
        "connection.send` waits when the buffers are full."
    )


def _expect_deadline(after: float, seconds: float, late: bool) -> None:
    if late or after < 0.9 * seconds:
        raise Misconception(
            f"a client that does not read has `seconds` to take a message, not "
            f"{'more' if late else 'less'}.",
            input=Plain(f"seconds={seconds}"),
            received=Plain(f"False after {after:.2f} s"),
        )


def _waits_for_the_close() -> Exception:
    return Misconception(
        "you are closing the connection, and wait until it is closed. The Close frame comes after "
        "everything that the client has not read, so close() waits for the client. Close the "
        "connection in a task."
    )


async def _last_words(inbox: Inbox, connection: ServerConnection) -> None:
    # A task that closes the connection may not have begun.
    await until(lambda: connection.state is not State.OPEN)
    if connection.state is State.OPEN:
        raise NotYet(
            "a client took nothing in time, and it is still connected: close its connection with "
            "1008 and a reason"
        )
    await until(lambda: inbox.ended)
    code, reason = inbox.client.close_code, inbox.client.close_reason
    if code == 1006:
        raise Misconception(
            "the client read on a moment later, and saw 1006: no code, no reason. It takes this "
            "for a bad network, and reconnects, as slow as before. Close with 1008."
        )
    if code == 1000:
        raise Misconception(
            "the client saw 1000, as if all were well; 1008 means that a rule was broken."
        )
    if code != 1008:
        raise Misconception("the code for a client that breaks a rule is 1008.", received=code)
    if not reason:
        raise NotYet("the client saw 1008 without a reason: give one in a few words")
