"""What lesson 09 says of browsers: a certificate once accepted, and mixed content."""

import ssl

import pytest
import trustme

import wsdemo
from tests.lessons.errors import explained

CONNECT = """async (address) => {
  try {
    const ws = new WebSocket(address);
    return await new Promise((done) => {
      ws.onopen = () => ws.send("Hello");
      ws.onmessage = ({data}) => { done(data); ws.close(); };
      ws.onclose = ({code}) => done(`close ${code}`);
    });
  } catch (error) {
    return error.name;
  }
}"""


async def echo(connection):
    async for message in connection:
        await connection.send(message)


@pytest.fixture
def secure():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with wsdemo.serve(echo, ssl=context, name="secure", pages={"/": "<p>"}) as server:
        yield server


@pytest.mark.browser
def test_a_browser_refuses_an_unknown_authority(window, secure):
    page, shown = window.new_page(), []
    page.on("console", lambda message: shown.append(message.text))
    assert page.evaluate(CONNECT, secure.url) == "close 1006"
    reason = "Error in connection establishment: net::ERR_CERT_AUTHORITY_INVALID"
    assert any(reason in each for each in explained("\n".join(shown)))


@pytest.mark.browser
def test_a_secure_page_may_not_open_ws(chromium, secure):
    """192.0.2.1 is nobody's (RFC 5737), and is not asked: the browser refuses before."""
    # Who says "proceed" to the page has accepted the certificate for its WebSockets, too.
    context = chromium.new_context(ignore_https_errors=True)
    try:
        with wsdemo.serve(echo, name="plain") as plain:
            page = context.new_page()
            page.goto(secure.url.replace("wss", "https"))
            assert page.evaluate(CONNECT, secure.url) == "Hello"
            assert page.evaluate(CONNECT, plain.url) == "Hello"
            assert page.evaluate(CONNECT, "ws://192.0.2.1/") == "SecurityError"
    finally:
        context.close()
