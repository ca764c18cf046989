"""Answers to exercise 05.2: mistakes, what is no answer yet, unusual right ones."""

import asyncio
import base64
import functools
import hashlib
import hmac
import random
import secrets
import threading
import time
import uuid


def same(one, other):
    return hmac.compare_digest(one.encode(), other.encode())


class Tickets:
    """The worked answer, in pieces that the mistakes replace."""

    def __init__(self, lifetime):
        self.lifetime = lifetime
        self.issued = {}

    def new(self, user):
        return secrets.token_urlsafe()

    def now(self):
        return time.monotonic()

    def issue(self, user):
        ticket = self.new(user)
        self.issued[ticket] = user, self.now() + self.lifetime
        return ticket

    def redeem(self, ticket, user):
        owner, end = self.issued.pop(ticket, (None, 0))
        return owner == user and self.now() < end


def tickets_by(make):
    """Tickets whose text is made by a function of the user and the number of tickets before."""

    class MadeTickets(Tickets):
        def new(self, user):
            return make(user, len(self.issued))

    return MadeTickets


def tickets_for(lifetime_of):
    class OddLifetime(Tickets):
        def __init__(self, lifetime):
            super().__init__(lifetime_of(lifetime))

    return OddLifetime


class NotTakenOut(Tickets):
    def redeem(self, ticket, user):
        owner, end = self.issued.get(ticket, (None, 0))
        return owner == user and self.now() < end


class ForAnybody(Tickets):
    def redeem(self, ticket, user):
        _, end = self.issued.pop(ticket, (None, 0))
        return self.now() < end


class ForEver(Tickets):
    def redeem(self, ticket, user):
        return self.issued.pop(ticket, (None, 0))[0] == user


class DiesOfUnknown(Tickets):
    def redeem(self, ticket, user):
        owner, end = self.issued.pop(ticket)
        return owner == user and self.now() < end


class OnePerUser(Tickets):
    def issue(self, user):
        ticket = self.new(user)
        self.issued[user] = ticket, self.now() + self.lifetime
        return ticket

    def redeem(self, ticket, user):
        known, end = self.issued.get(user, ("", 0))
        if known != ticket:
            return False
        del self.issued[user]
        return self.now() < end


class OneClock(Tickets):
    def issue(self, user):
        self.end = self.now() + self.lifetime
        return super().issue(user)

    def redeem(self, ticket, user):
        owner, _ = self.issued.pop(ticket, (None, 0))
        return owner == user and self.now() < self.end


class OneTicketAtATime(Tickets):
    def issue(self, user):
        self.issued.clear()
        return super().issue(user)


class ByPrefix(Tickets):
    def issue(self, user):
        ticket = f"{user}-{secrets.token_urlsafe()}"
        self.issued[ticket] = user, self.now() + self.lifetime
        return ticket

    def redeem(self, ticket, user):
        _, end = self.issued.pop(ticket, (None, 0))
        return ticket.startswith(user) and self.now() < end


class LowerCase(Tickets):
    def issue(self, user):
        ticket = secrets.token_urlsafe()
        self.issued[ticket.lower()] = user, self.now() + self.lifetime
        return ticket

    def redeem(self, ticket, user):
        return super().redeem(ticket.lower(), user)


class AnyCaseOfUser(Tickets):
    def redeem(self, ticket, user):
        owner, end = self.issued.pop(ticket, ("", 0))
        return owner.lower() == user.lower() and self.now() < end


class SameForUser(Tickets):
    """Gives the same ticket for as long as it is valid."""

    def issue(self, user):
        for ticket, (owner, end) in self.issued.items():
            if owner == user and self.now() < end:
                return ticket
        return super().issue(user)


