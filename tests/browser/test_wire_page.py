"""The page of a displayed wire in Chromium: lines, filter, buttons, and what it says at its end."""

import re

import pytest
from playwright.sync_api import expect

import wsdemo
from tests.browser.axe import require_axe, violations
from tests.browser.conftest import PATIENCE_MS
from tests.browser.lab import STABLE, panel
from tests.wire.kit import client, echo
from wsdemo.browser.page_server import page_server
from wsdemo.wire import follower

pytestmark = pytest.mark.browser

STOPPED = "This wire is stopped: nothing passes any more. Run the cell that makes it, then"


@pytest.fixture
def wire():
    with wsdemo.serve(echo, compression=None) as server, wsdemo.Wire(server.url) as wire:
        yield wire


@pytest.fixture
def talk(wire):
    """A client that is connected through the wire."""
    with client(wire) as connection:
        yield connection


def say(connection, *messages):
    for message in messages:
        connection.send(message)
        connection.recv(timeout=PATIENCE_MS / 1000)


def lines(page):
    return page.locator("#log li")


def texts(page):
    return page.locator("#log .text").all_inner_texts()


def calls(page):
    return page.locator("#python code")


def document(tab):
    return tab.locator('iframe[title="wire"]').first.element_handle().content_frame()


def test_frames_are_shown_as_they_pass(wire, talk, show):
    tab = show(wire)
    page = panel(tab, "wire")
    expect(lines(page)).to_have_count(2)
    expect(page.locator("#earlier")).to_be_hidden()
    say(talk, "Hello", b"\0\xff")
    expect(lines(page)).to_have_count(6)
    assert document(tab).evaluate(STABLE) == [
        "client → server GET / HTTP/1.1",
        "server → client HTTP/1.1 101 Switching Protocols",
        "client → server TEXT 'Hello'",
        "server → client TEXT 'Hello'",
        "client → server BINARY 00 ff",
        "server → client BINARY 00 ff",
    ]
    expect(lines(page).nth(2).locator(".notes")).to_have_text("6 + 5 bytes, masked")
    expect(lines(page).nth(2).locator("time")).to_have_text(re.compile(r"^\d+\.\d{3} s$"))
    expect(page.locator("#state")).to_have_text("open, 1 connection")
    expect(page.locator("#address")).to_have_text(wire.url)
    expect(page.locator("#count")).to_have_text("6 lines")


def test_before_anything_has_passed_it_says_what_to_do(wire, show):
    page = panel(show(wire), "wire")
    expect(page.locator("#log")).to_have_text(
        "Nothing has passed yet. Connect a client to wire.url, not to the server."
    )
    expect(page.locator("#count")).to_have_text("0 lines")


def test_what_a_stranger_sends_is_text(wire, talk, show):
    tab = show(wire)
    say(talk, "<img src=x onerror=alert(1)>", "\u202eevil")
    page = panel(tab, "wire")
    expect(lines(page)).to_have_count(6)
    assert texts(page)[2] == "TEXT '<img src=x onerror=alert(1)>'"
    assert texts(page)[4] == r"TEXT '\u202eevil'"
    expect(page.locator("#log img")).to_have_count(0)


def test_a_filter_shows_fewer_lines(wire, talk, show):
    page = panel(show(wire), "wire")
    say(talk, "apple", "pear")
    talk.ping().wait(5)
    expect(lines(page)).to_have_count(8)
    page.get_by_label("Direction to show").select_option("server → client")
    expect(lines(page)).to_have_count(4)
    page.get_by_label("Kind to show").select_option("TEXT")
    assert texts(page) == ["TEXT 'apple'", "TEXT 'pear'"]
    page.get_by_label("Text to show").fill("PEAR")
    expect(lines(page)).to_have_text([re.compile("pear")])
    expect(page.locator("#count")).to_have_text("1 of 8 lines")
    say(talk, "another pear", "plum")
    expect(lines(page)).to_have_count(2)
    for label in ("Direction to show", "Kind to show"):
        page.get_by_label(label).select_option("")
    page.get_by_label("Text to show").fill("")
    expect(lines(page)).to_have_count(12)
    page.get_by_label("Text to show").fill("masked")
    expect(lines(page)).to_have_count(5)


def test_buttons_break_the_connection_and_print_the_python(wire, talk, show):
    page = panel(show(wire), "wire")

    def press(name):
        page.get_by_role("button", name=name, exact=True).click()

    page.get_by_label("In which direction").select_option("to client")
    press("freeze")
    expect(page.locator("#conditions")).to_have_text("frozen (to client)")
    talk.send("held")
    expect(lines(page).last).to_have_class(re.compile("held"))
    expect(lines(page).last).to_contain_text("held on the wire")
    press("thaw")
    expect(page.locator("#conditions")).to_have_text("")
    expect(page.locator("#log .held")).to_have_count(0)
    page.get_by_label("In which direction").select_option("both directions")
    page.get_by_label("Delay in seconds").fill("0.25")
    press("delay")
    page.get_by_label("Bytes a second").fill("500")
    press("throttle")
    expect(page.locator("#conditions")).to_have_text("delay 0.25 s, throttle 500 bytes/s")
    press("no delay")
    press("no throttle")
    expect(page.locator("#conditions")).to_have_text("")
    press("cut")
    expect(page.locator("#state")).to_have_text("open, no connections")
    expect(calls(page)).to_have_text(
        [
            'wire.freeze("to client")',
            'wire.thaw("to client")',
            "wire.delay(0.25)",
            "wire.throttle(500)",
            "wire.delay(0)",
            "wire.throttle(None)",
            "wire.cut()",
        ]
    )


