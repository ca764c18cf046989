"""Answers to exercise 04.3: mistakes, what is no answer yet, unusual right ones."""

import random
from collections import deque
from decimal import Decimal
from fractions import Fraction

import numpy


def vdc(count, interval):
    for n in range(count):
        x, d = 0, 1
        while n:
            d *= 2
            n, bit = divmod(n, 2)
            x += bit / d
        yield x * interval


MISTAKES = [
    ("04.3", lambda count, interval: [0] * count, "all pings are sent at the same moment, and"),
    (
        "04.3",
        lambda count, interval: [interval] * count,
        "all pings are sent at the same moment, and",
    ),
    ("04.3", lambda count, interval: list(range(count)), "one connection waits"),
    (
        "04.3",
        lambda count, interval: [n * interval / count / 2 for n in range(count)],
        "one tenth of the interval has",
    ),
    (
        "04.3",
        lambda count, interval: [n % interval for n in range(count)],
        "all pings are sent at the same moment, and",
    ),
    (
        "04.3",
        lambda count, interval: [interval / count] * count,
        "all pings are sent at the same moment, and",
    ),
    (
        "04.3",
        lambda count, interval: [n / count for n in range(count)],
        "one tenth of the interval has",
    ),
    (
        "04.3",
        lambda count, interval: [random.choice([0, interval]) for n in range(count)],
        "one tenth of the interval has",
    ),
    (
        "04.3",
        lambda count, interval: [random.randint(0, int(interval)) for n in range(count)],
        "all pings are sent at the same moment, and",
    ),
    (
        "04.3",
        lambda count, interval: [n * interval // count for n in range(count)],
        "all pings are sent at the same moment, and",
    ),
    (
        "04.3",
        lambda count, interval: [random.gauss(interval / 2, interval / 20) for n in range(count)],
        "one tenth of the interval has",
    ),
    (
        "04.3",
        lambda count, interval: [n * interval / 1000 for n in range(count)],
        "one tenth of the interval has",
    ),
    (
        "04.3",
        lambda count, interval: [n * 20 / count for n in range(count)],
        "one tenth of the interval has",
    ),
    (
        "04.3",
        lambda count, interval: [n * interval / (count - 1) for n in range(count)],
        "calling your function raised an exception",
    ),
    (
        "04.3",
        lambda count, interval: [interval / 2 + n * interval / count / 2 for n in range(count)],
        "one tenth of the interval has",
    ),
    (
        "04.3",
        lambda count, interval: [interval * (n / count) ** 4 for n in range(count)],
        "one tenth of the interval has",
    ),
    (
        "04.3",
        lambda count, interval: [1000 * n * interval / count for n in range(count)],
        "one connection waits",
    ),
]

HINTS = [
    ("04.3", lambda count, interval: [], "return a list of"),
    (
        "04.3",
        lambda count, interval: [n * interval / count for n in range(count - 1)],
        "return a list of",
    ),
    (
        "04.3",
        lambda count, interval: [-n * interval / count for n in range(count)],
        "a first ping cannot be in the past:",
    ),
    (
        "04.3",
        lambda count, interval: [f"{n * interval / count} s" for n in range(count)],
        "return a list of",
    ),
    (
        "04.3",
        lambda count, interval: {n: n * interval / count for n in range(count)},
        "return a list of",
    ),
    ("04.3", lambda count, interval: interval / count, "return a list of"),
    (
        "04.3",
        lambda count, interval: [(n, n * interval / count) for n in range(count)],
        "return a list of",
    ),
    ("04.3", lambda count, interval: [float("nan")] * count, "return a list of"),
]

RIGHT = [
    ("04.3", lambda count, interval: [n * interval / count for n in range(count)]),
    ("04.3", lambda count, interval: [random.uniform(0, interval) for _ in range(count)]),
    ("04.3", lambda count, interval: tuple((n + 0.5) * interval / count for n in range(count))),
    ("04.3", vdc),
    (
        "04.3",
        lambda count, interval: random.sample([n * interval / count for n in range(count)], count),
    ),
    ("04.3", lambda count, interval: numpy.linspace(0, interval, count, endpoint=False)),
    ("04.3", lambda count, interval: deque((n + 1) * interval / count for n in range(count))),
    (
        "04.3",
        lambda count, interval: [Decimal(n) * Decimal(interval) / count for n in range(count)],
    ),
    (
        "04.3",
        lambda count, interval: [Fraction(n, count) * Fraction(interval) for n in range(count)],
    ),
    ("04.3", lambda count, interval: reversed([n * interval / count for n in range(count)])),
    ("04.3", lambda count, interval: map(lambda n: n * interval / count, range(count))),
]
