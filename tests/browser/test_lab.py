"""Panels in the real JupyterLab and Notebook, here and where the kernel is elsewhere."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import expect

from tests.browser.lab import (
    RUN,
    bounded,
    cells,
    expect_transcript,
    jupyter,
    notebook,
    opened,
    panel,
    run_all,
)
from wsdemo.browser.panels import Browser

pytestmark = pytest.mark.browser

CODE = """\
import wsdemo

async def welcome(connection):
    await connection.send(f"Welcome, {await connection.recv()}!")
    await connection.close(4001, "over")

server = wsdemo.serve(welcome, subprotocols=["v2", "v1"])
ana = wsdemo.Browser(server.url, "ana", subprotocols=["v1", "v2"])
ana.send("Ana")
ana"""
# One line follows from the other, however slow the way is.
TRUE_STORY = [
    "● open, subprotocol v2",
    "↑ Ana",
    "↓ Welcome, Ana!",
    '● close 4001 "over" clean',
]


RESTART = """
() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()
"""
DRAW_AGAIN = """
() => {
  const {model} = window.jupyterapp.shell.currentWidget.content.widgets[0];
  const outputs = model.outputs.toJSON();
  model.outputs.clear();
  model.outputs.fromJSON(outputs);
}
"""
OPEN_PAGE = """
async path => {
  const app = window.jupyterapp;
  await app.restored;
  await app.commands.execute("docmanager:open", {path});
}
"""
NO_WAY = re.compile(r"/_ping\?")
NEWS = """
async () => {
  const {settings} = window.jupyterapp.serviceManager;
  const {schema} = await settings.fetch("@jupyterlab/apputils-extension:notification");
  return schema.properties.fetchNews.default;
}
"""


def write(server, name, *new):
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(
        new_notebook(cells=list(new), metadata={"kernelspec": kernel}), server.root / name
    )


# Queue all cells, then a request behind them, which may be lost as they are.
RUN_ALL_AND_ASK = """
async () => {
  const {commands, shell} = window.jupyterapp;
  commands.execute("notebook:run-all-cells").catch(() => {});
  const answered = shell.currentWidget.sessionContext.session.kernel.requestKernelInfo();
  await Promise.race([answered, new Promise(resolve => setTimeout(resolve, 5000))]);
}
"""
PATCH = """\
import asyncio, nest_asyncio
nest_asyncio.apply()
asyncio.run(asyncio.sleep(0.1))"""


@pytest.mark.weekly
@pytest.mark.parametrize(("first", "kept"), [("pass", True), (PATCH, False)])
def test_run_all_loses_what_waits_behind_a_patched_asyncio_run(jupyterlab, page, first, kept):
    """Lesson 00 says so, as the reason to patch no kernel; were it mended, it should say so too."""
    behind = [new_code_cell(f"print({number})") for number in range(3)]
    write(jupyterlab, "patched.ipynb", new_code_cell(first), *behind)
    with opened(page, "patched.ipynb"):
        page.evaluate(RUN_ALL_AND_ASK)
        outputs = [cell["outputs"] for cell in cells(page)[1:]]
    assert all(outputs) if kept else not any(outputs)


def run_by_key(page, tries=5):
    """Press Control+Enter until the cell has begun.

    Notebook shows a cell a moment before it listens to keys, and gives no sign of it.
    """
    for _ in range(tries):
        page.keyboard.press("Control+Enter")
        try:
            prompt = page.locator(".jp-Notebook .jp-CodeCell .jp-InputPrompt").first
            return expect(prompt).not_to_have_text("[ ]:", timeout=4000)
        except AssertionError:
            continue
    raise AssertionError(f"the cell has not begun after {tries} key strokes")


def test_notebook_7_shows_a_live_client(jupyterlab, window):
    pytest.importorskip("notebook")
    write(jupyterlab, "seven.ipynb", new_code_cell(CODE))
    page = window.new_page()
    page.goto(jupyterlab.address("notebooks/seven.ipynb"))
    expect(page.get_by_text("wsdemo.Browser")).to_be_visible()
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").click()
    expect(page.locator(".jp-Notebook.jp-mod-editMode")).to_be_visible()
    run_by_key(page)
    expect(panel(page, "ana").locator("#name")).to_have_text("ana", timeout=15_000)
    expect_transcript(page, "ana", TRUE_STORY)


def saved(name):
    """The output of a cell that shows a client, as a clone has it: of a kernel that is no more."""
    html = Browser("ws://127.0.0.1:1", name)._repr_mimebundle_()
    return new_output("execute_result", html, execution_count=1)


def test_an_untrusted_notebook_shows_the_placeholder_until_its_cell_is_run(jupyterlab, page):
    first = new_code_cell(CODE, execution_count=1, outputs=[saved("ana")])
    second = new_code_cell("bob", execution_count=2, outputs=[saved("bob")])
    write(jupyterlab, "untrusted.ipynb", first, second)
    with opened(page, "untrusted.ipynb"):
        placeholders = page.get_by_text("opens here when you run this cell in JupyterLab")
        expect(placeholders).to_have_count(2)
        expect(page.get_by_text("Trust Notebook")).to_have_count(2)
        expect(page.locator("iframe")).to_have_count(0)
        run_first(page)
        expect_transcript(page, "ana", TRUE_STORY)
        expect(placeholders).to_have_count(1)
        expect(page.get_by_text("“bob”, opens here")).to_be_visible()


def run_first(page):
    """Run the first cell of the notebook that is open."""
    page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 0; }")
    bounded(page, RUN, "notebook:run-cell")


def test_after_a_restart_the_advice_is_the_one_that_works(jupyterlab, page):
    write(jupyterlab, "restart.ipynb", new_code_cell(CODE))
    advice = "is gone. Run the notebook’s cells again, up to this one."
    with opened(page, "restart.ipynb"):
        run_all(page)
        expect_transcript(page, "ana", TRUE_STORY)
        bounded(page, RESTART)
        notice = panel(page, "ana").get_by_text(f"The kernel that served this page {advice}")
        expect(notice).to_be_visible()
        # As another client's output would: a panel that is drawn again.
        page.evaluate(DRAW_AGAIN)
        expect(page.get_by_text(f"The kernel that served this panel {advice}")).to_be_visible()
        run_all(page)
        expect_transcript(page, "ana", TRUE_STORY)


def test_release_news_do_not_cover_the_first_screen(page):
    """Whoever starts JupyterLab, and with whatever options: its default is set where we are."""
    assert bounded(page, NEWS) == "false"


def test_a_link_to_the_glossary_opens_a_page_to_read(jupyterlab, page):
    (jupyterlab.root / "words.md").write_text("# Words\n\na **frame** is …", "utf-8")
    bounded(page, OPEN_PAGE, "words.md")
    expect(page.locator(".jp-MarkdownViewer strong")).to_have_text("frame")


def elsewhere(window, server):
    """Block the direct way from the browser to a kernel, as if it were on another machine."""
    jupyters = re.escape(server.url.split("/user/")[0])
    window.route(re.compile(rf"^(?!{jupyters}/)http"), lambda route: route.abort())


@pytest.mark.weekly  # test_relay has lessons on such a server
def test_a_kernel_elsewhere_is_reached_through_our_extension(window):
    with jupyter("--ServerApp.base_url=/user/ana/") as server:
        write(server, "elsewhere.ipynb", new_code_cell(CODE))
        elsewhere(window, server)
        with notebook(window, server, "elsewhere.ipynb") as page:
            run_all(page)
            address = panel(page, "ana").locator("#address")
            expect(address).to_have_text(re.compile(r"^ws://127.0.0.1:\d+/user/ana/wsdemo/\d+$"))
            expect_transcript(page, "ana", TRUE_STORY)


# A Jupyter server that is busy for four seconds, whenever a panel looks for its kernel.
BUSY = r"""
const fetchAtOnce = fetch;
window.fetch = async (resource, options) => {
  if (/\/wsdemo\/\d+\/_ping/.test(resource)) await new Promise((done) => setTimeout(done, 4000));
  return fetchAtOnce(resource, options);
};
"""


@pytest.mark.weekly
def test_our_extension_is_the_way_though_it_answers_late(window):
    """jupyter-server-proxy would answer at once, but loses cookies and close codes."""
    pytest.importorskip("jupyter_server_proxy")
    with jupyter("--ServerApp.base_url=/user/ana/") as server:
        write(server, "elsewhere.ipynb", new_code_cell(CODE))
        elsewhere(window, server)
        window.add_init_script(BUSY)
        with notebook(window, server, "elsewhere.ipynb") as page:
            run_all(page)
            address = panel(page, "ana").locator("#address")
            expect(address).to_have_text(re.compile(r"^ws://127.0.0.1:\d+/user/ana/wsdemo/\d+$"))


@pytest.mark.weekly
def test_without_our_extension_jupyter_server_proxy_is_the_way(window):
    pytest.importorskip("jupyter_server_proxy")
    config = {"ServerApp": {"jpserver_extensions": {"wsdemo.jupyter": False}}}
    with jupyter("--ServerApp.base_url=/user/ana/", config=config) as server:
        write(server, "elsewhere.ipynb", new_code_cell(CODE.replace('"v1", "v2"', '"v2"')))
        elsewhere(window, server)
        with notebook(window, server, "elsewhere.ipynb") as page:
            run_all(page)
            address = panel(page, "ana").locator("#address")
            expect(address).to_have_text(re.compile(r"^ws://127.0.0.1:\d+/user/ana/proxy/\d+/$"))
            # That proxy loses the close code; it is why we have an extension.
            story = [*TRUE_STORY[:-1], '● close 1005 "" clean']
            expect_transcript(page, "ana", story)


def test_with_no_way_to_the_kernel_the_panel_names_the_cure(jupyterlab, page):
    write(jupyterlab, "nowhere.ipynb", new_code_cell(CODE))
    page.route(NO_WAY, lambda route: route.abort())
    try:
        with opened(page, "nowhere.ipynb"):
            run_all(page)
            told = (
                "This panel cannot reach its kernel. "
                "Run the notebook’s cells again, up to this one."
            )
            expect(page.get_by_text(told)).to_be_visible()
    finally:
        page.unroute(NO_WAY)  # other tests share the page
