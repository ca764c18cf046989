"""In Firefox: the pages of the finished servers, and the lessons where it shows something else.

Where browsers differ, a markdown cell tagged ``panel-NAME`` has a second fenced block: what the
panel NAME shows in Firefox.
"""

import contextlib
import json
import re
import shutil
import time

import nbformat
import pytest

import wsdemo
from tests.browser import lab
from tests.browser.test_lessons import LESSONS, ROOT, STOPPED, consoles, differences, readable
from tests.browser.test_limits import OPEN, hold
from tests.lessons.errors import explained
from wsdemo.apps import binary, dashboard, echo, heartbeat, patterns, pong

pytestmark = pytest.mark.browser

BLOCK = re.compile(r"```\w*\n(.*?)\n?```", re.DOTALL)
AT_ONCE = [echo, heartbeat, binary, dashboard, patterns, pong]
"""The servers whose pages connect as soon as they are opened."""


@pytest.fixture
def browser(running_firefox):
    return running_firefox


@pytest.fixture(scope="module")
def server(warm_kernels):
    with lab.jupyter(kernels=warm_kernels) as running:
        copy_lessons(running)
        yield running


@pytest.fixture(scope="module")
def page(running_firefox, server):
    with desk(running_firefox, server) as page:
        yield page


def copy_lessons(server):
    shutil.copytree(ROOT / "notebooks", server.root / "notebooks")


def panels(cells):
    """What panels are to show in Firefox: name to lines."""
    return {
        tag.removeprefix("panel-"): BLOCK.findall(cell["source"])[-1].split("\n")
        for cell in cells
        for tag in cell["metadata"].get("tags", [])
        if tag.startswith("panel-")
    }


def differs(lesson):
    """Whether Firefox shows something else in one of a lesson's panels."""
    cells = nbformat.read(lesson, as_version=4).cells
    return panels(cells) != consoles(cells)


def shown(page, name, lines, seconds=30):
    """What a panel shows when it shows these lines, or when the time is over."""
    page.wait_for(f"() => document.querySelector('iframe[title={json.dumps(name)}]')")
    frame = page.frame(f"iframe[title={json.dumps(name)}]")
    end, seen = time.monotonic() + seconds, []
    while True:
        with contextlib.suppress(RuntimeError):  # the panel's page is just being loaded
            seen = frame.evaluate(lab.STABLE)
        if seen in (lines, [*lines, STOPPED]):
            return lines
        if time.monotonic() > end:
            return seen
        time.sleep(0.1)


@contextlib.contextmanager
def desk(browser, server):
    """Open a tab that shows JupyterLab, for many lessons."""
    page = browser.open(server.address("lab"))
    page.wait_for("() => !!window.jupyterapp")
    yield page
    page.close()


def differing(page, server, name):
    """Run a lesson; tell which panels and outputs are not as it says."""
    saved = nbformat.read(server.root / "notebooks" / name, as_version=4).cells
    page.evaluate(lab.OPEN, f"notebooks/{name}")
    try:
        page.evaluate(lab.RUN, "notebook:run-all-cells")
        told = []
        for panel, lines in panels(saved).items():
            seen = shown(page, panel, lines)
            if seen != lines:
                told.append("\n".join([f"panel {panel!r} shows", *seen, "and not", *lines]))
        return told + [readable(each) for each in differences(saved, page.evaluate(lab.CELLS))]
    finally:
        page.evaluate(lab.SHUT_DOWN)


@pytest.mark.parametrize("app", AT_ONCE, ids=lambda app: app.__name__.rpartition(".")[2])
def test_a_page_connects(browser, app):
    with app.serve() as server:
        page = browser.open(server.url.replace("ws", "http", 1))
        page.wait_for("() => document.body.innerText.includes('connected to ws://')")
        page.close()


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (
            "ws.onerror = done",
            "Firefox can’t establish a connection to the server at ws://….",
        ),
        ("ws.close()", "The connection to ws://… was interrupted while the page was loading."),
    ],
)
def test_the_console_reports_what_a_page_cannot_read(browser, what, message):
    with wsdemo.serve(hold, name="held", pages={"/": "<p>"}) as held:
        page = browser.open(held.url.replace("ws", "http", 1))
        browser.listen()
        port = "9" if "onerror" in what else held.port
        page.evaluate(
            f"""() => new Promise((done) => {{
              const ws = new WebSocket("ws://127.0.0.1:{port}/");
              ws.onclose = done;
              {what};
            }}).then(() => 0)"""
        )
        page.wait_for("() => true")
        page.close()
    assert message in explained("\n".join(browser.console))


@pytest.mark.weekly
def test_firefox_opens_200_from_all_pages_together(browser):
    """The next ones fail at once, in whichever page they are."""
    with wsdemo.serve(hold, name="held", compression=None, pages={"/": "<p>"}) as held:
        one, other = (browser.open(held.url.replace("ws", "http", 1)) for _ in range(2))
        assert one.evaluate(OPEN, [held.url, 150]) == {"open": 150}
        assert other.evaluate(OPEN, [held.url, 60]) == {"open": 50, "1006": 10}
        assert len(held.connections) == 200
        one.close()
        other.close()


# Last: JupyterLab, which stays open, has a WebSocket of its own.
@pytest.mark.weekly
@pytest.mark.parametrize(
    "lesson", [pytest.param(each.name, id=each.stem) for each in LESSONS if differs(each)]
)
def test_a_lesson_tells_what_firefox_shows(page, server, lesson):
    assert differing(page, server, lesson) == []
