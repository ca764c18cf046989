"""Make a page one document that needs no network: for a frame that has none.

A page comes from a server in memory, where the browser cannot fetch it. So what it links to, its
style sheets and scripts, is put into it, and before them our own scripts: the page's WebSocket,
``fetch`` and ``EventSource``, and its ``location``. What it does is then for the browser to do.

This is for the course's own pages, and for those of its lessons: it reads HTML with regular
expressions.
"""

import functools
import html
import json
import pathlib
import re
from collections.abc import Awaitable, Callable
from urllib.parse import quote, urljoin

__all__ = ["WEB", "inlined", "prologue"]

WEB = pathlib.Path(__file__).parent / "web"
SCRIPTS = ("orders.js", "handlers.js", "websocket.js", "fetch.js", "eventsource.js", "elements.js")
"""In the order of their imports; the last one puts all of them in place."""

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' data: blob:; "
    "style-src 'unsafe-inline'; img-src data: blob:; media-src data: blob:; font-src data:; "
    "form-action 'none'"
)
"""No request leaves the frame: all goes by the network in memory."""

# Where our own scripts and the policy begin: behind <head>, <html>, the document type.
BEGINNING = re.compile(r"\s*(<!doctype[^>]*>)?\s*(<html[^>]*>)?\s*(<head[^>]*>)?", re.I)
STYLE_SHEET = re.compile(r"<link\b(?=[^>]*\brel=[\"']?stylesheet)[^>]*>", re.I)
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.I | re.S)
ATTRIBUTE = r"""\b{}\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))"""
IMPORT = re.compile(r"""(\b(?:from|import)\s*)(["'])(\.{0,2}/[^"']+)\2""")

Load = Callable[[str], Awaitable[str]]


async def inlined(url: str, text: str, load: Load) -> str:
    """Return a page as one document, with our scripts before its own.

    Args:
        url: the page's address.
        text: its HTML.
        load: returns the text at an address; an empty one where there is none.
    """
    modules: dict[str, str] = {}
    text = await _replace(STYLE_SHEET, text, functools.partial(_style, url, load))
    text = await _replace(SCRIPT, text, functools.partial(_script, url, load, modules))
    begin = BEGINNING.match(text)
    assert begin is not None  # all of it is optional
    imports = {
        address: "data:text/javascript;charset=utf-8," + quote(code)
        for address, code in modules.items()
    }
    table = json.dumps({"imports": imports}).replace("<", "\\u003c")
    table = f'<script type="importmap">{table}</script>' if imports else ""
    return begin[0] + prologue(url) + table + text[begin.end() :]


def prologue(url: str) -> str:
    """Return what is put at the beginning of a page: a policy, its address, our scripts.

    Args:
        url: the page's address.
    """
    return (
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<base href="{html.escape(url)}">'
        f'<script data-page="{html.escape(url)}">{_bundle()}</script>'
    )


@functools.cache
def _bundle() -> str:
    """Our scripts as one that is no module: it has to run before all others of a page."""
    parts = []
    for name in SCRIPTS:
        code = (WEB / name).read_text(encoding="utf-8")
        code = re.sub(r"^import [^;]*;\n", "", code, flags=re.M)
        code = re.sub(r"^export ", "", code, flags=re.M)
        parts.append(re.sub(r"^ *//.*\n", "", code, flags=re.M))
    return "(() => {\n" + "\n".join(parts) + "})();"


async def _replace(
    pattern: re.Pattern[str], text: str, change: Callable[[re.Match[str]], Awaitable[str]]
) -> str:
    """Replace what a pattern finds, one after the other, as :func:`re.sub` cannot."""
    parts, end = [], 0
    for found in pattern.finditer(text):
        parts += [text[end : found.start()], await change(found)]
        end = found.end()
    return "".join([*parts, text[end:]])


async def _style(url: str, load: Load, found: re.Match[str]) -> str:
    address = _attribute("href", found[0])
    return f"<style>{await load(urljoin(url, address))}</style>" if address else found[0]


async def _script(url: str, load: Load, modules: dict[str, str], found: re.Match[str]) -> str:
    attributes, code = found[1], found[2]
    kind = _attribute("type", attributes).lower()
    address = urljoin(url, _attribute("src", attributes)) if "src" in attributes else ""
    if address:
        code = await load(address)
    if kind == "module":
        code = await _as_module(address or url, code, load, modules)
        return f'<script type="module">{_within_html(code)}</script>'
    if kind not in ("", "text/javascript", "application/javascript"):
        return found[0]
    if re.search(r"\blocation\b", code):
        # A page cannot have another `location`, but a name can be looked up elsewhere first.
        code = f"with (wsdemoPage) {{{code}\n}}"
    return f"<script>{_within_html(code)}</script>"


async def _as_module(url: str, code: str, load: Load, modules: dict[str, str]) -> str:
    """Return a module that imports by absolute addresses; put what it imports into the table."""
    for _, _, relative in IMPORT.findall(code):
        address = urljoin(url, relative)
        if address not in modules:
            modules[address] = ""  # it may import this one in turn
            modules[address] = await _as_module(address, await load(address), load, modules)

    def absolute(found: re.Match[str]) -> str:
        return f"{found[1]}{json.dumps(urljoin(url, found[3]))}"

    return "const { location } = wsdemoPage;\n" + IMPORT.sub(absolute, code)


def _within_html(code: str) -> str:
    return re.sub(r"</(script)", r"<\\/\1", code, flags=re.I)


def _attribute(name: str, text: str) -> str:
    found = re.search(ATTRIBUTE.format(name), text, re.I)
    return html.unescape(next(filter(None, found.groups()), "")) if found else ""
