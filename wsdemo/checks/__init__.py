"""Exercises that judge themselves: ``wsdemo.check("02.1", answer)``."""

import html
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wsdemo.loop import LoopThread
from wsdemo.proxies import keep_loopback_direct

__all__ = ["Misconception", "NotYet", "Verdict", "check", "exercise", "exercises"]

LESSONS = (
    "start_here",
    "upgrade",
    "echo",
    "chat",
    "heartbeat",
    "auth",
    "binary",
    "closing",
    "reconnect",
    "tls",
    "http_or_websocket",
    "dashboard",
    "patterns",
    "limits",
    "debugging",
    "mqtt",
    "scale_out",
)
"""The modules of this package with exercises, in the order of the lessons."""

TIME_LIMIT = 15
"""Seconds that an answer may take."""

_judges: dict[str, Callable[[Any], Any]] = {}


class NotYet(Exception):
    """The answer is not there yet; the text is a hint."""


class Misconception(Exception):
    """The answer shows a way of thinking that does not hold; the text says which, and why."""


@dataclass(frozen=True)
class Verdict:
    """What the check found.

    Attributes:
        exercise: its number, such as ``"02.1"``.
        state: ``"right"``, ``"not yet"`` or ``"look again"``.
        text: what was found, or a hint.
    """

    exercise: str
    state: str
    text: str

    def __repr__(self) -> str:
        sign = {"right": "✓", "not yet": "…", "look again": "✗"}[self.state]
        return f"{sign} {self.exercise} {self.state}: {self.text}"

    def _repr_html_(self) -> str:
        colour = {"right": "#2e9b4f", "not yet": "#8a8a8a", "look again": "#d08700"}[self.state]
        return (
            f'<div role="status" style="border-left:4px solid {colour};padding:.3em .8em">'
            f"{html.escape(repr(self))}</div>"
        )


def exercise(number: str) -> Callable:
    """Register a judge for an exercise.

    The judge is ``async def judge(answer) -> str``. It tries the answer on real connections,
    returns what was right about it, and raises :class:`NotYet` or :class:`Misconception`.
    """

    def register(judge: Callable) -> Callable:
        _judges[number] = judge
        return judge

    return register


def exercises() -> list[str]:
    """The numbers of all exercises."""
    for lesson in LESSONS:
        importlib.import_module(f"wsdemo.checks.{lesson}")
    return sorted(_judges)


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
    if number not in exercises():
        raise ValueError(f"there is no exercise {number!r}; there are {', '.join(exercises())}")
    if answer is None:
        return Verdict(number, "not yet", "replace the None in the cell by your answer")
    keep_loopback_direct()
    thread = LoopThread(f"exercise {number}")
    try:
        return Verdict(number, "right", thread.run(_judges[number](answer), timeout=TIME_LIMIT))
    except NotYet as hint:
        return Verdict(number, "not yet", str(hint))
    except Misconception as diagnosis:
        return Verdict(number, "look again", str(diagnosis))
    except TimeoutError:
        return Verdict(number, "look again", f"no result within {TIME_LIMIT} s: it waits for ever")
    except Exception as error:
        told = f"your code raised {type(error).__name__}: {error}"
        return Verdict(number, "look again", told)
    finally:
        thread.stop()
