"""What a socket in memory knows about itself: addresses, options, time limits; and names."""

import errno
import os
import socket
from typing import Any

__all__ = ["ROOM", "State", "getaddrinfo", "system_error"]

ROOM = 2**20
"""Bytes that may be on their way in one direction; then the sender has to wait."""


def system_error(number: int) -> OSError:
    """Return the error that an operating system would raise."""
    # Pyodide's table of messages has this one in other words than Linux and macOS.
    text = "Address already in use" if number == errno.EADDRINUSE else os.strerror(number)
    return OSError(number, text)


class State:
    """The part of a socket that moves no bytes.

    Args:
        family: ``AF_INET`` unless given.
        type: ``SOCK_STREAM`` unless given; there is no other network than TCP's.
        proto: as for :class:`socket.socket`.
        fileno: the number by which selectors know it.
    """

    def __init__(self, family: int, type: int, proto: int, fileno: int) -> None:
        self.family = socket.AF_INET if family == -1 else family
        self.type = socket.SOCK_STREAM if type == -1 else type
        self.proto = 0 if proto == -1 else proto
        self._fileno = fileno
        self._timeout = socket.getdefaulttimeout()
        self._local: Any = None
        self._remote: Any = None
        self._options: dict[tuple[int, int], Any] = {}
        self._closed = False
        self._error = 0  # what the next call has to report

    def fileno(self) -> int:
        """Return the file number; -1 once it is closed."""
        return -1 if self._closed else self._fileno

    def getsockname(self) -> Any:
        """Return this end's address."""
        return self._local or ("0.0.0.0", 0)

    def getpeername(self) -> Any:
        """Return the other end's address."""
        if self._remote is None:
            raise system_error(errno.ENOTCONN)
        return self._remote

    def setsockopt(self, level: int, option: int, value: Any, *_: Any) -> None:
        """Note an option; only SO_LINGER changes anything."""
        self._options[level, option] = value

    def getsockopt(self, level: int, option: int, size: int = 0) -> Any:
        """Return an option."""
        if (level, option) == (socket.SOL_SOCKET, socket.SO_ERROR):
            number, self._error = self._error, 0
            return number
        is_size = option in (socket.SO_SNDBUF, socket.SO_RCVBUF)
        return self._options.get((level, option), ROOM // 2 if is_size else 0)

    def settimeout(self, timeout: float | None) -> None:
        """Set how many seconds a call waits: ``None`` for ever, 0 not at all."""
        self._timeout = timeout

    def gettimeout(self) -> float | None:
        """Return how many seconds a call waits."""
        return self._timeout

    timeout = property(gettimeout)

    def setblocking(self, blocking: bool) -> None:
        """Let calls wait, or not."""
        self._timeout = None if blocking else 0.0

    def getblocking(self) -> bool:
        """Whether calls wait."""
        return self._timeout != 0

    def set_inheritable(self, inheritable: bool) -> None:
        """Do nothing: there is no other process."""


def getaddrinfo(
    host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
) -> list[Any]:
    """Return the one address of a name: there is this machine, and no name but its own.

    Raises:
        socket.gaierror: it is another name, or not of this family.
    """
    host = {"localhost": "127.0.0.1", None: "127.0.0.1", "": "0.0.0.0"}.get(host, host)
    is_ipv6 = ":" in host
    if not is_ipv6 and not host.replace(".", "").isdigit():
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    kind = socket.AF_INET6 if is_ipv6 else socket.AF_INET
    if family not in (0, kind):
        raise socket.gaierror(socket.EAI_NONAME, "Address family for hostname not supported")
    number = int(port or 0)
    address = (host, number, 0, 0) if is_ipv6 else (host, number)
    return [(kind, type or socket.SOCK_STREAM, proto or socket.IPPROTO_TCP, "", address)]
