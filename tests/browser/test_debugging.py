"""What lesson 14 says of the developer tools: they show messages, and neither frames nor pings.

The tools read these very events (the DevTools Protocol's Network domain).
"""

import asyncio

import pytest

import wsdemo

CONVERSE = """(url) => new Promise((done) => {
  const ws = new WebSocket(url);
  ws.onopen = () => ws.send("tell me");
  ws.onclose = ({code}) => done(code);
})"""

TEXT, BINARY = 1, 2


async def everything(connection):
    await connection.recv()
    await connection.send(["first ", "second ", "third"])
    await connection.send(b"\x00\x01")
    await asyncio.wait_for(await connection.ping("alive?"), 5)
    await connection.close(4000, "enough")


@pytest.mark.browser
def test_the_tools_show_messages_and_hide_the_rest(window):
    page = window.new_page()
    tools, seen = window.new_cdp_session(page), []
    tools.send("Network.enable")
    for name in ("Sent", "Received"):
        event = f"Network.webSocketFrame{name}"
        tools.on(event, lambda what, name=name: seen.append((name, what["response"])))
    with (
        wsdemo.serve(everything, compression=None, pages={"/": "<p>"}) as server,
        wsdemo.Wire(server.url) as wire,
    ):
        page.goto(server.url.replace("ws:", "http:"))
        assert page.evaluate(CONVERSE, wire.url) == 4000
        frames = [seen.frame.name for seen in wire.frames]
    assert [(name, what["opcode"], what["payloadData"]) for name, what in seen] == [
        ("Sent", TEXT, "tell me"),
        ("Received", TEXT, "first second third"),
        ("Received", BINARY, "AAE="),
    ]
    assert {"CONTINUATION", "PING", "PONG", "CLOSE"} < set(frames)
