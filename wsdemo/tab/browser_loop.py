"""The event loop that cells run on, in a tab: the browser's own, with asyncio's networking.

Pyodide's loop schedules with the browser's timers and knows no sockets. asyncio's selector loop has
all of it in methods that need little of their object: a selector, and a few fields. So they are
lent to Pyodide's loop, and the selector tells the browser when there is something to do.
"""

import asyncio
import weakref
from asyncio import base_events, selector_events
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, NoReturn

from pyodide.webloop import WebLoop, WebLoopPolicy

from wsdemo.tab.selector import Selector
from wsdemo.tab.socket_state import getaddrinfo
from wsdemo.tab.threads import after_wait, call_soon_on_own_stack, cells_loop

__all__ = ["install"]

FROM_SELECTOR_LOOP = [
    "_add_reader",
    "_add_writer",
    "_remove_reader",
    "_remove_writer",
    "_ensure_fd_no_transport",
    "sock_recv",
    "sock_recv_into",
    "sock_sendall",
    "sock_connect",
    "sock_accept",
    "_sock_connect",
    "_sock_connect_cb",
    "_sock_write_done",
    "_sock_accept",
    "_sock_recv",
    "_sock_recv_into",
    "_sock_sendall",
    "_sock_read_done",
    "_make_socket_transport",
    "_start_serving",
    "_accept_connection",
    "_accept_connection2",
    "_stop_serving",
]

FROM_BASE_LOOP = [
    "create_connection",
    "create_server",
    "connect_accepted_socket",
    "_create_connection_transport",
    "_connect_sock",
    "_ensure_resolved",
    "_create_server_getaddrinfo",
    "_check_running",
]


def _run_until_complete(loop: WebLoop, future: Any) -> NoReturn:
    # Pyodide's own schedules the future and returns; asyncio's loops refuse while they run, and
    # this one runs always.
    raise RuntimeError("This event loop is already running")


async def _resolve(loop: WebLoop, host: Any, port: Any, **options: Any) -> list[Any]:
    return getaddrinfo(host, port)


def _run_in_executor(
    loop: WebLoop, executor: Executor | None, function: Callable[..., Any], *arguments: Any
) -> Any:
    if executor is None:
        if not hasattr(loop, "_executor"):
            loop._executor = ThreadPoolExecutor()
        executor = loop._executor
    return asyncio.wrap_future(executor.submit(function, *arguments), loop=loop)


def _call_later(
    loop: WebLoop, delay: float, callback: Callable[..., Any], *arguments: Any, context: Any = None
) -> asyncio.Handle:
    """Schedule as Pyodide's loop does, but on a stack that can be put aside."""
    if delay < 0:
        raise ValueError("cannot schedule in the past")
    handle = asyncio.Handle(callback, arguments, loop, context=context)

    def run() -> None:
        if loop is cells_loop and after_wait(run):
            return
        loop._install_running_loop()
        loop._install_asyncgen_hooks()
        if not handle.cancelled():
            handle._run()

    if delay < float("inf"):
        call_soon_on_own_stack(run, delay)
    return handle


def install() -> None:
    """Give the browser's loop sockets, and let a new loop be one that selects among them."""
    for names, lender in (
        (FROM_SELECTOR_LOOP, selector_events.BaseSelectorEventLoop),
        (FROM_BASE_LOOP, base_events.BaseEventLoop),
    ):
        for name in names:
            setattr(WebLoop, name, lender.__dict__[name])
    for name in ("add_reader", "add_writer", "remove_reader", "remove_writer"):
        setattr(WebLoop, name, getattr(WebLoop, f"_{name}"))
    WebLoop.getaddrinfo, WebLoop.run_in_executor = _resolve, _run_in_executor
    WebLoop.call_later = _call_later
    WebLoop.run_until_complete = _run_until_complete
    WebLoopPolicy.new_event_loop = lambda policy: asyncio.SelectorEventLoop(Selector())
    asyncio.run = asyncio.runners.run
    _connect(cells_loop)


def _connect(loop: Any) -> None:
    """Give the cells' loop the fields that the lent methods need, and a selector that wakes it."""
    loop._selector = selector = Selector()
    loop._transports = weakref.WeakValueDictionary()
    loop._ssock, loop._closed, loop._asyncgens_shutdown_called = None, False, False
    is_due = False

    def look() -> None:
        nonlocal is_due
        is_due = False
        for key, events in selector.ready():
            reader, writer = key.data
            for event, handle in ((1, reader), (2, writer)):
                if events & event and handle is not None and not handle.cancelled():
                    handle._run()
        if selector.ready():
            wake()

    def wake() -> None:
        nonlocal is_due
        if not is_due:
            is_due = True
            loop.call_soon(look)

    selector.woken = wake
