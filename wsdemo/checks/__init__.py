"""Exercises that check themselves: ``wsdemo.check("02.1", answer)``.

The exercises of the notebook ``02_echo`` are in the module ``lesson_02_echo`` of this package.
"""

import asyncio
import functools
import gc
import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from wsdemo.checks._findings import Finding, Misconception, Note, NotYet, OutOfTime, Verdict
from wsdemo.checks._mishaps import describe, forgotten_coroutines, learners_frames, noting
from wsdemo.checks._patience import done_within
from wsdemo.checks._places import end, place_of_block, place_of_wait
from wsdemo.checks._progress import Progress, note, progress
from wsdemo.checks._worked import worked
from wsdemo.classroom.joining import report
from wsdemo.loop import LoopThread, NoResult
from wsdemo.proxies import keep_loopback_direct
from wsdemo.server.handler_errors import is_ended_from_outside

__all__ = [
    "Misconception",
    "NotYet",
    "OutOfTime",
    "Progress",
    "Verdict",
    "check",
    "exercise",
    "exercises",
    "progress",
]

TIME_LIMIT = 5.5
"""Seconds that an answer may take."""

TRIES = 3
"""How often an answer is tried where the check itself fails: a busy machine is soon quiet."""

# What a class hears where the verdict's own text may contain a part of the learner's code.
LATE = "the answer had not finished in time"
BLOCKS = "the answer blocked the event loop"
RAISES = "the code raised an exception"

_judges: dict[str, Callable[[Any], Any]] = {}
_limits: dict[str, float] = {}


def exercise(number: str, time_limit: float | None = None) -> Callable[..., Any]:
    """Register the check of an exercise.

    The check is ``async def judge(answer) -> str``. It tries the answer on real connections. It
    returns what is right about the answer, or raises :class:`NotYet` or :class:`Misconception`.

    Args:
        number: the exercise, such as ``"02.1"``.
        time_limit: seconds that it may take where :data:`TIME_LIMIT` is not enough.
    """

    def register(judge: Callable[..., Any]) -> Callable[..., Any]:
        _judges[number] = judge
        if time_limit:
            _limits[number] = time_limit
        return judge

    return register


def exercises() -> list[str]:
    """Return the numbers of all exercises, in their order: 21.2 comes before 21.10."""
    for module in _modules():
        importlib.import_module(module)
    return sorted(_judges, key=lambda number: tuple(map(int, number.split("."))))


def _modules(lesson: str = "") -> list[str]:
    """Return the names of the modules with exercises: those of one lesson, or all."""
    names = [each.name for each in pkgutil.iter_modules(__path__)]
    return [f"{__name__}.{each}" for each in names if each.startswith(f"lesson_{lesson}")]


def check(number: str, answer: Any = None) -> Verdict:
    """Check an answer to an exercise by running it.

    Args:
        number: the exercise, such as ``"02.1"``.
        answer: what the exercise asks for: a handler, a coroutine function, a text, ...

    Returns:
        What was found, for the notebook to show.

    Raises:
        ValueError: there is no such exercise.
    """
    for module in _modules(f"{number!s:.2}_"):
        importlib.import_module(module)
    if number not in _judges:
        raise ValueError(f"there is no exercise {number!r}; there are {', '.join(exercises())}")
    if answer is None:
        return Verdict(number, "not yet", "replace None in the cell with your answer")
    keep_loopback_direct()
    with forgotten_coroutines() as forgotten:
        for _ in range(TRIES):
            verdict, ended = _try(number, answer)
            if verdict.state != "no verdict":
                break
        if verdict.state != "right":
            gc.collect()  # a coroutine that nobody awaits is noticed when it is collected
    if not ended:
        verdict = replace(
            verdict, text=f"{verdict.text}. The check could not stop your code: it is still running"
        )
    if verdict.state != "no verdict":
        report(number, verdict.state == "right", verdict.diagnosis)
    return _with_notes(verdict if verdict.state == "right" else _with_forgotten(verdict, forgotten))


