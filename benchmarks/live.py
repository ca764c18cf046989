"""How smooth a displayed wire stays while frames pass: in the page, and in the kernel.

Prints a table in Markdown. A client echoes 100 messages a second through a wire for ten seconds, so
200 frames a second pass, while Chromium shows the wire. It measures in the panel's own frame: the
times between two repaints, the tasks that took longer than 50 ms, and the memory that JavaScript
takes. Run: python start.py bench live
"""

import asyncio
import itertools
import pathlib
import statistics
import sys
import threading
import time
from typing import Any

from websockets.asyncio.client import connect

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(ROOT)]
from _table import report, row  # noqa: E402

import wsdemo  # noqa: E402
from tests.browser import lab  # noqa: E402

SECONDS = 10
MESSAGES = 100
"""A second; the echo doubles them."""

WATCH = """() => {
  window.seen = { repaints: [], tasks: [] };
  const repaint = (now) => { seen.repaints.push(now); requestAnimationFrame(repaint); };
  requestAnimationFrame(repaint);
  const observer = new PerformanceObserver((list) =>
    seen.tasks.push(...list.getEntries().map(({ duration }) => duration)));
  observer.observe({ type: "longtask" });
}"""


async def echo(connection: Any) -> None:
    async for message in connection:
        await connection.send(message)


async def talk(url: str, messages: int) -> None:
    """Echo messages at a steady rate."""
    async with connect(url, compression=None) as client:
        start = time.perf_counter()
        for number in range(messages):
            await asyncio.sleep(start + number / MESSAGES - time.perf_counter())
            await client.send(f"message {number} of a talk that is shown as it passes")
            await client.recv()


def run(url: str, messages: int) -> float:
    """Talk on a thread of its own; return the CPU seconds that this whole process took."""
    began = time.process_time()
    thread = threading.Thread(target=lambda: asyncio.run(talk(url, messages)))
    thread.start()
    thread.join()
    return time.process_time() - began


def durations(session: Any) -> dict[str, float]:
    """Return what the page's main thread has spent its time on, in seconds."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return {each["name"]: each["value"] for each in metrics}


def heap(session: Any) -> float:
    """Return how many megabytes JavaScript's objects take."""
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def main() -> None:
    """Measure, row by row."""
    with (
        wsdemo.serve(echo, compression=None) as server,
        wsdemo.Wire(server.url) as wire,
        lab.chromium() as browser,
        lab.window(browser) as window,
    ):
        unseen = run(wire.url, SECONDS * MESSAGES)
        panel = wire._repr_mimebundle_()["text/html"]
        text = f"<!doctype html><meta charset=utf-8><title>host</title><body>{panel}"
        with wsdemo.serve(echo, pages={"/": text}) as host:
            page = window.new_page()
            page.goto(host.url.replace("ws", "http", 1))
            frame = page.locator('iframe[title="wire"]').element_handle().content_frame()
            frame.wait_for_function("document.querySelectorAll('#log li').length === 500")
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable")
            before, began = heap(session), durations(session)
            frame.evaluate(WATCH)
            shown = run(wire.url, SECONDS * MESSAGES)
            seen = frame.evaluate("seen")
            spent, after = durations(session), heap(session)
            lines = frame.evaluate("document.querySelectorAll('#log li').length")
    repaints = seen["repaints"]
    gaps = sorted(later - earlier for earlier, later in itertools.pairwise(repaints))
    row("repaints of the page a second", f"{len(gaps) / SECONDS:.0f}", "60")
    row("between two repaints, in the middle", f"{statistics.median(gaps):.1f} ms", "≤ 17 ms")
    row("the same, 99 of 100", f"{gaps[len(gaps) * 99 // 100]:.1f} ms", "≤ 34 ms")
    row("the longest", f"{gaps[-1]:.1f} ms")
    row("tasks in the page that took over 50 ms", str(len(seen["tasks"])), "0")
    busy = (spent["TaskDuration"] - began["TaskDuration"]) / SECONDS
    row("how busy the page's main thread is", f"{100 * busy:.0f} %", "≤ 35 %")
    row("lines in the document after 4,000 frames", str(lines), "500")
    row("what JavaScript's memory grew by", f"{after - before:.1f} MB", "≤ 5 MB")
    row("CPU of the kernel for showing it", f"{(shown - unseen) / SECONDS:.2f} cores", "≤ 0.1")


if __name__ == "__main__":
    report(main)
