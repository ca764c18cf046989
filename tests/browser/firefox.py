"""A stock Firefox, driven by WebDriver BiDi (W3C): commands and answers are JSON, on a WebSocket.

Playwright drives a Firefox of its own making only, which a test machine would have to download. As
a command this runs lessons in JupyterLab in Firefox, and says which panels show something else::

    python -m tests.browser.firefox 07 09
"""

import contextlib
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import Any

from websockets.sync.client import ClientConnection, connect

START_TIMEOUT = 60
TIMEOUT = 60
# A new Firefox asks the internet for news, updates and lists. This one knows no names, and its
# proxy is not there; what is for 127.0.0.1 goes past a proxy.
SETTINGS = """
user_pref("network.dns.disabled", true);
user_pref("network.proxy.type", 1);
user_pref("network.proxy.socks", "127.0.0.1");
user_pref("network.proxy.socks_port", 9);
user_pref("network.proxy.socks_remote_dns", true);
"""
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


def find_firefox() -> str | None:
    """The path of Firefox on the PATH; the environment variable FIREFOX names another one."""
    chosen = os.environ.get("FIREFOX")
    names = [chosen] if chosen else ["firefox", "firefox-esr"]
    return next(filter(None, map(shutil.which, names)), None)


class Firefox:
    """A Firefox that obeys; made by :func:`firefox`.

    Args:
        connection: to its ``/session``.

    Attributes:
        console: what the pages' consoles have shown, after :meth:`listen`.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self.console: list[str] = []
        self.command("session.new", capabilities={})

    def command(self, method: str, **params: Any) -> dict[str, Any]:
        """Give a command, and wait for its answer.

        Raises:
            RuntimeError: Firefox says what is wrong with it.
            TimeoutError: no answer came within a minute.
        """
        number = next(self._numbers)
        command = {"id": number, "method": method, "params": params}
        self._connection.send(json.dumps(command))
        while (answer := json.loads(self._connection.recv(TIMEOUT))).get("id") != number:
            # An event, or the answer to a command that nobody waits for any more.
            if answer.get("method") == "log.entryAdded":
                self.console.append(answer["params"]["text"])
        if answer["type"] == "error":
            raise RuntimeError(f"{method}: {answer['error']}: {answer['message']}")
        return answer["result"]

    def listen(self) -> None:
        """Read what the consoles show from now on."""
        self.command("session.subscribe", events=["log.entryAdded"])

    def open(self, url: str) -> "Page":
        """Open an address in a new tab, and wait until it is loaded."""
        tab = self.command("browsingContext.create", type="tab")["context"]
        self.command("browsingContext.navigate", context=tab, url=url, wait="complete")
        return Page(self, tab)


class Page:
    """A page in a tab, or in a frame of another page."""

    def __init__(self, firefox: Firefox, context: str) -> None:
        self._firefox = firefox
        self._context = context

    def evaluate(self, function: str, argument: Any = None) -> Any:
        """Call a function in the page, as playwright's method of this name does.

        Args:
            function: in JavaScript.
            argument: what JSON can carry.

        Returns:
            What it returns, or what its promise brings.
        """
        call = f"Promise.resolve(({function.strip()})({json.dumps(argument)}))"
        return json.loads(self._run(f"{call}.then((it) => JSON.stringify(it) ?? 'null')")["value"])

    def wait_for(self, function: str, seconds: float = 30) -> None:
        """Wait until a function in the page returns something true.

        Raises:
            TimeoutError: it has not by then.
        """
        end = time.monotonic() + seconds
        while not self.evaluate(f"async () => !!(await ({function.strip()})())"):
            if time.monotonic() > end:
                raise TimeoutError(f"not in {seconds:g} s: {function.strip()}")
            time.sleep(0.1)

    def frame(self, selector: str) -> "Page":
        """The page in an ``<iframe>`` of this page."""
        window = self._run(f"document.querySelector({json.dumps(selector)}).contentWindow")
        return Page(self._firefox, window["value"]["context"])

    def close(self) -> None:
        """Close the tab."""
        self._firefox.command("browsingContext.close", context=self._context)

    def _run(self, expression: str) -> dict[str, Any]:
        target = {"context": self._context}
        run = {"expression": expression, "target": target, "awaitPromise": True}
        answer = self._firefox.command("script.evaluate", **run)
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return answer["result"]


@contextlib.contextmanager
def firefox() -> Iterator[Firefox]:
    """Start a headless Firefox with a profile of its own; stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="wsdemo-firefox-", ignore_cleanup_errors=True) as home:
        pathlib.Path(home, "user.js").write_text(SETTINGS, encoding="utf-8")
        command = [find_firefox(), "--headless", "--no-remote", "--profile", home]
        command += ["--remote-debugging-port", "0"]
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            patience = threading.Timer(START_TIMEOUT, process.kill)
            patience.start()
            try:
                urls = (found[1] for line in process.stderr if (found := LISTENING.search(line)))
                url = next(urls, None)
                patience.cancel()
                if url is None:
                    raise RuntimeError("Firefox did not start")
                # To the end, or a full pipe would block it.
                threading.Thread(target=process.stderr.read, daemon=True).start()
                with connect(f"{url}/session", max_size=None, proxy=None) as connection:
                    yield Firefox(connection)
            finally:
                process.kill()


def main(names: list[str]) -> int:
    """Run lessons in Firefox; return how many show something else."""
    from tests.browser.lab import jupyter
    from tests.browser.test_firefox import LESSONS, copy_lessons, desk, differing

    found = 0
    with (
        jupyter(windowing="none") as server,
        firefox() as browser,
        desk(browser, server) as page,
    ):
        copy_lessons(server)
        for lesson in LESSONS:
            if not names or lesson.stem[:2] in names:
                told = differing(page, server, lesson.name)
                found += bool(told)
                print(f"{lesson.stem}: {'as it says' if not told else ''}", *told, sep="\n  ")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
