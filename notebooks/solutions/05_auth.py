"""One worked answer for each exercise of lesson 05."""

import asyncio
import hmac
import secrets
import time


def gate(connection, request):
    """Refuse with 401 whoever does not send the token."""
    sent = request.headers.get("Authorization", "")
    if hmac.compare_digest(sent.encode(), b"Bearer k3-ana-7Qz"):
        return None
    response = connection.respond(401, "Who are you?\n")
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def secret(connection):
    """Tell the secret."""
    await connection.send("the secret")


class Tickets:
    """Tickets that work once, for one user, for a while."""

    def __init__(self, lifetime):
        self.lifetime = lifetime
        self.issued = {}

    def issue(self, user):
        """Make a ticket for a user."""
        ticket = secrets.token_urlsafe()
        self.issued[ticket] = user, time.monotonic() + self.lifetime
        return ticket

    def redeem(self, ticket, user):
        """Say whether the ticket is good for this user; it will not be again."""
        owner, end = self.issued.pop(ticket, (None, 0))
        return owner == user and time.monotonic() < end


async def expiring_echo(connection, seconds):
    """Echo for so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            async for message in connection:
                await connection.send(message)
    except TimeoutError:
        await connection.close(4401, "permission expired")


door = {"process_request": gate, "handler": secret}
answers = {"05.1": door, "05.2": Tickets, "05.3": expiring_echo}
