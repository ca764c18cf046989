"""What would fail while ``wsdemo wire`` runs, or at its end, is found before it starts."""

import pathlib
import socket
import urllib.parse

from wsdemo.options import check_number
from wsdemo.wire.core import PORTS
from wsdemo.wire.pcapng import capture_file

__all__ = ["check", "say"]

PATIENCE = 5
"""Seconds for the server to accept a connection."""


def check(url: str, save: pathlib.Path | None, keep: int) -> None:
    """Find out before the start what would fail later.

    Args:
        url: the server's address.
        save: where the capture will be saved; ``None`` for nowhere.
        keep: bytes of each connection to keep for it.

    Raises:
        ValueError: the address, the name of the file or the number makes no sense.
        OSError: there is no such server, or the file cannot be written.
    """
    check_number("keep", keep, "bytes", least=0, whole=True)
    host, port = _server_of(url)
    if save is not None:
        _check_file(save)
    try:
        socket.create_connection((host, port), PATIENCE).close()
    except ConnectionRefusedError as error:
        raise say(
            error, f"nothing listens on {host}:{port}: start the server first, or correct the port"
        ) from None
    except socket.gaierror as error:
        raise say(error, f"there is no host {host!r}: correct the address") from None
    except TimeoutError as error:
        told = f"{host}:{port} does not answer within {PATIENCE} s: correct the address"
        raise say(error, told) from None
    except OSError as error:
        raise say(error, f"{host}:{port} cannot be reached: {error.strerror or error}") from None


def _server_of(url: str) -> tuple[str, int]:
    """Read the server's address, and refuse one that a wire can do nothing with."""
    example = "wsdemo wire ws://127.0.0.1:8080"
    try:
        parts = urllib.parse.urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{url!r} is not an address ({error}): {example}") from None
    if parts.scheme in ("wss", "https"):
        raise ValueError(
            "with TLS a wire sees only ciphertext, and the client would refuse the certificate: "
            "start the server without TLS, or put the wire between the proxy that ends TLS and "
            f"the server ({example})"
        )
    if parts.scheme not in PORTS or not host:
        raise ValueError(f"{url!r} is not the address of a WebSocket server: {example}")
    return host, port or PORTS[parts.scheme]


def _check_file(save: pathlib.Path) -> None:
    try:
        file = capture_file(save)
    except ValueError:
        told = f"--save writes a capture for Wireshark: --save talk.pcapng, not {save.name!r}"
        raise ValueError(told) from None
    new = not file.exists()
    try:
        with file.open("ab"):  # changes nothing of a file that is there
            pass
    except OSError as error:
        raise say(error, f"{file} cannot be written: {error.strerror}") from None
    if new:
        file.unlink()


def say(error: OSError, text: str) -> OSError:
    """Return an error of the same kind with a text that says what to do.

    Args:
        error: what was raised.
        text: what to write instead of the system's words.
    """
    return type(error)(error.errno, text)
