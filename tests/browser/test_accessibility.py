"""Each page and each panel as axe-core sees it: light and dark, on a desktop and on a phone."""

import contextlib

import pytest
from playwright.sync_api import expect

import wsdemo
from tests.browser.axe import require_axe, violations
from tests.browser.pages import STARTS, page_of
from wsdemo.apps import APPS
from wsdemo.browser.panels import Browser, javascript

pytestmark = [pytest.mark.browser, pytest.mark.weekly]


@pytest.fixture(autouse=True, scope="module")
def axe():
    require_axe()


def send(page):
    page.get_by_role("button", name="Send").click()


def join(page):
    page.get_by_label("Your name").fill("Ana")
    page.keyboard.press("Enter")
    page.get_by_label("Your message").fill("Hello")
    send(page)


def show_token(page):
    page.get_by_label("Your token").fill("sesame")
    page.keyboard.press("Enter")


def come_back(page):
    """Close the connection and open another: the log has a line of trouble."""
    page.locator("#toggle").click()
    expect(page.locator("#log .trouble")).to_be_visible()
    page.locator("#toggle").click()
    expect(page.locator("#state")).to_contain_text("connected to")


FILL = {"echo": send, "chat": join, "auth": show_token, "binary": send}
"""What fills a log that does not fill itself."""


@pytest.mark.parametrize("app", APPS)
def test_a_page_has_no_violation(window, app):
    with STARTS[app]() as server:
        page = window.new_page()
        page.goto(page_of(server))
        if app in FILL:
            FILL[app](page)
        expect(page.locator("#log li").first).to_be_visible()
        come_back(page)

        def paint(scheme):
            page.emulate_media(color_scheme=scheme)

        assert violations(page, page.main_frame, paint) == []


async def greet(connection):
    await connection.send("Welcome!")
    await connection.wait_closed()


LOGS = 'console.log("log"); console.warn("warn"); console.error("error")'


@pytest.mark.parametrize(
    ("kind", "shows"),
    [
        ("client", ".exception"),
        ("javascript", ".error"),
        ("its server is stopped", "#remark"),
        ("open in another tab", "#notice.cover"),
        ("run again", "#notice:not(.cover)"),
    ],
)
def test_a_panel_has_no_violation(window, kind, shows):
    with contextlib.ExitStack() as stack:
        greeter = stack.enter_context(wsdemo.serve(greet, name="greeter"))
        panel = (
            javascript(LOGS, name="ana") if kind == "javascript" else Browser(greeter.url, "ana")
        )
        if kind == "its server is stopped":
            greeter.stop()
        elif kind == "client":
            panel.send(b"\x00\xff")
            panel.close(4000, "bye")
            panel.send("too late")
        output = panel._repr_mimebundle_()["text/html"]
        text = f"<!doctype html><meta charset=utf-8><title>host</title><body>{output}"
        host = stack.enter_context(wsdemo.serve(greet, name="host", pages={"/": text}))

        def tab():
            page = window.new_page()
            page.goto(page_of(host))
            frame = page.locator('iframe[title="ana"]').element_handle().content_frame()
            frame.wait_for_selector("#log li, #notice")
            return page, frame

        page, frame = tab()
        if kind == "open in another tab":
            page, frame = tab()
        elif kind == "run again":
            panel._retire()
        frame.wait_for_selector(shows)

        def paint(scheme):  # as JupyterLab tells its theme
            script = "light => { document.body.dataset.jpThemeLight = light }"
            page.evaluate(script, "true" if scheme == "light" else "false")

        assert violations(page, frame, paint) == []
