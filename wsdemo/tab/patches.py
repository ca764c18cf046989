"""Put the network in memory in the place of the one that Python would have."""

import asyncio.selector_events
import json
import selectors
import socket
import socketserver
import sys
from collections.abc import Callable
from typing import Any

from wsdemo.tab.selector import Selector
from wsdemo.tab.socket_state import getaddrinfo
from wsdemo.tab.sockets import Socket, socketpair

__all__ = ["abort_when_lost", "install"]

# Some builds lack them; their numbers mean nothing here.
CONSTANTS = [
    "SOL_SOCKET",
    "SO_REUSEADDR",
    "SO_REUSEPORT",
    "SO_KEEPALIVE",
    "SO_LINGER",
    "SO_ERROR",
    "SO_SNDBUF",
    "SO_RCVBUF",
    "IPPROTO_TCP",
    "IPPROTO_IPV6",
    "IPV6_V6ONLY",
    "TCP_NODELAY",
    "SOMAXCONN",
    "SHUT_RD",
    "SHUT_WR",
    "SHUT_RDWR",
    "MSG_PEEK",
    "AI_PASSIVE",
    "AI_ADDRCONFIG",
    "EAI_NONAME",
    "NI_NUMERICHOST",
    "NI_NUMERICSERV",
]


def install(take_turns: Callable[[], None]) -> None:
    """Give this Python a network.

    Args:
        take_turns: what an event loop calls before it waits, to let other threads run.
    """
    for number, name in enumerate(CONSTANTS):
        if not hasattr(socket, name):
            setattr(socket, name, 1000 + number)
    module: Any = socket
    module.socket, module.socketpair, module.getaddrinfo = Socket, socketpair, getaddrinfo
    setattr(Selector, "take_turns", staticmethod(take_turns))  # noqa: B010 - it is a method else
    for name in ("DefaultSelector", "PollSelector", "SelectSelector"):
        setattr(selectors, name, Selector)
    socketserver._ServerSelector = Selector  # type: ignore[attr-defined]  # imported already
    sys.modules["resource"] = None  # type: ignore[assignment]  # as on Windows: it has no limits
    _parse_json_in_python()
    abort_when_lost()


def abort_when_lost() -> None:
    """Let a transport be aborted when its connection is lost already, as asyncio documents it.

    A transport that is closed while it has data to send, and then sends them, forgets its loop, but
    not that it may be aborted: ``abort()`` raises AttributeError (seen in CPython 3.11 and 3.14).
    Elsewhere the peer's reset comes first, and in a tab the data are always taken.
    """
    module: Any = asyncio.selector_events
    transport = module._SelectorTransport
    force_close = transport._force_close

    def force_close_if_open(self: Any, error: BaseException | None) -> None:
        if self._loop is not None:
            force_close(self, error)

    transport._force_close = force_close_if_open


def _parse_json_in_python() -> None:
    # The C scanner stops at a depth that it measures on the C stack. WebAssembly's cannot be
    # measured: a deeply nested text would end the kernel.
    module: Any = json
    module.scanner.make_scanner = module.scanner.py_make_scanner
    module.decoder.scanner.make_scanner = module.scanner.py_make_scanner
    module._default_decoder = json.JSONDecoder()
