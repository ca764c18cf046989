"""Bring what is new in a lesson into the learner's notebook, and leave what they wrote."""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from wsdemo.course.notebook import Cell, Notebook, content, exercises, label, text

__all__ = ["Merged", "merge"]

_KEPT = "*The course has changed this cell. Your version is kept, above. The course's version:*"
_DELETED = "*The course has changed a cell that you have deleted. The course's version:*"
_LONGEST_ID = 64  # nbformat 4.5


@dataclass
class Merged:
    """What became of a notebook.

    Attributes:
        notebook: the learner's notebook with what is new.
        conflicts: names of the cells that both the learner and the course have changed.
        kept: names of the cells that the learner has changed and the course no longer has.
    """

    notebook: Notebook
    conflicts: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


@dataclass(eq=False)
class _Cells:
    """One cell as it was published, as the learner has it, and as it is published now."""

    base: Cell | None = None
    theirs: Cell | None = None
    new: Cell | None = None
    place: int = -1
    noted: bool = False  # an earlier conflict has left its note


def merge(base: Notebook, theirs: Notebook, new: Notebook) -> Merged:
    """Merge three states of a notebook, cell by cell.

    A cell that the learner has not changed becomes the new one. A cell that they changed stays as
    it is; if the course has changed it as well, a note with the course's version follows it.
    Outputs and execution counts are not changes.

    Args:
        base: the lesson as it was when the learner's notebook was made or last updated.
        theirs: the learner's notebook.
        new: the lesson as it is now.
    """
    notebook = {**theirs, "nbformat_minor": max(theirs.get("nbformat_minor", 0), 5)}
    notebook["metadata"] = _metadata(base, theirs, new)
    merged = Merged(notebook)
    used = {each["id"] for each in new["cells"]}
    groups = _grouped(base["cells"], theirs["cells"], new["cells"])
    cells = [each for group in _ordered(groups, new) for each in _outcome(group, merged, used)]
    notebook["cells"] = cells
    return merged


# Which cells belong together


def _grouped(base: list[Cell], theirs: list[Cell], new: list[Cell]) -> list[_Cells]:
    """Group the three versions of each cell; the learner's come first, in their order."""
    groups = [_Cells(base=cell, place=place) for place, cell in enumerate(base)]
    # The learner's notebook was made from the base, with its ids, but a cell that was cut and
    # pasted has another one. What an id means in the next version of a lesson is less certain.
    for old, other in _pairs(base, theirs, (_id, content, exercises)):
        groups[old].theirs = theirs[other]
    for old, other in _pairs(base, new, (content, exercises, _id)):
        groups[old].new = new[other]
    mine = {id(group.theirs): group for group in groups}
    matched = {id(group.new) for group in groups}
    added = [cell for cell in new if id(cell) not in matched]
    notes = {content(note): group for group in groups for note in _notes(group.base)}
    ordered = []
    for cell in theirs:
        if id(cell) in mine:
            ordered.append(mine[id(cell)])
        elif content(cell) in notes:
            notes[content(cell)].noted = True
        else:
            same = next((each for each in added if content(each) == content(cell)), None)
            added = [each for each in added if each is not same]
            ordered.append(_Cells(theirs=cell, new=same))
    ordered += [group for group in groups if group.theirs is None]
    return ordered + [_Cells(new=cell) for cell in added]


def _id(cell: Cell) -> Hashable:
    return cell.get("id")


def _pairs(
    olds: list[Cell], others: list[Cell], keys: Iterable[Callable[[Cell], Hashable]]
) -> Iterator[tuple[int, int]]:
    """Pair the cells that alone have a key in common, the surest key first."""
    left, right = dict(enumerate(olds)), dict(enumerate(others))
    for key in keys:
        often = [Counter(map(key, side.values())) for side in (left, right)]
        places = {key(cell): place for place, cell in right.items()}
        for place, cell in list(left.items()):
            value = key(cell)
            if value and all(count[value] == 1 for count in often):
                yield place, places[value]
                del left[place], right[places[value]]


# In which order they come


