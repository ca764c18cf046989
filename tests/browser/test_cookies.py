"""What lesson 05 says of cookies: an attribute SameSite=Lax does not stop another port's page."""

import contextlib

import pytest

import wsdemo

SCRIPT = """async (address) => {
  const ws = new WebSocket(address);
  return await new Promise((done) => {
    ws.onmessage = ({data}) => done(data);
    ws.onclose = ({code}) => done(`close ${code}`);
  });
}"""


def bank(connection, request):
    if "Upgrade" in request.headers:
        return None
    response = connection.respond(200, "logged in\n")
    response.headers["Set-Cookie"] = "session=42; HttpOnly; SameSite=Lax"
    return response


async def show_cookie(connection):
    await connection.send(connection.request.headers.get("Cookie", "no cookie"))
    await connection.wait_closed()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("host", "sent"), [("127.0.0.1", "session=42"), ("localhost", "no cookie")]
)
def test_whose_page_sends_a_lax_cookie(window, host, sent):
    """Another port is the same site; another name is not."""
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(
            wsdemo.serve(show_cookie, name="lax", process_request=bank, close_timeout=0.1)
        )
        other = stack.enter_context(wsdemo.serve(show_cookie, name="other", pages={"/": "<p>"}))
        page = window.new_page()
        page.goto(ours.url.replace("ws", "http", 1))
        page.goto(f"http://{host}:{other.port}/")
        assert page.evaluate(SCRIPT, ours.url) == sent
        page.close()
