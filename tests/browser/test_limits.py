"""What lesson 13 says of browsers: how many connections may be connecting, and how many open."""

import contextlib

import pytest

import wsdemo

OPEN = """async ([address, count]) => {
  const states = { open: 0 };
  window.kept ??= [];
  await Promise.all(Array.from({ length: count }, () => new Promise((done) => {
    const ws = new WebSocket(address);
    window.kept.push(ws);
    ws.onopen = () => done(states.open++);
    ws.onclose = ({ code }) => done(states[code] = (states[code] ?? 0) + 1);
  })));
  return states;
}"""


async def hold(connection):
    await connection.wait_closed()


@pytest.mark.browser
@pytest.mark.weekly
def test_chromium_opens_255_from_one_page(window):
    """Whatever servers they go to, so it is no limit per domain; the next ones fail at once."""
    with contextlib.ExitStack() as stack:
        ours, other = [
            stack.enter_context(wsdemo.serve(hold, name=name, compression=None, pages={"/": "<p>"}))
            for name in ("ours", "other")
        ]
        page = window.new_page()
        page.goto(ours.url.replace("ws", "http", 1))
        assert page.evaluate(OPEN, [ours.url, 260]) == {"open": 255, "1006": 5}
        assert page.evaluate(OPEN, [other.url, 3]) == {"open": 0, "1006": 3}
        assert len(ours.connections) == 255
        page.close()
