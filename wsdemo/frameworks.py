"""Apps of web frameworks, served beside the notebook: ASGI apps by uvicorn, aiohttp's by aiohttp.

A terminal would run ``uvicorn room:app`` or ``python room.py``. Here a server runs in a thread, on
a free port, and keeps what it logs, so that a cell can show it.
"""

import asyncio
import contextlib
import importlib.util
import inspect
import logging
import socket
import sys
import textwrap
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from wsdemo.loop import LoopThread
from wsdemo.programs.process import Program, free_ports
from wsdemo.proxies import keep_loopback_direct
from wsdemo.running import remember

__all__ = [
    "ADVICE",
    "AppServer",
    "collected_log",
    "install_hint",
    "runserver",
    "serve",
    "serve_workers",
    "serving",
]

HOST = "127.0.0.1"
PATIENCE = 10.0
"""Seconds that a server has to start, and again to stop."""

GRACE = 1
"""Seconds that handlers have to end by themselves when a server stops."""

PACKAGES = ("aiohttp", "channels", "django", "fastapi", "uvicorn")
ADVICE = f"the frameworks of lesson 18 are not all here: pip install {' '.join(PACKAGES)}"
LOGGERS = (
    "uvicorn.error",
    "uvicorn.access",
    "aiohttp.server",
    "aiohttp.websocket",
    "django.request",
    "asyncio",
)
_running: set["AppServer"] = set()  # or one that nobody has a name for could not be stopped


def install_hint() -> str | None:
    """Return how to install the frameworks; ``None`` if all of them are there."""
    found = map(importlib.util.find_spec, PACKAGES)
    return None if all(found) else ADVICE


class AppServer:
    """A framework's app on a server in the background; :func:`serve` makes it.

    Attributes:
        name: what it is called.
        url: its address for clients.
        log: what the server has logged as a warning or an error, one text each; an exception that
            was logged is the last part of its text.
    """

    def __init__(self, app: Any, name: str, **options: Any) -> None:
        keep_loopback_direct()
        self.name = name
        self.log: list[str] = []
        self._life = contextlib.AsyncExitStack()
        self._thread = LoopThread(name)
        try:
            self.url = self._thread.run(self._begin(app, options), timeout=PATIENCE)
        except BaseException:
            self._thread.stop()
            raise
        remember("server", self)
        _running.add(self)

    async def _begin(self, app: Any, options: dict[str, Any]) -> str:
        self._life.enter_context(collected_log(self.log))
        return await self._life.enter_async_context(serving(app, **options))

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._thread.running

    @property
    def http_url(self) -> str:
        """Its address for plain HTTP."""
        return self.url.replace("ws://", "http://")

    def stop(self) -> None:
        """Close its connections, and stop it. May be called twice."""
        if self.running:
            try:
                self._thread.run(self._life.aclose(), timeout=PATIENCE)
            finally:
                self._thread.stop()
                _running.discard(self)

    def __enter__(self) -> "AppServer":
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<AppServer {self.name!r} {'running' if self.running else 'stopped'}>"


@contextlib.contextmanager
def collected_log(log: list[str]) -> Iterator[None]:
    """Note the warnings and errors that servers log in this thread, instead of printing them.

    Args:
        log: gets one text for each.
    """
    this_thread = threading.get_ident()

    def collect(record: logging.LogRecord) -> bool:
        if record.thread != this_thread:
            return True
        if record.levelno < logging.WARNING:
            return False
        text = record.getMessage().strip()
        if record.exc_info and (error := record.exc_info[1]) is not None:
            text = f"{text}: {type(error).__name__}: {error}".removesuffix(": ")
        log.append(text)
        return False

    loggers = [logging.getLogger(each) for each in LOGGERS]
    for each in loggers:
        each.addFilter(collect)
    try:
        yield
    finally:
        for each in loggers:
            each.removeFilter(collect)


