"""Programs beside the notebook: a broker, a balancer, a server in a process of its own.

A notebook's :func:`wsdemo.serve` runs in the kernel. What is to be killed while the lesson goes on
has to be a process, and no process that a lesson starts may be left behind.
"""

import contextlib
import importlib.util
import inspect
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from wsdemo.proxies import keep_loopback_direct
from wsdemo.running import remember

__all__ = ["Program", "find_in_wheel", "free_ports", "run_in_process", "serve_in_process"]

WATCHDOG = pathlib.Path(__file__).with_name("watchdog.py")
NEW_PROCESS_GROUP = 0x200
"""Windows' CREATE_NEW_PROCESS_GROUP, which subprocess names on Windows only."""

OWN_PROGRAM = """\
import asyncio
import contextlib
import signal
import sys

from websockets.asyncio.server import serve


{main}

asyncio.run({name}(int(sys.argv[1])))
"""

LOW_PORTS = range(20_000, 32_000)


def free_ports(count: int) -> list[int]:
    """Find TCP ports of 127.0.0.1 that nobody listens on.

    They lie below those that systems give to outgoing connections (32,768 and up on Linux, 49,152
    and up elsewhere: RFC 6335 §6), or one of these could take a port before its program does.

    Args:
        count: how many.

    Raises:
        OSError: there are not so many.
    """
    found: list[int] = []
    for port in random.sample(LOW_PORTS, len(LOW_PORTS)):
        if len(found) == count:
            return found
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
    raise OSError("no free ports")


def find_in_wheel(package: str, pattern: str) -> str | None:
    """Find the program that a Python package brings.

    Args:
        package: its import name; it is not imported.
        pattern: where in its folder the program lies, as in :meth:`pathlib.Path.glob`.

    Returns:
        The program's path; ``None`` if the package is not installed or brings none.
    """
    found = importlib.util.find_spec(package)
    if found is None or not found.origin:
        return None
    return next(map(str, pathlib.Path(found.origin).parent.glob(pattern)), None)


def serve_in_process(app: str, *options: str) -> "Program":
    """Run a finished server in a process of its own, as ``wsdemo serve APP`` does in a terminal.

    Args:
        app: its name.
        options: its options, such as ``"--bus", "redis://127.0.0.1:6379"``.

    Raises:
        RuntimeError: it ended at its start; the message says why.
    """
    [port] = free_ports(1)
    command = [sys.executable, "-m", "wsdemo", "serve", app, "--port", str(port), *options]
    return Program(app, command, [port])


def run_in_process(main: Callable[[int], Awaitable[None]]) -> "Program":
    """Run a server of your own in a process of its own, as ``python main.py PORT`` does.

    Args:
        main: ``async def main(port)``, which listens on this port of 127.0.0.1. Its source becomes
            the file ``main.py``, after the imports in :data:`OWN_PROGRAM`: so it can use ``serve``
            of websockets and some modules of Python, and nothing else of the notebook.

    Raises:
        RuntimeError: it ended at its start; the message has the last lines it printed.
    """
    [port] = free_ports(1)
    source = textwrap.dedent(inspect.getsource(main))
    files = {"main.py": OWN_PROGRAM.format(main=source, name=main.__name__)}
    return Program("main.py", [sys.executable, "FOLDER/main.py", str(port)], [port], files)


