"""The pages in a real Chromium, in a plain web page: what VS Code and others do with an output."""

import re

import pytest
from playwright.sync_api import expect

import wsdemo
from tests.browser.lab import expect_transcript, panel
from tests.browser.pages import welcome
from wsdemo.browser.page_server import page_server
from wsdemo.browser.panels import Browser, javascript

pytestmark = pytest.mark.browser

LIGHT, DARK = "rgb(255, 255, 255)", "rgb(22, 24, 29)"


def test_a_client_lives_in_the_page(server, show):
    ana = Browser(server.url, "ana", subprotocols=["v2"])
    ana.send("Hello")
    ana.send(b"\x00\xff")
    ana.send("code")
    tab = show(ana)
    assert ana.expect("open")["protocol"] == "v2"
    assert ana.expect("close") == {
        "type": "close",
        "code": 4001,
        "reason": "lesson over",
        "wasClean": True,
    }
    ana.expect("message", data=b"\x00\xff")
    expect_transcript(
        tab,
        "ana",
        [
            "● open, subprotocol v2",
            "↓ Welcome!",
            "↑ Hello",
            "↓ You said: Hello",
            "↑ 00 ff (2 bytes)",
            "↓ 00 ff (2 bytes)",
            "↑ code",
            '● close 4001 "lesson over" clean',
        ],
    )
    page = panel(tab, "ana")
    expect(page.locator("#state")).to_have_text("CLOSED")
    expect(page.locator("#name")).to_have_text("ana")
    expect(page.locator("#address")).to_have_text(server.url)


def test_a_person_sends_closes_and_reconnects_with_the_keyboard(server, show):
    ana = Browser(server.url, "ana")
    tab = show(ana)
    page = panel(tab, "ana")
    ana.expect("message", data="Welcome!")
    page.get_by_label("Message").fill("typed")
    tab.keyboard.press("Enter")
    ana.expect("message", data="You said: typed")
    page.get_by_label("Close code").fill("999")
    tab.keyboard.press("Enter")
    assert "InvalidAccessError" in ana.expect("exception")["text"]
    page.get_by_label("Close code").fill("4000")
    page.get_by_label("Close reason").fill("bye")
    tab.keyboard.press("Enter")
    ana.expect("close", code=4000, reason="bye", wasClean=True)
    page.get_by_role("button", name="send", exact=True).click()
    ana.expect("exception", text="not sent: the connection is CLOSED")
    page.get_by_role("button", name="reconnect").click()
    expect(page.locator("#state")).to_have_text("OPEN")


def test_a_failed_connection_is_an_error_without_a_reason(show):
    with wsdemo.serve(welcome, name="gone") as gone:
        url = gone.url
    ana = Browser(url, "ana")
    tab = show(ana)
    ana.expect("close", code=1006, wasClean=False)
    expect_transcript(tab, "ana", ["! error", '● close 1006 "" not clean'])
    expect(panel(tab, "ana").get_by_text("Browsers do not say why, on purpose")).to_be_visible()


def test_an_address_that_is_none_is_shown_as_the_browsers_exception(show):
    ana = Browser("ftp://127.0.0.1", "ana")
    show(ana)
    assert "SyntaxError" in ana.expect("exception")["text"]


def test_a_connection_that_never_opens_can_be_closed(show):
    async def never(connection, request):
        await connection.wait_closed()

    with wsdemo.serve(welcome, name="never", process_request=never) as server:
        ana = Browser(server.url, "ana")
        tab = show(ana)
        ana.expect("page", state="opened")
        panel(tab, "ana").get_by_role("button", name="close").click()
        ana.expect("close", code=1006)


def test_long_messages_are_cut_in_the_log_and_in_the_report(server, show):
    ana = Browser(server.url, "ana")
    tab = show(ana)
    ana.expect("open")
    ana.send("x" * 200_000)
    event = ana.expect("send")
    assert (len(event["data"]), event["length"]) == (100_000, 200_000)
    line = panel(tab, "ana").locator("li.send .text")
    expect(line).to_have_text("x" * 2000 + " … (200000 characters)")


def test_long_messages_are_cut_between_characters(server, show):
    woman = "\U0001f469\u200d\U0001f4bb"  # five UTF-16 code units
    ana = Browser(server.url, "ana")
    tab = show(ana)
    ana.expect("open")
    ana.send("xyz" + woman * 40_000)
    assert ana.expect("send")["data"] == "xyz" + woman * 19_999
    line = panel(tab, "ana").locator("li.send .text")
    expect(line).to_have_text("xyz" + woman * 399 + " … (200003 characters)")


def test_a_second_tab_waits_and_can_take_over(server, show):
    ana = Browser(server.url, "ana")
    first = show(ana)
    ana.expect("message", data="Welcome!")
    second = first.context.new_page()
    second.goto(first.url)
    expect(panel(second, "ana").get_by_text("already open in another tab")).to_be_visible()
    assert len(server.connections) == 1
    panel(second, "ana").get_by_role("button", name="Use it here").click()
    expect(panel(second, "ana").locator("#state")).to_have_text("OPEN")
    expect(panel(first, "ana").get_by_text("already open in another tab")).to_be_visible()
    second.close()  # the page that waits starts by itself
    expect(panel(first, "ana").locator("#state")).to_have_text("OPEN")
    expect(panel(first, "ana").locator("#notice")).to_have_count(0)


def test_a_reload_is_a_fresh_connection(server, show):
    ana = Browser(server.url, "ana")
    ana.send("once")
    tab = show(ana)
    ana.expect("message", data="You said: once")
    tab.reload()
    ana.expect("page", state="left")
    expect_transcript(tab, "ana", ["● open", "↓ Welcome!"])