def test_a_frame_is_injected(wire, talk, show):
    page = panel(show(wire), "wire")
    page.get_by_label("Data to inject").fill('say "hi"')
    page.get_by_role("button", name="inject to client").click()
    assert talk.recv(timeout=PATIENCE_MS / 1000) == 'say "hi"'
    expect(lines(page).last).to_contain_text("injected")
    page.get_by_label("Kind of frame to inject").select_option("close")
    page.get_by_label("Data to inject").fill("1001 going away")
    page.get_by_role("button", name="inject to server").click()
    expect(calls(page)).to_have_text(
        [
            r'wire.inject("say \"hi\"", "to client")',
            'wire.inject("going away", "to server", kind="close", code=1001)',
        ]
    )


def test_into_one_of_two_connections(wire, talk, show):
    page = panel(show(wire), "wire")
    expect(page.get_by_label("Connection to inject into")).to_be_hidden()
    with client(wire) as other:
        page.get_by_label("Connection to inject into").select_option("connection 2")
        page.get_by_label("Data to inject").fill("for one")
        page.get_by_role("button", name="inject to client").click()
        assert other.recv(timeout=PATIENCE_MS / 1000) == "for one"
        expect(calls(page)).to_have_text('wire.inject("for one", "to client", connection=2)')
        with pytest.raises(TimeoutError):
            talk.recv(timeout=0.05)


def test_a_mistake_is_told_and_what_was_typed_stays(wire, show):
    page = panel(show(wire), "wire")
    page.get_by_label("Delay in seconds").fill("half")
    page.get_by_role("button", name="delay", exact=True).click()
    error = page.get_by_role("alert")
    expect(error).to_have_text("delay takes seconds: delay 0.5")
    page.get_by_label("Data to inject").fill("to nobody")
    page.get_by_role("button", name="inject to client").click()
    expect(error).to_contain_text("no connection is open: connect a client to wire.url")
    expect(page.get_by_label("Delay in seconds")).to_have_value("half")
    expect(page.get_by_label("Data to inject")).to_have_value("to nobody")
    expect(page.locator("#python")).to_be_hidden()
    page.get_by_role("button", name="thaw").click()
    expect(page.locator("#error")).to_have_text("")


def test_the_python_is_copied(wire, show):
    tab = show(wire)
    page = panel(tab, "wire")
    page.get_by_role("button", name="thaw").click()
    page.get_by_role("button", name="copy wire.thaw()").click()
    expect(page.get_by_role("button", name="copy wire.thaw()")).to_have_text("copied")
    page.get_by_label("Data to inject").focus()
    tab.keyboard.press("Control+V")
    expect(page.get_by_label("Data to inject")).to_have_value("wire.thaw()")


def test_the_keyboard_reaches_all_and_enter_presses(wire, show):
    tab = show(wire)
    page = panel(tab, "wire")
    page.get_by_label("Direction to show").focus()
    reached = []
    for _ in range(17):
        reached.append(
            document(tab).evaluate(
                "document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()"
            )
        )
        tab.keyboard.press("Tab")
    assert reached == [
        "Direction to show", "Kind to show", "Text to show", "What passes", "In which direction",
        "freeze", "thaw", "cut", "Delay in seconds", "delay", "no delay", "Bytes a second",
        "throttle", "no throttle", "Kind of frame to inject", "Data to inject", "inject to server",
    ]  # fmt: skip
    page.get_by_label("Bytes a second").fill("70")
    tab.keyboard.press("Enter")
    expect(calls(page)).to_have_text("wire.throttle(70)")


def test_the_latest_500_lines_are_shown_and_the_newest_stays_in_sight(wire, talk, show):
    page = panel(show(wire), "wire")
    expect(lines(page)).to_have_count(2)
    for number in range(300):
        say(talk, f"message {number}")
    expect(lines(page).last).to_contain_text("message 299")
    expect(lines(page)).to_have_count(500)
    expect(page.locator("#earlier")).to_have_text("… 102 earlier lines")
    expect(lines(page).last).to_be_in_viewport()
    log, newest = page.get_by_role("log", name="What passes"), page.locator("#newest")
    expect(newest).to_be_hidden()
    log.evaluate("log => { log.scrollTop = 0; }")
    expect(newest).to_have_text("↓ newest")
    say(talk, "unseen")
    expect(newest).to_have_text("↓ 2 new")
    newest.click()
    expect(lines(page).last).to_be_in_viewport()
    expect(newest).to_be_hidden()
    page.get_by_label("Text to show").fill("message 1")
    expect(page.locator("#count")).to_have_text("222 of 604 lines")
    expect(page.locator("#earlier")).to_be_hidden()


