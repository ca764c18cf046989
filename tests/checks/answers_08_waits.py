"""Answers to exercise 08.1, waits with full jitter: mistakes, no answers yet, right ones."""

import functools
import itertools
import random
import time


def doubling(base, cap, n):
    return min(cap, base * 2 ** min(n, 60))


def schedule(draw, ceiling=doubling):
    """Make a waits(base, cap) that draws each wait, given its ceiling."""

    def waits(base, cap):
        for n in itertools.count():
            yield draw(ceiling(base, cap, n))

    return waits


def drawn(most):
    return random.uniform(0, most)


def caps_what_it_has_drawn(base, cap):
    ceiling = base
    while True:
        yield min(cap, random.uniform(0, ceiling))
        ceiling *= 2


def starts_anew_at_the_cap(base, cap):
    ceiling = base
    while True:
        yield random.uniform(0, ceiling)
        ceiling = 2 * ceiling if 2 * ceiling <= cap else base


def doubles_while_below_the_cap(base, cap):
    ceiling = base
    while True:
        yield random.uniform(0, ceiling)
        if ceiling < cap:
            ceiling *= 2


def never_comes_to_the_cap(base, cap):
    ceiling = base
    while True:
        yield random.uniform(0, ceiling)
        if 2 * ceiling <= cap:
            ceiling *= 2


def does_not_cap_the_first(base, cap):
    ceiling = base
    while True:
        yield random.uniform(0, ceiling)
        ceiling = min(cap, 2 * ceiling)


def ends(count):
    def waits(base, cap):
        for n in range(count):
            yield drawn(doubling(base, cap, n))

    return waits


def of_one_seed(base, cap):
    chance = random.Random(0)
    for n in itertools.count():
        yield chance.uniform(0, doubling(base, cap, n))


def draws_once(base, cap):
    share = random.random()
    for n in itertools.count():
        yield share * doubling(base, cap, n)


def at_least_base(base, cap):
    for n in itertools.count():
        yield random.uniform(base, doubling(base, cap, n))


class OneCountForAll:
    failures = 0

    def __call__(self, base, cap):
        while True:
            yield drawn(doubling(base, cap, self.failures))
            self.failures += 1


def sleeps(base, cap):
    for n in itertools.count():
        wait = drawn(doubling(base, cap, n))
        time.sleep(wait)
        yield wait


async def asynchronous(base, cap):
    for n in itertools.count():
        yield drawn(doubling(base, cap, n))


async def one_wait(base, cap):
    return random.uniform(0, base)


class Waits:
    def __init__(self, base, cap):
        self.ceiling, self.cap = min(base, cap), cap

    def __iter__(self):
        return self

    def __next__(self):
        wait = drawn(self.ceiling)
        self.ceiling = min(self.cap, 2 * self.ceiling)
        return wait


def accumulated(base, cap):
    bases = itertools.repeat(min(base, cap))
    return map(drawn, itertools.accumulate(bases, lambda ceiling, _: min(cap, 2 * ceiling)))


def chained(base, cap):
    rising = (doubling(base, cap, n) for n in range(50))
    return (drawn(most) for most in itertools.chain(rising, itertools.repeat(cap)))


def by_chance_of(chance, base, cap):
    for n in itertools.count():
        yield chance.uniform(doubling(base, cap, n), 0)


MISTAKES = [
    ("08.1", schedule(drawn, lambda base, cap, n: doubling(base, cap, n % 32)), "too low"),
    ("08.1", schedule(lambda most: most), "choose at random"),
    ("08.1", of_one_seed, "differently in each client"),
    ("08.1", draws_once, "Draw for each wait"),
    ("08.1", schedule(lambda most: most + drawn(most)), "the first ceiling is base"),
    (
        "08.1",
        schedule(drawn, lambda base, cap, n: doubling(base, cap, n + 1)),
        "before the first wait",
    ),
    ("08.1", schedule(drawn, lambda base, cap, n: doubling(5, 30, n)), "the first ceiling is base"),
    ("08.1", does_not_cap_the_first, "or cap if that is lower"),
    ("08.1", OneCountForAll(), "the first ceiling is base"),
    ("08.1", schedule(lambda most: 1000 * drawn(most)), "the first ceiling is base"),
    ("08.1", schedule(drawn, lambda base, cap, n: base * 2 ** min(n, 60)), "above the cap"),
    ("08.1", doubles_while_below_the_cap, "above the cap"),
    ("08.1", schedule(drawn, lambda base, cap, n: doubling(base, 30, n)), "above the cap"),
    ("08.1", schedule(drawn, lambda base, cap, n: min(cap, base * 3 ** min(n, 60))), "too high"),
    ("08.1", schedule(drawn, lambda base, cap, n: min(cap, base * (n + 1))), "too low"),
    ("08.1", starts_anew_at_the_cap, "too low"),
    ("08.1", never_comes_to_the_cap, "too low"),
    ("08.1", schedule(drawn, lambda base, cap, n: doubling(cap, base, n)), "too low"),
    ("08.1", schedule(lambda most: random.uniform(most / 2, most)), "any time from 0 on"),
    ("08.1", caps_what_it_has_drawn, "do not cap what you have drawn"),
    ("08.1", at_least_base, "Draw any number between 0 and the ceiling"),
    ("08.1", schedule(lambda most: random.choice([0, most])), "exactly the same time"),
    ("08.1", schedule(lambda most: random.randint(0, int(most))), "whole seconds"),
    ("08.1", schedule(drawn, lambda base, cap, n: min(cap, base * 2**n)), "Limit the power"),
    ("08.1", ends(10), "no wait number 11"),
    ("08.1", ends(100), "no wait number 101"),
    ("08.1", sleeps, "Only yield the time"),
    ("08.1", asynchronous, "without `async`"),
    ("08.1", one_wait, "`async def`"),
]
HINTS = [
    ("08.1", lambda base, cap: [drawn(base)] * 30, "must return a generator"),
    ("08.1", lambda base, cap: drawn(base), "must return a generator"),
    ("08.1", schedule(lambda most: str(drawn(most))), "must be a number of seconds"),
    ("08.1", schedule(lambda most: random.uniform(-most, most)), "must not be negative"),
]
RIGHT = [
    ("08.1", Waits),
    ("08.1", accumulated),
    ("08.1", chained),
    ("08.1", schedule(lambda most: most * random.random())),
    ("08.1", schedule(lambda most: most * (1 - random.random()))),
    ("08.1", functools.partial(by_chance_of, random.SystemRandom())),
]
