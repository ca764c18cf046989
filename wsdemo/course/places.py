"""Where the learner's copy of the lessons is."""

from pathlib import Path

__all__ = ["MARKER", "find", "lessons"]

MARKER = ".wsdemo"
"""The folder in the learner's copy that holds what wsdemo notes about it."""


def find(start: Path | None = None) -> Path | None:
    """Return the root of the learner's copy that contains a folder, or ``None``.

    Args:
        start: the folder to look in and above; the current folder unless given.
    """
    folder = (Path.cwd() if start is None else start).absolute()
    return next((each for each in (folder, *folder.parents) if (each / MARKER).is_dir()), None)


def lessons() -> Path:
    """Return the folder with the lessons as they were published."""
    return Path(__file__).resolve().parents[2] / "notebooks"
