"""A javascript panel in a real Chromium: what it prints, and when it counts as done."""

import asyncio
import threading

import pytest
from playwright.sync_api import expect

import wsdemo
from tests.browser.lab import expect_transcript, panel
from wsdemo.browser.panels import javascript

pytestmark = pytest.mark.browser


def test_javascript_shows_its_console(server, show):
    js = javascript(
        """
        const ws = new WebSocket(url);
        ws.binaryType = "arraybuffer";
        ws.onopen = event => console.log(event);
        ws.onclose = event => console.log(event);
        const next = () => new Promise(resolve => ws.onmessage = ({data}) => resolve(data));
        console.log(await next());
        ws.send(Uint8Array.of(1, 2, 255));
        console.log("bytes:", await next());
        ws.send("code");
        await new Promise(resolve => ws.addEventListener("close", resolve));
        console.warn("%d of %s %o", 3, "all", {a: [1, "x"], b: null, "c d": undefined});
        console.info(new Map([[1, new Set("a")]]), [1.5, -0, 10n, () => 1], new Date(0));
        const ring = {}; ring.ring = ring;
        console.error(ring, new RangeError("far"), document.createElement("b"), new Blob(["x"]));
        """,
        url=server.url,
    )
    tab = show(js)
    js.expect("done")
    assert js.console == [
        'Event {type: "open"}',
        "Welcome!",
        "bytes: ArrayBuffer(3) [1, 2, 255]",
        'CloseEvent {type: "close", code: 4001, reason: "lesson over", wasClean: true}',
        '3 of all {a: [1, "x"], b: null, "c d": undefined}',
        'Map(1) {1 => Set(1) {"a"}} [1.5, -0, 10n, ƒ ()] 1970-01-01T00:00:00.000Z',
        '{ring: [circular]} RangeError: far <b> Blob {size: 1, type: ""}',
    ]
    expect_transcript(tab, "javascript", js.console)


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("let x = ;", "Uncaught SyntaxError: Unexpected token ';'"),
        ("throw new TypeError('no')", "Uncaught TypeError: no"),
        ("setTimeout(() => missing())", "Uncaught ReferenceError: missing is not defined"),
        ("Promise.reject(new Error('lost'))", "Uncaught (in promise) Error: lost"),
        ("throw 42", "Uncaught 42"),
    ],
)
def test_javascript_shows_its_errors_in_red(show, code, line):
    js = javascript(code)
    tab = show(js)
    js.expect("error", text=line)
    js.expect("done")
    expect(panel(tab, "javascript").locator("li.error")).to_have_text(line)


def test_javascript_may_fill_the_page_and_its_frame_grows(show):
    js = javascript("page.innerHTML = '<p style=height:200px>Hi</p>'; console.log('shown')")
    tab = show(js)
    expect(panel(tab, "javascript").get_by_text("Hi")).to_be_visible()
    tab.wait_for_function("() => document.querySelector('iframe').clientHeight > 230")


AWAITS = """
console.log(await new Promise((done) => {
  new WebSocket(url).onmessage = ({ data }) => done(data);
}));
"""
LISTENS = "new WebSocket(url).onmessage = ({ data }) => console.log(data);"


@pytest.mark.parametrize("code", [AWAITS, LISTENS], ids=["awaits", "listens"])
def test_javascript_is_at_work_until_its_first_line_though_that_is_late(show, code):
    """Else the last cell of a Run All stops a server that has not answered yet."""
    asked, may_answer = threading.Event(), threading.Event()

    async def late(connection):
        asked.set()
        await asyncio.to_thread(may_answer.wait, 10)
        await connection.send("Welcome!")
        await connection.wait_closed()

    with wsdemo.serve(late) as server:
        js = javascript(code, url=server.url)
        show(js)
        assert asked.wait(10)
        assert not js.wait_until_settled(1)
        may_answer.set()
        js.expect("log", text="Welcome!")
        assert js.wait_until_settled(5)


def test_javascript_that_waits_for_ever_is_not_waited_for(show):
    js = javascript("await new Promise(() => {});")
    show(js)
    js.expect("page", state="opened")
    assert js.wait_until_settled(8)
