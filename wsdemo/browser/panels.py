"""The learner's own browser as a WebSocket client, watched and commanded from Python."""

import functools
import html
import re
from collections.abc import Iterable
from typing import Any

from wsdemo import embedding
from wsdemo.browser.page_server import WEB, Page, page_server
from wsdemo.browser.run_all import wait_for_page

__all__ = ["Browser", "JavaScript", "Panel", "Row", "javascript"]

_browsers: dict[str, "Browser"] = {}


class Panel(Page):
    """A page that the notebook shows in a frame below a cell.

    Args:
        name: what it is called.
        height: of its frame, in pixels; ``None`` lets the frame grow with its content.
        settings: what the page is told when it opens.
    """

    _file: str
    _noun: str

    def __init__(self, name: str, height: int | None, **settings: Any) -> None:
        super().__init__(name, **settings)
        self._height = height

    def __or__(self, other: "Panel | Row") -> "Row":
        return Row([self]) | other

    def __repr__(self) -> str:
        return f"<{self._noun} {self.name!r}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._div() + _script()}

    def _div(self) -> str:
        """The place for the page in the notebook, with a text for those who cannot see it live."""
        wait_for_page(self)
        return (
            f'<div class="wsdemo" data-port="{page_server().port}" data-token="{self._token}"'
            f' data-page="{self._file}" data-name="{html.escape(self.name)}"'
            f' data-height="{self._height or ""}" style="flex:1 1 260px;min-width:0">'
            f"<p><em>A live {self._noun} page, “{html.escape(self.name)}”, opens here when you run"
            " this cell in JupyterLab. Nothing here? Run the cell; if the notebook is not trusted,"
            " choose <b>Trust Notebook</b> from JupyterLab’s command palette first.</em></p></div>"
        )


class Browser(Panel):
    """The learner's own browser as a WebSocket client, live in the notebook.

    Making a second one of the same name (the cell is run again) replaces the first. Events are
    dicts: ``open`` (protocol, extensions), ``send`` and ``message`` (data, text or bytes; a very
    long one is cut, and has its length), ``error``, ``close`` (code, reason, wasClean),
    ``exception`` (text: what a method of the browser's API raised), ``page`` (state: opened,
    left).

    Args:
        url: where it connects to: a ws, wss or http address on this machine.
        name: what it is called.
        subprotocols: what it offers to the server, in order of preference.
        height: of its panel, in pixels.
    """

    _file = "browser.html"
    _noun = "Browser"

    def __init__(
        self, url: str, name: str = "browser", subprotocols: Iterable[str] = (), height: int = 260
    ) -> None:
        super().__init__(name, height, url=url, subprotocols=list(subprotocols))
        former, _browsers[name] = _browsers.get(name), self
        if former is not None:
            former._retire()

    def connect(self) -> None:
        """Open a new connection, as the button "reconnect" does."""
        self._command("connect")

    def send(self, data: str | bytes) -> None:
        """Send a message, once the connection is open. Does not wait: see :meth:`expect`.

        Args:
            data: text, or bytes for a binary message.

        Raises:
            TypeError: it is neither.
            RuntimeError: 1,000 commands wait already for a page that is not shown.
        """
        if isinstance(data, str):
            self._command("send", data=data)
        elif isinstance(data, bytes | bytearray | memoryview):
            self._command("send", hex=bytes(data).hex())
        else:
            raise TypeError(f"a message is str or bytes, not {type(data).__name__}")

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection. Does not wait: ``expect("close")`` does.

        Args:
            code: 1000, or 3000 to 4999; for others the browser raises, and its page shows it.
            reason: at most 123 bytes in UTF-8.

        Raises:
            RuntimeError: 1,000 commands wait already for a page that is not shown.
        """
        self._command("close", code=code, reason=reason)


class JavaScript(Panel):
    """JavaScript that runs in the learner's browser; made by :func:`javascript`."""

    _file = "javascript.html"
    _noun = "JavaScript"

    @property
    def console(self) -> list[str]:
        """The lines on its console, oldest first: those of the run that is shown now."""
        lines: list[str] = []
        for event in self.events:
            if event == {"type": "page", "state": "opened"}:
                lines.clear()  # the tab was reloaded: the code runs again
            elif "text" in event:
                lines.append(event["text"])
        return lines


def javascript(
    code: str, url: str | None = None, name: str = "javascript", height: int | None = None
) -> JavaScript:
    """Run a program in the learner's browser; show its console below the cell.

    The code is the body of an async function, so it may use ``await``, and has ``url`` in scope.
    It may fill ``<div id="page">`` or the whole document. Events are ``log``, ``warn`` and
    ``error`` (each with its text), ``done`` when the function has ended, and ``page`` (state:
    opened, left).

    Args:
        code: the JavaScript.
        url: the address that the code finds in ``url``, on this machine; where the notebook is
            elsewhere, it finds the address by which this one can be reached.
        name: what its panel is called.
        height: of its panel, in pixels; ``None`` lets it grow with what it shows.

    Returns:
        The page; the code runs when it is shown.
    """
    return JavaScript(name, height, url=url, code=code)


class Row:
    """Several panels side by side: ``ana | bob | eve``."""

    def __init__(self, panels: Iterable[Panel]) -> None:
        self.panels = list(panels)

    def __or__(self, other: "Panel | Row") -> "Row":
        if isinstance(other, Panel):
            return Row([*self.panels, other])
        return Row([*self.panels, *other.panels]) if isinstance(other, Row) else NotImplemented

    def __repr__(self) -> str:
        return " | ".join(map(repr, self.panels))

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        divs = "".join(panel._div() for panel in self.panels)
        row = f'<div style="display:flex;flex-wrap:wrap;gap:8px">{divs}</div>'
        return {"text/plain": repr(self), "text/html": row + _script()}


def _script() -> str:
    """The script that opens the panels; it is saved with every output."""
    return (embedding.panel_script or _own_script)()


@functools.cache
def _own_script() -> str:
    """The script that opens a panel at the page server's address, without its comments."""
    code = (WEB / "embed.js").read_text(encoding="utf-8")
    code = re.sub(r"^ *//.*\n", "", code, flags=re.MULTILINE)
    return f"<script>\n{code}</script>"