class Program:
    """A program that runs beside the notebook and ends with it, even when the kernel is killed.

    It is started at once, and again by :meth:`start` after it was killed; its files and its port
    stay the same.

    Args:
        name: what it is called in messages.
        command: the program and its arguments. ``FOLDER`` in an argument stands for a temporary
            folder that is its own. Any character may be in that path, so name it here, and not in
            a file whose grammar gives some of them a meaning.
        ports: TCP ports that it will listen on; it counts as started when it listens on all.
        files: names to texts: what it finds in its folder.
        ready: what it prints when it serves, where it listens before it does.
        patience: seconds that it has for that.
        variables: environment variables to set for it, beside those of this process.
        lines: how many of the last lines that it printed a message shows.
        is_there: whether a program listens on a port; a connection finds out unless given.

    Attributes:
        folder: the path of its folder.
        pid: the number of its process.

    Raises:
        RuntimeError: it ended instead; the message has the last lines it printed.
        TimeoutError: it does not listen in time.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        ports: Sequence[int],
        files: dict[str, str] | None = None,
        ready: str = "",
        patience: float = 10,
        variables: Mapping[str, str | int] | None = None,
        lines: int = 5,
        is_there: Callable[[int], bool] | None = None,
    ) -> None:
        keep_loopback_direct()
        self.name, self.ports = name, list(ports)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wsdemo-"))
        self._command = [word.replace("FOLDER", self.folder.as_posix()) for word in command]
        self._ready, self._patience = ready, patience
        self._lines = lines
        self._is_there = is_there or _listens
        self._variables = {name: str(value) for name, value in (variables or {}).items()}
        self._watchdog: subprocess.Popen[bytes] | None = None
        self.pid: int | None = None
        for file, text in (files or {}).items():
            (self.folder / file).write_text(text, encoding="utf-8")
        remember("program", self)
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._watchdog is not None and self._watchdog.poll() is None

    @property
    def status(self) -> int | None:
        """Its exit status, once it has ended by itself; ``None`` before that."""
        return None if self._watchdog is None else self._watchdog.poll()

    @property
    def url(self) -> str:
        """Its address for clients, if it is a WebSocket server."""
        return f"ws://127.0.0.1:{self.ports[0]}"

    @property
    def log(self) -> str:
        """What it has printed."""
        file = self.folder / "log"
        return file.read_text("utf-8", errors="backslashreplace") if file.exists() else ""

    def start(self) -> None:
        """Start it, and wait until it listens; nothing happens if it runs already."""
        if self.running:
            return
        before = self.log
        # Jupyter interrupts a cell by a signal to the kernel's whole process group: not to these.
        posix = os.name == "posix"
        with open(self.folder / "log", "ab") as log:
            self._watchdog = subprocess.Popen(
                [sys.executable, "-I", "-S", str(WATCHDOG), str(self.folder), *self._command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=os.environ | self._variables,
                start_new_session=posix,
                creationflags=0 if posix else NEW_PROCESS_GROUP,
            )
        assert self._watchdog.stdout is not None
        told = self._watchdog.stdout.readline()
        self.pid = int(told) if told else None
        deadline = time.monotonic() + self._patience
        while not (self._ready in self.log[len(before) :] and all(map(self._is_there, self.ports))):
            if not self.running:
                raise RuntimeError(f"{self.name} ended at its start:\n{self._last_lines()}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} does not listen:\n{self._last_lines()}")
            time.sleep(0.01)

    def kill(self) -> None:
        """End it as a fault would: without a warning and without a chance to tidy up."""
        self._end_by(getattr(signal, "SIGKILL", signal.SIGTERM))

    def terminate(self) -> None:
        """Ask it to end, and wait for that; its files stay, and it can be started again.

        On Windows no program can be asked: there it is killed.
        """
        self._end_by(signal.SIGTERM)

    def _end_by(self, signum: int) -> None:
        if self._watchdog is not None and self.pid is not None and self.running:
            os.kill(self.pid, signum)
            self._watchdog.wait(self._patience)
        self._let_go()

    def stop(self) -> None:
        """Ask it to end, wait for that, and remove its files. May be called twice."""
        self._let_go()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _let_go(self) -> None:
        if self._watchdog is not None:
            # The watchdog notices that its standard input has ended, and ends the program.
            for pipe in (self._watchdog.stdin, self._watchdog.stdout):
                if pipe is not None:
                    pipe.close()
            self._watchdog.wait(self._patience + 10)

    def _last_lines(self) -> str:
        return "\n".join(self.log.splitlines()[-self._lines :])

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<{self.name} {'running' if self.running else 'stopped'}>"


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
