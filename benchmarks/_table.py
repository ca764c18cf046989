"""What the benchmarks share: a table in Markdown, and as many open files as they may have."""

import time
from collections.abc import Callable

__all__ = ["allow_many_files", "report", "row"]


def allow_many_files() -> None:
    """Let this process, and those that it starts, have as many open files as the system allows."""
    import resource  # not on Windows, where the table alone is used

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def report(rows: Callable[[], None]) -> None:
    """Print a table whose rows come as they are measured, and how long all of it took."""
    start = time.perf_counter()
    print("| what | figure | aim |\n| --- | --- | --- |")
    rows()
    print(f"\n{time.perf_counter() - start:.0f} s")


def row(what: str, figure: str | float, aim: str = "") -> None:
    """Print a row; a number has two digits after its point."""
    shown = f"{figure:.2f}" if isinstance(figure, float) else figure
    print(f"| {what} | {shown} | {aim} |", flush=True)
