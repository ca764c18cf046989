"""The browser edition's panels in real browsers: what their pages can do, and what they cannot.

The kernel's side runs here, under CPython (tab_bridge.py). With Pyodide, lesson by lesson, they are
compared by ``python -m tests.browser.tab_table SITE``.
"""

import json

import pytest

import wsdemo
from tests.browser.lab import STABLE
from tests.browser.tab_bridge import console, show
from tests.wire.kit import client as connected
from wsdemo.browser.wire_panel import WirePanel
from wsdemo.scenes.http_feed import HTTPFeed

pytestmark = pytest.mark.browser


def test_a_panel_is_live(host, panels_echo):
    ana = wsdemo.Browser(panels_echo.url, "ana")
    ana.send("Hi")
    show(host, ana)
    # A page that closes its WebSocket hears no answer any more that is on its way.
    ana.expect("message", 20, data="You said: Hi")
    ana.close(4000, "lunch")
    ana.expect("close", 20)
    lines = host.frame("ana").evaluate(STABLE)
    # On a busy machine the panel may rest, and send, before the greeting has come.
    assert 1 <= lines.index("↓ Welcome!") < lines.index("↓ You said: Hi")
    lines.remove("↓ Welcome!")
    assert lines == [
        "● open",
        "↑ Hi",
        "↓ You said: Hi",
        '● close 4000 "lunch" clean',
    ]


def test_a_displayed_wire_is_live(host, panels_echo):
    with wsdemo.Wire(panels_echo.url) as wire, connected(wire) as connection:
        show(host, WirePanel(wire))
        page = host.frame("wire")
        page.evaluate("""() => {
          document.getElementById("data").value = "from the page";
          document.querySelector("[data-inject='to client']").click();
        }""")
        assert connection.recv(timeout=20) == "Welcome!"
        assert connection.recv(timeout=20) == "from the page"
        shown = """() => new Promise((done) => setInterval(() => {
          const calls = [...document.querySelectorAll("#python code")];
          const lines = [...document.querySelectorAll("#log .text")];
          // The lines of the log are collected for a moment, and may come after the call.
          if (calls.length && lines.length === 4) {
            done([...lines, ...calls].map((each) => each.textContent));
          }
        }, 50))"""
        assert page.evaluate(shown)[2:] == [
            "TEXT 'Welcome!'",
            "TEXT 'from the page'",
            'wire.inject("from the page", "to client")',
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


def test_a_script_in_a_frame_reaches_neither_notebook_nor_storage(host, panels_echo):
    show(host, wsdemo.Browser(panels_echo.url, "ana"))
    host.evaluate("() => { localStorage.secret = 1; }")
    lines = console(host, FORBIDDEN)
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
parent.postMessage({ wsdemo: "port" }, "*", [port2]);
port1.postMessage({ client: CLIENT, id: 1, do: "close", code: 4000, reason: "by Eve" });
port1.postMessage({ client: CLIENT, do: "leave" });
await new Promise((done) => setTimeout(done, 300));
console.log("done");
"""


def test_a_frame_cannot_speak_for_another_one(host, panels_echo):
    names = "() => { window.names = []; const own = new BroadcastChannel('glue'); own.onmessage = "
    host.evaluate(names + "({data}) => names.push(data.client); }")
    ana = wsdemo.Browser(panels_echo.url, "ana")
    show(host, ana)
    # Its frame has given the orders with a port of its own; the first was the notebook's.
    clients = host.evaluate("() => [...new Set(window.names)]")
    assert len(clients) >= 2
    for client in clients:
        lines = console(host, INTRUDE.replace("CLIENT", json.dumps(client)), name=client)
        assert lines == ["heard of 0", "done"]
    assert not [each for each in ana.events if each["type"] == "close"]
    ana.send("still here")
    ana.expect("message", data="You said: still here")


def test_pictures_and_frames_load_by_way_of_the_kernel(host):
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
        lines = console(host, code, running.url)
        own = running.url.replace("ws", "http", 1)
    assert lines == ["7 5 true", "Hello", "asked", "errors: 1"]
    assert origins == [own]
    assert [path for path, _ in asked] == ["/picture", "/none", "/page", "/by-text"]
    assert {cookie for _, cookie in asked[1:]} == {"id=7"}


def test_a_frame_that_is_removed_has_left(host):
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
        console(host, code, running.url)
        assert codes == [1001]


def test_fetch_obeys_the_servers_word(host):
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
        lines = console(host, code, feed.url)
    words = (
        "NetworkError when attempting to fetch resource." if host.is_firefox else "Failed to fetch"
    )
    assert lines == [
        "200 true cors true",
        "2 text/plain",
        f"TypeError: {words}",
        "TypeError",
        "opaque 0 0",
        "AbortError",
    ]


def test_event_source_reconnects(host):
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
        lines = console(host, code, feed.url)
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
