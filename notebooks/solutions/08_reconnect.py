"""One worked answer for each exercise of lesson 08."""

import random

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus


def waits(base, cap):
    """Yield times to wait, with full jitter, without an end."""
    ceiling = base
    while True:
        yield random.uniform(0, min(ceiling, cap))
        ceiling = min(2 * ceiling, cap)


async def first_message(url, pause):
    """Return the first message; try again where that can help."""
    while True:
        try:
            async with connect(url) as connection:
                return await connection.recv()
        except OSError:
            pass
        except InvalidStatus as refusal:
            if refusal.response.status_code not in (429, 500, 502, 503, 504):
                raise
        await pause()


def replay(kept, epoch, last):
    """Return whether something may be missing, and what to send."""
    last_epoch, _, number = last.rpartition("-")
    number = int(number)
    newest = kept[-1][0] if kept else 0
    forgotten = newest - len(kept)  # the newest number that is no longer kept
    if last_epoch != epoch or not forgotten <= number <= newest:
        return True, kept
    return False, [each for each in kept if each[0] > number]


answers = {"08.1": waits, "08.2": first_message, "08.3": replay}
