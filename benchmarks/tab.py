"""What the running edition costs in a browser that has never seen it.

Prints a table in Markdown: seconds until the first screen, Python and the first message; what was
fetched, as a server with gzip sends it; an echo inside the tab. It needs Chromium, and npm for the
first time. Run: python start.py bench tab
"""

import gzip
import json
import pathlib
import statistics
import sys
import tempfile
import time
from urllib.parse import unquote, urlsplit

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(ROOT)]
from _table import report, row  # noqa: E402

from tests.browser.running_site import Tab, browser, served  # noqa: E402
from tools import running_site  # noqa: E402

ROUNDS = 5
LESSON = "00_start_here.ipynb"
GREETING = "Welcome!"

ECHO = """
import time
import wsdemo
from websockets.asyncio.client import connect

async def echo(connection):
    async for message in connection:
        await connection.send(message)

with wsdemo.serve(echo, compression=None) as server:
    async with connect(server.url, compression=None) as client:
        for count in (20, 300):
            begin = time.perf_counter()
            for _ in range(count):
                await client.send("hello")
                await client.recv()
print(1000 * (time.perf_counter() - begin) / count)
"""


def greet(tab: Tab) -> float:
    """Run the cells of lesson 00 up to the first message of a server; return the seconds."""
    cells = json.loads((ROOT / "notebooks" / LESSON).read_text(encoding="utf-8"))["cells"]
    began = time.monotonic()
    for index, cell in enumerate(cells):
        if cell["cell_type"] == "code" and GREETING in str(tab.run(index)["outputs"]):
            return time.monotonic() - began
    raise AssertionError(f"lesson 00 does not say {GREETING}")


def gzipped(site: pathlib.Path, addresses: list[str]) -> float:
    """Return how many megabytes a server with gzip sends for these addresses."""
    files = {site / unquote(urlsplit(each).path).lstrip("/") for each in addresses}
    return sum(len(gzip.compress(each.read_bytes(), 6)) for each in files if each.is_file()) / 1e6


def visit(site: pathlib.Path, url: str) -> dict[str, float]:
    """Open lesson 00 in a new browser, run it up to the first message, and measure."""
    asked: list[str] = []
    with browser(url) as make:
        tab = make(LESSON)
        tab.page.context.on("request", lambda request: asked.append(request.url))
        began = time.monotonic()
        screen = tab.open()
        tab.wait_for_kernel()
        python = time.monotonic() - began
        greet(tab)
        greeting = time.monotonic() - began
        fetched = gzipped(site, asked)
        trip = float(tab.execute(ECHO))
        tab.close()
    return {
        "screen": screen,
        "python": python,
        "greeting": greeting,
        "fetched": fetched,
        "trip": trip,
    }


def main() -> None:
    """Measure, row by row."""
    with tempfile.TemporaryDirectory() as folder:
        site = pathlib.Path(folder) / "site"
        running_site.build(site)
        with served(site) as url:
            visits = [visit(site, url) for _ in range(ROUNDS)]
    middle = {name: statistics.median(each[name] for each in visits) for name in visits[0]}
    row("the notebook is on screen", f"{middle['screen']:.1f} s", "≤ 3 s")
    row("Python answers", f"{middle['python']:.1f} s")
    row("the first message of a server, from the start", f"{middle['greeting']:.1f} s", "≤ 10 s")
    row("fetched by then, gzipped", f"{middle['fetched']:.1f} MB", "≤ 16 MB")
    row("an echo's round trip in the tab", f"{middle['trip']:.2f} ms")


if __name__ == "__main__":
    report(main)
