"""Run All in the running edition, pressed at any moment, in Chromium or in Firefox.

As a command it prints a line for each lesson and moment::

    python -m tests.browser.tab_run_all SITE [LESSONS] [--at SECONDS] [--firefox]
"""

import argparse
import json
import pathlib
import sys
import time

from tests.browser.running_site import (
    LESSONS,
    NOT_IN_A_TAB,
    NOTEBOOKS,
    Tab,
    browser,
    comparable,
    find,
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


def press_run_all(tab: Tab, seconds: float) -> list[str]:
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
            wrong.append(f"{cell['id']} differs: {printed(now['outputs'])!r}")
    if counts != list(range(1, len(saved) + 1)):
        wrong.append(f"cells ran as {counts}")
    return wrong


def printed(outputs: list[dict]) -> str:
    """What a cell printed, or the exception it raised."""
    return "".join(
        "".join(each.get("text", "")) or f"{each.get('ename', '')}: {each.get('evalue', '')}"
        for each in outputs
        if each["output_type"] in ("stream", "error")
    )


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
                with browser(url, options.firefox) as make:
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
