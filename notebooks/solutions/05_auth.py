"""One worked answer for each exercise of lesson 05."""

import asyncio
import hmac
import secrets
import time


def gate(connection, request):
    """Refuse every client that does not send the token, with 401."""
    sent = request.headers.get("Authorization", "")
    if hmac.compare_digest(sent.encode(), b"Bearer k3-ana-7Qz"):
        return None
    response = connection.respond(401, "Who are you?\n")
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def secret(connection):
    """Send the secret."""
    await connection.send("the secret")


class Tickets:
    """Tickets that work once, for one user, within their lifetime."""

    def __init__(self, lifetime):
        self.lifetime = lifetime
        self.issued = {}

    def issue(self, user):
        """Make a ticket for a user."""
        ticket = secrets.token_urlsafe()
        self.issued[ticket] = user, time.monotonic() + self.lifetime
        return ticket

    def redeem(self, ticket, user):
        """Return whether the ticket is valid for this user, and remove it."""
        owner, end = self.issued.pop(ticket, (None, 0))
        return owner == user and time.monotonic() < end


async def expiring_echo(connection, seconds):
    """Echo every message for so many seconds, then close."""
    try:
        async with asyncio.timeout(seconds):
            async for message in connection:
                await connection.send(message)
    except TimeoutError:
        await connection.close(4401, "permission expired")


door = {"process_request": gate, "handler": secret}
answers = {"05.1": door, "05.2": Tickets, "05.3": expiring_echo}
