"""One Chromium, and one JupyterLab, for all tests of this folder."""

import contextlib
import os
import sys

import pytest

import tools.warm_kernels
import wsdemo
from tests.browser import lab, tab_bridge
from tests.browser.firefox import find_firefox, firefox
from tests.browser.pages import choose, page_of, welcome
from tests.browser.running_site import served
from tools import running_fetch
from tools import running_site as running_site_builder
from wsdemo.apps import echo as echo_app

PATIENCE_MS = 20_000
"""How long an expectation waits; playwright's own 5 s are too few where others work as well."""

BASE = "a/project"
"""Where it is on its server: never at the root, as on GitHub Pages."""


# Not for the session: while playwright runs, no other test can use asyncio.run().
@pytest.fixture(scope="package")
def chromium():
    """A headless Chromium; without one, a skip on a laptop and a failure where CI is set."""
    if not lab.find_chromium():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("there is no Chromium here")
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE_MS)
    with lab.chromium() as browser:
        yield browser


@pytest.fixture
def window(chromium):
    """A browser window with cookies of its own."""
    with lab.window(chromium) as context:
        yield context


@pytest.fixture(scope="package")
def jupyterlab(chromium, warm_kernels):
    """A JupyterLab of the tests' own."""
    with lab.jupyter(kernels=warm_kernels) as server:
        yield server


@pytest.fixture(scope="package")
def page(chromium, jupyterlab):
    """A tab that shows JupyterLab; for tests that leave the way to its server as it is."""
    with lab.desk(chromium, jupyterlab) as page:
        yield page


@pytest.fixture(scope="package")
def warm_kernels():
    """Kernels that start fast, where a process can be forked; else Jupyter's own."""
    if not hasattr(os, "fork"):
        yield None
        return
    with tools.warm_kernels.warm_kernels() as folder:
        yield folder


@pytest.fixture
def echo():
    with echo_app.serve(name="echo in a browser") as server:
        yield server


@pytest.fixture
def tab(window):
    """Open a page of a server."""

    def tab(server, name=None):
        page = window.new_page()
        page.set_default_timeout(10_000)
        page.goto(page_of(server))
        if name:
            page.get_by_label("Your name").fill(name)
            page.keyboard.press("Enter")
        return page

    return tab


@pytest.fixture(scope="module")
def running_site(tmp_path_factory):
    """The folder of the running edition, in a folder that a server can show.

    It is built for each module that needs it; there is one.
    """
    pytest.importorskip("jupyterlite_core", reason="the extra `test` is not installed")
    folder = tmp_path_factory.mktemp("running_site")
    try:
        running_site_builder.build(folder / BASE / "run")
    except running_fetch.Missing as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(error))
    return folder


@pytest.fixture
def running_url(running_site):
    """The address of the running edition on a server, under a base path."""
    with served(running_site) as url:
        yield f"{url}{BASE}/run/"


@pytest.fixture(scope="module")
def tab_notebook():
    """A page for panels of the browser edition; other panels of the module open there, too."""
    with tab_bridge.notebook() as url:
        yield url


@pytest.fixture(scope="package")
def running_firefox():
    if not find_firefox():
        # On macOS and Windows a browser is on nobody's PATH.
        needed = os.environ.get("CI") and sys.platform == "linux"
        (pytest.fail if needed else pytest.skip)("there is no Firefox here")
    with firefox() as running:
        yield running


@pytest.fixture(params=["chromium", "firefox"])
def host(request, tab_notebook):
    """That page, open in a browser."""
    if request.param == "chromium":
        page = tab_bridge.InChromium(request.getfixturevalue("chromium"), tab_notebook)
    else:
        page = tab_bridge.InFirefox(request.getfixturevalue("running_firefox"), tab_notebook)
    page.is_firefox = request.param == "firefox"
    with contextlib.closing(page):
        page.evaluate("() => ready.then(() => true)")
        yield page


@pytest.fixture(scope="module")
def panels_echo():
    with wsdemo.serve(tab_bridge.echo, name="panels' echo") as running:
        yield running


@pytest.fixture
def server():
    with wsdemo.serve(welcome, subprotocols=["v2"], select_subprotocol=choose) as server:
        yield server


@pytest.fixture
def show(window):
    """Show outputs on a plain page, as a trusted notebook does; return the tab."""
    with contextlib.ExitStack() as stack:

        def show(*outputs, body=""):
            html = "".join(each._repr_mimebundle_()["text/html"] for each in outputs)
            page = f"<!doctype html><meta charset=utf-8><title>host</title><body {body}>{html}"
            host = stack.enter_context(wsdemo.serve(welcome, name="host", pages={"/": page}))
            tab = window.new_page()
            tab.goto(host.url.replace("ws", "http"))
            return tab

        yield show
