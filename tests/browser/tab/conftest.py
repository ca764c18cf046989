"""A page in each browser whose panels reach the kernel as in a tab: the fixtures."""

import contextlib
import json

import pytest

import wsdemo
from tests.browser.firefox import find_firefox, firefox
from tests.browser.tab_bridge import notebook


class InChromium:
    """A page that shows panels, by playwright."""

    def __init__(self, chromium, url):
        self._page = chromium.new_page()
        self._page.goto(url)

    def evaluate(self, function, argument=None):
        return self._page.evaluate(function, argument)

    def frame(self, name):
        selector = f"iframe[title={json.dumps(name)}]"
        return self._page.wait_for_selector(selector, state="attached").content_frame()

    def close(self):
        self._page.close()


class InFirefox(InChromium):
    """The same by WebDriver BiDi."""

    def __init__(self, browser, url):
        self._page = browser.open(url)

    def frame(self, name):
        selector = f"iframe[title={json.dumps(name)}]"
        self._page.wait_for(f"() => document.querySelector({json.dumps(selector)})")
        return self._page.frame(selector)


@pytest.fixture(scope="module")
def address():
    with notebook() as url:
        yield url


@pytest.fixture(scope="module")
def open_firefox():
    if not find_firefox():
        pytest.skip("there is no Firefox here")
    with firefox() as running:
        yield running


@pytest.fixture(params=["chromium", "firefox"])
def page(request, address):
    if request.param == "chromium":
        page = InChromium(request.getfixturevalue("chromium"), address)
    else:
        page = InFirefox(request.getfixturevalue("open_firefox"), address)
    page.is_firefox = request.param == "firefox"
    with contextlib.closing(page):
        page.evaluate("() => ready.then(() => true)")
        yield page


async def echo(connection):
    await connection.send("Welcome!")
    async for message in connection:
        await connection.send(message if isinstance(message, bytes) else f"You said: {message}")


@pytest.fixture(scope="module")
def server():
    with wsdemo.serve(echo, name="panels' echo") as running:
        yield running
