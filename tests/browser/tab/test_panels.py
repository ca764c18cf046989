"""The browser edition's panels: what their pages can do, and what they cannot.

The kernel's side runs here, under CPython (tab_bridge.py). With Pyodide, lesson by lesson, they are
compared by ``python -m tests.browser.running_site SITE --panels``.
"""

import json

import pytest

import wsdemo
from tests.browser.lab import STABLE
from tests.browser.tab.kit import console, show

pytestmark = pytest.mark.browser


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
