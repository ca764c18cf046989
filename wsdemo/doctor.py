"""Look at the machine: what the course needs, what is there, and what to do about the rest."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from wsdemo.course import npm_packages
from wsdemo.files import ENOUGH_FILES, most_files
from wsdemo.programs.balancers import install_hint as nginx_hint
from wsdemo.programs.brokers import install_hint
from wsdemo.proxies import proxies_of_loopback

__all__ = ["Finding", "find_chromium", "find_node", "main"]

_NEEDED = ("websockets", "jupyterlab", "ipykernel", "matplotlib", "nest-asyncio")
_FOR_TESTS = ("nbval", "pytest")
_AGAIN = "run `python start.py` again, or `pip install -e .` in the course's folder"

_COMMANDS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
_MAC_APPS = ("Google Chrome", "Chromium", "Microsoft Edge")
_WINDOWS_FILES = (
    r"Google\Chrome\Application\chrome.exe",
    r"Chromium\Application\chrome.exe",
    r"Microsoft\Edge\Application\msedge.exe",
)
_WINDOWS_FOLDERS = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        state: ``"ok"``, ``"missing"`` for what the tests or some lessons want, ``"note"`` for what
            the course copes with and your own programs may not, or ``"problem"``.
        text: what was found.
        advice: what to do about it; empty where there is nothing to do.
    """

    state: str
    text: str
    advice: str = ""

    def __str__(self) -> str:
        line = f"  {self.state:<8} {self.text}"
        return f"{line}\n  {'':<8} → {self.advice}" if self.advice else line


def find_chromium() -> str | None:
    """Find a browser that the tests can drive: Chromium, Chrome or Edge.

    Returns:
        The path of its program; that in the environment variable CHROMIUM comes first. ``None``
        if there is none.
    """
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return shutil.which(chosen)
    found = next(filter(None, map(shutil.which, _COMMANDS)), None)
    if found:
        return found
    return next((str(path) for path in _application_paths() if path.is_file()), None)


def _application_paths() -> Iterator[Path]:
    """Where macOS and Windows keep browsers, which are on nobody's PATH there."""
    system = str(sys.platform)
    if system == "darwin":
        for root in (Path("/Applications"), Path.home() / "Applications"):
            yield from (root / f"{app}.app/Contents/MacOS/{app}" for app in _MAC_APPS)
    elif system == "win32":
        for folder in filter(None, map(os.environ.get, _WINDOWS_FOLDERS)):
            yield from (Path(folder, name) for name in _WINDOWS_FILES)


def find_node() -> str | None:
    """Find Node; give the path of its program, or ``None``."""
    return shutil.which("node") or shutil.which("nodejs")


def main() -> int:
    """Print the report.

    Returns:
        0 if all that the lessons need is there, else 1.
    """
    # A Windows console may know no arrow, and a report that breaks off is none.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    print(f"wsdemo on {platform.system()} {platform.machine()}, in {sys.prefix}\n")
    problems = 0
    for check in _CHECKS:
        for finding in _carefully(check):
            print(finding, flush=True)
            problems += finding.state == "problem"
    print()
    if problems:
        print(f"{problems} {'problem' if problems == 1 else 'problems'}: see → above.")
    else:
        print("All that the lessons need is here.")
    return 1 if problems else 0