class Forgeable:
    """Writes user and end into the ticket, with no signature."""

    def __init__(self, lifetime):
        self.lifetime, self.used = lifetime, set()

    def issue(self, user):
        return base64.b64encode(f"{user}|{time.time() + self.lifetime}".encode()).decode()

    def redeem(self, ticket, user):
        try:
            owner, end = base64.b64decode(ticket).decode().split("|")
        except ValueError:
            return False
        if ticket in self.used or owner != user or time.time() > float(end):
            return False
        self.used.add(ticket)
        return True


class Async(Tickets):
    async def issue(self, user):
        return super().issue(user)

    async def redeem(self, ticket, user):
        return super().redeem(ticket, user)


class SleepsForLifetime(Tickets):
    def issue(self, user):
        ticket = super().issue(user)
        time.sleep(self.lifetime)
        del self.issued[ticket]
        return ticket


class WithoutLifetime(Tickets):
    def __init__(self):
        super().__init__(1)


class NoIssue:
    def __init__(self, lifetime):
        pass

    def redeem(self, ticket, user):
        return True


class AlwaysTrue(Tickets):
    def redeem(self, ticket, user):
        return True


class NoReturn(Tickets):
    def redeem(self, ticket, user):
        super().redeem(ticket, user)


class ByTimer:
    """A timer of the loop forgets the ticket."""

    def __init__(self, lifetime):
        self.lifetime, self.valid = lifetime, set()

    def issue(self, user):
        ticket = str(uuid.uuid4())
        self.valid.add((ticket, user))
        loop = asyncio.get_running_loop()
        loop.call_later(self.lifetime, self.valid.discard, (ticket, user))
        return ticket

    def redeem(self, ticket, user):
        try:
            self.valid.remove((ticket, user))
        except KeyError:
            return False
        return True


class ByThread:
    def __init__(self, lifetime):
        self.lifetime, self.owners = lifetime, {}

    def issue(self, user):
        ticket = "".join(secrets.choice("abcdefghijkmnpqrstuvwxyz23456789") for _ in range(24))
        self.owners[ticket] = user
        timer = threading.Timer(self.lifetime, self.owners.pop, [ticket, None])
        timer.daemon = True
        timer.start()
        return ticket

    def redeem(self, ticket, user):
        if self.owners.get(ticket) != user:  # another user's try does not spend it
            return None
        del self.owners[ticket]
        return "welcome"


class Signed:
    """Keeps nothing but what has been used."""

    def __init__(self, lifetime):
        self.lifetime, self.used = lifetime, set()
        self.key = secrets.token_bytes(32)

    def _sign(self, text):
        return hmac.new(self.key, text.encode(), "sha256").hexdigest()

    def issue(self, user):
        text = f"{user}|{time.time_ns() + int(self.lifetime * 1e9)}|{len(self.used)}"
        nonce = f"{text}|{secrets.token_hex(4)}"
        return f"{nonce}|{self._sign(nonce)}"

    def redeem(self, ticket, user):
        text, _, signature = ticket.rpartition("|")
        if not hmac.compare_digest(self._sign(text).encode(), signature.encode()):
            return False
        owner, end, *_ = text.split("|")
        if ticket in self.used or owner != user or time.time_ns() > int(end):
            return False
        self.used.add(ticket)
        return True


class ByClosures:
    def __init__(self, lifetime):
        ends = {}

        def issue(user):
            ticket = random.SystemRandom().getrandbits(128).to_bytes(16, "big").hex()
            ends[ticket, user] = time.perf_counter() + lifetime
            return ticket

        self.issue = issue
        self.redeem = lambda ticket, user: ends.pop((ticket, user), 0) > time.perf_counter()


def tickets_function(lifetime):
    """A function that returns an object does, too."""
    return ByClosures(lifetime)


