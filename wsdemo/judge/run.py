"""Try the cases, side by side where they can be, and alone where something went wrong."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from wsdemo.judge.address import Trouble
from wsdemo.judge.candidate import Candidate
from wsdemo.judge.model import Case, Failed, NoAnswer, Stage, Verdict
from wsdemo.judge.report import Report
from wsdemo.judge.talk import Talk

__all__ = ["PATIENCE", "run", "try_case"]

PATIENCE = 5.0
"""Seconds that a program has for each answer."""

WHOLE = 6
"""A whole case may take so many times the patience."""


async def run(
    stages: Sequence[Stage],
    candidate: Candidate,
    patience: float = PATIENCE,
    go_on: bool = False,
    begins: Callable[[Stage], None] = lambda stage: None,
    ends: Callable[[Stage, Sequence[Verdict]], None] = lambda stage, verdicts: None,
) -> Report:
    """Try stages, one after the other.

    Args:
        stages: what to try.
        candidate: the program to judge.
        patience: seconds that a program has for each answer.
        go_on: whether to go on after a case that failed.
        begins: called with each stage before it is tried.
        ends: called with each stage and its verdicts.

    Returns:
        What came of all that was tried.

    Raises:
        Trouble: the program cannot be judged: it is not there.
    """
    verdicts: list[Verdict] = []
    await candidate.revive()
    for stage in stages:
        begins(stage)
        tried = await _try_stage(stage, candidate, patience, go_on)
        ends(stage, tried)
        verdicts += tried
        if not all(verdict.passed for verdict in tried) and not go_on:
            break
    return Report(tuple(verdicts))


async def _try_stage(
    stage: Stage, candidate: Candidate, patience: float, go_on: bool
) -> list[Verdict]:
    """Try the cases of a stage.

    The first one runs alone: where nothing works yet, that is soon known. The others run side by
    side. A case that fails then is tried again alone: another case may have stopped the server, or
    a busy machine the judge. What fails both times has failed.
    """
    places = asyncio.Semaphore(candidate.at_once)

    async def in_its_place(number: str, case: Case) -> Verdict:
        async with places:
            return await try_case(number, case, candidate, patience)

    first, *others = [
        (f"{stage.number}.{place}", case) for place, case in enumerate(stage.cases, 1)
    ]
    verdicts = [await _try_alone(*first, candidate, patience)]
    if not (verdicts[0].passed or go_on):
        return verdicts
    verdicts += await asyncio.gather(*(in_its_place(*each) for each in others))
    try:
        ended = await candidate.revive()
    except Trouble as trouble:
        return [_gone(verdicts, str(trouble))]
    for place, together in list(enumerate(verdicts))[1:]:
        if together.passed and not ended:
            continue
        verdicts[place] = verdict = await _try_again(together, candidate, patience)
        if not (verdict.passed or go_on or verdict.beside_others):
            return [each for each in verdicts[:place] if each.passed] + [verdict]
    failed = next((place for place, each in enumerate(verdicts) if not each.passed), len(verdicts))
    return verdicts if go_on else verdicts[: failed + 1]


async def _try_again(together: Verdict, candidate: Candidate, patience: float) -> Verdict:
    """Try a case once more, with no other beside it; compare what came of it both times."""
    alone = await _try_alone(together.number, together.case, candidate, patience)
    if not alone.passed or together.passed or isinstance(together.failure, NoAnswer):
        return alone
    return replace(together, beside_others=True)


async def _try_alone(number: str, case: Case, candidate: Candidate, patience: float) -> Verdict:
    """Try a case with no other beside it, after which the program must still be there."""
    since = await candidate.mark()
    alone = await try_case(number, case, candidate, patience, since)
    try:
        ended = await candidate.revive()
    except Trouble as trouble:
        return _gone([alone], str(trouble))
    if not ended:
        return alone
    failure = Failed("a program that goes on for the next client", ended)
    printed = await candidate.printed(since)
    notes = (f"it printed:\n{printed}",) if printed else ()
    return Verdict(number, case, failure, alone.talk, notes)


def _gone(verdicts: Sequence[Verdict], reason: str) -> Verdict:
    """Return the verdict of a server that has gone, and that the judge cannot start again."""
    at = next((verdict for verdict in verdicts if not verdict.passed), verdicts[0])
    note = f"{reason}\nThe server ended in this stage, perhaps in another case of it."
    failure = at.failure or Failed("a server that goes on for the next client", "its end")
    return Verdict(at.number, at.case, failure, at.talk, (note,))


async def try_case(
    number: str, case: Case, candidate: Candidate, patience: float, since: int | None = None
) -> Verdict:
    """Try one case.

    Args:
        number: the case's number.
        case: the case.
        candidate: the program to judge.
        patience: seconds that the program has for each answer.
        since: the mark before the case, where no other case runs beside it: what the program then
            prints is about this case.
    """
    talk = Talk(candidate.side, case.title)
    failure: Failed | None = None
    printed = ""
    limit = WHOLE * patience
    try:
        async with asyncio.timeout(limit), candidate.session(talk, patience) as session:
            try:
                for step in case.steps:
                    await step.run(session)
            except Failed as failed:
                failure = failed
                if since is not None:  # before the judge leaves: that may be printed, too
                    printed = await candidate.printed(since)
    except TimeoutError:
        failure = NoAnswer("the end of this case", f"it was not over after {limit:g} s")
    if failure and candidate.side == "client":
        printed = await candidate.printed()
    notes = (f"the program printed:\n{printed}",) if printed else ()
    return Verdict(number, case, failure, talk, notes)
