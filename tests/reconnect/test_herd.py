"""A herd that is computed: who comes when, and who must try again."""

import itertools
import random

from wsdemo.reconnect.herd import thundering_herd


def test_all_come_at_once_where_all_wait_as_long():
    times = thundering_herd(lambda: itertools.repeat(5), clients=3, away=12, capacity=1)
    # At 5 and 10 nobody is there; then one of them is accepted each time.
    assert times == [5, 5, 5, 10, 10, 10, 15, 15, 15, 20, 20, 25]


def test_the_capacity_is_that_of_each_second():
    waits = iter([12.0, 12.9, 13.0])
    plan = lambda: itertools.chain([next(waits)], itertools.repeat(1.0))  # noqa: E731
    assert thundering_herd(plan, clients=3, away=12, capacity=1) == [12.0, 12.9, 13.0, 13.9, 14.9]


def test_everybody_is_accepted_once():
    chance = random.Random(8)
    plan = lambda: (chance.uniform(0, 30) for _ in itertools.count())  # noqa: E731
    times = thundering_herd(plan, clients=50, away=3, capacity=2)
    assert times == sorted(times)
    assert len(times) >= 50
