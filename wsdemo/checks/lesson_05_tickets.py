"""The exercise of lesson 05 on tickets."""

import asyncio
import time
from typing import Any

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._attempt import attempt
from wsdemo.checks._plain import Plain
from wsdemo.checks._secrets import draws_randomness
from wsdemo.checks._stalls import TooBusy
from wsdemo.checks._trial import called

SHORT, LONG = 0.4, 0.8
"""Lifetimes that tickets are tried with."""

AN_HOUR = 3600.0
"""A lifetime, in seconds, that is long enough on any machine."""

ENOUGH = 8
"""Characters in which two tickets must differ, so that nobody guesses one from the other."""


class Tickets:
    """The learner's tickets, called with a check of what they return.

    Args:
        kind: the learner's class.
        lifetime: seconds.
    """

    def __init__(self, kind: Any, lifetime: float) -> None:
        self.lifetime = lifetime
        with draws_randomness() as self._random:
            try:
                self._tickets = kind(lifetime)
            except TypeError as error:
                raise NotYet(
                    f"the answer must be the class itself, which takes a lifetime: {error}",
                    received=kind,
                ) from None
        for name in ("issue", "redeem"):
            if not callable(getattr(self._tickets, name, None)):
                raise NotYet(f"the tickets have no method {name}")

    def issue(self, user: str) -> str:
        """Return a new ticket."""
        with self._random:
            ticket = called(self._tickets.issue, user)
        if not isinstance(ticket, str) or not ticket:
            raise NotYet(
                "a ticket is a text that is not empty",
                input=Plain(f"issue({user!r})"),
                received=ticket,
            )
        return ticket

    def redeem(self, ticket: str, user: str) -> bool:
        """Return whether the ticket is good for this user."""
        shown = Plain(f"redeem({ticket!r}, {user!r})")
        return bool(attempt(self._tickets.redeem, ticket, user, shown=shown))

    @property
    def are_random(self) -> bool:
        """Return whether the tickets were made with unguessable random numbers, or with a key."""
        return self._random.seen


@exercise("05.2")
async def single_use_ticket(kind: Any) -> str:
    """Check a class of tickets: each works once, for its user, within its lifetime."""
    tickets = Tickets(kind, SHORT)
    _check_guessing(tickets)
    _check_redeeming(tickets, kind)
    for user, other in (("ana", "bob"), ("ana", "ana-maria"), ("ana-maria", "ana"), ("ana", "ANA")):
        if tickets.redeem(tickets.issue(user), other):
            raise Misconception(
                f"{other} got in with a ticket of {user}. A good ticket is not enough: it must be "
                "a good ticket of this user.",
                input=Plain(f"redeem(a ticket of {user!r}, {other!r})"),
                expected=False,
                received=True,
            )
    for change in (str.swapcase, lambda ticket: ticket[:-1], lambda ticket: ticket + "x"):
        changed = change(tickets.issue("ana"))
        for ticket in (changed, "nonsense", ""):
            if tickets.redeem(ticket, "ana"):
                raise Misconception(
                    "a ticket that was never issued let ana in",
                    input=Plain(f"redeem({ticket!r}, 'ana')"),
                    expected=False,
                    received=True,
                )
    await _check_lifetime(tickets, Tickets(kind, LONG))
    return (
        "each ticket works once, for its user only, and for a short time: so it does no harm in a "
        "log."
    )


def _check_guessing(tickets: Tickets) -> None:
    first, second = tickets.issue("ana"), tickets.issue("ana")
    if first == second:
        raise Misconception(
            "two tickets of ana were the same: the log shows the first one, and so the second, too",
            input=Plain("issue('ana') twice"),
            expected=Plain("two different tickets"),
            received=[first, second],
        )
    longest = max(len(first), len(second))
    differ = sum(a != b for a, b in zip(first.ljust(longest), second.ljust(longest), strict=True))
    if differ < ENOUGH:
        raise Misconception(
            f"these tickets can be guessed: two of them differ in {differ} characters. Make them "
            "with the module secrets.",
            input=Plain("issue('ana') twice"),
            received=[first, second],
        )
    if not tickets.are_random:
        raise Misconception(
            "these tickets can be guessed: neither a secret key nor the operating system's random "
            "numbers were used. Others can calculate a clock, a hash of known values, and what "
            "the module random draws. Make them with the module secrets.",
            input=Plain("issue('ana') twice"),
            received=[first, second],
        )


