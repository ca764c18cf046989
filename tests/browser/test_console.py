"""Messages that Chromium writes into its console only, where no page can read them.

The index of errors has a row for each; lesson 02 speaks of them.
"""

import pytest

import wsdemo
from tests.lessons.errors import explained

FAILED = "WebSocket connection to 'ws://…' failed: "

CLOSED_EARLY = """(url) => new Promise((done) => {
  const ws = new WebSocket(url);
  ws.onclose = ({code}) => done(code);
  ws.close();
})"""

SENT_LATE = """(url) => new Promise((done) => {
  const ws = new WebSocket(url);
  ws.onopen = () => ws.close();
  ws.onclose = ({code}) => { ws.send("too late"); done(code); };
})"""

CONNECT = """(url) => new Promise((done) => {
  const ws = new WebSocket(url);
  ws.onclose = ({code}) => done(code);
})"""


async def wait(connection):
    await connection.wait_closed()


@pytest.fixture
def console(window):
    """Run a script in a page; return what it returns, and what the console shows."""

    def run(script, path="", stopped=False):
        page, texts = window.new_page(), []
        page.on("console", lambda message: texts.append(message.text))
        with wsdemo.serve(wait, pages={"/": "<p>"}, process_request=refuse_elsewhere) as server:
            page.goto(server.url.replace("ws:", "http:"))
            url = server.url + path
            if not stopped:
                return page.evaluate(script, url), "\n".join(texts)
        return page.evaluate(script, url), "\n".join(texts)

    return run


def refuse_elsewhere(connection, request):
    if request.path != "/":
        return connection.respond(403, "no such path\n")
    return None


@pytest.mark.browser
def test_a_close_before_open(console):
    code, shown = console(CLOSED_EARLY)
    assert code == 1006
    assert FAILED + "WebSocket is closed before the connection is established." in explained(shown)


@pytest.mark.browser
def test_a_send_after_the_close(console):
    code, shown = console(SENT_LATE)
    assert code == 1005
    assert "WebSocket is already in CLOSING or CLOSED state." in explained(shown)


@pytest.mark.browser
def test_a_handshake_that_is_refused(console):
    code, shown = console(CONNECT, path="/elsewhere")
    assert code == 1006
    assert FAILED + "Error during WebSocket handshake: Unexpected response code: 403" in explained(
        shown
    )


@pytest.mark.browser
def test_a_server_that_is_not_there(console):
    code, shown = console(CONNECT, stopped=True)
    assert code == 1006
    assert FAILED + "Error in connection establishment: net::ERR_CONNECTION_REFUSED" in explained(
        shown
    )
