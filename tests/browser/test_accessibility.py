"""Each page and each panel as axe-core sees it: light and dark, on a desktop and on a phone."""

import contextlib
import os

import pytest
from playwright.sync_api import expect

import wsdemo
from tests.browser.pages import STARTS, page_of
from tests.interop.programs import FOLDER
from wsdemo.apps import APPS
from wsdemo.browser.panels import Browser, javascript

pytestmark = pytest.mark.browser

AXE = FOLDER / "node_modules/axe-core/axe.min.js"
WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
STRUCTURE = [
    "aria-allowed-role",
    "landmark-one-main",
    "listitem",
    "page-has-heading-one",
    "region",
]
"""Of axe's best practices, those about the structure of a page."""

VIOLATIONS = """
async ([tags, rules]) => {
  const found = [];
  for (const runOnly of [{ type: "tag", values: tags }, { type: "rule", values: rules }]) {
    const { violations } = await axe.run({ runOnly, resultTypes: ["violations"] });
    for (const { id, nodes } of violations) {
      found.push(...nodes.map(({ target }) => `${id}: ${target}`));
    }
  }
  return found;
}
"""
# axe does not look at placeholders; contrast as WCAG 2.1 defines it, success criterion 1.4.3.
FAINT = """
() => {
  const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map((value) => value / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, index) => sum + [0.2126, 0.7152, 0.0722][index] * part, 0.05);
  return Array.from(document.querySelectorAll("[placeholder]")).filter((field) => {
    const text = light(getComputedStyle(field, "::placeholder").color);
    const page = light(getComputedStyle(field).backgroundColor);
    return Math.max(text, page) / Math.min(text, page) < 4.5;
  }).map(({ id }) => `the contrast of a placeholder: #${id}`);
}
"""


@pytest.fixture(scope="module")
def axe():
    """The path of axe-core; without it a skip on a laptop and a failure where CI is set."""
    if not AXE.is_file():
        missing = "npm's axe-core is not installed: run `python start.py test`"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    return AXE


def violations(page, axe, document, paint):
    """List what axe finds in a document of a page, in each colour scheme and width.

    Args:
        page: the tab.
        axe: the path of axe-core.
        document: a frame of the tab, or its main one.
        paint: gives the page a colour scheme, ``"light"`` or ``"dark"``.
    """
    document.add_script_tag(path=axe)
    found = []
    for scheme in SCHEMES:
        paint(scheme)
        document.wait_for_function(
            "scheme => matchMedia(`(prefers-color-scheme: ${scheme})`).matches", arg=scheme
        )
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            seen = document.evaluate(VIOLATIONS, [WCAG, STRUCTURE]) + document.evaluate(FAINT)
            found += [f"{scheme}, {width} px: {each}" for each in seen]
    return found


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


FILL = {"echo": send, "chat": join, "auth": show_token, "binary": send}
"""What fills a log that does not fill itself."""


@pytest.mark.parametrize("app", APPS)
def test_a_page_has_no_violation(window, axe, app):
    with STARTS[app]() as server:
        page = window.new_page()
        page.goto(page_of(server))
        if app in FILL:
            FILL[app](page)
        expect(page.locator("#log li").first).to_be_visible()

        def paint(scheme):
            page.emulate_media(color_scheme=scheme)

        assert violations(page, axe, page.main_frame, paint) == []


async def greet(connection):
    await connection.send("Welcome!")
    await connection.wait_closed()


LOGS = 'console.log("log"); console.warn("warn"); console.error("error")'


@pytest.mark.parametrize(
    ("kind", "shows"),
    [
        ("client", ".close"),
        ("javascript", ".error"),
        ("its server is stopped", "#remark"),
        ("open in another tab", "#notice.cover"),
        ("run again", "#notice:not(.cover)"),
    ],
)
def test_a_panel_has_no_violation(window, axe, kind, shows):
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

        assert violations(page, axe, frame, paint) == []
