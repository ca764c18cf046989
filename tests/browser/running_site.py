"""The running edition in a real browser: a lesson in a tab, its cells and its panels.

Two commands use it: tab_table.py runs lessons cell by cell, and tab_run_all.py by Run All.
"""

import contextlib
import functools
import http.server
import json
import pathlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.browser.firefox import Page, firefox
from tests.browser.lab import STABLE, bounded, chromium
from tests.browser.test_firefox import panels as firefox_panels
from tests.browser.test_lessons import STOPPED, consoles, told
from tools.running_site import NOT_IN_A_TAB, address

NOTEBOOKS = pathlib.Path(__file__).resolve().parents[2] / "notebooks"
LESSONS = [*(f"{number:02}" for number in range(9)), *map(str, range(10, 15)), "20"]
HINTS = re.compile(r"\n *Hint 1 of [0-9]+: .*", re.DOTALL)
LONGEST_CELL = 60
"""Seconds; a saved cell takes less than ten."""

RUN_CELL = """async ([index, limit]) => {
  const {shell, commands} = window.jupyterapp;
  const notebook = shell.currentWidget.content;
  notebook.activeCellIndex = index;
  notebook.deselectAll();
  const began = performance.now();
  const late = new Promise(done => setTimeout(() => done("too late"), limit * 1000));
  const ran = commands.execute("notebook:run-cell").then(() => "ran");
  const how = await Promise.race([ran, late]);
  const outputs = notebook.widgets[index].model.outputs?.toJSON() ?? [];
  return {how, outputs, seconds: (performance.now() - began) / 1000};
}"""

SHOWN = """() => {
  const panel = window.jupyterapp?.shell?.currentWidget;
  return Boolean(panel?.content?.widgets?.length && panel.sessionContext?.session?.kernel);
}"""

CLOSE = """async () => {
  const {context} = jupyterapp.shell.currentWidget;
  await context.save();
  jupyterapp.shell.currentWidget.close();
}"""

NO_PYTHON = """async () => {
  const {sessions} = jupyterapp.serviceManager;
  await sessions.refreshRunning();
  return [...sessions.running()].length === 0;
}"""

ANSWERS = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.info"


EXECUTE = """async (code) => {
  const {kernel} = jupyterapp.shell.currentWidget.sessionContext.session;
  const future = kernel.requestExecute({code});
  let text = "";
  future.onIOPub = ({content}) => { text += content.text ?? ""; };
  await future.done;
  return text;
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A static server as any other, without its log."""

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def served(folder: pathlib.Path) -> Iterator[str]:
    """Serve a folder; give its address, with a slash at the end."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def leaves(site: str, url: str) -> bool:
    """Whether a request goes to another origin than that of the site."""
    origin = "/".join(site.split("/")[:3])
    return not url.startswith((f"{origin}/", "blob:", "data:"))


class Tab:
    """A lesson, open in a tab.

    Attributes:
        page: playwright's page.
        faults: what went wrong in the page, as lines: errors, requests that leave the site.
    """

    def __init__(self, page: Any, site: str, name: str) -> None:
        self.page, self.site, self.name = page, site, name
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        page.on("crash", lambda _: self.faults.append("the page crashed"))
        page.on("requestfinished", self._note_request)
        page.on("requestfailed", self._note_request)

    def _note_request(self, request: Any) -> None:
        # A panel's own policy stops what its page would load; playwright reports it all the same.
        if leaves(self.site, request.url) and request.failure != "csp":
            self.faults.append(f"a request left the site: {request.url[:100]}")

    def open(self) -> float:
        """Open the lesson; return the seconds until it was on screen."""
        began = time.monotonic()
        self.page.goto(self.site + address(self.name))
        self.page.wait_for_function(SHOWN, timeout=120_000)
        return time.monotonic() - began

    def wait_for_kernel(self) -> float:
        """Wait until Python answers; return the seconds that it took."""
        began = time.monotonic()
        bounded(self.page, ANSWERS, timeout_ms=120_000)
        return time.monotonic() - began

    def run(self, index: int) -> dict[str, Any]:
        """Run one cell; return how it ended, its outputs and its seconds."""
        return self.page.evaluate(RUN_CELL, [index, LONGEST_CELL])

    def execute(self, code: str) -> str:
        """Run Python beside the notebook's cells; return what it prints."""
        return bounded(self.page, EXECUTE, code)

    def leave(self) -> None:
        """Close the lesson, and wait until its Python is gone."""
        bounded(self.page, CLOSE)
        self.page.wait_for_function(NO_PYTHON, polling=100, timeout=20_000)

    def panel(self, name: str) -> Any:
        """The page in the panel of this name: it has the method ``evaluate``."""
        return self.page.locator(frame_of(name)).last.element_handle().content_frame()

    def close(self) -> None:
        """Close the tab, and with it the kernel."""
        self.page.context.close()


