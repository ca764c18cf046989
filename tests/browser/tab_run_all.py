"""Run All in the running edition, pressed at any moment, in Chromium or in Firefox.

As a command it prints a line for each lesson and moment::

    python -m tests.browser.tab_run_all SITE [LESSONS] [--at SECONDS] [--firefox]
"""

import argparse
import contextlib
import json
import pathlib
import sys
import time
from collections.abc import Iterator
from typing import Any

from tests.browser.firefox import Page, firefox
from tests.browser.running_site import (
    LESSONS,
    NOT_IN_A_TAB,
    NOTEBOOKS,
    SHOWN,
    Tab,
    browser,
    comparable,
    find,
    leaves,
    served,
)

MOMENTS = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Seconds after the notebook is on screen; Python answers after about ten."""

LONGEST_RUN = 120
"""Seconds for all cells of a lesson; where nothing else runs the longest takes one."""

PRESS = """() => {
  window.ran = "not yet";
  window.jupyterapp.commands.execute("notebook:run-all-cells").then(
    () => { window.ran = "yes"; },
    (error) => { window.ran = `failed: ${error}`; },
  );
}"""

RAN = "() => window.ran"

CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets
  .filter(({model}) => model.type === "code")
  .map(({model}) => ({count: model.executionCount, outputs: model.outputs.toJSON()}))"""

ALL_RAN = """() => window.jupyterapp.shell.currentWidget.content.widgets.every(
  ({model}) => model.type !== "code" || model.executionCount !== null)"""

REQUESTS = "() => performance.getEntriesByType('resource').map(({name}) => name)"


class FirefoxTab:
    """A lesson in a tab of Firefox, as :class:`tests.browser.running_site.Tab` is in Chromium."""

    def __init__(self, launched: Any, site: str, name: str) -> None:
        self.launched, self.site, self.name = launched, site, name
        self.page: Page

    def open(self) -> float:
        """Open the lesson; return the seconds until it was on screen."""
        began = time.monotonic()
        self.page = self.launched.open(f"{self.site}lab/index.html?path={self.name}")
        self.page.wait_for(SHOWN, 120)
        return time.monotonic() - began

    @property
    def faults(self) -> list[str]:
        """What the page has asked of other servers, as lines."""
        return [
            f"a request left the site: {url[:100]}"
            for url in self.page.evaluate(REQUESTS)
            if leaves(self.site, url)
        ]


def press_run_all(tab: Tab | FirefoxTab, seconds: float) -> list[str]:
    """Choose Run All Cells at a moment, and wait until all have run.

    Args:
        tab: a lesson that was just opened.
        seconds: how long it has been on screen by then.

    Returns:
        What is not as it is in the saved notebook, as lines.
    """
    time.sleep(seconds)
    tab.page.evaluate(PRESS)
    end = time.monotonic() + LONGEST_RUN
    while (ran := tab.page.evaluate(RAN)) == "not yet" and time.monotonic() < end:
        time.sleep(0.2)
    wrong = [] if ran == "yes" else [f"Run All has ended: {ran}"]
    # After a cell that raises an exception JupyterLab waits no longer, while the others still run.
    while not tab.page.evaluate(ALL_RAN) and time.monotonic() < end:
        time.sleep(0.2)
    notebook = json.loads((NOTEBOOKS / tab.name).read_text(encoding="utf-8"))
    saved = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    counts = []
    for cell, now in zip(saved, tab.page.evaluate(CELLS), strict=True):
        counts.append(now["count"])
        if NOT_IN_A_TAB in cell["metadata"].get("tags", ()):
            continue
        if comparable(cell) != comparable({**cell, "outputs": now["outputs"]}):
            wrong.append(f"{cell['id']} differs")
    if counts != list(range(1, len(saved) + 1)):
        wrong.append(f"cells ran as {counts}")
    return wrong


@contextlib.contextmanager
def tabs(site: str, in_firefox: bool) -> Iterator[Any]:
    """Start a browser; give what makes a tab, with cookies and files of its own, of a name."""
    with contextlib.ExitStack() as stack:
        if in_firefox:

            def make(name: str) -> FirefoxTab:
                # A Firefox for each: another tab of the same one would find its files.
                return FirefoxTab(stack.enter_context(firefox()), site, name)
        else:
            launched = stack.enter_context(browser())

            def make(name: str) -> Tab:
                context = stack.enter_context(launched.new_context())
                return Tab(context.new_page(), site, name)

        yield make


def main() -> int:
    """Run lessons at all moments, and print a line for each; return how many went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("site", type=pathlib.Path)
    parser.add_argument("lessons", nargs="*", default=LESSONS)
    parser.add_argument("--at", type=float, nargs="+", default=MOMENTS, metavar="SECONDS")
    parser.add_argument("--firefox", action="store_true")
    options = parser.parse_args()
    failed = 0
    with served(options.site) as url:
        for number in options.lessons:
            for moment in options.at:
                with tabs(url, options.firefox) as make:
                    tab = make(find(number).name)
                    tab.open()
                    began = time.monotonic()
                    wrong = [*press_run_all(tab, moment), *dict.fromkeys(tab.faults)]
                    failed += bool(wrong)
                    seconds = time.monotonic() - began
                    result = "; ".join(wrong) or "as saved"
                    print(f"{number} at {moment:g} s: {result}, {seconds:.0f} s", flush=True)
    return min(failed, 99)


if __name__ == "__main__":
    sys.exit(main())