def _try(number: str, answer: Any) -> tuple[Verdict, bool]:
    """Run a check once; return the verdict, and whether the learner's code has ended."""
    # A task that the learner's code started may raise SystemExit: nobody needs a report of it.
    thread = LoopThread(f"exercise {number}", report=lambda _: None)
    try:
        verdict = thread.run(_judge(number, answer), timeout=_limit(number) + 0.5)
    except NoResult:
        verdict = Verdict(number, "look again", _blocks(thread, _limit(number)), diagnosis=BLOCKS)
    finally:
        ended = end(thread)
    return verdict, ended


def _with_notes(verdict: Verdict) -> Verdict:
    """Save the progress; add the worked answer, or one more hint than the last time."""
    right = verdict.state == "right"
    number = verdict.exercise if verdict.hints_of is None else verdict.hints_of
    if verdict.state == "no verdict" or not number:
        return verdict
    about, of = worked(number), "" if number == verdict.exercise else f"{number} · "
    try:
        tries = note(number, right)
    except OSError as error:
        row = ("your progress", f"could not be saved: {error.strerror or error}")
        return replace(verdict, evidence=(*verdict.evidence, row))
    if right:
        notes = [Note("A worked answer", about.why, about.source, open=True)]
    else:
        count = len(about.hints)
        titles = [f"{of}Hint {index} of {count}" for index in range(1, count + 1)]
        notes = [Note(*each) for each in zip(titles, about.hints[:tries], strict=False)]
        if about.is_offered and tries > count:
            notes.append(Note(f"{of}A worked answer", about.why, about.source))
    return replace(verdict, notes=tuple(notes))


def _limit(number: str) -> float:
    return _limits.get(number, TIME_LIMIT)


def _blocks(thread: LoopThread, seconds: float) -> str:
    where = place_of_block(thread)
    text = f"your answer blocked the event loop, and had not finished after {seconds:g} s"
    return f"{text}: it was at {where}" if where else text


def _with_forgotten(verdict: Verdict, names: list[str]) -> Verdict:
    rows = [("never awaited", f"{name}()") for name in dict.fromkeys(names)]
    return replace(verdict, evidence=(*verdict.evidence, *rows))


async def _judge(number: str, answer: Any) -> Verdict:
    with noting() as errors:
        task = asyncio.current_task()
        asyncio.get_running_loop().set_exception_handler(functools.partial(_note_lost, errors))
        try:
            return Verdict(number, "right", await in_limit(_judges[number](answer), _limit(number)))
        except Finding as finding:
            is_hint = isinstance(finding, NotYet)
            text = str(finding)
            verdict = Verdict(
                number,
                "not yet" if is_hint else "look again",
                text,
                finding.evidence,
                diagnosis="" if is_hint else text,  # a hint is for an answer without a wrong idea
                shown=finding.shown,
                hints_of=finding.hints_of,
            )
        except OutOfTime as late:
            verdict = Verdict(number, "look again", str(late), diagnosis=LATE)
        except BaseException as error:
            if is_ended_from_outside(task, error):
                raise
            return _explain(number, error)
        if errors:
            row = ("raised", describe(errors[-1]))
            verdict = replace(verdict, evidence=(*verdict.evidence, row))
        return verdict


def _note_lost(
    errors: list[BaseException], _: asyncio.AbstractEventLoop, context: dict[str, Any]
) -> None:
    """Note an exception of a task that the learner's code started and nobody awaited."""
    error = context.get("exception")
    if error is not None and learners_frames(error):
        errors.append(error)


async def in_limit(judging: Awaitable[str], seconds: float) -> str:
    """Await a check's result, with the check's own time limit."""
    task = asyncio.ensure_future(judging)
    try:
        if await done_within(task, seconds):
            return task.result()
        places = (place_of_wait(each) for each in (task, *asyncio.all_tasks()))
        raise OutOfTime(seconds, next(filter(None, places), ""))
    finally:
        task.cancel()


def _explain(number: str, error: BaseException) -> Verdict:
    """Return a verdict on an exception: the learner's code raised it, or the check did."""
    text = describe(error)
    if learners_frames(error):
        return Verdict(number, "look again", f"your code raised {text}", diagnosis=RAISES)
    if isinstance(error, OSError):  # a TimeoutError is one of them
        text = f"the check itself failed: {text}. This says nothing about your answer: run it again"
        return Verdict(number, "no verdict", text)
    return Verdict(number, "look again", f"the check could not use your answer: {text}")