MISTAKES = [
    ("05.2", NotTakenOut, "the same ticket worked twice. It is in the"),
    ("05.2", ForAnybody, "bob got in with a ticket of ana. A good"),
    ("05.2", ForEver, "a ticket still worked after its lifetime."),
    ("05.2", DiesOfUnknown, "calling your function raised an exception"),
    ("05.2", OneClock, "a ticket still worked after its lifetime."),
    ("05.2", ByPrefix, "ana got in with a ticket of ana-maria. A"),
    ("05.2", LowerCase, "a ticket that was never issued let ana in"),
    ("05.2", AnyCaseOfUser, "ANA got in with a ticket of ana. A good"),
    ("05.2", SameForUser, "two tickets of ana were the same: the log"),
    ("05.2", Forgeable, "these tickets can be guessed: "),
    ("05.2", Async, "your function is `async def`: calling it"),
    ("05.2", AlwaysTrue, "the same ticket worked twice. It is in the"),
    ("05.2", tickets_by(lambda user, n: "ticket"), "two tickets of ana were the same: the log"),
    ("05.2", tickets_by(lambda user, n: user), "two tickets of ana were the same: the log"),
    (
        "05.2",
        tickets_by(lambda user, n: f"{user}-{n:032}"),
        "these tickets can be guessed: two of them",
    ),
    (
        "05.2",
        tickets_by(lambda user, n: str(time.time())),
        "these tickets can be guessed: two of them",
    ),
    (
        "05.2",
        tickets_by(lambda user, n: str(time.time_ns())),
        "these tickets can be guessed: two of them",
    ),
    (
        "05.2",
        tickets_by(lambda user, n: hashlib.sha256(f"{user}{time.time_ns()}".encode()).hexdigest()),
        "these tickets can be guessed: neither a",
    ),
    (
        "05.2",
        tickets_by(lambda user, n: hashlib.sha256(f"{user}{n}".encode()).hexdigest()),
        "these tickets can be guessed: neither a",
    ),
    (
        "05.2",
        tickets_by(lambda user, n: str(uuid.uuid1())),
        "these tickets can be guessed: two of them",
    ),
    (
        "05.2",
        tickets_by(lambda user, n: str(random.random())),
        "these tickets can be guessed: neither a",
    ),
    (
        "05.2",
        tickets_by(lambda user, n: "".join(random.choices("abcdefgh", k=40))),
        "these tickets can be guessed: neither a",
    ),
    (
        "05.2",
        tickets_by(lambda user, n: secrets.token_hex(2)),
        "these tickets can be guessed: two of them",
    ),
    (
        "05.2",
        tickets_by(lambda user, n: f"{secrets.randbelow(10**6):06}"),
        "these tickets can be guessed: two of them",
    ),
    ("05.2", tickets_for(lambda s: s / 2), "a ticket did not work, and its lifetime was"),
    ("05.2", tickets_for(lambda s: 2 * s), "a ticket still worked after its lifetime."),
    ("05.2", tickets_for(lambda s: 0.2), "a ticket did not work, and its lifetime was"),
    ("05.2", tickets_for(lambda s: s / 1000), "a ticket did not work, and its lifetime was"),
]

HINTS = [
    ("05.2", OnePerUser, "a new ticket of ana did not let"),
    ("05.2", OneTicketAtATime, "a new ticket of ana did not let"),
    ("05.2", SleepsForLifetime, "a new ticket of ana did not let"),
    ("05.2", NoIssue, "the tickets have no method issue"),
    ("05.2", NoReturn, "a new ticket of ana did not let"),
    ("05.2", tickets_by(lambda user, n: ""), "a ticket is a text that is not empty"),
    ("05.2", tickets_by(lambda user, n: None), "a ticket is a text that is not empty"),
    ("05.2", tickets_for(lambda s: 0), "a new ticket of ana did not let"),
    ("05.2", Tickets(0.2), "the answer must be the class itself, which"),
    ("05.2", WithoutLifetime, "the answer must be the class itself, which"),
]

RIGHT = [
    ("05.2", Tickets),
    ("05.2", ByTimer),
    ("05.2", ByThread),
    ("05.2", Signed),
    ("05.2", ByClosures),
    ("05.2", tickets_function),
    ("05.2", functools.partial(Tickets)),
]