def serve(app: Any, name: str = "app", **options: Any) -> AppServer:
    """Serve a framework's app on a free port of 127.0.0.1, in a thread.

    Args:
        app: an ASGI app, such as FastAPI's or a router of Channels; uvicorn serves it. Or an
            ``aiohttp.web.Application``, which serves itself.
        name: what it is called.
        options: those of ``uvicorn.Config``, such as ``ws_ping_interval`` in seconds.

    Raises:
        ModuleNotFoundError: the frameworks are not installed.
        TimeoutError: the server has not started in time.
    """
    return AppServer(app, name, **options)


@contextlib.asynccontextmanager
async def serving(app: Any, **options: Any) -> AsyncIterator[str]:
    """Serve an app for as long as the block lasts, on the running event loop; yield its address.

    Args:
        app: as for :func:`serve`.
        options: as for :func:`serve`.

    Raises:
        ModuleNotFoundError: the frameworks are not installed.
        RuntimeError: the app failed while it started.
    """
    if install_hint():
        raise ModuleNotFoundError(ADVICE)
    is_aiohttp = type(app).__module__.startswith("aiohttp.")
    # asyncio sends small messages at once only where a socket names TCP as its protocol.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind((HOST, 0))
        listener.listen()
        running = _by_aiohttp(app, listener) if is_aiohttp else _by_uvicorn(app, listener, options)
        async with running:
            yield f"ws://{HOST}:{listener.getsockname()[1]}"


@contextlib.asynccontextmanager
async def _by_uvicorn(app: Any, listener: socket.socket, options: Any) -> AsyncIterator[None]:
    import uvicorn

    options = {"http": "h11", "log_config": None, "timeout_graceful_shutdown": GRACE, **options}
    server = uvicorn.Server(uvicorn.Config(app, **options))
    running = asyncio.create_task(server.serve([listener]))
    try:
        async with asyncio.timeout(PATIENCE):
            while not (server.started or running.done()):
                await asyncio.sleep(0.01)
        if running.done():
            raise RuntimeError("the app failed while it started")
        yield
    finally:
        server.should_exit = True
        await asyncio.wait({running}, timeout=PATIENCE)


@contextlib.asynccontextmanager
async def _by_aiohttp(app: Any, listener: socket.socket) -> AsyncIterator[None]:
    from aiohttp import web

    runner = web.AppRunner(app, shutdown_timeout=GRACE)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield
    finally:
        await runner.cleanup()


def serve_workers(factory: Callable[[], Any], workers: int = 2) -> Program:
    """Run ``uvicorn --factory room:NAME --workers N``, as in a terminal.

    Args:
        factory: a function that makes a FastAPI app. Its source becomes the file ``room.py``,
            after the lines ``import asyncio, json, os`` and ``from fastapi import *``.
        workers: how many processes share the port.

    Raises:
        RuntimeError: uvicorn ended at its start.
        TimeoutError: it does not listen in time.
    """
    [port] = free_ports(1)
    source = "import asyncio, json, os\nfrom fastapi import *\n\n" + textwrap.dedent(
        inspect.getsource(factory)
    )
    command = [sys.executable, "-m", "uvicorn", "--factory", f"room:{factory.__name__}"]
    command += ["--app-dir", "FOLDER", "--port", str(port), "--workers", str(workers)]
    ready = "Application startup complete"
    return Program("uvicorn", command, [port], {"room.py": source}, ready, patience=30)


def runserver(settings: str) -> Program:
    """Run ``manage.py runserver`` of a Django project.

    Args:
        settings: the text of its settings; they are in the module ``site_settings``.

    Raises:
        RuntimeError: Django ended at its start.
        TimeoutError: it does not listen in time.
    """
    [port] = free_ports(1)
    command = [sys.executable, "-m", "django", "runserver", "--noreload", str(port)]
    command += ["--settings", "site_settings", "--pythonpath", "FOLDER"]
    return Program("runserver", command, [port], {"site_settings.py": settings}, patience=30)
