"""The stages of lesson 21: a program of the reader's, judged from outside.

The cases are in :mod:`wsdemo.judge.stages`, and the report is the judge's.
"""

import html
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.judge import Report, Trouble
from wsdemo.judge.candidate import Candidate, candidate_for
from wsdemo.judge.model import NotStarted, Stage
from wsdemo.judge.model import Verdict as JudgeVerdict
from wsdemo.judge.run import run
from wsdemo.judge.stages import STAGES, choose
from wsdemo.scratch import begin, command_for

PATIENCE = 2.0
"""Seconds that a program has for each answer."""

TIME_LIMIT = 60
"""Seconds for all stages up to one: a program in another language may have to be compiled."""

WANTED = (
    'the name of your program, such as "server.py"; or a list with the words that start it; or the '
    "ws:// address of a server that runs"
)

NOTHING_TRIED = ""
"""The program could not be judged: no attempt at any stage, and no hint for it."""

_failed: dict[Path, bytes] = {}
"""What each file contained when it was last judged and failed."""


@dataclass(frozen=True)
class Printed:
    """What a program printed, shown as it is."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.text)}</pre>"


def _check_of(stage: Stage) -> Callable[[Any], Awaitable[str]]:
    async def judge(answer: Any) -> str:
        """Judge a program up to this stage."""
        return await _judged(answer, stage)

    return judge


for _stage in STAGES:
    exercise(f"21.{_stage.number}", TIME_LIMIT)(_check_of(_stage))


async def _judged(answer: Any, stage: Stage) -> str:
    """Judge a program, from the first stage of its side up to this one."""
    stages = [each for each in choose(stage.side) if each.number <= stage.number]
    file, candidate = _candidate(answer, stage)
    try:
        report = await run(stages, candidate, PATIENCE)
    except Trouble as trouble:
        first, _, rest = str(trouble).partition("\n")
        text = first.removesuffix(":") + _unchanged(file)
        printed = Printed(rest) if rest else None
        raise Misconception(text, shown=printed).with_hints_of(NOTHING_TRIED) from None
    finally:
        await candidate.stop()
    if report.passed:
        before = ", and those of the stages before it" if len(stages) > 1 else ""
        return f"all {len(stage.cases)} cases of this stage pass{before}."
    shown = replace(report, is_counted=False)  # the text has a count already
    wrong = Misconception(_told(report, stages) + _unchanged(file), shown=shown)
    raise wrong.with_hints_of(_hints_of(report))


def _hints_of(report: Report) -> str:
    """Return the exercise that a report is about: the stage that failed."""
    failed = report.failures[0]
    if isinstance(failed.failure, NotStarted):
        return NOTHING_TRIED
    return f"21.{_stage_of(failed)}"


def _stage_of(verdict: JudgeVerdict) -> int:
    return int(verdict.number.partition(".")[0])


def _candidate(answer: Any, stage: Stage) -> tuple[Path | None, Candidate]:
    """Return what is to be judged, and its file where that is one of the reader's."""
    is_words = isinstance(answer, Sequence) and all(isinstance(word, str) for word in answer)
    if not answer or not is_words:
        raise NotYet(f"give the check {WANTED}", received=answer).with_hints_of(NOTHING_TRIED)
    is_client = stage.side == "client"
    try:
        if isinstance(answer, str) and "://" in answer:
            return None, candidate_for(answer, is_client)
        candidate = candidate_for(command_for(answer), is_client)
        if not isinstance(answer, str):
            return None, candidate
        own = begin(answer)
        if not own.is_begun:
            raise NotYet(
                f"{own.name} is as it was given to you. Open it, write stage {stage.number}, save "
                "it with Ctrl+S, and run this cell again."
            ).with_hints_of(NOTHING_TRIED)
        return own.file, candidate
    except (Trouble, ValueError) as trouble:
        raise Misconception(str(trouble)).with_hints_of(NOTHING_TRIED) from None


def _told(report: Report, stages: Sequence[Stage]) -> str:
    """Say how far the program came."""
    number = _stage_of(report.failures[0])
    stage = next(each for each in stages if each.number == number)
    passed = sum(each.number.startswith(f"{number}.") for each in report.verdicts if each.passed)
    count = f"{passed} of {len(stage.cases)} cases passed, and then this one failed"
    return count if stage == stages[-1] else f"stage {number} comes first: {count}"


def _unchanged(file: Path | None) -> str:
    """Remember what failed. If the same text has failed before, say so: it may not be saved."""
    if file is None:
        return ""
    text = file.read_bytes()
    known, _failed[file] = _failed.get(file), text
    if text != known:
        return ""
    return ". The file has not changed since the last check: save it in the editor with Ctrl+S"
