"""Answers to the exercises of lesson 08: mistakes, what is no answer yet, right ones."""

import itertools
import random

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus


def schedule(chance, ceiling=lambda base, cap, n: min(cap, base * 2 ** min(n, 60))):
    def waits(base, cap):
        for n in itertools.count():
            yield chance(ceiling(base, cap, n))

    return waits


def drawn(most):
    return random.uniform(0, most)


def persists(heals, pauses=True, tells=True):
    """Make a first_message that tries again where heals(error), with its faults."""

    async def first_message(url, pause):
        while True:
            try:
                async with connect(url) as connection:
                    return await connection.recv()
            except (OSError, InvalidStatus) as error:
                if not heals(error):
                    if tells:
                        raise
                    return None
            if pauses:
                await pause()

    return first_message


def busy_or_away(error):
    return isinstance(error, OSError) or error.response.status_code >= 500


def replays(least=1, epochs=True, gaps=True):
    """Make a replay that starts elsewhere, or looks at less than it should."""

    def replay(kept, epoch, last):
        last_epoch, _, number = last.rpartition("-")
        if (epochs and epoch != last_epoch) or (gaps and int(number) + 1 < kept[0][0]):
            return True, kept
        return False, [each for each in kept if each[0] >= int(number) + least]

    return replay


def compares_texts(kept, epoch, last):
    return False, [each for each in kept if f"{epoch}-{each[0]}" > last]


MISTAKES = [
    (
        "08.1",
        schedule(drawn, lambda base, cap, n: min(cap, base * 2 ** (n + 1))),
        "before the first",
    ),
    ("08.1", schedule(drawn, lambda base, cap, n: base * 2**n), "no cap"),
    ("08.1", schedule(lambda most: most), "choose at random"),
    ("08.1", schedule(lambda most: random.uniform(most / 2, most)), "full jitter begins at 0"),
    ("08.1", schedule(drawn, lambda base, cap, n: min(cap, base * 2**n)), "OverflowError"),
    ("08.2", persists(lambda error: True), "No waiting turns"),
    ("08.2", persists(lambda error: isinstance(error, OSError)), "not every refusal is for good"),
    ("08.2", persists(busy_or_away, tells=False), "let the exception through"),
    ("08.2", persists(busy_or_away, pauses=False), "without a pause"),
    (
        "08.2",
        persists(lambda error: busy_or_away(error) and not isinstance(error, OSError)),
        "heals",
    ),
    ("08.3", replays(least=0), "Start after the last one"),
    ("08.3", replays(epochs=False), "from another epoch"),
    ("08.3", replays(gaps=False), "that is a gap"),
    ("08.3", compares_texts, "compare numbers"),
]
