"""The finished servers in a real browser: their pages, and the source's own client."""

import pytest
from playwright.sync_api import expect

import wsdemo.apps.echo

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


@pytest.fixture
def echo():
    with wsdemo.apps.echo.serve(name="echo in a browser") as server:
        yield server


def page_of(server):
    return server.url.replace("ws", "http", 1)


@pytest.mark.browser
def test_the_echo_page_talks(window, echo):
    page = window.new_page()
    page.goto(page_of(echo))
    log = page.locator("#log li")
    expect(log).to_have_text(["↓ Welcome!"])
    page.get_by_label("Your message").fill("<b>Hello</b>")
    page.keyboard.press("Enter")
    expect(log).to_have_text(["↓ Welcome!", "↑ <b>Hello</b>", "↓ You said: <b>Hello</b>"])
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("status")).to_have_text("not connected")
    page.get_by_role("button", name="Connect again").click()
    expect(log.last).to_have_text("↓ Welcome!")


@pytest.mark.browser
def test_the_echo_page_says_that_its_server_has_gone(window, echo):
    page = window.new_page()
    page.goto(page_of(echo))
    expect(page.locator("#log li")).to_have_text(["↓ Welcome!"])
    echo.stop()
    expect(page.locator("#log li").last).to_contain_text("closed: code 1001")
    expect(page.get_by_role("button", name="Send")).to_be_disabled()


@pytest.mark.browser
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
