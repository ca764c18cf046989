"""The finished servers in a real browser: their pages, and the source's own client."""

import json
import re

import pytest
from playwright.sync_api import expect

import wsdemo
from tests.browser.pages import STARTS, page_of
from wsdemo.apps import APPS, auth, binary, chat, dashboard, heartbeat

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("app", APPS)
def test_a_page_fits_a_phone_names_its_parts_and_asks_nobody_else(window, app):
    with STARTS[app]() as server:
        page = window.new_page()
        page.set_viewport_size({"width": 320, "height": 560})
        asked, troubles = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(page_of(server))
        expect(page.get_by_role("status").first).to_be_visible()
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("() => document.documentElement.scrollHeight <= innerHeight")
        for part in page.locator("input, button").all():
            name = part.evaluate("it => it.labels?.[0]?.textContent.trim() || it.textContent")
            assert name
        assert page.locator("#log").get_attribute("role") == "log"
        assert {each.split("/")[2] for each in asked} == {f"127.0.0.1:{server.port}"}
        assert troubles == []


CUT_OFF = """
() => {
  const pen = document.createElement("canvas").getContext("2d");
  return Array.from(document.querySelectorAll("[placeholder]")).filter((field) => {
    const { font, paddingLeft, paddingRight } = getComputedStyle(field);
    pen.font = font;
    const width = pen.measureText(field.placeholder).width;
    return width > field.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
  }).map(({ placeholder }) => placeholder);
}
"""
ALONE = """
() => {
  const box = (part) => part.getBoundingClientRect();
  const above = (one, other) => box(one).bottom <= box(other).top;
  const beside = (one, other) => !above(one, other) && !above(other, one);
  return Array.from(document.querySelectorAll("button")).filter((button) => {
    const others = Array.from(button.form.querySelectorAll("input, select, button"));
    return !others.some((other) => other !== button && beside(button, other));
  }).map(({ textContent }) => textContent);
}
"""


@pytest.mark.parametrize("app", APPS)
def test_fields_show_their_placeholder_and_no_button_has_a_row_of_its_own(window, app):
    with STARTS[app]() as server:
        page = window.new_page()
        page.goto(page_of(server))
        expect(page.get_by_role("status").first).to_be_visible()
        for width in (1280, 390, 320):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(CUT_OFF) == []
            assert page.evaluate(ALONE) == []
        for box in page.get_by_role("checkbox").all():
            size = box.bounding_box()
            assert min(size["width"], size["height"]) >= 24  # WCAG 2.2, success criterion 2.5.8


@pytest.mark.parametrize("app", APPS)
def test_the_keyboards_focus_stays_on_the_page_when_a_connection_closes_and_opens(tab, app):
    with STARTS[app]() as server:
        page = tab(server, "Ana" if app == "chat" else None)
        if app == "auth":
            page.get_by_label("Your token").fill("sesame")
            page.keyboard.press("Enter")
        toggle, state = page.locator("#toggle"), page.locator("#state")
        expect(state).to_contain_text("connected to")
        expect(toggle).to_have_text("Close")
        toggle.focus()
        page.keyboard.press("Enter")
        expect(state).to_have_text("not connected")
        expect(toggle).to_be_focused()
        page.keyboard.press("Enter")
        expect(state).to_contain_text("connected to")
        moved_on = page.get_by_label("Your message") if app in ("chat", "auth") else toggle
        expect(moved_on).to_be_focused()


@pytest.mark.parametrize("app", [each for each in APPS if each != "dashboard"])
def test_a_control_that_is_disabled_hands_its_focus_on(tab, app):
    with STARTS[app]() as server:
        page = tab(server, "Ana" if app == "chat" else None)
        if app == "auth":
            page.get_by_label("Your token").fill("sesame")
            page.keyboard.press("Enter")
        control = page.locator("[data-needs-connection]").first
        expect(control).to_be_enabled()
        control.focus()
        server.stop()
        expect(control).to_be_disabled()
        expect(page.locator("#toggle")).to_be_focused()


