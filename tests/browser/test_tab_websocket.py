"""The WebSocket of the browser edition's panels beside the browser's own."""

import pytest

from tests.browser.tab_bridge import console

pytestmark = pytest.mark.browser

API = """
const ws = new WebSocket(url);
const address = new URL(url);
console.log(ws.constructor.name, ws instanceof EventTarget, ws.url === address.href, ws.onopen);
console.log(WebSocket.OPEN, ws.CLOSED, ws.binaryType, JSON.stringify(ws.protocol));
const order = [];
ws.addEventListener("open", () => order.push("first"));
ws.onopen = () => order.push("replaced");
ws.addEventListener("open", () => order.push("third"));
ws.onopen = function (event) { order.push(this === ws && event.target === ws); };
await new Promise((done) => ws.addEventListener("open", done));
console.log(order);
const messages = [];
ws.onmessage = (event) => messages.push(event);
const next = async () => {
  while (!messages.length) await new Promise((done) => setTimeout(done, 5));
  return messages.shift();
};
console.log((await next()).origin === address.origin);
ws.send(new Blob(["blob"]));
ws.send("text");
console.log(ws.bufferedAmount);
console.log(await (await next()).data.text());
console.log((await next()).data);
ws.binaryType = "arraybuffer";
ws.send(new Uint8Array([0, 1, 2, 3]).subarray(1, 3));
console.log(new Uint8Array((await next()).data));
ws.send(7);
console.log((await next()).data, ws.bufferedAmount);
ws.close(3000, "é");
console.log(ws.readyState);
ws.send("dropped");
console.log(ws.bufferedAmount);
const { code, reason, wasClean } = await new Promise((done) => { ws.onclose = done; });
console.log(code, reason, wasClean, ws.readyState);
"""


def test_the_websocket_is_a_browsers(host, panels_echo):
    assert console(host, API, panels_echo.url) == [
        "WebSocket true true null",
        '1 3 blob ""',
        '["first", true, "third"]',
        "true",
        "8",
        "blob",
        "You said: text",
        "Uint8Array(2) [1, 2]",
        "You said: 7 0",
        "2",
        "7",
        "3000 é true 3",
    ]


RAISES = """
const attempts = [
  () => new WebSocket("http://["),
  () => new WebSocket("ftp://a/"),
  () => new WebSocket("ws://a/#b"),
  () => new WebSocket(url, "a b"),
  () => new WebSocket(url, ["a", "a"]),
  () => new WebSocket(url, { headers: {} }),
  () => new WebSocket(url).send(""),
  () => new WebSocket(url).close(1001),
  () => new WebSocket(url).close(3000, "é".repeat(62)),
];
for (const attempt of attempts) {
  try {
    attempt();
    console.log("nothing");
  } catch (error) {
    console.log(error.name);
    texts.push(error.message);
  }
}
"""


def test_it_raises_what_the_browsers_own_raises(host, panels_echo):
    """The same program, once in a panel and once in a page with the browser's own WebSocket."""
    code = f"const texts = [];{RAISES}texts.forEach((it) => console.log(it));"
    lines = console(host, code, panels_echo.url)
    own = host.evaluate(
        """([url, code]) => {
          const texts = [], lines = [], console = { log: (it) => lines.push(it) };
          new Function("url", "texts", "console", code)(url, texts, console);
          return [...lines, ...texts];
        }""",
        [panels_echo.url, RAISES],
    )
    assert lines == own