def _ordered(groups: list[_Cells], new: Notebook) -> list[_Cells]:
    """Return them in the course's order, or in the learner's if they have moved any."""
    mine = [group for group in groups if group.theirs is not None]
    by_new = {id(group.new): group for group in groups}
    course = [by_new[id(cell)] for cell in new["cells"]]
    places = [group.place for group in mine if group.base is not None]
    moved = places != sorted(places)
    return _woven(mine, course) if moved else _woven(course, mine)


def _woven(groups: list[_Cells], others: list[_Cells]) -> list[_Cells]:
    """Put what only the second list has behind what it follows there."""
    known = set(map(id, groups))
    anchor, behind = None, dict[int | None, list[_Cells]]()
    for group in others:
        if id(group) in known:
            anchor = id(group)
        else:
            behind.setdefault(anchor, []).append(group)
    woven = behind.get(None, [])[:]
    for group in groups:
        woven += [group, *behind.get(id(group), ())]
    return woven


# What becomes of each


def _outcome(group: _Cells, merged: Merged, used: set[str]) -> list[Cell]:
    """Return what the learner's notebook has in the place of a cell."""
    base, theirs, new = group.base, group.theirs, group.new
    if new is None:
        if theirs is None or _same(base, theirs):
            return []
        if base is not None:
            merged.kept.append(_name(theirs, base))
        return [{**theirs, "id": _free(theirs.get("id", "yours"), "yours", used)}]
    if theirs is None:
        if base is None:
            return [new]
        if not _same(base, new):
            merged.conflicts.append(label(new))
        elif not group.noted:
            return []
        return [_note(_DELETED, new, used)]
    if _same(base, theirs) and not _same(base, new):
        return [{**new, "metadata": _metadata(base, theirs, new)}]
    cell = {**theirs, "id": new["id"], "metadata": _metadata(base, theirs, new)}
    if _same(theirs, new):
        if base is not None and _results(base) == _results(theirs):
            cell |= _results(new)
        return [cell]
    if not _same(base, new):
        merged.conflicts.append(_name(theirs, base, new))
    elif not group.noted:
        return [cell]
    return [cell, _note(_KEPT, new, used)]


def _name(theirs: Cell, *others: Cell | None) -> str:
    """Name a cell by its exercise, which may be in one part of a cell that was split."""
    versions = [theirs, *(each for each in others if each is not None)]
    return label(next(filter(exercises, versions), theirs))


def _same(one: Cell | None, other: Cell | None) -> bool:
    return one is not None and other is not None and content(one) == content(other)


def _results(cell: Cell) -> Cell:
    return {key: cell[key] for key in ("outputs", "execution_count") if key in cell}


def _metadata(base: Cell | None, theirs: Cell, new: Cell) -> dict[str, Any]:
    """Merge what is noted about a cell or a notebook, key by key; the learner's changes win."""
    before, here, there = ((each or {}).get("metadata", {}) for each in (base, theirs, new))
    changed = {key for key in {*before, *here} if before.get(key) != here.get(key)}
    kept = {key: value for key, value in there.items() if key not in changed}
    return kept | {key: here[key] for key in changed if key in here}


def _notes(cell: Cell | None) -> list[Cell]:
    """The notes that a conflict over this cell leaves."""
    return [_note(words, cell, set()) for words in (_KEPT, _DELETED)] if cell else []


def _note(words: str, cell: Cell, used: set[str]) -> Cell:
    """A cell with the course's version, which shows it and runs nothing."""
    shown = text(cell)
    if cell["cell_type"] == "code":
        ticks = max(map(len, re.findall("`{3,}", shown)), default=2) + 1
        shown = f"{'`' * ticks}python\n{shown}\n{'`' * ticks}"
    note = {
        "cell_type": "markdown",
        "id": _free(cell.get("id", "course"), "course", used),
        "metadata": {},
        "source": f"{words}\n\n{shown}".splitlines(keepends=True),
    }
    attachments = cell.get("attachments")
    return {**note, "attachments": attachments} if attachments else note


def _free(wanted: str, whose: str, used: set[str]) -> str:
    """Return an id that no other cell has, and note it."""
    name, number = wanted, 1
    while name in used:
        ending = f"-{whose}" if number == 1 else f"-{whose}-{number}"
        name, number = wanted[: _LONGEST_ID - len(ending)] + ending, number + 1
    used.add(name)
    return name
