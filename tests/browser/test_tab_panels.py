"""The browser edition's panels in real browsers: what their pages can do, and what they cannot.

The kernel's side runs here, under CPython (tab_bridge.py). With Pyodide, lesson by lesson, they are
compared by ``python -m tests.browser.running_site SITE --panels``.
"""

import contextlib
import json

import pytest

import wsdemo
from tests.browser.firefox import find_firefox, firefox
from tests.browser.lab import STABLE
from tests.browser.tab_bridge import notebook
from wsdemo.scenes.http_feed import HTTPFeed

pytestmark = pytest.mark.browser


class InChromium:
    """A page that shows panels, by playwright."""

    def __init__(self, chromium, url):
        self._page = chromium.new_page()
        self._page.goto(url)

    def evaluate(self, function, argument=None):
        return self._page.evaluate(function, argument)

    def frame(self, name):
        selector = f"iframe[title={json.dumps(name)}]"
        return self._page.wait_for_selector(selector, state="attached").content_frame()

    def close(self):
        self._page.close()


class InFirefox(InChromium):
    """The same by WebDriver BiDi."""

    def __init__(self, browser, url):
        self._page = browser.open(url)

    def frame(self, name):
        selector = f"iframe[title={json.dumps(name)}]"
        self._page.wait_for(f"() => document.querySelector({json.dumps(selector)})")
        return self._page.frame(selector)


@pytest.fixture(scope="module")
def address():
    with notebook() as url:
        yield url


@pytest.fixture(scope="module")
def open_firefox():
    if not find_firefox():
        pytest.skip("there is no Firefox here")
    with firefox() as running:
        yield running


@pytest.fixture(params=["chromium", "firefox"])
def page(request, address):
    if request.param == "chromium":
        page = InChromium(request.getfixturevalue("chromium"), address)
    else:
        page = InFirefox(request.getfixturevalue("open_firefox"), address)
    page.is_firefox = request.param == "firefox"
    with contextlib.closing(page):
        page.evaluate("() => new Promise((done) => setTimeout(done, 100))")
        yield page


def show(page, panel):
    """Show a panel, and wait until it rests."""
    page.evaluate("html => show(html)", panel._repr_mimebundle_()["text/html"])
    assert panel.wait_until_settled(20), panel.events


def console(page, code, url=None, name="js"):
    """Run a program in a panel; return the lines of its console."""
    panel = wsdemo.javascript(code, url=url, name=name)
    show(page, panel)
    panel.expect("done", 20)
    return panel.console


async def echo(connection):
    await connection.send("Welcome!")
    async for message in connection:
        await connection.send(message if isinstance(message, bytes) else f"You said: {message}")


@pytest.fixture(scope="module")
def server():
    with wsdemo.serve(echo, name="panels' echo") as running:
        yield running


def test_a_panel_is_live(page, server):
    ana = wsdemo.Browser(server.url, "ana")
    ana.send("Hi")
    ana.close(4000, "lunch")
    show(page, ana)
    assert page.frame("ana").evaluate(STABLE) == [
        "● open",
        "↓ Welcome!",
        "↑ Hi",
        "↓ You said: Hi",
        '● close 4000 "lunch" clean',
    ]


FORBIDDEN = """
const tries = {
  "the notebook": () => parent.document.body,
  "its address": () => parent.location.href,
  "another panel": () => parent.frames[0].document.body,
  "localStorage": () => localStorage.length,
  "cookies": () => document.cookie,
  "indexedDB": () => indexedDB.open("any"),
};
for (const [what, attempt] of Object.entries(tries)) {
  try {
    const got = attempt();
    if (got instanceof IDBRequest) await new Promise((done, fail) => {
      got.onsuccess = done;
      got.onerror = () => fail(got.error);
    });
    console.log(what, "reached");
  } catch (error) {
    console.log(what, "-");
  }
}
"""


def test_a_script_in_a_frame_reaches_neither_notebook_nor_storage(page, server):
    show(page, wsdemo.Browser(server.url, "ana"))
    page.evaluate("() => { localStorage.secret = 1; }")
    lines = console(page, FORBIDDEN)
    assert [line.rpartition(" ")[2] for line in lines] == ["-"] * 6


