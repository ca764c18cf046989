"""What the benchmarks share: a table in Markdown, and as many open files as they may have."""

import pathlib
import re
import sys
import time
from collections.abc import Callable

__all__ = ["allow_many_files", "report", "row", "save"]

README = pathlib.Path(__file__).with_name("README.md")

_rows: list[str] = []


def allow_many_files() -> None:
    """Let this process, and those that it starts, have as many open files as the system allows."""
    import resource  # not on Windows, where the table alone is used

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def report(measure: Callable[[], None]) -> None:
    """Print a table whose rows come as they are measured, and how long all of it took.

    With ``--save`` on the command line the table also replaces the former one in the folder's
    README, under the heading of this benchmark's name.

    Args:
        measure: calls :func:`row` for each row.
    """
    start = time.perf_counter()
    _add("| what | figure | aim |\n| --- | --- | --- |")
    measure()
    print(f"\n{time.perf_counter() - start:.0f} s")
    if "--save" in sys.argv:
        name = pathlib.Path(sys.argv[0]).stem
        text = save(README.read_text(encoding="utf-8"), name, "\n".join(_rows))
        README.write_text(text, encoding="utf-8")


def row(what: str, figure: str | float, aim: str = "") -> None:
    """Print a row; a number has two digits after its point."""
    shown = f"{figure:.2f}" if isinstance(figure, float) else figure
    _add(f"| {what} | {shown} | {aim} |")


def _add(line: str) -> None:
    _rows.append(line)
    print(line, flush=True)


def save(text: str, name: str, table: str) -> str:
    """Return the text of a README with a new table.

    Args:
        text: the README so far.
        name: the benchmark, which is the heading of its section.
        table: the table, as Markdown.

    Raises:
        ValueError: the README has no such section with a table.
    """
    section = re.compile(rf"(^## {re.escape(name)}\n(?:(?!^##|^\|).*\n)*)(?:\|.*\n)+", re.MULTILINE)
    changed, count = section.subn(lambda match: f"{match[1]}{table}\n", text)
    if count != 1:
        raise ValueError(f"benchmarks/README.md has no section {name!r} with a table")
    return changed
