"""An hour of clicking in the running edition: a log of memory and faults.

As a command it opens lessons in one tab, one after the other, and closes each before the next. In
each it runs cells in order, and now and then one again; it writes a row for each lesson::

    python -m tests.browser.tab_hour SITE [--minutes 60] [--seed 1]
"""

import argparse
import pathlib
import random
import sys
import time
from typing import Any

import psutil

from tests.browser.running_site import LESSONS, Tab, browser, find, served, try_cells

PAUSE = 0.5
"""Seconds between two clicks."""

HEAD = """\
| minutes | lesson | cells run | not as saved | renderer | JavaScript heap | faults |
| --- | --- | --- | --- | --- | --- | --- |"""


def renderer_memory() -> float:
    """Return the memory of the largest of Chromium's renderers, in megabytes.

    It has the WebAssembly memory in which Python is; the operating system counts it.
    """
    sizes = [0]
    for process in psutil.Process().children(recursive=True):
        try:
            if "--type=renderer" in process.cmdline():
                sizes.append(process.memory_info().rss)
        except psutil.NoSuchProcess:
            continue
    return max(sizes) / 1e6


def javascript_heap(page: Any) -> float:
    """Return the size of the page's JavaScript heap after a collection, in megabytes."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used: float = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return used / 1e6


def click_through(tab: Tab, dice: random.Random) -> tuple[int, int]:
    """Run the cells of the lesson that is open, some twice; return how many ran and differed."""
    ran = differ = 0
    for index, (_, verdict, _) in enumerate(try_cells(tab)):
        ran, differ = ran + 1, differ + (verdict != "same")
        if dice.random() < 0.2:
            tab.run(dice.randrange(index + 1))
            ran += 1
        time.sleep(PAUSE)
    return ran, differ


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.browser.tab_hour", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("site", type=pathlib.Path, help="the folder of the running edition")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    dice, began, seen = random.Random(options.seed), time.monotonic(), 0
    print(HEAD, flush=True)
    with served(options.site) as url, browser(url) as make:
        tab = make(find(LESSONS[0]).name)
        while time.monotonic() < began + options.minutes * 60:
            number = dice.choice(LESSONS)
            tab.name = find(number).name
            tab.open()
            tab.wait_for_kernel()
            ran, differ = click_through(tab, dice)
            minutes = (time.monotonic() - began) / 60
            faults, seen = tab.faults[seen:], len(tab.faults)
            print(
                f"| {minutes:.0f} | {number} | {ran} | {differ} | {renderer_memory():.0f} MB "
                f"| {javascript_heap(tab.page):.0f} MB | {'; '.join(faults)[:200] or 'none'} |",
                flush=True,
            )
            tab.leave()
    return min(seen, 99)


if __name__ == "__main__":
    sys.exit(main())
