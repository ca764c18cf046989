"""The panels of the browser edition without Pyodide: the bridge's two ends, and a glue between.

Their pages, the script that opens them and the network stack are the real ones. What is Pyodide's
in the browser edition, a BroadcastChannel that Python hears, is here a WebSocket to this process.
"""

import base64
import contextlib
import json
from collections.abc import Iterator
from typing import Any

import wsdemo
from wsdemo import embedding
from wsdemo.tab.documents import WEB
from wsdemo.tab.orders import Network

GLUE = """<!doctype html><meta charset="utf-8"><title>notebook</title><body>
<script>
  const glue = new WebSocket(location.href.replace("http", "ws"));
  const ready = new Promise((done) => glue.addEventListener("open", done));
  const orders = new BroadcastChannel("glue"), answers = {};
  const toText = (key, value) => value instanceof Uint8Array
    ? { bytes: btoa(Array.from(value, (each) => String.fromCharCode(each)).join("")) } : value;
  const fromText = (key, value) => value?.bytes !== undefined
    ? Uint8Array.from(atob(value.bytes), (each) => each.charCodeAt(0)) : value;
  orders.onmessage = ({ data }) => glue.send(JSON.stringify(data, toText));
  glue.onmessage = ({ data }) => {
    const [client, what] = JSON.parse(data, fromText);
    (answers[client] ??= new BroadcastChannel(`glue ${client}`)).postMessage(what);
  };
  function show(html) {  // as JupyterLab shows an output: scripts run
    const output = document.body.appendChild(document.createElement("div"));
    output.innerHTML = html;
    for (const script of output.querySelectorAll("script")) {
      const again = document.createElement("script");
      again.text = script.text;
      script.replaceWith(again);
    }
  }
</script>"""


def _encode(value: Any) -> Any:
    return {"bytes": base64.b64encode(value).decode()}


def _decode(table: dict[str, Any]) -> Any:
    return base64.b64decode(table["bytes"]) if list(table) == ["bytes"] else table


async def _carry(connection: Any) -> None:
    def tell(client: str, what: dict[str, Any]) -> None:
        connection.loop.create_task(connection.send(json.dumps([client, what], default=_encode)))

    network = Network(tell)
    async for text in connection:
        network.obey(json.loads(text, object_hook=_decode))


@contextlib.contextmanager
def notebook() -> Iterator[str]:
    """Serve a page in which ``show(html)`` shows panels as the browser edition does."""
    script = (WEB / "embed.js").read_text(encoding="utf-8").replace("CHANNEL_NAME", "glue")
    embedding.panel_script = lambda: f"<script>{script}</script>"
    try:
        server = wsdemo.serve(_carry, name="glue", pages={"/": GLUE}, max_size=None)
        with server:
            yield server.url.replace("ws", "http", 1)
    finally:
        embedding.panel_script = None


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
