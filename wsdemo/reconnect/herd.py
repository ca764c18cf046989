"""A thousand clients that come back to one server, computed in no time."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator

__all__ = ["thundering_herd"]


def thundering_herd(
    waits: Callable[[], Iterator[float]],
    *,
    clients: int = 1000,
    away: float = 12,
    capacity: int = 100,
) -> list[float]:
    """Compute when clients try to connect, after all of them have lost their server at once.

    Args:
        waits: returns the waits of one client before each of its tries, in seconds, without end.
        clients: how many there are.
        away: seconds for which the server accepts no connection.
        capacity: how many it accepts in each second after that; the others must try again.

    Returns:
        The times of all tries, in order, in seconds after the loss. At the last one, the last
        client is accepted.
    """
    plans = [waits() for _ in range(clients)]
    tries = [(next(plan), number) for number, plan in enumerate(plans)]
    heapq.heapify(tries)
    times: list[float] = []
    accepted = Counter[int]()
    while tries:
        now, number = heapq.heappop(tries)
        times.append(now)
        if now >= away and accepted[int(now)] < capacity:
            accepted[int(now)] += 1
        else:
            heapq.heappush(tries, (now + next(plans[number]), number))
    return times
