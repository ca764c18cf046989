"""The server of lesson 05, which asks each client for a token."""

import argparse
import hmac
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from wsdemo.apps import pages
from wsdemo.apps._app import App
from wsdemo.server.core import Server
from wsdemo.server.limits import Limits, rate_limited, serve_limited

__all__ = ["APP", "LIMITS", "PAGES", "serve"]

PAGES = pages("auth")
LIMITS = Limits()


def serve(
    token: str | None = None,
    refuse_after_open: bool = False,
    limits: Limits = LIMITS,
    **options: Any,
) -> Server:
    """Start a server that accepts clients with a token, then sends ``Welcome!`` and echoes.

    A client sends the token as ``?token=…`` or as ``Authorization: Bearer …`` (RFC 6750 §2).

    Args:
        token: the secret; a random one unless given, which is printed.
        refuse_after_open: whether a client with a wrong token is accepted, and closed with 1008
            "Invalid token"; otherwise it is refused with 401 before the upgrade.
        limits: which clients may connect, how many, and how often they may send.
        options: those of :func:`wsdemo.serve`.

    Raises:
        ValueError: the token is empty.
    """
    if token is None:
        token = secrets.token_urlsafe(16)
        print(f"The token is {token}", flush=True)
    if not token:
        raise ValueError("an empty token would let everybody in")

    async def auth(connection: ServerConnection) -> None:
        if refuse_after_open and not _knows(connection.request, token):
            await connection.close(CloseCode.POLICY_VIOLATION, "Invalid token")
            return
        await connection.send("Welcome!")
        async for message in rate_limited(connection, limits):
            await connection.send(f"You said: {message}" if isinstance(message, str) else message)

    if not refuse_after_open:
        options["process_request"] = _ask_for(token)
    return serve_limited(auth, limits, **{"pages": PAGES, **options})


def _ask_for(token: str) -> Callable[[ServerConnection, Request], Response | None]:
    def process_request(connection: ServerConnection, request: Request) -> Response | None:
        if _knows(request, token):
            return None
        response = connection.respond(401, "Missing or wrong token.\n")
        response.headers["WWW-Authenticate"] = "Bearer"  # RFC 9110 §11.6.1 requires it
        return response

    return process_request


def _knows(request: Request | None, token: str) -> bool:
    """Return whether a request has the token, in the URL or in a header."""
    if request is None:
        return False
    shown = parse_qs(urlsplit(request.path).query).get("token", [])
    for value in request.headers.get_all("Authorization"):
        scheme, _, credentials = value.partition(" ")
        if scheme.lower() == "bearer":
            shown.append(credentials.strip())
    # Compare in constant time: the time of a refusal must not reveal how much was right.
    return any([hmac.compare_digest(each.encode(), token.encode()) for each in shown])


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this server to a command line."""
    parser.add_argument("--token", help="the token to ask for (a random one, which is printed)")
    parser.add_argument(
        "--refuse-after-open",
        action="store_true",
        help='accept everyone, then close with 1008 "Invalid token" (else 401 before the upgrade)',
    )


APP = App(serve, LIMITS, add_options=add_options)
