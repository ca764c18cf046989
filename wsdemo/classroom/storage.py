"""The class in a file, so that a restart of the teacher's machine loses nothing.

The file is gone when the class has ended: nothing is stored after that.
"""

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wsdemo.classroom.secrets import new_code, new_key
from wsdemo.classroom.state import Classroom
from wsdemo.course import MARKER, Trouble, find

__all__ = ["Storage", "default_file"]

VERSION = 1


def default_file() -> Path:
    """Return where a class is kept: in the teacher's copy of the lessons, or in this folder."""
    copy = find()
    return copy / MARKER / "class.json" if copy else Path(".wsdemo-class.json").absolute()


@dataclass
class Storage:
    """A class and its secrets, in a file that only its owner can read.

    Attributes:
        file: where.
        code: the code that learners type.
        key: the key of the teacher's board.
        port: the TCP port of before; 0 for a new class.
        classroom: the class.
    """

    file: Path
    code: str
    key: str
    port: int
    classroom: Classroom

    @classmethod
    def open(cls, file: Path) -> "Storage":
        """Continue the class that is in a file, or begin a new one.

        Raises:
            Trouble: the file is there and is no class; the text says what to do.
        """
        if not file.exists():
            return cls(file, new_code(), new_key(), 0, Classroom())
        try:
            data = json.loads(file.read_text("utf-8"))
            if data["version"] != VERSION:
                raise ValueError(f"it is of version {data['version']}")
            room = Classroom.load(data["classroom"])
            return cls(file, data["code"], data["key"], data["port"], room)
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
            raise Trouble(
                f"{file} holds the last class, and cannot be read ({error}). Move this file away, "
                "and a new class begins"
            ) from None

    def save(self) -> None:
        """Write it, so that the file holds the class of before or of now, never a part.

        Raises:
            OSError: it cannot be written.
        """
        data: dict[str, Any] = {
            "version": VERSION,
            "code": self.code,
            "key": self.key,
            "port": self.port,
            "classroom": self.classroom.dump(),
        }
        new = self.file.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(data, file)
        os.replace(new, self.file)

    def forget(self) -> None:
        """Delete the file: the class has ended."""
        with contextlib.suppress(FileNotFoundError):
            self.file.unlink()
