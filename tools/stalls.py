"""Let the programs of a run stall at random, as they do on a busy machine.

A test that waits for a time, and not for an event, seldom fails on a quiet machine. With
``python start.py test --stalls``, it fails often enough to be found.
"""

import contextlib
import random
import threading
from collections.abc import Iterator

import psutil

__all__ = ["stalling"]

STALL = (0.08, 0.4)
"""Seconds that programs are stopped for, at least and at most."""

BETWEEN = (0.1, 1.2)
"""Seconds from one stall to the next."""


@contextlib.contextmanager
def stalling(
    stall: tuple[float, float] = STALL, between: tuple[float, float] = BETWEEN
) -> Iterator[None]:
    """Stop this process's children and theirs for a moment, again and again, within the block.

    Each second time only half of them are stopped, so that one waits for another.

    Args:
        stall: seconds for which they are stopped, at least and at most.
        between: seconds from one stall to the next.
    """
    over = threading.Event()

    def stall_them() -> None:
        some = False
        while not over.wait(random.uniform(*between)):
            programs = psutil.Process().children(recursive=True)
            some = not some
            stopped = random.sample(programs, (len(programs) + 1) // 2) if some else programs
            try:
                _each(stopped, "suspend")
                over.wait(random.uniform(*stall))
            finally:
                _each(stopped, "resume")

    thread = threading.Thread(target=stall_them, name="stalls", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _each(programs: list[psutil.Process], action: str) -> None:
    for program in programs:
        with contextlib.suppress(psutil.Error):  # it has ended meanwhile
            getattr(program, action)()
