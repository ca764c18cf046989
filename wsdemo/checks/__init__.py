"""Exercises that check themselves: ``wsdemo.check("02.1", answer)``.

The exercises of the notebook ``02_echo`` are in the module ``lesson_02_echo`` of this package.
"""

import asyncio
import html
import importlib
import pathlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wsdemo.loop import LoopThread, NoResult
from wsdemo.proxies import keep_loopback_direct
from wsdemo.server.handler_errors import authors_frames, is_ended_from_outside

__all__ = ["Misconception", "NotYet", "OutOfTime", "Verdict", "check", "exercise", "exercises"]

TIME_LIMIT = 15
"""Seconds that an answer may take."""

_judges: dict[str, Callable[[Any], Any]] = {}


class NotYet(Exception):
    """The answer is not there yet; the text is a hint."""


class Misconception(Exception):
    """The answer shows a way of thinking that does not hold; the text says which, and why."""


class OutOfTime(Exception):
    """What the learner wrote has not finished; the text says within how many seconds."""


@dataclass(frozen=True)
class Verdict:
    """What the check found.

    Attributes:
        exercise: its number, such as ``"02.1"``.
        state: ``"right"``, ``"not yet"``, ``"look again"``; ``"no verdict"`` where the check itself
            failed.
        text: what was found, or a hint.
    """

    exercise: str
    state: str
    text: str

    def __repr__(self) -> str:
        sign = {"right": "✓", "not yet": "…", "look again": "✗", "no verdict": "?"}[self.state]
        return f"{sign} {self.exercise} {self.state}: {self.text}"

    def _repr_html_(self) -> str:
        colour = {"right": "#2e9b4f", "look again": "#d08700"}.get(self.state, "#8a8a8a")
        return (
            f'<div role="status" style="border-left:4px solid {colour};padding:.3em .8em">'
            f"{html.escape(repr(self))}</div>"
        )


def exercise(number: str) -> Callable[..., Any]:
    """Register a judge for an exercise.

    The judge is ``async def judge(answer) -> str``. It tries the answer on real connections,
    returns what was right about it, and raises :class:`NotYet` or :class:`Misconception`.
    """

    def register(judge: Callable[..., Any]) -> Callable[..., Any]:
        _judges[number] = judge
        return judge

    return register


def exercises() -> list[str]:
    """Return the numbers of all exercises."""
    for module in _modules():
        importlib.import_module(module)
    return sorted(_judges)


def _modules(lesson: str = "") -> list[str]:
    """Return the names of the modules with exercises: those of one lesson, or all."""
    names = [each.name for each in pkgutil.iter_modules(__path__)]
    return [f"{__name__}.{each}" for each in names if each.startswith(f"lesson_{lesson}")]


def check(number: str, answer: Any = None) -> Verdict:
    """Judge an answer to an exercise by running it.

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
        return Verdict(number, "not yet", "replace the None in the cell by your answer")
    keep_loopback_direct()
    # Tasks of the learner's that raise SystemExit or the like have no one to tell.
    thread = LoopThread(f"exercise {number}", report=lambda _: None)
    try:
        return thread.run(_judge(number, answer), timeout=TIME_LIMIT)
    except NoResult:
        return Verdict(number, "look again", f"your answer had not finished after {TIME_LIMIT} s")
    finally:
        thread.stop()


async def _judge(number: str, answer: Any) -> Verdict:
    task = asyncio.current_task()
    try:
        return Verdict(number, "right", await _judges[number](answer))
    except NotYet as hint:
        return Verdict(number, "not yet", str(hint))
    except Misconception as diagnosis:
        return Verdict(number, "look again", str(diagnosis))
    except OutOfTime as seconds:
        return Verdict(number, "look again", f"your answer had not finished after {seconds} s")
    except BaseException as error:
        if is_ended_from_outside(task, error):
            raise
        return _explain(number, error)


def _explain(number: str, error: BaseException) -> Verdict:
    """Say what was raised, and by whom: the learner's code, or the check."""
    told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    theirs = authors_frames(error, str(pathlib.Path(__file__).parents[1]))
    if theirs:
        where = f"line {theirs[-1].lineno}, in {theirs[-1].name}: {theirs[-1].line}"
        return Verdict(number, "look again", f"your code raised {told} ({where})")
    if isinstance(error, OSError):  # a TimeoutError is one of them
        text = f"the check itself failed: {told}. That says nothing of your answer: run it again."
        return Verdict(number, "no verdict", text)
    return Verdict(number, "look again", f"the check could not use your answer: {told}")
