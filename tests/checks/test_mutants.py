"""What a learner's tests count for on a broken program."""

import asyncio

import pytest

from wsdemo.checks import NotYet
from wsdemo.checks._mutants import Outcome, judge

FAILED = Outcome(AssertionError())
HANGS = Outcome(hangs=True)


class Right:
    """Keeps all its promises."""


class Broken:
    """Keeps none of its promises."""


class Overlooked:
    """Keeps none either, and nothing notices it."""


@pytest.mark.parametrize(
    ("outcomes", "noticed"),
    [
        ([FAILED, Outcome()], 0),
        ([FAILED, FAILED], 1),
        ([HANGS, Outcome()], 0),
        ([HANGS, FAILED], 1),
        ([Outcome()], 0),
    ],
)
def test_a_failure_counts_that_comes_again(outcomes, noticed):
    """A machine that stalls breaks a time limit of the test, or of its run, and not twice."""
    came = iter(outcomes)

    async def attempt(test, make):
        return next(came) if make is Broken else Outcome()

    broken = [Overlooked, Broken]
    with pytest.raises(NotYet, match=f"fail on {noticed} of the 2 broken rooms"):
        asyncio.run(judge([print], attempt, Right, broken, "room/on", {"Overlooked": "Test it."}))
    assert list(came) == []
