"""Every lesson's panels where the browser reaches nothing but the Jupyter server.

So it is on a hub, on Binder, and behind ``ssh -L`` and ``docker -p``: Jupyter has a public name and
a base_url, and each way to a server of the kernel's leads through wsdemo's relay. Where a panel
shows something else there, a markdown cell tagged ``relayed-NAME`` says what.

Of a lesson only the sections with panels run: each of them needs only the beginning, and the whole
lesson runs in test_lessons. At each change the relay has the lessons whose panels say something
else there.
"""

import importlib
import shutil
from urllib.parse import urlsplit

import nbformat
import pytest
from playwright.sync_api import expect

from tests.browser import lab
from tests.browser.test_lessons import LESSONS, ROOT, STOPPED, consoles, surprises
from tests.lessons.kit import codes, sections
from tools.needs import lacking
from wsdemo.apps import APPS

pytestmark = pytest.mark.browser

HOST = "hub.example"
# The tests' Jupyter listens on this machine; under any other name than this one it is not found.
RULES = f"MAP {HOST} 127.0.0.1, MAP 127.0.0.1 ~NOTFOUND, MAP localhost ~NOTFOUND"

ASKS = {"chat": ("Your name", "Ana"), "auth": ("Your token", "sesame")}
"""What a page wants to know before it connects."""


@pytest.fixture(scope="module")
def hub(warm_kernels):
    """A Jupyter server under a public name, with the lessons."""
    options = "--ServerApp.base_url=/user/ana/", "--ServerApp.allow_remote_access=True"
    with lab.jupyter(*options, kernels=warm_kernels) as server:
        shutil.copytree(ROOT / "notebooks", server.root / "notebooks")
        server.url = server.url.replace("127.0.0.1", HOST)
        yield server


@pytest.fixture(scope="module")
def far(chromium):
    """A browser that finds that Jupyter server and nothing else."""
    browser = chromium.browser_type.launch(
        executable_path=lab.find_chromium(), args=[*lab.FLAGS, f"--host-resolver-rules={RULES}"]
    )
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def page(hub, far):
    with lab.desk(far, hub) as page:
        yield page


def test_the_direct_way_is_blocked(hub, page):
    """Else all that follows could pass without the relay."""
    answered = page.evaluate(
        """ports => Promise.all(ports.map(url => fetch(url, {mode: "no-cors"})
            .then(() => true, () => false)))""",
        [f"http://{host}:{urlsplit(hub.url).port}/" for host in (HOST, "127.0.0.1", "localhost")],
    )
    assert answered == [True, False, False]


def has_panel(cells):
    """Whether one of the cells shows a page, by its saved outputs."""
    outputs = [output for cell in codes(cells) for output in cell["outputs"]]
    return any(
        'class="wsdemo"' in output.get("data", {}).get("text/html", "") for output in outputs
    )


def only_panels(path):
    """Of a lesson, the beginning and the sections with panels."""
    notebook = nbformat.read(path, as_version=4)
    (_, kept), *rest = sections(notebook)
    notebook.cells = sum((cells for _, cells in rest if has_panel(cells)), kept)
    return notebook


def at_each_change(path):
    """Whether a lesson's panels are looked at through the relay at each change."""
    return bool(consoles(nbformat.read(path, as_version=4).cells, "relayed-"))


@pytest.mark.parametrize(
    "lesson",
    [
        pytest.param(
            each.name, id=each.stem, marks=[] if at_each_change(each) else pytest.mark.weekly
        )
        for each in LESSONS
    ],
)
def test_panels_hold_through_the_relay(hub, page, lesson):
    if what := lacking(lesson):
        pytest.skip(what)
    name = f"notebooks/{lesson}"
    saved = nbformat.read(ROOT / name, as_version=4).cells
    nbformat.write(only_panels(ROOT / name), hub.root / name)
    with lab.opened(page, name):
        assert surprises(lab.run_all(page)) == []
        page.wait_for_function(lab.PANELS_DONE, timeout=15_000)
        for panel, lines in (consoles(saved) | consoles(saved, "relayed-")).items():
            lab.expect_transcript(page, panel, lines, timeout=30, or_also=STOPPED)


@pytest.mark.parametrize("name", APPS)
def test_the_page_of_a_finished_server_works_through_the_relay(hub, page, name):
    """Also where the slash at the end is forgotten: the page's files are found."""
    app = importlib.import_module(f"wsdemo.apps.{name}")
    token = {"token": "sesame"} if name == "auth" else {}
    with app.serve(**token) as server, page.context.new_page() as tab:
        address = f"{hub.url}wsdemo/{server.port}"
        tab.goto(address)
        tab.wait_for_url(f"{address}/")
        if name in ASKS:
            label, answer = ASKS[name]
            tab.get_by_label(label).fill(answer)
            tab.get_by_role("button", name="Connect").click()
        connected = f"connected to {address.replace('http', 'ws', 1)}/"
        expect(tab.get_by_role("status").first).to_have_text(connected)
