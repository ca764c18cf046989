"""The learner's copy of the lessons in a browser tab: the drive where JupyterLite keeps files."""

import contextlib
from pathlib import Path

__all__ = ["DRIVE", "MARKER", "mark_copy"]

DRIVE = Path("/drive")
"""JupyterLite's files, as Python sees them; a browser keeps what is written there."""

MARKER = ".wsdemo"
"""That of :mod:`wsdemo.course`, which need not be imported for it when Python starts."""


def mark_copy(drive: Path = DRIVE) -> None:
    """Make the drive a learner's copy of the lessons, so that progress is kept in it.

    A browser that refuses service workers, as it does without https, has no drive.

    Args:
        drive: where it is.
    """
    if drive.is_dir():
        with contextlib.suppress(OSError):  # storage is full or forbidden; then nothing is kept
            (drive / MARKER).mkdir(exist_ok=True)
