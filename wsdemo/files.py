"""How many files, and so connections, this process may have open."""

import contextlib

__all__ = ["ENOUGH_FILES", "WANTED", "allow_many_files", "most_files"]

ENOUGH_FILES = 1024
"""What the lessons need: about 500 connections in lesson 04 and 13, of which both ends are here."""

WANTED = 4096
"""What is asked for, as JupyterLab does for itself."""


def most_files() -> int | None:
    """How many files this process may have open once it has asked for more; ``None``: no limit."""
    try:
        import resource
    except ImportError:  # Windows limits nothing here
        return None
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return None if hard == resource.RLIM_INFINITY else hard


def allow_many_files() -> None:
    """Raise the limit of open files to what the lessons need, as far as the system allows.

    macOS gives a process 256, which a lesson with hundreds of connections exceeds. Only the soft
    limit is raised, which every process may do for itself (POSIX, ``setrlimit``).
    """
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = most_files()
    wanted = WANTED if most is None else min(WANTED, most)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
