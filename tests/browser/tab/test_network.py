"""What stands for the browser's network in a panel: fetch, EventSource and WebSocket."""

import pytest

from tests.browser.tab.kit import console
from wsdemo.scenes.http_feed import HTTPFeed

pytestmark = pytest.mark.browser


def test_fetch_obeys_the_servers_word(page):
    with HTTPFeed(events=5) as feed:
        code = """
        const answer = await fetch(url + "/now?after=3");
        console.log(answer.status, answer.ok, answer.type, answer.url === url + "/now?after=3");
        console.log((await answer.text()).split("\\n").length, answer.headers.get("content-type"));
        await fetch(url + "/private").catch((error) => console.log(String(error)));
        const headers = { "x-a": "1" };
        await fetch(url + "/now", { headers }).catch((error) => console.log(error.name));
        const hidden = await fetch(url + "/private", { mode: "no-cors" });
        console.log(hidden.type, hidden.status, (await hidden.text()).length);
        const giveUp = new AbortController();
        const late = fetch(url + "/next?after=5", { signal: giveUp.signal });
        giveUp.abort();
        await late.catch((error) => console.log(error.name));
        """
        lines = console(page, code, feed.url)
    words = (
        "NetworkError when attempting to fetch resource." if page.is_firefox else "Failed to fetch"
    )
    assert lines == [
        "200 true cors true",
        "2 text/plain",
        f"TypeError: {words}",
        "TypeError",
        "opaque 0 0",
        "AbortError",
    ]


def test_event_source_reconnects(page):
    with HTTPFeed(events=4) as feed:
        code = """
        const source = new EventSource(url + "/events?after=0&most=2");
        console.log(source.readyState, source instanceof EventTarget, source.url.slice(url.length));
        await new Promise((done) => {
          source.onopen = () => console.log("open", source.readyState);
          source.onerror = () => console.log("error", source.readyState);
          source.onmessage = ({ lastEventId }) => {
            console.log("event", lastEventId);
            if (lastEventId === "4") done();
          };
        });
        source.close();
        console.log(source.readyState, EventSource.CLOSED);
        """
        lines = console(page, code, feed.url)
    assert lines == [
        "0 true /events?after=0&most=2",
        "open 1",
        "event 1",
        "event 2",
        "error 0",
        "open 1",
        "event 3",
        "event 4",
        "2 2",
    ]


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


def test_the_websocket_is_a_browsers(page, server):
    assert console(page, API, server.url) == [
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


def test_it_raises_what_the_browsers_own_raises(page, server):
    """The same program, once in a panel and once in a page with the browser's own WebSocket."""
    lines = console(
        page, f"const texts = [];{RAISES}texts.forEach((it) => console.log(it));", server.url
    )
    own = page.evaluate(
        """([url, code]) => {
          const texts = [], lines = [], console = { log: (it) => lines.push(it) };
          new Function("url", "texts", "console", code)(url, texts, console);
          return [...lines, ...texts];
        }""",
        [server.url, RAISES],
    )
    assert lines == own
