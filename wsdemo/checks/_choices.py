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
        choices: what the learner gave: a mapping from each case to a pair, a way and a reason.
        cases: what is asked about.
        ways: those that there are.
        reasons: likewise.

    Raises:
        NotYet: a case has no pair, or there is no such way or reason.
    """
    pairs = {}
    for case in cases:
        try:
            way, reason = pairs[case] = choices[case]
        except (KeyError, TypeError, ValueError):
            raise NotYet(f"{case}: give a pair, a way and a reason") from None
        for given, known in ((way, ways), (reason, reasons)):
            if given not in known:
                raise NotYet(f"{case}: {json.dumps(given)} is none of {', '.join(known)}")
    return pairs


def compare(
    pairs: Mapping[str, tuple[str, str]],
    right: Mapping[str, tuple[str, str]],
    why_not: Callable[[str, str], str],
    why: Callable[[str], str],
) -> None:
    """Judge the ways of all cases, and then the reasons.

    Args:
        pairs: what the learner chose.
        right: the right pair of each case.
        why_not: tells, of a case and a wrong way, what is wrong with it.
        why: tells, of a case, what its reason has to do with.

    Raises:
        Misconception: of the first that is wrong.
    """
    for case, (way, _) in pairs.items():
        if way != right[case][0]:
            raise Misconception(f"{case} by {way}: {why_not(case, way)}")
    for case, (way, reason) in pairs.items():
        if reason != right[case][1]:
            raise Misconception(f"{case}: {way} fits, but not because of “{reason}”. {why(case)}")
