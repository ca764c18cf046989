"""Answers to the exercises of lesson 05: mistakes, what is no answer yet, right ones."""

import asyncio
import contextlib
import time

from tests.checks.worked import SOLUTIONS


async def throws_out(connection):
    if connection.request.headers.get("Authorization") != "Bearer k3-ana-7Qz":
        return await connection.close(1008, "wrong token")
    await connection.send("the secret")


def refuses_with(status, part=False):
    def gate(connection, request):
        sent = request.headers.get("Authorization", "")
        good = "k3-ana-7Qz" in sent if part else sent == "Bearer k3-ana-7Qz"
        return None if good else connection.respond(status, "")

    return SOLUTIONS["05.1"] | {"process_request": gate}


class ReusableTickets(SOLUTIONS["05.2"]):
    def redeem(self, ticket, user):
        owner, end = self.issued.get(ticket, (None, 0))
        return owner == user and time.monotonic() < end


class EternalTickets(SOLUTIONS["05.2"]):
    def redeem(self, ticket, user):
        return self.issued.pop(ticket, [None])[0] == user


class AnybodysTickets(SOLUTIONS["05.2"]):
    def redeem(self, ticket, user):
        found = [each for each in self.issued if each == ticket]
        return bool(found) and time.monotonic() < self.issued.pop(ticket)[1]


class CountedTickets(SOLUTIONS["05.2"]):
    def issue(self, user):
        self.issued[f"ticket-{len(self.issued)}"] = user, time.monotonic() + self.lifetime
        return f"ticket-{len(self.issued) - 1}"


async def checks_at_the_door(connection, seconds):
    async for message in connection:
        await connection.send(message)


async def checks_when_asked(connection, seconds):
    end = time.monotonic() + seconds
    async for message in connection:
        if time.monotonic() > end:
            return await connection.close(4401, "permission expired")
        await connection.send(message)


async def ends_without_a_code(connection, seconds):
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await checks_at_the_door(connection, seconds)


async def ends_without_a_reason(connection, seconds):
    await ends_without_a_code(connection, seconds)
    await connection.close(4401)


MISTAKES = [
    ("05.1", {"process_request": None, "handler": throws_out}, "it saw open before"),
    ("05.1", refuses_with(404), "look for another address"),
    ("05.1", refuses_with(403), "whoever you are"),
    ("05.2", ReusableTickets, "worked twice"),
    ("05.2", EternalTickets, "still worked after"),
    ("05.2", AnybodysTickets, "a ticket of ana's"),
    ("05.2", CountedTickets, "can be guessed"),
    ("05.3", checks_at_the_door, "holds only for the door"),
    ("05.3", checks_when_asked, "only listens stays"),
    ("05.3", ends_without_a_code, "like any other"),
    ("05.3", ends_without_a_reason, "without a reason"),
]


HINTS = [
    ("05.1", refuses_with(401, part=True), "the token and more"),
]
