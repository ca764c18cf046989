"""Count the cells and panels of the running edition that are as in the saved lessons.

As a command it runs lessons cell by cell, and writes a table with a row for each::

    python -m tests.browser.tab_table SITE [LESSONS] [--firefox] [--times 10] [--show]

It fails if fewer than 97 % of the cells give exactly the saved text, if a panel does not show what
its lesson says, or if a page reports an error, crashes, or asks another server for something.
"""

import argparse
import pathlib
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.browser.running_site import (
    LESSONS,
    Tab,
    browser,
    comparable,
    find,
    served,
    try_cells,
    try_panels,
)

LEAST = 0.97
"""The least share of cells that are as saved."""

HEAD = """\
| lesson | cells as saved | panels as saved | faults | on screen | Python ready |
| --- | --- | --- | --- | --- | --- |"""


@dataclass
class Row:
    """What one lesson came to, in one run or in several.

    Attributes:
        lesson: its number.
        cells: how many code cells were run.
        same: how many of them gave exactly the saved text.
        panels: how many panels have a transcript.
        shown: how many of them show it.
        faults: errors of the page, crashes, requests to other servers.
        on_screen: seconds until the notebook was on screen, at most.
        ready: seconds from then until Python answered, at most.
    """

    lesson: str
    cells: int = 0
    same: int = 0
    panels: int = 0
    shown: int = 0
    faults: list[str] = field(default_factory=list)
    on_screen: float = 0.0
    ready: float = 0.0

    def __str__(self) -> str:
        return (
            f"| {self.lesson} | {self.same} of {self.cells} | {self.shown} of {self.panels} "
            f"| {len(self.faults)} | {self.on_screen:.1f} s | {self.ready:.1f} s |"
        )

    def add(self, other: "Row") -> None:
        """Add what another run came to."""
        self.cells += other.cells
        self.same += other.same
        self.panels += other.panels
        self.shown += other.shown
        self.faults += other.faults
        self.on_screen = max(self.on_screen, other.on_screen)
        self.ready = max(self.ready, other.ready)


def run_lesson(make: Callable[[str], Tab], number: str, show: bool = False) -> Row:
    """Run a lesson in a new tab; print what is not as saved.

    Args:
        make: opens a tab: see :func:`tests.browser.running_site.browser`.
        number: the lesson's.
        show: whether to print how it differs.
    """
    tab, row = make(find(number).name), Row(number)
    row.on_screen, row.ready = tab.open(), tab.wait_for_kernel()
    for cell, verdict, result in try_cells(tab):
        row.cells += 1
        row.same += verdict == "same"
        if verdict == "hangs":
            row.faults.append(f"{cell['id']} hangs")
        if verdict != "same":
            print(f"{number} {cell['id']} {verdict}, {result['seconds']:.1f} s")
            if show:
                now = {**cell, "outputs": result["outputs"]}
                print("   saved:", str(comparable(cell))[:700])
                print("   now:  ", str(comparable(now))[:1500])
    for name, said, shows in try_panels(tab):
        row.panels += 1
        row.shown += shows == said
        if shows != said:
            print(f"{number} panel {name!r} differs")
            if show:
                print("   says: ", *said, sep="\n      ")
                print("   shows:", *shows, sep="\n      ")
    for fault in dict.fromkeys(tab.faults):
        row.faults.append(fault)
        print(f"{number} {fault[:300]}")
    tab.close()
    sys.stdout.flush()
    return row


def is_good(total: Row) -> bool:
    """Whether a sum of rows is good enough."""
    same_panels = total.shown == total.panels
    return not total.faults and same_panels and total.same >= LEAST * total.cells


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.browser.tab_table", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("site", type=pathlib.Path, help="the folder of the running edition")
    parser.add_argument("lessons", nargs="*", default=LESSONS)
    parser.add_argument("--firefox", action="store_true")
    parser.add_argument("--times", type=int, default=1, help="how often to run each lesson")
    parser.add_argument("--show", action="store_true", help="print what differs")
    options = parser.parse_args()
    total = Row("all")
    rows = {number: Row(number) for number in options.lessons}
    with served(options.site) as url:
        for _ in range(options.times):
            for number, row in rows.items():
                with browser(url, options.firefox) as make:
                    row.add(run_lesson(make, number, options.show))
    for row in rows.values():
        total.add(row)
    print(HEAD, *rows.values(), total, sep="\n")
    return 0 if is_good(total) else 1


if __name__ == "__main__":
    sys.exit(main())
