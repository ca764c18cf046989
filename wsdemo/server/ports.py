"""What to do about a port that cannot be used."""

import errno
from collections.abc import Iterable
from typing import Protocol

__all__ = ["explain"]


class Owner(Protocol):
    """A server of this notebook.

    Attributes:
        name: its name in messages.
        port: the TCP port it listens on.
        told_to_stop: whether it should have stopped.
    """

    name: str
    port: int
    told_to_stop: bool


def explain(error: OSError, host: str, port: int, servers: Iterable[Owner]) -> OSError:
    """Return the same error with a text that says what to do.

    Args:
        error: what came of the attempt to listen.
        host: the address.
        port: the TCP port.
        servers: those of this notebook that still run.
    """
    hint = f"{host}:{port} cannot be used: {error.strerror or error}"
    if error.errno == errno.EADDRINUSE:
        owner, remedy = _owner_of(port, servers)
        hint = f"port {port} is taken by {owner}: {remedy}choose another; port=0 takes a free one"
    elif error.errno == errno.EACCES:
        hint = f"port {port}: permission denied; use one above 1023, or port=0"
    return type(error)(error.errno, hint)


def _owner_of(port: int, servers: Iterable[Owner]) -> tuple[str, str]:
    """Say who has a port, and what would free it."""
    for server in servers:
        if server.port == port and server.told_to_stop:
            owner = f"server {server.name!r} of this notebook, whose handler blocks its event loop"
            return owner, "wait until it returns, or "
        if server.port == port:
            return f"server {server.name!r} of this notebook", "stop() it, or "
    return "another program", ""
