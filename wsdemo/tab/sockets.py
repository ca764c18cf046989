"""A network in memory: sockets of which each is one end of a pair of buffers.

A connection is two :class:`Socket` objects that know each other. What one sends is appended to
what the other has to read. All of it is inside this Python: no packet, no other machine. The
methods and their errors are those of :class:`socket.socket` (POSIX), as far as asyncio,
``http.client`` and ``websockets`` use them, so that these run unchanged.

Nothing here knows a browser: under CPython the same sockets work with real threads, which is how
they are tested.
"""

import contextlib
import errno
import os
import selectors
import socket
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

from wsdemo.tab.socket_state import ROOM, State, getaddrinfo, system_error

__all__ = ["Socket", "socketpair", "sockets"]

FIRST_PORT = 49_152
"""The first of the ports that an operating system hands out (RFC 6335 §6)."""

FIRST_FILENO = 1_000
"""Far from the numbers of files that are open."""

sockets: "weakref.WeakValueDictionary[int, Socket]" = weakref.WeakValueDictionary()
"""Every socket there is, by its file number."""

_listeners: "dict[int, Socket]" = {}
_next_fileno = FIRST_FILENO
_next_port = FIRST_PORT
_RealSocket = socket.socket


class Socket(State):
    """One end of a connection, or a listener.

    Args:
        family: ``AF_INET`` unless given.
        type: ``SOCK_STREAM`` unless given; there is no other network than TCP's.
        proto: as for :class:`socket.socket`.
        fileno: is not supported; a socket begins here.
    """

    def __init__(self, family: int = -1, type: int = -1, proto: int = -1, fileno: Any = None):
        global _next_fileno
        super().__init__(family, type, proto, _next_fileno)
        _next_fileno += 1
        self._received = bytearray()
        self._at_end = False  # the other end sends nothing more
        self._shut = False  # this end sends nothing more
        self._closing = False  # close() was called; a file may still be open
        self._peer: Socket | None = None
        self._pending: deque[Socket] | None = None  # a listener's connections, not yet accepted
        self._watchers: set[Callable[[], None]] = set()
        self._io_refs = 0  # files that makefile() has made
        sockets[self._fileno] = self

    # Whether a call would have to wait

    def ready(self) -> int:
        """Return which of ``EVENT_READ`` and ``EVENT_WRITE`` would not have to wait."""
        readable = self._received or self._at_end or self._error or self._pending or self._closed
        peer = self._peer
        writable = self._error or (peer and (peer._closed or len(peer._received) < ROOM))
        return selectors.EVENT_READ * bool(readable) | selectors.EVENT_WRITE * bool(writable)

    def watch(self, watcher: Callable[[], None]) -> None:
        """Have a function called whenever something about this socket has changed."""
        self._watchers.add(watcher)

    def unwatch(self, watcher: Callable[[], None]) -> None:
        """Call a function no more."""
        self._watchers.discard(watcher)

    def _changed(self) -> None:
        for watcher in list(self._watchers):
            watcher()

    def _wait(self, event: int) -> None:
        """Wait until the socket is ready for reading or writing.

        Raises:
            BlockingIOError: it is not, and the socket does not block.
            TimeoutError: its time limit is over.
        """
        end = None if self._timeout is None else time.monotonic() + self._timeout
        while not self.ready() & event:
            if self._timeout == 0:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            changed = threading.Event()
            self.watch(changed.set)
            try:
                if self.ready() & event:
                    break
                left = None if end is None else end - time.monotonic()
                if left is not None and left <= 0:
                    raise TimeoutError("timed out")
                changed.wait(left)
            finally:
                self.unwatch(changed.set)
        if self._closed:
            raise system_error(errno.EBADF)

    # Making a connection

    def bind(self, address: Any) -> None:
        """Take an address; port 0 takes any free one."""
        global _next_port
        host, port = address[:2]
        if port in _listeners:
            raise system_error(errno.EADDRINUSE)
        if not port:
            port, _next_port = _next_port, _next_port + 1
        self._local = (host or "0.0.0.0", port, *address[2:])

    def listen(self, backlog: int = 128) -> None:
        """Accept connections from now on."""
        if self._local is None:
            self.bind(("0.0.0.0", 0))
        if _listeners.get(self._local[1], self) is not self:
            raise system_error(errno.EADDRINUSE)
        self._pending = self._pending or deque()
        _listeners[self._local[1]] = self

    def connect(self, address: Any) -> None:
        """Connect to a listener. It is made at once, and waits there to be accepted."""
        if self._closed:
            raise system_error(errno.EBADF)
        if self.type != socket.SOCK_STREAM:
            raise system_error(errno.ENETUNREACH)
        host, port = getaddrinfo(address[0], address[1], self.family, self.type)[0][4][:2]
        listener = _listeners.get(port)
        if listener is None or listener._local[0] not in (host, "0.0.0.0", "::"):
            is_own = host.startswith("127.") or host in ("0.0.0.0", "::", "::1")
            refusal = errno.ECONNREFUSED if is_own else errno.ENETUNREACH  # no other machine
            if self._timeout == 0:  # a caller that does not wait asks for SO_ERROR later
                self._error = refusal
                raise BlockingIOError(errno.EINPROGRESS, os.strerror(errno.EINPROGRESS))
            raise system_error(refusal)
        if self._local is None:
            self.bind((host, 0))
        other = Socket(self.family, self.type, self.proto)
        other._local, other._remote, self._remote = (host, port), self._local, (host, port)
        other._peer, self._peer = self, other
        assert listener._pending is not None  # it listens
        listener._pending.append(other)
        listener._changed()
        self._changed()

    def connect_ex(self, address: Any) -> int:
        """Connect; return the error's number instead of raising it."""
        try:
            self.connect(address)
        except OSError as error:
            return error.errno or errno.EIO
        return 0

    def accept(self) -> "tuple[Socket, Any]":
        """Return the next connection of a listener, and its other end's address."""
        self._wait(selectors.EVENT_READ)
        if self._pending is None:
            raise system_error(errno.EINVAL)
        other = self._pending.popleft()
        other._timeout = socket.getdefaulttimeout()
        return other, other._remote

    # Bytes

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Return up to so many bytes; none at the end of what the other end sends."""
        if self._peer or not self._shut:
            self._wait(selectors.EVENT_READ)
        if self._received:
            data = bytes(self._received[:size])
            if not flags & socket.MSG_PEEK:
                was_full = len(self._received) >= ROOM
                del self._received[:size]
                if was_full and self._peer:
                    self._peer._changed()
            return data
        if self._error:
            number, self._error, self._at_end = self._error, 0, True
            raise system_error(number)
        return b""

    def recv_into(self, buffer: Any, size: int = 0, flags: int = 0) -> int:
        """Receive into a buffer; return how many bytes."""
        view = memoryview(buffer).cast("B")
        data = self.recv(size or len(view), flags)
        view[: len(data)] = data
        return len(data)

    def send(self, data: Any, flags: int = 0) -> int:
        """Send bytes; return how many there was room for."""
        if self._closed:
            raise system_error(errno.EBADF)
        if self._peer is None and not self._error:
            was_connected = self._at_end or self._remote
            raise system_error(errno.EPIPE if was_connected else errno.ENOTCONN)
        if self._shut:
            raise system_error(errno.EPIPE)
        self._wait(selectors.EVENT_WRITE)
        if self._error:
            number, self._error = self._error, 0
            raise system_error(number)
        view, peer = memoryview(data).cast("B"), self._peer
        assert peer is not None  # else there was an error
        if peer._closed:  # it answers with a reset, which the next call reports
            self._reset()
            return len(view)
        part = view[: ROOM - len(peer._received)]
        peer._received += part
        peer._changed()
        return len(part)

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send all the bytes; wait whenever the other end's buffer is full."""
        view = memoryview(data).cast("B")
        while view:
            view = view[self.send(view) :]

    def sendmsg(self, buffers: Any, *_: Any) -> int:
        """Send several buffers as one."""
        return self.send(b"".join(buffers))

    # The end of a connection

    def _reset(self) -> None:
        """Note that the other end has reset the connection (RST)."""
        self._error, self._peer, self._at_end = errno.ECONNRESET, None, True
        self._changed()

    def shutdown(self, how: int) -> None:
        """End one direction, or both."""
        if self._remote is None or (self._peer is None and self._error):
            raise system_error(errno.ENOTCONN)
        if how != socket.SHUT_RD and not self._shut:
            self._shut = True
            if self._peer and not self._peer._closed:
                self._peer._at_end = True
                self._peer._changed()
        if how != socket.SHUT_WR:
            self._at_end = True
            self._changed()

    def close(self) -> None:
        """Close it, once the files are closed that :meth:`makefile` has made."""
        self._closing = True
        if self._io_refs <= 0:
            self._real_close()

    def _decref_socketios(self) -> None:
        # What socket.SocketIO calls when a file is closed; `makefile` is the real one.
        self._io_refs = max(0, self._io_refs - 1)
        if self._closing:
            self.close()

    def _real_close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._stop_listening()
        peer = self._peer
        if peer is not None:
            if not peer._closed and self._must_reset():
                peer._reset()
            else:
                peer._at_end = True
                peer._changed()
        self._received.clear()
        self._changed()

    def _must_reset(self) -> bool:
        """Whether closing ends the connection with RST: something is unread, or SO_LINGER is 0."""
        linger = self._options.get((socket.SOL_SOCKET, socket.SO_LINGER))
        lingers_not = isinstance(linger, bytes) and linger[:1] == b"\1" and not any(linger[4:])
        return bool(self._received) or lingers_not

    def _stop_listening(self) -> None:
        if self._pending is None:
            return
        if _listeners.get(self._local[1]) is self:
            del _listeners[self._local[1]]
        for connection in self._pending:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.close()

    makefile = _RealSocket.makefile

    def detach(self) -> int:
        """Forget the connection; return the file number."""
        self._closed = True
        return self._fileno

    def __enter__(self) -> "Socket":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # it was not even made, or Python ends
            self._real_close()

    def __repr__(self) -> str:
        return f"<socket fd={self.fileno()} laddr={self._local} raddr={self._remote}>"


def socketpair(*_: Any) -> tuple[Socket, Socket]:
    """Return two sockets that are connected to each other."""
    one, other = Socket(), Socket()
    one._peer, other._peer = other, one
    one._local = one._remote = other._local = other._remote = ("127.0.0.1", 0)
    return one, other
