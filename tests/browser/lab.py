"""A real Jupyter server, and a real Chromium that works in it.

Tests use it through the fixtures in conftest.py, and photograph.py takes pictures with it.
"""

import contextlib
import json
import os
import pathlib
import queue
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import urlsplit

FLAGS = [
    "--no-sandbox",  # Chromium refuses to run as root with it, and containers run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RISE = ("jupyterlab-rise", "@jupyterlab/mathjax3-extension")
START = """
import runpy, sys
# jsonschema can do without it, and it builds its grammar at each import: a second of each start.
sys.modules["rfc3987_syntax"] = None
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""
START_TIMEOUT = 60
TIMEOUT_MS = 60_000


class Jupyter:
    """A running Jupyter server of the tests' own.

    Attributes:
        root: the folder it serves.
        url: its address, with a slash at the end.
        token: what opens it.
    """

    def __init__(self, root: pathlib.Path, url: str, token: str) -> None:
        self.root = root
        self.url = url
        self.token = token

    def address(self, path: str) -> str:
        """The address of a page of it: with the token, without what was open there before."""
        return f"{self.url}{path}?token={self.token}&reset"


@contextlib.contextmanager
def jupyter(
    *options: str,
    app: str = "jupyterlab",
    config: dict | None = None,
    dark: bool = False,
    windowing: str | None = None,
    kernels: pathlib.Path | None = None,
    slides: bool = False,
) -> Iterator[Jupyter]:
    """Start a Jupyter server that touches nothing of the user's; stop it at the end.

    It finds the kernels and extensions of this Python; its settings are its own.

    Args:
        options: more options for the command line.
        app: the module to start.
        config: what a user's jupyter_server_config.json would say.
        dark: whether JupyterLab has its dark theme.
        windowing: JupyterLab's windowing mode; ``"none"`` renders all cells.
        kernels: a folder with kernels for it; see :mod:`tools.warm_kernels`.
        slides: whether it has RISE; a learner's JupyterLab has not.
    """
    with tempfile.TemporaryDirectory(prefix="wsdemo-lab-", ignore_cleanup_errors=True) as folder:
        home = pathlib.Path(folder)
        root = home / "root"
        root.mkdir()
        _write_settings(home / "settings", dark, windowing)
        (home / "config/labconfig").mkdir(parents=True)
        page = {"disabledExtensions": {} if slides else dict.fromkeys(RISE, True)}
        (home / "config/labconfig/page_config.json").write_text(json.dumps(page))
        (home / "config/jupyter_server_config.json").write_text(json.dumps(config or {}))
        token = secrets.token_hex(16)
        command = [sys.executable, "-c", START, app, "--no-browser", "--ServerApp.port=0"]
        command += [f"--ServerApp.root_dir={root}", f"--IdentityProvider.token={token}"]
        command += ["--ServerApp.allow_root=True", "--ServerApp.ip=127.0.0.1", *options]
        if sys.platform == "linux":  # see tools/kernels.py; elsewhere this path is too long
            command.append("--KernelManager.transport=ipc")
        if app == "jupyterlab":
            command.append("--LabApp.expose_app_in_browser=True")
        with subprocess.Popen(
            command, env=_environment(home, kernels), cwd=root, stderr=subprocess.PIPE, text=True
        ) as process:
            log = queue.SimpleQueue()
            reader = threading.Thread(target=_read, args=(process.stderr, log), daemon=True)
            reader.start()  # to the end, or a full pipe would block the server
            try:
                yield Jupyter(root, _wait_for_url(log), token)
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                reader.join(10)


def _environment(home: pathlib.Path, kernels: pathlib.Path | None) -> dict[str, str]:
    return {
        **os.environ,
        **({"JUPYTER_PATH": str(kernels)} if kernels else {}),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTER_PLATFORM_DIRS": "1",
    }


def _write_settings(folder: pathlib.Path, dark: bool, windowing: str | None) -> None:
    settings: dict[str, dict[str, Any]] = {
        "apputils-extension/notification": {"checkForUpdates": False},
        "apputils-extension/themes": {"theme": "JupyterLab Dark" if dark else "JupyterLab Light"},
    }
    if windowing:
        settings["notebook-extension/tracker"] = {"windowingMode": windowing}
    for name, values in settings.items():
        file = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values), encoding="utf-8")


def _read(stream: IO[str], log: queue.SimpleQueue) -> None:
    for line in stream:
        log.put(line)
    log.put(None)


def _wait_for_url(log: queue.SimpleQueue) -> str:
    """Read the server's log until it names its address."""
    seen = []
    while (line := log.get(timeout=START_TIMEOUT)) is not None:
        seen.append(line)
        if found := re.search(r"(http://127\.0\.0\.1:\d+/\S*?)(?:lab|tree)?\?token", line):
            wait_until_it_listens(found[1])
            return found[1]
    raise RuntimeError(f"Jupyter did not start:\n{''.join(seen)}")


def find_chromium() -> str | None:
    """The path of Chromium: the variable CHROMIUM, one without windows, which is faster, or any."""
    without_windows = shutil.which("chromium-headless-shell")
    if without_windows and not os.environ.get("CHROMIUM"):
        return without_windows
    try:
        from wsdemo import doctor
    except ImportError:
        return shutil.which("chromium")
    return doctor.find_chromium()


def wait_until_it_listens(url: str) -> None:
    """Jupyter names its address a moment before it listens there, and then tells nobody."""
    place = urlsplit(url)
    end = time.monotonic() + START_TIMEOUT
    while True:
        try:
            socket.create_connection((place.hostname, place.port), timeout=1).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """Start a headless Chromium under playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def window(browser: Any, width: int = 1280, height: int = 900) -> Iterator[Any]:
    """Open a window with cookies of its own, whose pages take the colours of what they show."""
    context = browser.new_context(color_scheme="null", viewport={"width": width, "height": height})
    context.set_default_timeout(TIMEOUT_MS)
    try:
        yield context
    finally:
        context.close()


# What runs inside JupyterLab; its own promises say when it is done.

OPEN = """
async path => {
  const app = window.jupyterapp;
  await app.restored;
  const widget = await app.commands.execute("docmanager:open", {path, factory: "Notebook"});
  await widget.context.ready;
  await widget.sessionContext.ready;
  await widget.sessionContext.session.kernel.info;
}
"""
SHUT_DOWN = """
async () => {
  const widget = window.jupyterapp.shell.currentWidget;
  await widget.context.save();
  await widget.sessionContext.shutdown();
  widget.close();
}
"""
# The command is done at the first cell that raises, expected or not, while the others still wait
# in the kernel's queue; the kernel answers a request behind them when it has run them all.
RUN = """
async (command) => {
  const app = window.jupyterapp;
  await app.commands.execute(command);
  await app.shell.currentWidget.sessionContext.session.kernel.requestKernelInfo();
}
"""
CELLS = """
() => {
  const cells = window.jupyterapp.shell.currentWidget.content.model.cells;
  return Array.from({length: cells.length}, (_, index) => cells.get(index).toJSON());
}
"""
# The lines that a panel shows, without times and notes: "↑ Hello", "● open".
_TRANSCRIPT = """
() => Array.from(document.querySelectorAll("#log li"), line => line.querySelector(".mark")
  ? `${line.querySelector(".mark").textContent} ${line.querySelector(".text").textContent}`
  : line.textContent)
"""
# What a chat server stamps on its messages, in milliseconds, stands in a lesson as <now>.
STABLE = f"""
() => ({_TRANSCRIPT})().map(line => line.replace(/("?time(stamp)?"?: ?)\\d{{13}}\\b/g, "$1<now>"))
"""
_REMARKS = """
() => Array.from(document.querySelectorAll("#remark, #notice"), each => each.textContent)
"""
# What a page that shows too little has got from its server, and how long each took.
_LOADED = """
() => [document.readyState, ...performance.getEntriesByType("resource").map(
  ({name, responseStatus, startTime, duration}) =>
    `${name.split("/").pop()}: ${responseStatus}, ${~~startTime} ms + ${~~duration} ms`)].join("; ")
"""
PANELS_DONE = """
() => [...document.querySelectorAll("div.wsdemo")].every(panel => panel.querySelector("iframe"))
"""


def bounded(page: Any, function: str, argument: Any = None, timeout_ms: int = TIMEOUT_MS) -> Any:
    """Evaluate a function in a page, and wait for its promise, but not for ever."""
    return page.evaluate(
        """([text, argument, timeout]) => Promise.race([
          (0, eval)(`(${text.trim()})`)(argument),
          new Promise((_, fail) => setTimeout(fail, timeout, new Error("not done in time"))),
        ])""",
        [function, argument, timeout_ms],
    )


@contextlib.contextmanager
def notebook(context: Any, server: Jupyter, name: str) -> Iterator[Any]:
    """Open a notebook of the server's in JupyterLab, with a kernel that ends with it."""
    page = context.new_page()
    page.goto(server.address("lab"))
    page.wait_for_function("() => window.jupyterapp")
    with opened(page, name):
        yield page


@contextlib.contextmanager
def desk(browser: Any, server: Jupyter) -> Iterator[Any]:
    """Open a tab that shows JupyterLab, for many notebooks: see :func:`opened`.

    To load JupyterLab takes as long as to run a lesson.
    """
    with window(browser) as context:
        page = context.new_page()
        page.goto(server.address("lab"))
        page.wait_for_function("() => window.jupyterapp")
        yield page


@contextlib.contextmanager
def opened(page: Any, name: str) -> Iterator[None]:
    """Open a notebook in a tab that shows JupyterLab, with a kernel that ends with it."""
    bounded(page, OPEN, name)
    try:
        yield
    except BaseException:
        # What went wrong is worth more than what then goes wrong here.
        with contextlib.suppress(Exception):
            bounded(page, SHUT_DOWN)
        raise
    bounded(page, SHUT_DOWN)


def run_all(page: Any) -> list[dict]:
    """Run all cells of the notebook that is open, queued at once; return them with outputs."""
    bounded(page, RUN, "notebook:run-all-cells")
    return cells(page)


def cells(page: Any) -> list[dict]:
    """The cells of the notebook that is open, as they would be saved now."""
    return page.evaluate(CELLS)


def panel(page: Any, name: str) -> Any:
    """The page in the panel of this name, once it has opened there."""
    return page.frame_locator(f'div.wsdemo iframe[title="{name}"]')


def expect_transcript(
    page: Any, name: str, lines: list[str], timeout: float = 10, or_also: str | None = None
) -> None:
    """Wait until the panel of this name shows exactly these lines.

    Args:
        page: the tab.
        name: the panel's.
        lines: what it is to show, with ``<now>`` for a timestamp.
        timeout: seconds to wait.
        or_also: a line that may follow.

    Raises:
        AssertionError: it shows others, with both.
    """
    from playwright.sync_api import Error

    frame = page.locator(f'div.wsdemo iframe[title="{name}"]').element_handle().content_frame()
    try:
        frame.wait_for_function(
            f"allowed => allowed.includes(JSON.stringify(({STABLE})()))",
            arg=[_as_json(lines), _as_json([*lines, or_also])],
            timeout=timeout * 1000,
            polling=100,  # by default it looks at each repaint, and off screen there is none
        )
    except Error:
        shown = "\n".join([*frame.evaluate(STABLE), *frame.evaluate(_REMARKS)])
        expected = "\n".join(lines)
        raise AssertionError(
            f"panel {name!r} ({urlsplit(frame.url).path}) shows\n{shown}\n\nand not\n{expected}\n\n"
            f"({frame.evaluate(_LOADED)})"
        ) from None


def _as_json(value: Any) -> str:
    """Write a value as JavaScript's JSON.stringify does."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
