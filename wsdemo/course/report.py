"""What a change of the learner's copy came to, in sentences."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Report", "listed"]

_NAMED = 4


@dataclass
class Report:
    """What an update came to.

    Attributes:
        folder: the learner's copy.
        created: whether it was made just now.
        changed: the files that were updated.
        notes: a sentence for each file in which the learner's own text was kept.
        failed: a sentence for each file that could not be updated, with what to do.
    """

    folder: Path
    created: bool = False
    changed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.created or self.changed or self.notes or self.failed)

    def __str__(self) -> str:
        if self.created:
            first = f"This is your own copy of the lessons, new: {self.folder}"
        elif self.changed:
            first = f"Updated your copy of the lessons, {self.folder}: {_shortened(self.changed)}."
        elif self.failed:
            first = f"Your copy of the lessons, {self.folder}, could not be updated as a whole."
        elif self.notes:
            first = f"Your copy of the lessons, {self.folder}, differs from the course:"
        else:
            first = f"Your copy of the lessons is up to date: {self.folder}"
        return "\n  ".join((first, *self.notes, *self.failed))


def listed(names: Sequence[str]) -> str:
    """Join names for a sentence."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _shortened(names: Sequence[str]) -> str:
    if len(names) <= _NAMED:
        return listed(names)
    return listed([*names[: _NAMED - 1], f"{len(names) - _NAMED + 1} more files"])