@pytest.mark.weekly
def test_the_page_keeps_5000_lines_for_its_filter(wire, talk, show):
    page = panel(show(wire), "wire")
    expect(lines(page)).to_have_count(2)
    say(talk, *map(str, range(2600)))
    expect(page.locator("#count")).to_have_text("5,202 lines")
    page.get_by_label("Direction to show").select_option("client → server")
    expect(page.locator("#count")).to_have_text("2,500 of 5,202 lines")
    expect(page.locator("#earlier")).to_have_text(
        "… 2,000 earlier lines fit, the first 202 lines are no longer searched"
    )


def test_what_the_kernel_no_longer_has_is_counted(wire, talk, show, monkeypatch):
    monkeypatch.setattr(follower, "LATEST", 100)
    say(talk, *map(str, range(150)))
    page = panel(show(wire), "wire")
    expect(lines(page)).to_have_count(100)
    expect(page.locator("#earlier")).to_have_text("… 202 earlier lines")
    page.get_by_label("Kind to show").select_option("PING")
    expect(page.locator("#earlier")).to_have_text("… the first 202 lines are no longer searched")
    expect(page.locator("#count")).to_have_text("0 of 302 lines")


def test_a_wire_displayed_twice_is_live_twice(wire, talk, show):
    tab = show(wire, wire)
    frames = tab.locator('iframe[title="wire"]')
    expect(frames).to_have_count(2)
    pages = [frames.nth(place).content_frame for place in (0, 1)]
    for page in pages:
        expect(lines(page)).to_have_count(2)
    say(talk, "Hello")
    pages[0].get_by_role("button", name="freeze").click()
    for page in pages:
        expect(lines(page)).to_have_count(5)
        expect(page.locator("#conditions")).to_have_text("frozen")
    wire.thaw()


def test_a_stopped_wire_shows_its_recording_and_offers_nothing(wire, show):
    with client(wire) as connection:
        say(connection, "Hello")
    tab = show(wire)
    page = panel(tab, "wire")
    expect(lines(page)).to_have_count(6)
    page.get_by_label("Data to inject").fill("kept")
    wire.stop()
    for shown in (page, panel(show(wire), "wire")):  # the page that is open, and a new one
        expect(shown.get_by_text(STOPPED)).to_be_visible()
        expect(shown.locator("#state")).to_have_text("stopped")
        for button in shown.locator("[data-command], [data-inject]").all():
            expect(button).to_be_disabled()
        expect(lines(shown)).to_have_count(6)
        shown.get_by_label("Text to show").fill("hello")
        expect(lines(shown)).to_have_count(2)
    expect(page.get_by_label("Data to inject")).to_have_value("kept")


def test_without_its_kernel_it_keeps_its_lines_and_says_what_to_do(wire, talk, show):
    tab = show(wire)
    page = panel(tab, "wire")
    expect(lines(page)).to_have_count(2)
    page_server().stop()
    page_server.cache_clear()
    gone = "The kernel that served this page is gone. Run the notebook’s cells again, up to this"
    expect(page.get_by_text(gone)).to_be_visible()
    expect(page.locator("#controls")).to_have_js_property("inert", True)
    expect(lines(page)).to_have_count(2)
    tab.reload()
    expect(tab.get_by_text("This panel cannot reach its kernel.")).to_be_visible()


@pytest.mark.weekly
@pytest.mark.parametrize("state", ["open", "stopped"])
def test_it_has_no_violation_and_nothing_is_clipped_on_a_phone(wire, show, state):
    require_axe()
    tab = show(wire)
    page = panel(tab, "wire")
    with client(wire) as one, client(wire) as two:
        say(one, "Hello", "long " * 30)
        say(two, b"\0")
        page.get_by_role("button", name="freeze").click()
        one.send("held")
        expect(page.locator("#log .held")).to_have_count(1)
        page.get_by_label("Data to inject").fill("x")
        page.get_by_role("button", name="inject to client").click()
        page.get_by_label("Delay in seconds").fill("x")
        page.get_by_role("button", name="delay", exact=True).click()
        expect(page.get_by_role("alert")).not_to_be_empty()
        page.locator("#log").evaluate("log => { log.scrollTop = 0; }")
        if state == "stopped":
            wire.stop()
            expect(page.get_by_text(STOPPED)).to_be_visible()

        def paint(scheme):  # as JupyterLab tells its theme
            script = "light => { document.body.dataset.jpThemeLight = light }"
            tab.evaluate(script, "true" if scheme == "light" else "false")

        assert violations(tab, document(tab), paint) == []
        tab.set_viewport_size({"width": 390, "height": 800})
        assert document(tab).evaluate(
            "() => document.body.scrollWidth <= innerWidth && "
            "[...document.querySelectorAll('button, input, select')]"
            ".filter(each => each.offsetParent)"
            ".every(each => each.getBoundingClientRect().right <= innerWidth - 8)"
        )
        wire.thaw()
