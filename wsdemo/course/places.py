"""Where the lessons and the learner's copy of them are."""

import os
import re
from pathlib import Path, PurePosixPath

__all__ = [
    "FIRST_LESSON",
    "MARKER",
    "Trouble",
    "files",
    "find",
    "home",
    "is_copy",
    "lessons",
    "named",
    "npm_packages",
    "say",
]

MARKER = ".wsdemo"
"""The folder in the learner's copy that holds what wsdemo notes about it."""

FIRST_LESSON = "00_start_here.ipynb"

# The wheel carries the lessons in the package; a clone has them beside it.
_IN_PACKAGE = Path(__file__).with_name("lessons")
_CLONE = Path(__file__).resolve().parents[2]

# What the course consists of. Whatever else is there, such as checkpoints and npm's packages,
# belongs to whoever has worked in that folder.
_PATTERNS = (
    "[0-9][0-9]_*.ipynb",
    "*.md",
    "images/*.png",
    "rise.css",  # how the lessons look as slides
    "javascript/*.js",
    "javascript/*.mjs",
    "javascript/package.json",
    "solutions/[0-9][0-9]_*.py",
    "solutions/[0-9][0-9]_*/*.mjs",
    "solutions/[0-9][0-9]_*/*.py",
    "solutions/hints.toml",
)


class Trouble(Exception):
    """Something that only the person at the keyboard can put right; the text says how."""


def say(command: str) -> str:
    """Return a command of wsdemo as this person has to type it.

    Args:
        command: the words after ``wsdemo``.
    """
    return f"`{os.environ.get('WSDEMO_COMMAND', 'wsdemo')} {command}`"


def is_copy(folder: Path) -> bool:
    """Whether a folder is the root of a learner's copy."""
    return (folder / MARKER).is_dir()


def find(start: Path | None = None) -> Path | None:
    """Return the root of the learner's copy that contains a folder, or ``None``.

    Args:
        start: the folder to look in and above; the current folder unless given.
    """
    folder = (Path.cwd() if start is None else start).absolute()
    return next((each for each in (folder, *folder.parents) if is_copy(each)), None)


def home() -> Path:
    """Return where the learner's copy is, or will be.

    It is the copy that the current folder is in. Elsewhere it is ``course`` in the clone that
    wsdemo was installed from, and ``wsdemo-course`` in the current folder for an installed package.
    """
    if found := find():
        return found
    return Path.cwd() / "wsdemo-course" if _IN_PACKAGE.is_dir() else _CLONE / "course"


def lessons() -> Path:
    """Return the folder with the lessons as they were published.

    Raises:
        Trouble: they are not there.
    """
    for folder in (_IN_PACKAGE, _CLONE / "notebooks"):
        if (folder / FIRST_LESSON).is_file():
            return folder
    raise Trouble("the lessons are missing from this installation: install wsdemo again")


def npm_packages() -> Path:
    """Return the folder in which npm installs what the JavaScript programs import.

    It is that of the learner's copy, or that of the clone where the copy has none.
    """
    folders = [folder / "javascript/node_modules" for folder in (home(), _CLONE / "notebooks")]
    return next((folder for folder in folders if folder.is_dir()), folders[0])


def files(folder: Path) -> list[str]:
    """Return the names of the files in a folder that are part of the course.

    Args:
        folder: where the lessons are.

    Returns:
        Their paths in that folder, with slashes on every system.
    """
    found = (path for pattern in _PATTERNS for path in folder.glob(pattern) if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)


def named(word: str) -> str:
    """Return the name of the file that a person means.

    Args:
        word: a lesson's number, such as ``3`` or ``03``, or a file's name, such as
            ``03_chat.ipynb`` or ``javascript/03_chat_server.mjs``.

    Raises:
        Trouble: there is no such lesson, and no such file.
    """
    known = files(lessons())
    notebooks = [each for each in known if each.endswith(".ipynb")]
    wanted = word.replace("\\", "/").removeprefix("./")
    for each in (*notebooks, *known):
        path = PurePosixPath(each)
        if wanted in (each, path.name, path.stem):
            return each
    for each in notebooks:
        if re.fullmatch("[0-9]{1,2}", word) and each.startswith(f"{word:0>2}_"):
            return each
    first, last = notebooks[0][:2], notebooks[-1][:2]
    raise Trouble(f"there is no lesson {word!r}: the lessons are {first} to {last}")