@pytest.mark.parametrize("deltas", [pytest.param(False, marks=pytest.mark.weekly), True])
def test_a_chart_holds_fifty_readings_a_second(tab, deltas):
    """Its last reading is fresh after two hundred of them: it has not fallen behind."""
    with dashboard.serve(rate=50, name="fast") as server:
        page = tab(server)
        if deltas:
            page.get_by_label("only what has changed").check()
            page.get_by_role("button", name="Close").click()
            page.get_by_role("button", name="Connect").click()
        pace = page.locator("#pace")
        expect(pace).to_have_text(re.compile(r"^2\d\d readings, "), timeout=15_000)
        received, _, age = map(int, re.findall(r"\d+", pace.text_content()))
        assert received >= 200
        assert age < 500
        assert re.fullmatch(r"7\d\.\d|80\.0", page.locator("#temp").text_content())
        points = page.locator("#temperature-line").get_attribute("points").split()
        assert len(points) == 120


# The source's browser client, as it stands but for the address.
SOURCE_CLIENT = """
(url) => {
  window.lines = [];
  const console = { log: (...words) => window.lines.push(words.join(" ")), error: console_error };
  function console_error(...words) { window.lines.push(words.join(" ")); }
  const ws = window.ws = new WebSocket(url);

  // Connection opened
  ws.addEventListener('open', (event) => {
    console.log('Connected to server');
    ws.send('Hello Server!');
  });

  // Receive messages
  ws.addEventListener('message', (event) => {
    console.log('Server says:', event.data);
  });

  // Connection closed
  ws.addEventListener('close', (event) => {
    console.log('Disconnected');
  });

  // Error handling
  ws.addEventListener('error', (error) => {
    console.error('WebSocket error:', error);
  });
}
"""


def test_the_source_client_is_greeted_echoed_and_closed(window, echo):
    page = window.new_page()
    page.goto(page_of(echo))
    page.evaluate(SOURCE_CLIENT, echo.url)
    page.wait_for_function("() => window.lines.length === 3")
    page.evaluate("() => window.ws.close()")
    page.wait_for_function("() => window.lines.length === 4")
    assert page.evaluate("() => window.lines") == [
        "Connected to server",
        "Server says: Welcome!",
        "Server says: You said: Hello Server!",
        "Disconnected",
    ]


# The source's browser code, as it stands but for the addresses


SOURCE_CHAT = """
(url) => {
  const shown = window.shown = [];
  const displayMessage = (user, message) => shown.push(`${user}: ${message}`);
  const ws = window.ws = new WebSocket(url);
  const username = prompt('Enter your name:');

  ws.addEventListener('open', () => {
    shown.push('Connected to chat');
  });

  ws.addEventListener('message', (event) => {
    const data = JSON.parse(event.data);
    displayMessage(data.user, data.message);
  });

  function sendMessage(message) {
    ws.send(JSON.stringify({
      user: username,
      message: message
    }));
  }

  // Hook up to your UI
  document.querySelector('#send').addEventListener('click', () => {
    const msg = document.querySelector('#input').value;
    sendMessage(msg);
  });
}
"""
SOURCE_HEARTBEAT = """
(url) => {
  const answers = window.answers = [];
  const ws = window.ws = new WebSocket(url);
  ws.addEventListener('message', (event) => answers.push(event.data));

  setInterval(() => {
    if (ws.readyState === WebSocket.OPEN) {
      ws.send(JSON.stringify({ type: 'heartbeat' }));
    }
  }, 50);
}
"""
SOURCE_TOKEN = """
([address, token]) => {
  const events = window.events = [];
  const ws = new WebSocket(`${address}?token=${token}`);
  ws.addEventListener('open', () => events.push('open'));
  ws.addEventListener('close', (event) => events.push(`close ${event.code} ${event.reason}`));
  ws.addEventListener('message', (event) => events.push(event.data));
}
"""
# `new WebSocket(url, {headers})`, as the source has it for "a library that supports headers".
SOURCE_HEADERS = """
(url) => {
  try {
    new WebSocket(url, {
      headers: {
        'Authorization': 'Bearer token123'
      }
    });
    return 'no error';
  } catch (error) {
    return error.name;
  }
}
"""
SOURCE_BINARY = """
(url) => {
  const views = window.views = [];
  const ws = new WebSocket(url);
  ws.addEventListener('open', () => {
    const buffer = new Uint8Array([1, 2, 3, 4]);
    ws.send(buffer);
  });
  ws.addEventListener('message', (event) => {
    if (event.data instanceof Blob) {
      event.data.arrayBuffer().then(buffer => {
        const view = new Uint8Array(buffer);
        views.push(Array.from(view));
      });
    }
  });
}
"""


