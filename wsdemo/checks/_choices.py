"""An answer that chooses a way for each of several cases, and gives a reason."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from wsdemo.checks import Misconception, NotYet

__all__ = ["compare", "read"]


def read(
    choices: Any, cases: Iterable[str], ways: Iterable[str], reasons: Iterable[str]
) -> dict[str, tuple[str, str]]:
    """Read a choice for each case.

    Args:
        choices: the learner's choices: a mapping from each case to a pair, a way and a reason.
        cases: the cases that the exercise asks about.
        ways: the ways to choose from.
        reasons: the reasons to choose from.

    Raises:
        NotYet: a case has no pair, or there is no such way or reason.
    """
    pairs = {}
    for case in cases:
        try:
            way, reason = pairs[case] = choices[case]
        except (KeyError, TypeError, ValueError):
            raise NotYet(f"{case}: write a pair, (way, reason)") from None
        for given, known in ((way, ways), (reason, reasons)):
            if given not in known:
                raise NotYet(f"{case}: {json.dumps(given)} is not one of {', '.join(known)}")
    return pairs


def compare(
    pairs: Mapping[str, tuple[str, str]],
    right: Mapping[str, tuple[str, str]],
    why_not: Callable[[str, str], str],
    why: Callable[[str], str],
) -> None:
    """Check the ways of all cases, and then the reasons.

    Args:
        pairs: what the learner chose.
        right: the right pair of each case.
        why_not: returns what is wrong with a way, for a case and this way.
        why: returns a hint at the right reason, for a case.

    Raises:
        Misconception: a choice is wrong; the first one is reported.
    """
    for case, (way, _) in pairs.items():
        if way != right[case][0]:
            raise Misconception(f"{case} by {way}: {why_not(case, way)}")
    for case, (way, reason) in pairs.items():
        if reason != right[case][1]:
            raise Misconception(f"{case}: {way} fits, but not because of “{reason}”. {why(case)}")
