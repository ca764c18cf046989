"""The exercise of lesson 05 on a token in the handshake."""

import asyncio
import inspect
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus
from websockets.http11 import Request

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._mishaps import watched
from wsdemo.checks._plain import Plain
from wsdemo.checks._secrets import Comparisons, watch_header
from wsdemo.checks._serving import PATIENCE, serving

TOKEN = "k3-ana-7Qz"

STRANGERS = {
    "without the header": {},
    "with a wrong token": {"Authorization": "Bearer wrong"},
    "with Bob's token": {"Authorization": "Bearer k3-bob-X1f"},
    "with a header that has no token": {"Authorization": "Basic"},
    "with a token that is not ASCII": {"Authorization": "Bearer k3-änä-7Qz"},
    "with the token and more after it": {"Authorization": f"Bearer {TOKEN}-and-more"},
    "with more before the token": {"Authorization": f"Bearer x{TOKEN}"},
    "with a token that is a letter short": {"Authorization": f"Bearer {TOKEN[:-1]}"},
    "with the token and letters of Bearer": {"Authorization": f"Bearer {TOKEN}rae"},
    "with the token in lower case": {"Authorization": f"Bearer {TOKEN.lower()}"},
    "with the token, but of another scheme": {"Authorization": f"Basic {TOKEN}"},
}


@dataclass
class Seen:
    """The result of one attempt to connect.

    Attributes:
        status: 101, or that of a refusal; ``None`` if no HTTP response came.
        message: the first message; ``None`` if there was none.
        code: how the connection was closed; ``None`` if it was not.
    """

    status: int | None
    message: str | bytes | None = None
    code: int | None = None

    def __repr__(self) -> str:
        if self.status != 101:
            return f"HTTP status {self.status}" if self.status else "no HTTP response"
        if self.message is not None:
            return f"101, then the message {self.message!r}"
        return f"101, then a close with {self.code}" if self.code else "101, and no message"


async def _try(url: str, **options: Any) -> Seen:
    """Connect, and wait for one message, a close, or neither."""
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
    except InvalidMessage:
        return Seen(None)


@exercise("05.1")
async def refuse_before(door: Any) -> str:
    """Check a process_request and a handler: strangers are refused with 401, before the upgrade."""
    if not isinstance(door, dict) or not {"handler", "process_request"} <= set(door):
        raise NotYet("leave the dictionary `door` with its two keys as it is", received=door)
    comparisons = Comparisons(TOKEN)
    options = {"process_request": _process_request(door["process_request"], comparisons)}
    async with serving(door["handler"], **options) as url:
        for which, headers in STRANGERS.items():
            seen = await _try(url, additional_headers=headers)
            _check_refusal(which, headers.get("Authorization"), seen)
        header = f"Bearer {TOKEN}"
        seen = await _try(url, additional_headers={"Authorization": header})
        if seen.message != "the secret":
            raise NotYet(
                "the client with the right token did not receive the secret",
                input=Plain(f"Authorization: {header}"),
                expected=Plain("101, then the message 'the secret'"),
                received=seen,
            )
    if comparisons.seen:
        raise Misconception(
            f"your function compares the token with {comparisons.seen}, which stops at the first "
            "letter that differs: its time reveals how many letters were right. Use "
            "hmac.compare_digest."
        )
    return (
        "all other clients got 401, before the upgrade; only the client with the right token got "
        "the secret."
    )


def _process_request(function: Any, comparisons: Comparisons) -> Any:
    """Return the learner's process_request, and note what it compares and what it raises."""
    if function is None:
        return None

    async def watched_process_request(connection: ServerConnection, request: Request) -> Any:
        watch_header(request, comparisons)
        responses = []

        async def respond() -> None:
            response = function(connection, request)
            responses.append(await response if inspect.isawaitable(response) else response)

        await watched(respond)()
        return responses[0]

    return watched_process_request


def _check_refusal(which: str, header: str | None, seen: Seen) -> None:
    values = {
        "input": Plain(f"Authorization: {header}" if header else "no header Authorization"),
        "expected": Plain("HTTP status 401"),
        "received": seen,
    }
    client = f"a client {which}"
    if seen.status == 101 and seen.code is not None and seen.code != 1011:
        raise Misconception(
            f"{client} was disconnected with {seen.code}, but its connection was open before. "
            "Refuse it in process_request, where there is no connection yet.",
            **values,
        )
    if seen.status == 101:
        raise NotYet(f"{client} was let in", **values)
    if seen.status == 404:
        raise Misconception(
            f"{client} got 404: nothing is at this address. Such a client looks for another "
            "address, and not for a token. 401 asks for credentials.",
            **values,
        )
    if seen.status == 403:
        raise Misconception(
            f"{client} got 403: not allowed, whoever asks. But with a token this client is "
            "allowed: 401 asks for credentials.",
            **values,
        )
    if seen.status is None:
        raise NotYet(
            f"{client} got no HTTP response. process_request must return None, which lets the "
            "client in, or the response that connection.respond(…) returns.",
            **values,
        )
    if seen.status != 401:
        raise NotYet(f"{client} got {seen.status}; 401 asks for credentials", **values)