INTRUDE = """
// The name of the channel is no secret here, as it is in a real notebook.
const channel = new BroadcastChannel("glue");
const names = [];
channel.onmessage = ({ data }) => names.push(data.client);
await new Promise((done) => setTimeout(done, 300));
channel.postMessage({ client: "any", id: 9, do: "leave" });
console.log("heard of", names.length);

// An order in the name of somebody else is one in one's own name.
const { port1, port2 } = new MessageChannel();
parent.postMessage({ wsdemo: "line" }, "*", [port2]);
port1.postMessage({ client: CLIENT, id: 1, do: "close", code: 4000, reason: "by Eve" });
port1.postMessage({ client: CLIENT, do: "leave" });
await new Promise((done) => setTimeout(done, 300));
console.log("done");
"""


def test_a_frame_cannot_speak_for_another_one(page, server):
    names = "() => { window.names = []; const own = new BroadcastChannel('glue'); own.onmessage = "
    page.evaluate(names + "({data}) => names.push(data.client); }")
    ana = wsdemo.Browser(server.url, "ana")
    show(page, ana)
    # Its frame has given the orders with a port of its own; the first was the notebook's.
    clients = page.evaluate("() => [...new Set(window.names)]")
    assert len(clients) >= 2
    for client in clients:
        lines = console(page, INTRUDE.replace("CLIENT", json.dumps(client)), name=client)
        assert lines == ["heard of 0", "done"]
    assert not [each for each in ana.events if each["type"] == "close"]
    ana.send("still here")
    ana.expect("message", data="You said: still here")


def test_pictures_and_frames_load_by_way_of_the_kernel(page):
    picture = b"<svg xmlns='http://www.w3.org/2000/svg' width='7' height='5'/>"
    asked = []

    def answer(connection, request):
        if "Upgrade" in request.headers:
            return None
        asked.append((request.path, request.headers.get("Cookie", "")))
        response = connection.respond(200, PAGES.get(request.path, "none"))
        del response.headers["Content-Type"]
        kind = "image/svg+xml" if request.path == "/picture" else "text/html"
        response.headers["Content-Type"] = kind
        response.headers["Set-Cookie"] = "id=7; SameSite=None; Secure"
        return response

    PAGES = {
        "/picture": picture.decode(),
        "/page": """<!doctype html><script>
            const socket = new WebSocket(location.href.replace("http", "ws"));
            socket.onmessage = ({ data }) => parent.postMessage(data, "*");
            onmessage = () => parent.postMessage("asked", "*");
        </script>""",
    }
    code = """
    const page = url.replace("ws", "http");
    const image = new Image();
    const loaded = new Promise((done) => { image.onload = done; });
    image.src = `${page}/picture`;
    await loaded;
    console.log(image.naturalWidth, image.naturalHeight, image.src === `${page}/picture`);
    const none = new Image();
    none.src = `${page}/none`;
    await new Promise((done) => { none.onerror = done; });

    const frame = document.createElement("iframe");
    const message = () => new Promise((done) => addEventListener("message", done, { once: true }));
    frame.src = `${page}/page`;
    document.body.append(frame);
    console.log((await message()).data);
    frame.contentWindow.postMessage("", "*");
    console.log((await message()).data);
    let errors = 0;
    window.failed = () => { errors += 1; };
    const text = document.createElement("p");
    text.innerHTML = `<img src="${page}/by-text" onerror="failed()">`;
    document.body.append(text);
    await new Promise((done) => setTimeout(done, 300));
    console.log("errors:", errors);
    """

    origins = []

    async def greet(connection):
        origins.append(connection.request.headers["Origin"])
        await connection.send("Hello")
        await connection.wait_closed()

    with wsdemo.serve(greet, name="pictures", process_request=answer) as running:
        lines = console(page, code, running.url)
        own = running.url.replace("ws", "http", 1)
    assert lines == ["7 5 true", "Hello", "asked", "errors: 1"]
    assert origins == [own]
    assert [path for path, _ in asked] == ["/picture", "/none", "/page", "/by-text"]
    assert {cookie for _, cookie in asked[1:]} == {"id=7"}


def test_a_frame_that_is_removed_has_left(page):
    codes = []

    async def note(connection):
        await connection.wait_closed()
        codes.append(connection.close_code)

    code = """
    const frame = document.body.appendChild(document.createElement("iframe"));
    frame.srcdoc = `<script>
      new WebSocket("${url}").onopen = () => parent.postMessage("open", "*");
    </` + "script>";
    await new Promise((done) => addEventListener("message", done, { once: true }));
    frame.remove();
    await new Promise((done) => setTimeout(done, 300));
    """
    with wsdemo.serve(note, name="noting") as running:
        console(page, code, running.url)
        assert codes == [1001]


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