def _check_redeeming(tickets: Tickets, kind: Any) -> None:
    start = time.monotonic()
    first, second = tickets.issue("ana"), tickets.issue("ana")
    of_bob = tickets.issue("bob")
    for ticket, user in ((first, "ana"), (second, "ana"), (of_bob, "bob")):
        if not tickets.redeem(ticket, user):
            age = time.monotonic() - start
            if age < tickets.lifetime / 2 and _works_for_an_hour(kind):
                raise _ended_early(tickets, age)
            raise NotYet(
                f"a new ticket of {user} did not let {user} in. Ana may have two tickets at a "
                "time, and others have their own.",
                input=Plain(f"redeem(a ticket of {user!r}, {user!r})"),
                expected=True,
                received=False,
            )
        if tickets.redeem(ticket, user):
            raise Misconception(
                "the same ticket worked twice. It is in the log, so anyone who reads the log gets "
                "in. Remove a ticket when it is redeemed.",
                input=Plain(f"redeem(a ticket of {user!r}, {user!r}), twice"),
                expected=[True, False],
                received=[True, True],
            )


def _works_for_an_hour(kind: Any) -> bool:
    """Return whether such tickets work with a lifetime that is too long to matter."""
    tickets = Tickets(kind, AN_HOUR)
    issued = [(tickets.issue(user), user) for user in ("ana", "ana", "bob")]
    return all(tickets.redeem(ticket, user) for ticket, user in issued)


async def _check_lifetime(short: Tickets, long: Tickets) -> None:
    """Try tickets shortly before and after their end, at two lifetimes.

    Raises:
        TooBusy: a ticket that should be young is so no longer.
    """
    clock = asyncio.get_running_loop().time
    start = clock()
    old, also_old, of_long = short.issue("ana"), short.issue("ana"), long.issue("ana")
    await asyncio.sleep(0.7 * SHORT)
    short.issue("bob")  # which must not prolong ana's
    issued, young = clock(), short.issue("ana")
    await asyncio.sleep(1.3 * SHORT - (clock() - start))
    good = short.redeem(old, "ana")
    _check_young(short, young, issued)
    if good:  # a timer may be late on a busy machine; a lifetime that is twice as long is not
        short.issue("bob")  # again: it must not prolong ana's
        await asyncio.sleep(1.7 * SHORT - (clock() - start))
        good = short.redeem(also_old, "ana")
        if not good and clock() - start > 1.9 * SHORT:
            raise TooBusy  # twice the lifetime would be over by now, too
    if good:
        raise Misconception(
            "a ticket still worked after its lifetime. Store its end when you issue it, and "
            "compare the time when it is redeemed.",
            input=Plain(f"lifetime={SHORT}, redeemed after {clock() - start:.2f} s"),
            expected=False,
            received=True,
        )
    await asyncio.sleep(0.75 * LONG - (clock() - start))
    _check_young(long, of_long, start)


def _check_young(tickets: Tickets, ticket: str, issued: float) -> None:
    good = tickets.redeem(ticket, "ana")
    age = asyncio.get_running_loop().time() - issued
    if not good and age < 0.95 * tickets.lifetime:
        raise _ended_early(tickets, age)
    if not good:
        raise TooBusy  # it is not young any more


def _ended_early(tickets: Tickets, age: float) -> Misconception:
    return Misconception(
        "a ticket did not work, and its lifetime was not over",
        input=Plain(f"lifetime={tickets.lifetime}, redeemed after {age:.2g} s"),
        expected=True,
        received=False,
    )
