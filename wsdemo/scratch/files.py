"""The programs that the reader of lesson 21 writes: where they are, and how each is started."""

import atexit
import functools
import html
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wsdemo.course import find, lessons

__all__ = ["FOLDER", "OwnProgram", "begin", "command_for", "published", "set_aside"]

FOLDER = "from_scratch"
"""The folder of the reader's programs, in their copy of the lessons."""

STARTERS = {
    "server.py": "start_server.py",
    "client.py": "start_client.py",
    "server.mjs": "start_server.mjs",
}
"""What a program of this name begins as."""

RUN_BY = {".py": [sys.executable], ".mjs": ["node"], ".js": ["node"]}
"""What starts a file with this ending."""

TEMPORARY = (
    "This notebook is not in your own copy of the lessons, so the file is in a temporary folder "
    "and will be removed. Open your copy with `python start.py`, or with `wsdemo lab`."
)


@dataclass(frozen=True)
class OwnProgram:
    """A program that the reader writes; shown with a link that opens it in JupyterLab.

    Attributes:
        file: where it is.
    """

    file: Path

    @property
    def name(self) -> str:
        """Its name in the copy of the lessons, such as ``from_scratch/server.py``."""
        return f"{FOLDER}/{self.file.name}"

    @property
    def is_kept(self) -> bool:
        """Whether the file is in the reader's copy of the lessons."""
        return find(self.file.parent) is not None

    @property
    def is_begun(self) -> bool:
        """Whether it is another program than the one it began as."""
        return self.file.read_bytes() != _starter(self.file.name)

    def __repr__(self) -> str:
        told = f"{self.name} is your program"
        return told if self.is_kept else f"{told}.\n{TEMPORARY}"

    def _repr_html_(self) -> str:
        name = html.escape(self.name)
        if not self.is_kept:
            told = re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(TEMPORARY))
            return f"<p><code>{name}</code> is your program. {told}</p>"
        return f'<p><a href="{name}"><code>{name}</code></a> is your program.</p>'


def begin(name: str) -> OwnProgram:
    """Return the reader's program of a name. If there is no such file yet, begin one.

    Args:
        name: ``"server.py"``, ``"client.py"``, ``"server.mjs"``; or the name of any file in the
            folder ``from_scratch``, which then has to be there.

    Raises:
        ValueError: there is no such file, and no program to begin with; the text says what to do.
    """
    file = _folder() / Path(name).name
    if not file.exists():
        if file.name not in STARTERS:
            raise ValueError(
                f"there is no file {FOLDER}/{file.name}. Create it, or begin with one of "
                f"{', '.join(STARTERS)}"
            )
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(_starter(file.name))
    return OwnProgram(file)


def command_for(program: str | Sequence[str]) -> list[str]:
    """Return the words that start a program.

    Args:
        program: the name of a file in the folder ``from_scratch`` whose ending says what starts
            it (``.py``, ``.mjs``, ``.js``); or the words themselves, for any other language.

    Raises:
        ValueError: nobody knows how to start such a file; the text says what to do.
    """
    if not isinstance(program, str):
        return list(program)
    ending = Path(program).suffix
    if ending not in RUN_BY:
        raise ValueError(
            f"only a file that ends with {', '.join(RUN_BY)} can be started by its name, and not "
            f"{program}. Write a list with the words that start it, such as "
            '["go", "run", "from_scratch/server.go"]'
        )
    return [*RUN_BY[ending], str(begin(program).file)]


def set_aside(file: Path) -> Path:
    """Rename a file to a name that is free, and return that.

    Args:
        file: such as ``server.py``, which becomes ``server-1.py``.
    """
    number = 1
    while (aside := file.with_stem(f"{file.stem}-{number}")).exists():
        number += 1
    return file.rename(aside)


def published(name: str) -> Path:
    """Return the path of one of the worked files of lesson 21, such as ``server.py``."""
    return lessons() / "solutions" / "21_from_scratch" / name


def _starter(name: str) -> bytes:
    """Return what a program of this name begins as; nothing where there is no such thing."""
    return published(STARTERS[name]).read_bytes() if name in STARTERS else b""


def _folder() -> Path:
    """Return the folder of the reader's programs; a temporary one without a copy of the lessons.

    So nothing is written into the lessons as they were published.
    """
    copy = find()
    return _temporary() if copy is None else copy / FOLDER


@functools.cache
def _temporary() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="wsdemo-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