class FirefoxTab(Tab):
    """The same in a Firefox that WebDriver BiDi drives; it reports no requests."""

    def __init__(self, site: str, name: str) -> None:
        self.site, self.name = site, name
        self.faults: list[str] = []
        self._running = contextlib.ExitStack()
        self._browser = self._running.enter_context(firefox())

    def open(self) -> float:
        began = time.monotonic()
        self.page: Page = self._browser.open(self.site + address(self.name))
        self.page.wait_for(SHOWN, 120)
        return time.monotonic() - began

    def wait_for_kernel(self) -> float:
        began = time.monotonic()
        self.page.wait_for(f"async () => Boolean(await ({ANSWERS})())", 120)
        return time.monotonic() - began

    def panel(self, name: str) -> Any:
        return self.page.frame(frame_of(name))

    def close(self) -> None:
        self._running.close()


@contextlib.contextmanager
def browser(site: str, in_firefox: bool = False) -> Iterator[Callable[[str], Tab]]:
    """Start a headless browser; give what makes a tab with the lesson of this name."""
    if in_firefox:
        # A new one for each lesson: what tabs before it have left behind makes it slow.
        yield lambda name: FirefoxTab(site, name)
        return
    with chromium() as launched:

        def make(name: str) -> Tab:
            context = launched.new_context(viewport={"width": 1280, "height": 900})
            return Tab(context.new_page(), site, name)

        yield make


def frame_of(name: str) -> str:
    """The selector of a panel's frame."""
    return f"div.wsdemo iframe[title={json.dumps(name)}]"


def find(number: str) -> pathlib.Path:
    """The lesson of a number."""
    [path] = NOTEBOOKS.glob(f"{number}_*.ipynb")
    return path


def comparable(cell: dict[str, Any]) -> list[tuple[str, str]]:
    """What a cell says to a reader: its streams, texts and errors, as nbval compares them."""
    return [
        # This kernel writes "<class 'ValueError'>" where IPython's writes "ValueError". And here a
        # check counts the attempts, and adds hints.
        (kind.split()[0], HINTS.sub("", re.sub(r"^<class '(?:\w+\.)*(\w+)'>", r"\1", text)))
        for kind, text in told(cell)
        if not kind.startswith(("text/html", "image"))
    ]


def try_cells(tab: Tab) -> Iterator[tuple[dict[str, Any], str, dict[str, Any]]]:
    """Run all code cells of a lesson, and give each with a verdict and what it gave."""
    cells = json.loads((NOTEBOOKS / tab.name).read_text(encoding="utf-8"))["cells"]
    for index, cell in enumerate(cells):
        if cell["cell_type"] != "code" or NOT_IN_A_TAB in cell["metadata"].get("tags", ()):
            continue
        result = tab.run(index)
        if result["how"] != "ran":
            yield cell, "hangs", result
            return
        same = comparable(cell) == comparable({**cell, "outputs": result["outputs"]})
        yield cell, "same" if same else "differs", result


def try_panels(tab: Tab, seconds: float = 20) -> Iterator[tuple[str, list[str], list[str]]]:
    """Compare the panels of a lesson that has run: name, what each says and what it shows.

    Args:
        tab: where it has run.
        seconds: how long a panel has to show what it says.
    """
    cells = json.loads((NOTEBOOKS / tab.name).read_text(encoding="utf-8"))["cells"]
    cells = [{**cell, "source": "".join(cell["source"])} for cell in cells]
    said = firefox_panels(cells) if isinstance(tab, FirefoxTab) else consoles(cells)
    for name, lines in said.items():
        end, seen = time.monotonic() + seconds, ["(no panel)"]
        while seen not in (lines, [*lines, STOPPED]) and time.monotonic() < end:
            with contextlib.suppress(Exception):  # the panel's page is just being loaded
                seen = tab.panel(name).evaluate(STABLE)
            time.sleep(0.1)
        yield name, lines, lines if seen == [*lines, STOPPED] else seen
