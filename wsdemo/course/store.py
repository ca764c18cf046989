"""The files of the learner's copy, changed so that a program killed at any moment breaks none."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from wsdemo.course.places import MARKER

__all__ = ["Changed", "Store"]


class Changed(OSError):
    """A file was saved by another program while it was being updated."""


class Store:
    """A learner's copy: their files, and beside each of them the base that it was made from.

    Every file is written elsewhere first and then moved to its place, so it is there as a whole or
    not at all. A learner's file and its base are two files: both wait in a folder until they are
    complete. Until the learner's file has left it, the old state holds; from then on the new one.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._bases = root / MARKER / "base"
        self._waiting = root / MARKER / "waiting"

    def recover(self) -> None:
        """Finish, or undo, what an interrupted program has left."""
        for base in sorted(_inside(self._waiting / "base")):
            name = base.relative_to(self._waiting / "base")
            mine = self._waiting / "mine" / name
            if mine.exists():
                base.unlink()  # in this order, or the next line would be missing its sign
                mine.unlink()
            else:
                _move(base, self._bases / name)
        shutil.rmtree(self._waiting, ignore_errors=True)

    def names(self) -> list[str]:
        """Return the names of the files that were copied from the course."""
        return sorted(path.relative_to(self._bases).as_posix() for path in _inside(self._bases))

    def base(self, name: str) -> bytes | None:
        """Return what the learner's file was made from; ``None`` if it was not."""
        return _read(self._bases / name)

    def theirs(self, name: str) -> bytes | None:
        """Return what the learner's file contains; ``None`` if there is none."""
        return _read(self.root / name)

    def is_locked(self, name: str) -> bool:
        """Whether the learner's file was made read-only."""
        path = self.root / name
        return path.exists() and not path.stat().st_mode & stat.S_IWUSR

    def put(self, name: str, content: bytes, base: bytes, seen: bytes | None) -> None:
        """Replace the learner's file and its base.

        Args:
            name: the file.
            content: what it is to contain.
            base: what of this comes from the course.
            seen: what it contained when that was decided.

        Raises:
            Changed: it no longer contains this.
        """
        mine, ours = self._waiting / "mine" / name, self._waiting / "base" / name
        self._write(mine, content)
        self._write(ours, base)
        if self.theirs(name) != seen:
            raise Changed("another program has saved it meanwhile")
        _move(mine, self.root / name)
        _move(ours, self._bases / name)

    def note_base(self, name: str, base: bytes) -> None:
        """Note another base for a file of the learner's that stays as it is."""
        self._write(self._bases / name, base)

    def drop(self, name: str, seen: bytes | None) -> None:
        """Remove a file of the learner's, if it still contains this, and its base."""
        if seen is not None and self.theirs(name) == seen:
            (self.root / name).unlink()
        (self._bases / name).unlink()

    def put_aside(self, name: str, word: str, content: bytes, spare: bytes | None = None) -> str:
        """Write a file beside another one, under a name that is free.

        Args:
            name: the other one.
            word: what the new name says about it, such as ``old``.
            content: what to write.
            spare: what a file of that name may contain to be overwritten.

        Returns:
            The new name.
        """
        path = PurePosixPath(name)
        number = 1
        while True:
            ending = word if number == 1 else f"{word}-{number}"
            beside = str(path.with_name(f"{path.stem}.{ending}{path.suffix}"))
            found = self.theirs(beside)
            if found is None or found in (content, spare):
                if found != content:
                    self._write(self.root / beside, content)
                return beside
            number += 1

    def _write(self, path: Path, content: bytes) -> None:
        self._waiting.mkdir(parents=True, exist_ok=True)
        part = self._waiting / "part"
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # or a power cut might keep the move and lose the text
        _move(part, path)


def _inside(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
