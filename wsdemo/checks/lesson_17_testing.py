"""The exercises of lesson 17 in which learners test a room and a client."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.checks import NotYet, exercise
from wsdemo.checks._mutants import WHOLE_TIME_LIMIT, Outcome, judge, outcome_of, tests_of
from wsdemo.checks._serving import serving
from wsdemo.scenes import askers, rooms
from wsdemo.server.core import Server, serve

ROOMS = {
    "OnlyTheNewest": "Let three members listen: does each of them receive a message (promise 1)?",
    "BackToTheSender": "What must the sender not receive? Assert what Ana receives next (2).",
    "Nameless": "Who wrote it? Assert the whole message, with the name (3).",
    "Overtaking": "Send two messages at once, and assert their order (4).",
    "Twice": "Send another message, and assert that it is the next to arrive (5).",
    "Haunted": "Let a member leave, and assert that the others still receive messages (6).",
    "Fragile": "Let a connection break, without a closing handshake (7).",
    "Masquerade": "Connect twice with one name, and assert the close code 1008 (8).",
    "NameForever": "Let a member leave and come back under the same name (9).",
    "Indifferent": "Send bytes, and assert the close code 1003 (10).",
}
"""What to test next, by the broken room that passes."""

ASKERS = {
    "AnyReply": "Send a reply with another id first (promise 5).",
    "Strict": "Send a message that is not JSON before the reply (6).",
    "Falsy": "Let the data be 0 or an empty text (4).",
    "Careless": "Send an error, and assert that LookupError is raised (7).",
    "Repeating": "Note what the server receives: each question once (2)?",
    "OneId": "Ask twice, and compare the ids that the server receives (3).",
    "Resigned": "Let the server say nothing, and assert that TimeoutError is raised (8).",
    "StartsAgain": "Send other messages for longer than the limit, and then the reply (8).",
    "Silent": "Close the connection before the reply, and assert ConnectionClosed (9).",
    "Untidy": "Wait, with a limit, until the server sees the connection closed (10).",
}
"""What to test next, by the broken client that passes."""


@exercise("17.2", WHOLE_TIME_LIMIT)
async def test_room(answer: Any) -> str:
    """Check tests of the room, by breaking it."""

    async def attempt(test: Callable[..., Any], make: Callable[[], rooms.Room]) -> Outcome:
        async with serving(make(), compression=None) as url:
            return await outcome_of(test, url)

    tests = tests_of(answer, "url")
    return await judge(tests, attempt, rooms.Room, rooms.BROKEN, "room/on", ROOMS)


@exercise("17.3", WHOLE_TIME_LIMIT)
async def test_client(answer: Any) -> str:
    """Check tests of the client, by breaking it."""
    called = False

    async def attempt(test: Callable[..., Any], make: Callable[[], askers.Asker]) -> Outcome:
        asker, errors = make(), []
        with contextlib.ExitStack() as stack:

            def ask(*arguments: Any, **options: Any) -> Any:
                nonlocal called
                called = True
                return asker(*arguments, **options)

            def start(handler: Callable[..., Any], **options: Any) -> Server:
                async def script(connection: ServerConnection) -> None:
                    try:
                        await handler(connection)
                    except ConnectionClosed:
                        raise
                    except Exception as error:  # the verdict shows it
                        errors.append(error)
                        await connection.close(1011)

                return stack.enter_context(serve(script, **options))

            outcome = await outcome_of(test, ask, start)
            await asyncio.to_thread(stack.close)
        return Outcome(errors[0]) if errors and outcome.failed else outcome

    tests = tests_of(answer, "ask, serve")
    try:
        return await judge(tests, attempt, askers.Asker, askers.BROKEN, "client/with", ASKERS)
    except NotYet as finding:
        if not called:
            finding.args = (
                "your test never calls `ask`: it tests the library, and passes whatever your "
                "client does. The server may be a script; the client must be yours.",
            )
        raise
