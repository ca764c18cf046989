"""The exercises of lesson 05."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Request, Response

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._serving import PATIENCE, serving

SLACK = 0.6
"""Seconds that a busy machine may add."""

TOKEN = "k3-ana-7Qz"

STRANGERS = {
    "without a token": {},
    "with a wrong token": {"Authorization": "Bearer wrong"},
    "with the token and more after it": {"Authorization": f"Bearer {TOKEN}-and-more"},
    "with a header that is not a token": {"Authorization": "Basic"},
}


@dataclass
class Seen:
    """What a client saw of one attempt to connect.

    Attributes:
        status: 101, or that of a refusal.
        message: the first message; ``None`` if there was none.
        code: how the connection was closed; ``None`` if it was not.
    """

    status: int
    message: str | bytes | None = None
    code: int | None = None


async def _try(url: str, **options: Any) -> Seen:
    """Connect, and wait for one message, an end, or neither."""
    try:
        async with connect(url, close_timeout=0.5, **options) as client:
            try:
                return Seen(101, message=await asyncio.wait_for(client.recv(), PATIENCE))
            except TimeoutError:
                return Seen(101)
            except ConnectionClosed as closed:
                return Seen(101, code=closed.rcvd.code if closed.rcvd else 1006)
    except InvalidStatus as refusal:
        return Seen(refusal.response.status_code)


@exercise("05.1")
async def refuse_before(door: Any) -> str:
    """Judge a gate and a handler: strangers are refused with 401, before the upgrade."""
    async with serving(door["handler"], process_request=door["process_request"]) as url:
        for who, headers in STRANGERS.items():
            _judge_refusal(who, await _try(url, additional_headers=headers))
        seen = await _try(url, additional_headers={"Authorization": f"Bearer {TOKEN}"})
        if seen.message != "the secret":
            raise NotYet(f"with the right token a client must hear 'the secret'; it saw {seen}")
    return "strangers got 401 and never saw open; who has the token heard the secret."


def _judge_refusal(who: str, seen: Seen) -> None:
    if seen.status == 101 and seen.code is not None and seen.code != 1011:
        raise Misconception(
            f"a client {who} was closed with {seen.code}, but it saw open before: it was thrown "
            "out, not rejected. Refuse in process_request, where there is no connection yet."
        )
    if seen.status == 101:
        told = f"and heard {seen.message!r}" if seen.message else f"and saw {seen}"
        raise NotYet(f"a client {who} was let in, {told}")
    if seen.status == 404:
        raise Misconception(
            f"a client {who} was told 404, that there is nothing here. It will look for another "
            "address, instead of a token: 401 asks for credentials."
        )
    if seen.status == 403:
        raise Misconception(
            f"a client {who} was told 403: you may not, whoever you are. But with a token it may: "
            "401 asks for credentials."
        )
    if seen.status == 500:
        raise NotYet(f"your gate raised an exception for a client {who}: it saw 500")
    if seen.status != 401:
        raise NotYet(f"a client {who} was told {seen.status}; 401 asks for credentials")


async def _greet(connection: ServerConnection) -> None:
    await connection.send("come in")
    await connection.wait_closed()


@exercise("05.2")
async def single_use_ticket(kind: Any) -> str:
    """Judge a class of tickets: each works once, for its user, for a while."""
    lifetime = 0.5
    tickets = kind(lifetime)

    def gate(connection: ServerConnection, request: Request) -> Response | None:
        query = parse_qs(urlsplit(request.path).query, keep_blank_values=True)
        good = tickets.redeem(query["ticket"][0], query["user"][0])
        return None if good else connection.respond(401, "")

    async with serving(_greet, process_request=gate) as url:

        async def enters(ticket: str, user: str) -> bool:
            seen = await _try(f"{url}/?user={user}&ticket={quote(ticket)}")
            if seen.status == 500:
                raise NotYet(f"redeem({ticket!r}, {user!r}) raised an exception: false is enough")
            return seen.status == 101

        first = _issue(tickets, "ana")
        if first == _issue(tickets, "ana") or len(first) < 16:
            raise Misconception(
                f"a ticket such as {first!r} can be guessed, or comes twice: let secrets make it."
            )
        if not await enters(first, "ana"):
            raise NotYet("a new ticket of ana's must let ana in")
        if await enters(first, "ana"):
            raise Misconception(
                "the same ticket worked twice. It stands in the log: whoever reads it there comes "
                "in. Take it out when it is redeemed."
            )
        if await enters(_issue(tickets, "ana"), "bob"):
            raise Misconception(
                "bob came in with a ticket of ana's. That it is a good ticket is not enough: it "
                "must be a good ticket of this user."
            )
        if await enters("nonsense", "ana"):
            raise NotYet("a ticket that was never issued let ana in")
        late = _issue(tickets, "ana")
        await asyncio.sleep(lifetime + 0.1)
        if await enters(late, "ana"):
            raise Misconception(
                f"a ticket still worked after its {lifetime} s. Note the end when you issue it, "
                "and compare when it is redeemed."
            )
    return "once, for its user, and not for long: such a ticket may stand in a log."


def _issue(tickets: Any, user: str) -> str:
    ticket = tickets.issue(user)
    if not isinstance(ticket, str) or not ticket:
        raise NotYet("issue(user) must return a text that is not empty")
    return ticket


@exercise("05.3")
async def expiry(handler: Any) -> str:
    """Judge an echo that ends when its permission does, also for a client that says nothing."""
    seconds = 0.6

    async def limited(connection: ServerConnection) -> None:
        await handler(connection, seconds)

    async with (
        serving(limited) as url,
        connect(url, close_timeout=0.5) as talker,
        connect(url, close_timeout=0.5) as listener,
    ):
        for word in ("one", "two"):
            await _expect_echo(talker, word)
            await asyncio.sleep(0.1)
        await asyncio.wait([asyncio.create_task(listener.wait_closed())], timeout=seconds + SLACK)
        if listener.state.name == "OPEN":
            raise await _why_open(talker)
        code, reason = listener.close_code, listener.close_reason
    if code == 1011:
        raise NotYet("your handler raised an exception at the end: the client saw 1011")
    if code != 1008 and not 3000 <= (code or 0) <= 4999:
        raise Misconception(
            f"the connection ended with {code}, like any other. By a code of its own a client "
            "knows that it needs a new permission, and not merely a new connection."
        )
    if not reason:
        raise Misconception(f"code {code} came without a reason: say in a few words why it ended.")
    return "echoes until the end, then a code and a reason; who only listened was ended, too."


async def _expect_echo(client: Any, word: str) -> None:
    try:
        await client.send(word)
        answer = await asyncio.wait_for(client.recv(), PATIENCE)
    except TimeoutError:
        raise NotYet(f"while the permission lasts, {word!r} must come back; nothing came") from None
    except ConnectionClosed as closed:
        code = closed.rcvd.code if closed.rcvd else 1006
        raise NotYet(f"while the permission lasted, your handler ended it, with {code}") from None
    if answer != word:
        raise NotYet(f"while the permission lasts, {word!r} must come back, not {answer!r}")


async def _why_open(talker: Any) -> Misconception:
    """Whether the handler looks at each message, or never again."""
    with contextlib.suppress(ConnectionClosed, TimeoutError):
        await talker.send("late")
        await asyncio.wait_for(talker.recv(), PATIENCE)
        return Misconception(
            "long after the end a question was still answered. A check at the door holds only for "
            "the door; set a timer."
        )
    return Misconception(
        "you look at the time when a message comes. A client that only listens stays, and hears "
        "all that you send: set a timer."
    )
