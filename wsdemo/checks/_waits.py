"""The waits of a learner's generator, in many clients that lost a server at the same moment."""

import inspect
import itertools
import numbers
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from wsdemo.checks import Misconception, NotYet
from wsdemo.checks._plain import Plain
from wsdemo.checks._trial import called

__all__ = [
    "DRAWS",
    "WAITS",
    "check_that_it_does_not_sleep",
    "judge_late_waits",
    "judge_plans",
    "take",
]

DRAWS = 300
"""How many generators are tried: so many that each wait comes near both of its bounds.

This fails by chance once in 10**28 times.
"""

WAITS = 20
"""Waits that are taken from each: where the cap is reached, and long after."""


def take(function: Callable[..., Any], base: float, cap: float, count: int) -> list[float]:
    """Take the first waits of a new generator, as the library does."""
    asked = Plain(f"waits({base}, {cap})")
    generator = called(function, base, cap)
    if inspect.isasyncgen(generator):
        raise Misconception(
            "your function is an async generator, but connect() takes each wait with next(). "
            "Write `def`, without `async`.",
            input=asked,
        )
    if not isinstance(generator, Iterator):
        raise NotYet(
            "connect() takes each wait with next(), so your function must return a generator: "
            "`yield` one wait after the other",
            input=asked,
            received=generator,
        )
    taken: list[float] = []
    for wait in itertools.islice(generator, count):
        if not isinstance(wait, numbers.Real):
            raise NotYet("each wait must be a number of seconds", input=asked, received=wait)
        taken.append(float(wait))
        if taken[-1] < 0:
            raise NotYet("a wait must not be negative", input=asked, received=wait)
    if not taken:
        raise NotYet("`yield` a wait for each failure, without an end", input=asked)
    if len(taken) < count:
        raise Misconception(
            f"your generator has no wait number {len(taken) + 1}: it ended. The server may be "
            "away for longer: never let the generator end.",
            input=asked,
        )
    return taken


def check_that_it_does_not_sleep(function: Callable[..., Any]) -> None:
    """Find a generator that sleeps, with waits that are short enough to try it.

    Raises:
        Misconception: it is one.
    """
    for _ in range(3):
        start = time.monotonic()
        waits = take(function, 0.008, 0.016, WAITS)
        took = time.monotonic() - start
        if took < max(sum(waits), 0.05):
            return
    raise Misconception(
        "your generator itself waits, and meanwhile nothing else in the program runs. Only yield "
        "the time: connect() sleeps.",
        input=Plain(f"{WAITS} waits of together {sum(waits):.2f} s"),
        received=Plain(f"they took {took:.2f} s to make"),
    )


def judge_plans(plans: list[list[float]], base: float, cap: float) -> None:
    """Check the waits of many clients, that all lost the server at the same moment.

    Args:
        plans: the waits of each client.
        base: the first ceiling.
        cap: the highest one.

    Raises:
        Misconception: they are not spread as full jitter spreads them.
    """
    asked = Plain(f"waits({base}, {cap}), in {DRAWS} clients")
    columns = list(zip(*plans, strict=True))
    ceilings = [min(cap, base * 2.0 ** min(failures, 60)) for failures in range(len(columns))]
    if all(len(set(waits)) == 1 for waits in columns):
        raise Misconception(
            "all clients have the same waits. They lost the server at the same moment, so they all "
            "return at the same moment: choose at random, differently in each client.",
            input=asked,
            received=[round(wait, 2) for wait in plans[0][:6]],
        )
    if all(wait.is_integer() for waits in columns for wait in waits):
        raise Misconception(
            "all waits are whole seconds, so the clients return in groups. A wait may be any "
            "number between 0 and the ceiling.",
            input=asked,
            received=plans[0][:6],
        )
    for number, (waits, ceiling) in enumerate(zip(columns, ceilings, strict=True), start=1):
        _judge_height(f"{asked}, wait {number}", waits, number, ceiling, cap)
    for number, (waits, ceiling) in enumerate(zip(columns, ceilings, strict=True), start=1):
        _judge_spread(f"{asked}, wait {number}", waits, ceiling, first=number == 1)
    for waits_of_one in plans:
        shares = [wait / ceiling for wait, ceiling in zip(waits_of_one, ceilings, strict=True)]
        if max(shares) - min(shares) < 1e-6:
            raise Misconception(
                "a client draws once, and then all its waits are the same part of the ceiling: a "
                "client that draws a number near 0 never backs off. Draw for each wait.",
                input=Plain(f"waits({base}, {cap})"),
                received=[round(wait, 3) for wait in waits_of_one[:6]],
            )