def test_a_panel_says_that_its_cell_was_run_again(server, show):
    former = Browser(server.url, "ana")
    tab = show(former)
    former.expect("open")
    Browser(server.url, "ana")
    expect(panel(tab, "ana").get_by_text("The cell was run again")).to_be_visible()
    expect(panel(tab, "ana").locator("#sending")).to_have_js_property("inert", True)


def test_a_panel_says_that_its_kernel_is_gone(server, show):
    ana = Browser(server.url, "ana")
    tab = show(ana)
    ana.expect("open")
    page_server().stop()
    page_server.cache_clear()
    advice = "Run the notebook’s cells again, up to this one."
    gone = panel(tab, "ana").get_by_text(f"The kernel that served this page is gone. {advice}")
    expect(gone).to_be_visible()
    tab.reload()
    expect(tab.get_by_text(f"This panel cannot reach its kernel. {advice}")).to_be_visible()
    expect(tab.locator("iframe")).to_have_count(0)


def test_a_saved_notebook_shows_its_placeholder_and_asks_nobody(show):
    class Saved:
        def _repr_mimebundle_(self):
            html = Browser("ws://127.0.0.1:1", "ana")._repr_mimebundle_()["text/html"]
            return {"text/html": html.replace(f'data-port="{page_server().port}"', 'data-port="0"')}

    asked = []
    tab = show()
    tab.on("request", lambda request: asked.append(request.url))
    tab.set_content(Saved()._repr_mimebundle_()["text/html"])
    expect(tab.get_by_text("opens here when you run this cell in JupyterLab")).to_be_visible()
    assert asked == []


def test_a_panel_that_is_not_trusted_is_not_said_to_have_lost_its_kernel(show):
    """JupyterLab takes away its port; then a cell is run, whose script looks at all panels."""
    ana, bob = Browser("ws://127.0.0.1:1", "ana"), Browser("ws://127.0.0.1:1", "bob")
    tab = show()
    stripped = re.sub(r' data-[a-z]+="[^"]*"', "", ana._div())
    tab.evaluate(
        """async ([stripped, html]) => {
          document.body.innerHTML = stripped;
          document.body.append(document.createRange().createContextualFragment(html));
        }""",
        [stripped, bob._repr_mimebundle_()["text/html"]],
    )
    expect(panel(tab, "bob").locator("#name")).to_have_text("bob")
    expect(tab.get_by_text("“ana”, opens here when you run this cell")).to_be_visible()
    expect(tab.get_by_text("Trust Notebook")).to_be_visible()


@pytest.mark.parametrize("kind", [Browser, lambda url: javascript("await fetch(url)", url=url)])
def test_a_panel_says_that_its_server_is_stopped(show, kind):
    with wsdemo.serve(welcome, name="stopped") as stopped:
        url = stopped.url.replace("ws", "http", 1)
        page = kind(url)
    tab = show(page)
    told = f"Nothing listens at {url}. Run the cell that starts this server, then this cell again."
    expect(panel(tab, page.name).get_by_text(told)).to_be_visible()
    seen = 'close 1006 ""' if isinstance(page, Browser) else "Uncaught TypeError: Failed to fetch"
    expect(panel(tab, page.name).locator("#log")).to_contain_text(seen)
    page._retire()  # then something else helps
    expect(panel(tab, page.name).get_by_text("The cell was run again")).to_be_visible()
    expect(panel(tab, page.name).get_by_text(told)).to_have_count(0)


def test_a_panel_takes_it_back_when_the_server_is_there_again(show):
    with wsdemo.serve(welcome, name="stopped") as stopped:
        url, port = stopped.url, stopped.port
    ana = Browser(url, "ana")
    tab = show(ana)
    remark = panel(tab, "ana").get_by_text("Nothing listens at")
    expect(remark).to_be_visible()
    with wsdemo.serve(welcome, name="stopped", port=port):
        panel(tab, "ana").get_by_role("button", name="reconnect").click()
        expect(panel(tab, "ana").locator("#state")).to_have_text("OPEN")
        expect(remark).to_have_count(0)


@pytest.mark.parametrize(
    ("body", "colour"),
    [
        ("", LIGHT),
        ('style="background: #111; color: #eee"', DARK),
        ('class="vscode-dark"', DARK),
        ('data-jp-theme-light="false"', DARK),
        ('data-jp-theme-light="true" style="color: #eee"', LIGHT),
    ],
)
def test_a_panel_takes_the_notebooks_theme(show, body, colour):
    tab = show(javascript("console.log(1)", name="js"), body=body)
    expect(panel(tab, "js").locator("body")).to_have_css("background-color", colour)


def test_a_panel_follows_a_change_of_theme(show):
    tab = show(javascript("console.log(1)", name="js"), body='data-jp-theme-light="true"')
    expect(panel(tab, "js").locator("body")).to_have_css("background-color", LIGHT)
    tab.evaluate("document.body.dataset.jpThemeLight = 'false'")
    expect(panel(tab, "js").locator("body")).to_have_css("background-color", DARK)


@pytest.mark.parametrize("width", [320, 960])
def test_nothing_is_clipped_on_a_phone_or_in_a_row_of_three(server, show, width):
    row = Browser(server.url, "ana") | Browser(server.url, "bob") | Browser(server.url, "eve")
    tab = show(row)
    tab.set_viewport_size({"width": width, "height": 900})
    for name in ("ana", "bob", "eve"):
        expect(panel(tab, name).locator("#state")).to_have_text("OPEN")
        body = panel(tab, name).locator("body")
        assert body.evaluate("body => body.scrollWidth <= innerWidth")
        assert body.evaluate(
            "() => [...document.querySelectorAll('button, input')]"
            ".every(each => each.getBoundingClientRect().right <= innerWidth - 8)"
        )
