"""Create the learner's copy, update it, and start a lesson in it again."""

import contextlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from wsdemo.course.merge import Merged, merge
from wsdemo.course.notebook import Unreadable, content, dump, load
from wsdemo.course.places import MARKER, Trouble, files, find, home, is_copy, lessons, named, say
from wsdemo.course.report import Report, listed
from wsdemo.course.store import Store

__all__ = ["reset", "solutions", "update"]

_SOLUTIONS = "solutions/"


def update(folder: Path | None = None) -> Report:
    """Bring the learner's copy up to date, or create it; what they wrote stays as it is.

    Args:
        folder: where the copy is, or is to be; the usual place unless given.

    Raises:
        Trouble: the folder is something else, or cannot be written to.
    """
    root = home() if folder is None else find(folder) or folder.absolute()
    with _advice(root):
        report = Report(root, created=not is_copy(root))
        _create(root)
        store = Store(root)
        store.recover()
        source = lessons()
        here, there = store.names(), files(source)
        for name in sorted({*here, *there}):
            # The answers are there for those who ask.
            if name not in here and name.startswith(_SOLUTIONS):
                continue
            try:
                new = (source / name).read_bytes() if name in there else None
                _bring(store, name, new, report)
            except OSError as error:
                if report.created:
                    raise
                reason = f"{name} was not updated: {error.strerror or error}."
                report.failed.append(f"{reason} Put that right, then run {say('update')}.")
        _link_packages(root, source)
    return report


def reset(word: str) -> str:
    """Start a lesson again, or another file of the course; the old file is kept aside.

    Args:
        word: the lesson's number, or the file's name.

    Returns:
        What was done, for the person.

    Raises:
        Trouble: there is no such lesson, no copy here, or it cannot be written to.
    """
    name = named(word)
    root = _existing()
    with _advice(root):
        store = Store(root)
        store.recover()
        theirs, new = store.theirs(name), (lessons() / name).read_bytes()
        if theirs == new:
            return f"{root / name} is as in the course: there is nothing to reset."
        if theirs is None:
            store.put(name, new, new, theirs)
            return f"{root / name} is here again."
        aside = store.put_aside(name, "old", theirs)
        store.put(name, new, new, theirs)
        return f"{root / name} starts again. The old one is kept: {PurePosixPath(aside).name}"


def solutions(word: str) -> Report:
    """Copy the worked answers of a lesson into the learner's copy, unless they are there.

    Args:
        word: the lesson's number, or its name.

    Returns:
        What was done; ``changed`` names the files with the answers, the new ones and the others.

    Raises:
        Trouble: there is no such lesson, no copy here, or it cannot be written to.
    """
    stem = _SOLUTIONS + PurePosixPath(named(word)).stem
    names = [name for name in files(lessons()) if name.startswith((f"{stem}.py", f"{stem}/"))]
    if not names:
        raise Trouble(f"{word} has no worked answers: name a lesson, such as {say('solutions 03')}")
    root = _existing()
    with _advice(root):
        report = Report(root)
        store = Store(root)
        store.recover()
        for name in names:
            _bring(store, name, (lessons() / name).read_bytes(), report)
        report.changed = names
    return report


def _create(root: Path) -> None:
    if is_copy(root):
        return
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise Trouble(
            f"{root} is there already, and is not a copy of the lessons. Rename it, or choose "
            f"another folder: {say('update FOLDER')}, then {say('lab')} in that folder."
        )
    (root / MARKER).mkdir(parents=True)


def _existing() -> Path:
    root = home()
    if not is_copy(root):
        raise Trouble(
            "there is no copy of the lessons here. Change to the folder of yours; "
            f"if you have none, {say('update')} makes one."
        )
    return root


@contextlib.contextmanager
def _advice(root: Path) -> Iterator[None]:
    """Say in a sentence what the system refused, and what to do."""
    try:
        yield
    except OSError as error:
        raise Trouble(
            f"cannot write to {error.filename or root}: {error.strerror or error}. Change that, "
            f"or make a copy elsewhere: {say('update FOLDER')}, then {say('lab')} in that folder."
        ) from error


def _bring(store: Store, name: str, new: bytes | None, report: Report) -> None:
    """Update one file."""
    base, theirs = store.base(name), store.theirs(name)
    if new is None:
        _remove(store, name, theirs, report)
    elif theirs is None:
        store.put(name, new, new, theirs)
        report.changed.append(name)
    elif name.endswith(".ipynb") and (problem := _problem(theirs)):
        again = f"{say(f'reset {name[:2]}')} starts this lesson again and keeps the file aside."
        report.failed.append(f"{name} was left alone, because {problem}. {again}")
    elif new == base:
        pass
    elif theirs == new:
        store.note_base(name, new)
    elif store.is_locked(name):
        allow = f"Allow writing, then run {say('update')}."
        report.failed.append(f"{name} is read-only and was not updated. {allow}")
    elif theirs == base:
        store.put(name, new, new, theirs)
        report.changed.append(name)
    elif name.endswith(".ipynb") and base is not None and not _problem(base):
        merged = merge(load(base), load(theirs), load(new))
        result = dump(merged.notebook)
        if result == theirs:
            store.note_base(name, new)
        else:
            store.put(name, result, new, theirs)
            report.changed.append(name)
        report.notes += _conflicts(name, merged)
    else:
        beside = store.put_aside(name, "new", new, spare=base)
        store.note_base(name, new)
        report.notes.append(
            f"{name}: you and the course have both changed this file. "
            f"Yours stays; the course's version is in {PurePosixPath(beside).name}."
        )


def _remove(store: Store, name: str, theirs: bytes | None, report: Report) -> None:
    """Take away what the course no longer has, unless the learner wrote in it."""
    base = store.base(name)
    if theirs is None or theirs == base or (name.endswith(".ipynb") and _unwritten(base, theirs)):
        store.drop(name, theirs)
        report.changed.append(name)
    else:
        store.drop(name, None)
        report.notes.append(f"{name} is no longer part of the course. You changed it, so it stays.")


def _unwritten(base: bytes | None, theirs: bytes) -> bool:
    """Whether two notebooks differ only by what running them leaves."""
    try:
        cells = [load(each or b"")["cells"] for each in (base, theirs)]
    except Unreadable:
        return False
    ours, mine = ([content(cell) for cell in each] for each in cells)
    return ours == mine


def _problem(data: bytes) -> str | None:
    try:
        load(data)
    except Unreadable as reason:
        return str(reason)
    return None


def _conflicts(name: str, merged: Merged) -> Iterator[str]:
    if merged.conflicts:
        yield (
            f"{name}: you and the course have both changed {listed(merged.conflicts)}. "
            "Yours stays; the course's version is in the cell below it."
        )
    if merged.kept:
        gone = listed(merged.kept)
        yield f"{name}: the course no longer has {gone}. You changed it, so it stays."


def _link_packages(root: Path, source: Path) -> None:
    """Let the JavaScript programs in the copy import what npm has installed in the clone."""
    installed, link = (folder / "javascript/node_modules" for folder in (source, root))
    if installed.is_dir() and not link.exists():
        with contextlib.suppress(OSError):  # Windows may forbid it: then `npm install` helps
            link.symlink_to(installed, target_is_directory=True)