def judge_late_waits(function: Callable[..., Any]) -> None:
    """Check whether the ceiling stays at the cap, in a few clients that fail for long.

    Raises:
        Misconception: it does not.
    """
    base, cap, clients = 0.5, 30.0, 12
    plans = [take(function, base, cap, 7 * WAITS) for _ in range(clients)]
    for number, waits in enumerate(zip(*plans, strict=True), start=1):
        # By chance, all of them are so short once in 10**9 times.
        if number > WAITS and max(waits) < 0.15 * cap:
            raise Misconception(
                "a ceiling is too low: when a ceiling has reached the cap, it must stay there",
                input=Plain(f"waits({base}, {cap}), in {clients} clients, wait {number}"),
                expected=Plain(f"from 0 to {cap:g} s"),
                received=Plain(f"at most {max(waits):.2f} s"),
            )


def _judge_height(
    where: str, waits: tuple[float, ...], number: int, ceiling: float, cap: float
) -> None:
    longest = max(waits)
    values = {
        "input": Plain(where),
        "expected": Plain(f"up to {ceiling:g} s"),
        "received": Plain(f"up to {longest:.2f} s"),
    }
    if longest > ceiling and number == 1:
        doubled = 1.5 * ceiling < longest <= 2 * ceiling and min(waits) < 0.2 * ceiling
        early = ". It looks as if it doubles before the first wait." if doubled else ""
        raise Misconception(f"the first ceiling is base, or cap if that is lower{early}", **values)
    if longest > cap:
        raise Misconception(
            "a wait is above the cap. Without a cap, a client that has failed for an hour waits "
            "for another hour.",
            **values,
        )
    if longest > ceiling:
        raise Misconception("a ceiling is too high: each ceiling is twice the one before", **values)


def _judge_spread(where: str, waits: tuple[float, ...], ceiling: float, first: bool) -> None:
    commonest, times = Counter(waits).most_common(1)[0]
    if times > DRAWS / 10:
        capped = commonest == ceiling and (times == DRAWS or len(set(waits)) > DRAWS / 10)
        capped = capped and not first
        advice = "Cap the ceiling and then draw; do not cap what you have drawn."
        raise Misconception(
            "many clients wait for exactly the same time, so they return together. "
            + (advice if capped else "Draw any number between 0 and the ceiling."),
            input=Plain(where),
            received=Plain(f"{times} of {DRAWS} clients wait {commonest:g} s"),
        )
    values = {
        "input": Plain(where),
        "expected": Plain(f"from 0 to {ceiling:g} s"),
        "received": Plain(f"from {min(waits):.2f} to {max(waits):.2f} s"),
    }
    if max(waits) < 0.8 * ceiling:
        raise Misconception("a ceiling is too low: each ceiling is twice the one before", **values)
    if min(waits) > 0.2 * ceiling:
        raise Misconception(
            "no client returns early, so all return in the rest of the time. With full jitter, a "
            "wait may be any time from 0 on.",
            **values,
        )
    quarters = Counter(min(3, int(4 * wait / ceiling)) for wait in waits)
    for quarter in range(4):
        if quarters[quarter] < DRAWS / 20:
            raise Misconception(
                "the waits are not spread out: clients that draw the same return together",
                input=Plain(where),
                received=Plain(
                    f"only {quarters[quarter]} of {DRAWS} waits between "
                    f"{quarter * ceiling / 4:g} and {(quarter + 1) * ceiling / 4:g} s"
                ),
            )
