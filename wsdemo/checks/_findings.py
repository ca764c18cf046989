"""The findings of a check, and the verdict that shows them."""

import html
import re
import reprlib
import textwrap
from dataclasses import dataclass
from typing import Any, Self

__all__ = ["Finding", "Misconception", "NotYet", "Note", "OutOfTime", "Verdict"]

SIGNS = {"right": "✓", "not yet": "…", "look again": "✗", "no verdict": "?"}
COLOURS = {"right": "#2e9b4f", "look again": "#d08700"}
# JupyterLab's own style floats the names in a definition list.
CELL = '"float:none;width:auto;margin:0;padding:0"'
GRID = '"display:grid;grid-template-columns:max-content 1fr;gap:.2em 1em;margin:.4em 0"'
SHOWN = 200
"""Characters of a value that a verdict shows."""

_nothing = object()


class Finding(Exception):
    """The answer is not right.

    Args:
        text: what is wrong with the answer, and what to do.
        input: what the check gave to the answer.
        expected: what a right answer does with this input.
        received: what this answer did.
        shown: what else is shown, such as a picture of the conversation.

    Attributes:
        hints_of: the exercise that the attempt counts for, and whose hints are shown; empty: none,
            because the answer could not be tried; ``None``: the one that is checked.
    """

    hints_of: str | None = None

    def __init__(
        self,
        text: str,
        *,
        input: Any = _nothing,
        expected: Any = _nothing,
        received: Any = _nothing,
        shown: Any = None,
    ) -> None:
        super().__init__(text)
        self.shown = shown
        values = {"input": input, "expected": expected, "received": received}
        self.evidence = tuple(
            (name, shorten(value)) for name, value in values.items() if value is not _nothing
        )

    def with_hints_of(self, exercise: str) -> Self:
        """Return this finding, as one that is about another exercise than was checked.

        Args:
            exercise: its number; empty: about none.
        """
        self.hints_of = exercise
        return self


class NotYet(Finding):
    """The answer is not complete; the text is a hint."""


class Misconception(Finding):
    """The answer follows from a wrong idea; the text says which one, and why it is wrong."""


class OutOfTime(Exception):
    """The learner's code has not finished in time.

    Args:
        seconds: how long the check waited.
        where: the learner's line at which it was waiting then; empty if that is not known.
    """

    def __init__(self, seconds: float, where: str = "") -> None:
        self.seconds = seconds
        at = f"; it was waiting at {where}" if where else ""
        super().__init__(f"your answer had not finished after {seconds:g} s{at}")


@dataclass(frozen=True)
class Note:
    """Something to read below a verdict: a hint, or a worked answer.

    Attributes:
        title: its heading.
        text: its text; `words` between backticks are code.
        code: lines of Python.
        open: whether it is shown at once; if not, the reader opens it.
    """

    title: str
    text: str
    code: str = ""
    open: bool = False

    def __repr__(self) -> str:
        lines = [f"{self.title}:"] + [f"    {line}".rstrip() for line in self.code.splitlines()]
        return "\n".join([*lines, self.text] if self.code else [f"{self.title}: {self.text}"])

    def _repr_html_(self) -> str:
        code = f'<pre style="margin:.5em 0">{html.escape(self.code)}</pre>' if self.code else ""
        words = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(self.text))
        return (
            f'<details style="margin:.5em 0 0"{" open" if self.open else ""}>'
            f'<summary style="cursor:pointer">{html.escape(self.title)}</summary>'
            f'{code}<p style="margin:.3em 0">{words}</p></details>'
        )


@dataclass(frozen=True)
class Verdict:
    """The result of a check.

    Attributes:
        exercise: its number, such as ``"02.1"``.
        state: ``"right"``, ``"not yet"``, ``"look again"``; ``"no verdict"`` where the check itself
            failed.
        text: what was found, or a hint.
        evidence: (name, value) pairs of what was observed: the input, what was expected, what was
            received, what the learner's code raised.
        notes: hints, or the worked answer.
        diagnosis: what a class may hear of it: the check's own words, nothing of the learner's
            code; empty where there are no such words.
        shown: what else is shown, such as a picture of the conversation.
        hints_of: as for :class:`Finding`.
    """

    exercise: str
    state: str
    text: str
    evidence: tuple[tuple[str, str], ...] = ()
    notes: tuple[Note, ...] = ()
    diagnosis: str = ""
    shown: Any = None
    hints_of: str | None = None

    def __repr__(self) -> str:
        lines = [f"{SIGNS[self.state]} {self.exercise} {self.state}: {self.text}"]
        width = max((len(name) for name, _ in self.evidence), default=0)
        lines += [f"    {name:<{width}}  {value}" for name, value in self.evidence]
        more = [self.shown] if self.shown else []
        lines += [textwrap.indent(repr(each), "    ") for each in [*more, *self.notes]]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        colour = COLOURS.get(self.state, "#8a8a8a")
        first = html.escape(repr(self).partition("\n")[0])
        rows = "".join(
            f"<dt style={CELL}>{html.escape(name)}</dt>"
            f"<dd style={CELL}><code>{html.escape(value)}</code></dd>"
            for name, value in self.evidence
        )
        values = f"<dl style={GRID}>{rows}</dl>" if rows else ""
        more = [self.shown] if self.shown else []
        notes = "".join(each._repr_html_() for each in [*more, *self.notes])
        return (
            f'<div role="status" style="border-left:4px solid {colour};padding:.3em .8em">'
            f"{first}{values}{notes}</div>"
        )


def shorten(value: Any) -> str:
    """Return a value as a verdict shows it: its repr, without the middle if it is long."""
    limits = reprlib.Repr()
    limits.maxstring = limits.maxother = SHOWN
    limits.maxlist = limits.maxdict = limits.maxtuple = 12
    return limits.repr(value)
