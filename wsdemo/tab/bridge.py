"""The way between the panels in a notebook and this Python's network, both in one browser.

A panel is a frame without an origin, and without a network. Its page gives orders to the notebook
around it (``web/orders.js``), the notebook passes them on by a BroadcastChannel (``web/embed.js``),
and here they are obeyed, as a browser would, on the network in memory.
"""

import functools
import re
import secrets
from typing import Any

from js import BroadcastChannel, Object
from pyodide.ffi import create_proxy, to_js

from wsdemo.loop import LoopThread
from wsdemo.tab.documents import WEB
from wsdemo.tab.orders import Network

__all__ = ["panel_script"]


@functools.cache
def panel_script() -> str:
    """Return the script that opens panels, saved with every output that has one."""
    code = (WEB / "embed.js").read_text(encoding="utf-8")
    code = re.sub(r"^ *//.*\n", "", code, flags=re.MULTILINE)
    return f"<script>\n{code.replace('CHANNEL_NAME', _listen())}</script>"


def _listen() -> str:
    """Obey the pages of this kernel from now on; return the name of the channel for it."""
    name = f"wsdemo {secrets.token_urlsafe(8)}"
    orders, answers = BroadcastChannel.new(name), {}

    def tell(client: str, what: dict[str, Any]) -> None:
        # Each page has a channel of its own, so that no other one gets what it is told.
        if client not in answers:
            answers[client] = BroadcastChannel.new(f"{name} {client}")
        answers[client].postMessage(to_js(what, dict_converter=Object.fromEntries))

    def obey(order: dict[str, Any]) -> None:
        network.obey(order)
        if order.get("do") == "leave" and (channel := answers.pop(order["client"], None)):
            channel.close()

    network = Network(tell)
    thread = LoopThread("pages")  # the browser goes on while a cell blocks
    orders.onmessage = create_proxy(lambda event: thread.call(obey, event.data.to_py()))
    return name
