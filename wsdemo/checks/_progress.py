"""Keep which exercises are solved, in one file of the learner's copy of the lessons.

Without such a copy nothing is kept, so the saved outputs of the lessons are the same for everybody.
"""

import html
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wsdemo.course import MARKER, find, lessons

__all__ = ["FILE", "Progress", "note", "progress"]

FILE = "progress.json"
COLUMNS = ("Lesson", "Exercises")
LEFT, CAPTION = '"text-align:left"', '"text-align:left;white-space:nowrap"'
NO_COPY = (
    "Your progress is kept in your own copy of the lessons. Open that with `python start.py`, or "
    "with `wsdemo lab`."
)


@dataclass(frozen=True)
class Progress:
    """The solved exercises of each lesson; shown as a table.

    Attributes:
        solved: the numbers of the exercises that are solved.
        tried: the numbers of those that were tried, and are not solved yet.
        lessons: the name of each lesson, such as ``"03 chat"``, and the numbers of its exercises.
        kept: whether there is a file that keeps it.
    """

    solved: frozenset[str]
    tried: frozenset[str]
    lessons: dict[str, list[str]]
    kept: bool = True

    def rows(self) -> list[tuple[str, str]]:
        """Return a pair for each lesson: its name, and a sign for each exercise."""
        return [
            (name, " ".join(map(self._sign, numbers))) for name, numbers in self.lessons.items()
        ]

    def _sign(self, number: str) -> str:
        return "✓" if number in self.solved else "…" if number in self.tried else "·"

    def _spoken(self, number: str) -> str:
        sign = self._sign(number)
        state = {"✓": "solved", "…": "tried", "·": "not tried"}[sign]
        return f'<span role="img" aria-label="{number} {state}">{sign}</span>'

    def __repr__(self) -> str:
        if not self.kept:
            return NO_COPY
        width = max(map(len, self.lessons))
        rows = [f"{lesson:<{width}}  {signs}" for lesson, signs in self.rows()]
        return "\n".join([*rows, self._sum()])

    def _repr_html_(self) -> str:
        if not self.kept:
            return f"<p>{html.escape(NO_COPY)}</p>"
        rows = "".join(
            f'<tr><th scope="row" style={LEFT}>{lesson}</th>'
            f"<td style={LEFT}>{' '.join(map(self._spoken, numbers))}</td></tr>"
            for lesson, numbers in self.lessons.items()
        )
        head = "".join(f'<th scope="col" style={LEFT}>{each}</th>' for each in COLUMNS)
        caption = f"<caption style={CAPTION}>{self._sum()}</caption>"
        return f"<table>{caption}<tr>{head}</tr>{rows}</table>"

    def _sum(self) -> str:
        every = [number for numbers in self.lessons.values() for number in numbers]
        solved = len(self.solved.intersection(every))
        return f"{solved} of {len(every)} exercises solved (✓ solved, … tried, · not tried)"


def progress(start: Path | None = None) -> Progress:
    """Return which exercises are solved in the learner's copy that a folder is in.

    Args:
        start: the folder; the current one unless given.
    """
    from wsdemo.checks import exercises

    copy = find(start)
    entries = _read(copy)["exercises"] if copy else {}
    solved = frozenset(number for number, entry in entries.items() if entry.get("solved"))
    return Progress(solved, frozenset(entries) - solved, _by_lesson(exercises()), copy is not None)


def _by_lesson(exercises: list[str]) -> dict[str, list[str]]:
    return {
        file.stem.replace("_", " "): [each for each in exercises if each[:2] == file.stem[:2]]
        for file in sorted(lessons().glob("[0-9]*.ipynb"))
    }


def note(number: str, right: bool, start: Path | None = None) -> int:
    """Note that an exercise was tried.

    Args:
        number: the exercise, such as ``"02.1"``.
        right: whether the answer was right. Once it was, the exercise stays solved.
        start: as for :func:`progress`.

    Returns:
        How many attempts have failed since it was last solved; 0 without a learner's copy.
    """
    copy = find(start)
    if copy is None:
        return 0
    known = _read(copy)
    entry = known["exercises"].setdefault(number, {"solved": False, "tries": 0})
    entry["tries"] = 0 if right else entry.get("tries", 0) + 1
    entry["solved"] = bool(entry.get("solved") or right)
    _write(copy / MARKER / FILE, known)
    tries: int = entry["tries"]
    return tries


def _read(copy: Path) -> dict[str, Any]:
    """Read the file. If it cannot be read, it is renamed, and not overwritten."""
    file = copy / MARKER / FILE
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        if all(isinstance(each, dict) for each in known["exercises"].values()):
            return {"version": 1, "exercises": known["exercises"]}
    except FileNotFoundError:
        return {"version": 1, "exercises": {}}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        pass
    number = 1
    while (aside := file.with_name(f"progress.broken-{number}.json")).exists():
        number += 1
    os.replace(file, aside)
    return {"version": 1, "exercises": {}}


def _write(file: Path, known: dict[str, Any]) -> None:
    """Replace the file in one step, so that it is whole whatever happens meanwhile."""
    text = json.dumps(known, indent=1, sort_keys=True) + "\n"
    handle, beside = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}", text=True)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(beside, file)
    except OSError:
        os.unlink(beside)
        raise