def _carefully(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Run a check; what it raises is a finding as well."""
    try:
        yield from check()
    except Exception as error:  # a broken installation can raise anything
        name = check.__name__.strip("_").replace("_", " ")
        yield Finding("problem", f"{name}: {type(error).__name__}: {error}", _AGAIN)


def _versions() -> Iterator[Finding]:
    """Python and the packages, without importing any of them."""
    yield Finding("ok", f"Python {platform.python_version()}")
    for name in ("wsdemo", *_NEEDED, *_FOR_TESTS):
        try:
            yield Finding("ok", f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            if name in _FOR_TESTS:
                yield Finding("missing", name, "for the tests: `python start.py test` installs it")
            else:
                yield Finding("problem", f"no {name}", _AGAIN)


def _kernel() -> Iterator[Finding]:
    """The kernel that notebooks ask for by the name python3 has to run this very Python."""
    from jupyter_client.kernelspec import KernelSpecManager

    specification = KernelSpecManager().get_kernel_spec("python3")
    program = specification.argv[0]
    # Jupyter puts its own Python in the place of these names.
    ours = program in ("python", "python3") or Path(program).absolute() == Path(sys.executable)
    if ours:
        yield Finding("ok", "kernel python3 runs this Python")
    else:
        yield Finding(
            "problem",
            f"kernel python3 runs another Python: {program}",
            f"remove {specification.resource_dir}, or start with `python start.py`",
        )


def _jupyter_server_extension() -> Iterator[Finding]:
    """Through it a browser on another machine reaches the servers beside the kernel."""
    from jupyter_core.paths import jupyter_config_path
    from jupyter_server.extension.config import ExtensionConfigManager

    manager: Any = ExtensionConfigManager(read_config_path=jupyter_config_path())
    if manager.get_jpserver_extensions().get("wsdemo.jupyter"):
        yield Finding("ok", "Jupyter server extension wsdemo.jupyter is enabled")
    else:
        yield Finding("problem", "Jupyter server extension wsdemo.jupyter is not enabled", _AGAIN)


def _programs() -> Iterator[Finding]:
    """What the tests want beyond Python."""
    chromium = find_chromium()
    if chromium:
        yield Finding("ok", f"Chromium: {chromium}")
    else:
        advice = "for the tests: install Chromium or Chrome, or set CHROMIUM to its path"
        yield Finding("missing", "Chromium", advice)
    node = find_node()
    if node is None:
        yield Finding("missing", "Node", "for the JavaScript programs: install Node 20 or newer")
        return
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20)
    yield Finding("ok", f"Node {asked.stdout.strip().lstrip('v')}: {node}")
    folder = npm_packages()
    for package, purpose in (("ws", "the JavaScript programs"), ("mqtt", "lesson 15's Pong")):
        if (folder / package / "package.json").is_file():
            yield Finding("ok", f"npm's {package}, for {purpose}")
        else:
            advice = f"for {purpose}: `npm install` in {folder.parent}"
            yield Finding("missing", f"npm's {package}", advice)


def _open_files() -> Iterator[Finding]:
    """A connection is an open file, and lessons 04 and 13 open hundreds of them."""
    most = most_files()
    if most is None or most >= ENOUGH_FILES:
        yield Finding("ok", f"open files: {most or 'no limit'}")
    else:
        yield Finding(
            "missing",
            f"only {most} open files are allowed, for lessons 04 and 13: {ENOUGH_FILES}",
            f"in the shell, before `python start.py`: ulimit -n {ENOUGH_FILES}",
        )


def _brokers() -> Iterator[Finding]:
    """What lessons 15, 16 and 19 start."""
    programs = {
        "nats-server, for lessons 15 and 16": install_hint("nats"),
        "Redis, for lesson 16": install_hint("redis"),
        "nginx, for lessons 16 and 19": nginx_hint(),
    }
    for name, what in programs.items():
        if what is None:
            yield Finding("ok", name)
        else:
            yield Finding("missing", name, what)


def _proxy() -> Iterator[Finding]:
    """What a plain ``connect`` to this machine would go through."""
    for kind, address in proxies_of_loopback().items():
        yield Finding(
            "note",
            f"a plain connect() to 127.0.0.1 would go through the {kind} proxy {address}",
            "the lessons do this by themselves; for your own programs set "
            "NO_PROXY=127.0.0.1,localhost,::1 or pass proxy=None",
        )


def _echo() -> Iterator[Finding]:
    """One message there and back proves more than all versions."""
    from websockets.asyncio.server import ServerConnection
    from websockets.sync.client import connect

    import wsdemo

    async def echo(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    with (
        wsdemo.serve(echo, name="doctor") as server,
        # No proxy=None: it must be as in a lesson.
        connect(server.url, open_timeout=5, close_timeout=2) as client,
    ):
        client.send("hello")
        answer = client.recv(timeout=5)
    if answer == "hello":
        yield Finding("ok", "an echo over 127.0.0.1")
    else:
        yield Finding("problem", f"an echo over 127.0.0.1 came back as {answer!r}")


_CHECKS = (
    _proxy,
    _versions,
    _kernel,
    _jupyter_server_extension,
    _programs,
    _brokers,
    _open_files,
    _echo,
)
