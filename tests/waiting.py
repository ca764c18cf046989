"""To wait, within a bound, for what no event tells a test of."""

import time
from collections.abc import Callable

STEP = 0.01  # s


def wait_until(holds: Callable[[], object], seconds: float = 10) -> None:
    """Look until something holds: it happens in another thread, or in another process.

    Args:
        holds: tells whether it does.
        seconds: how long to look.

    Raises:
        AssertionError: it does not by then.
    """
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"it has not happened within {seconds:g} s"
        time.sleep(STEP)