BLANK = "<!doctype html><title>blank</title><input id=input><button id=send>send</button>"


@pytest.fixture
def blank(window):
    """A page from another port, with what the source's code looks for."""

    async def nobody(connection):
        await connection.wait_closed()

    with wsdemo.serve(nobody, name="blank", pages={"/": BLANK}) as host:
        page = window.new_page()
        page.set_default_timeout(10_000)
        page.goto(page_of(host))
        yield page


def test_the_sources_chat_client(blank, tab):
    with chat.serve() as server:
        other = tab(server, "Bob")
        blank.on("dialog", lambda dialog: dialog.accept("Ana"))
        blank.evaluate(SOURCE_CHAT, server.url)
        blank.wait_for_function("() => window.shown.length === 1")
        blank.locator("#input").fill("Hello")
        blank.locator("#send").click()
        blank.wait_for_function("() => window.shown.length === 2")
        assert blank.evaluate("() => window.shown") == ["Connected to chat", "Ana: Hello"]
        expect(other.locator("#log li").last).to_contain_text("Ana Hello")


def test_the_sources_heartbeat_client(blank):
    # A browser on a busy machine may need a good part of a second for a Pong.
    with heartbeat.serve(interval=1) as server:
        blank.evaluate(SOURCE_HEARTBEAT, server.url)
        blank.wait_for_function("() => window.answers.length >= 45")  # more than two sweeps
        types = {json.loads(each)["type"] for each in blank.evaluate("() => window.answers")}
        assert types == {"heartbeat"}
        assert blank.evaluate("() => window.ws.readyState") == 1  # it has answered the Pings


@pytest.mark.parametrize(
    ("late", "token", "events"),
    [
        (True, "user-auth-token", ["open", "Welcome!"]),
        (True, "wrong", ["open", "close 1008 Invalid token"]),
        (False, "wrong", ["close 1006 "]),
    ],
)
def test_the_sources_token_in_the_url(blank, late, token, events):
    with auth.serve("user-auth-token", refuse_after_open=late) as server:
        blank.evaluate(SOURCE_TOKEN, [server.url, token])
        blank.wait_for_function("count => window.events.length === count", arg=len(events))
        assert blank.evaluate("() => window.events") == events


def test_the_sources_headers_are_no_browsers(blank, echo):
    assert blank.evaluate(SOURCE_HEADERS, echo.url) == "SyntaxError"


def test_the_sources_bytes_come_as_a_blob(blank):
    with binary.serve() as server:
        blank.evaluate(SOURCE_BINARY, server.url)
        blank.wait_for_function("() => window.views.length === 1")
        assert blank.evaluate("() => window.views") == [[1, 2, 3, 4]]


# The source's JSON, as it stands but for the address, open and an end.
SOURCE_JSON = """(url) => {
  const ws = new WebSocket(url);
  const said = new Promise((done) => {
    // Receive
    ws.addEventListener('message', (event) => {
      const data = JSON.parse(event.data);
      done([data.type, data.message]);
    });
  });
  // Send
  ws.addEventListener('open', () => {
    ws.send(JSON.stringify({ type: 'chat', message: 'Hello' }));
  });
  return said;
}"""


def test_the_sources_json(blank):
    with binary.serve() as server:
        assert blank.evaluate(SOURCE_JSON, server.url) == ["chat", "Hello"]
