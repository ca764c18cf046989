"""Whether anything listens on a port of this machine, found out without connecting to it."""

import errno
import os
import socket
from typing import Any
from urllib.parse import urlsplit

from wsdemo.server.origins import is_loopback

__all__ = ["is_deserted"]

_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)  # a machine without IPv6


def is_deserted(url: str) -> bool:
    """Tell whether nothing listens at an address of this machine: its server was stopped.

    A connection would tell as well, but a server under study would see it.

    Args:
        url: with a port; for one without, or on another machine, the answer is no.
    """
    try:
        host, port = urlsplit(url).hostname, urlsplit(url).port
    except ValueError:
        return False
    if not port or not is_loopback(host):
        return False
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    places = [(family, address) for family, _, _, _, address in found]
    # On some systems one program can bind all addresses, and another one of them.
    return all(_is_free(*place) for place in [*places, (socket.AF_INET, ("", port))])


def _is_free(family: int, address: tuple[Any, ...]) -> bool:
    try:
        with socket.socket(family) as probe:
            if os.name == "posix":  # else connections that have just ended would count
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error.errno in _NO_SUCH_ADDRESS
    return True
