"""Which page is asking: origins (RFC 6454), and the host by which a browser knows a server."""

import ipaddress
import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from websockets.datastructures import Headers

__all__ = ["ANY", "Origin", "allowed", "asked_host", "is_loopback", "split_host"]

ANY = "*"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")


class Origin(NamedTuple):
    """The scheme, host and port of a page (RFC 6454 §4); its text is what a browser sends (§6.2).

    Attributes:
        scheme: in lower case, such as ``"https"``.
        host: in lower case, an IPv6 address without brackets; empty for ``file://``.
        port: ``None`` where it is the scheme's default.
    """

    scheme: str
    host: str
    port: int | None

    @classmethod
    def parse(cls, text: str) -> "Origin":
        """Read an origin, also one with capitals, a default port or a slash at the end.

        Args:
            text: such as ``"https://example.com"``.

        Raises:
            ValueError: it is not an origin. The text says what to write instead.
        """
        said = f"origin {text!r}"
        if text == "null":
            raise ValueError(
                f"{said} is what any page without an origin sends, and every site can make one: "
                "open the page over http, and write its address"
            )
        scheme, found, rest = text.strip().partition("://")
        scheme = scheme.lower()
        if not found or not _SCHEME.fullmatch(scheme):
            bare = scheme.strip("/")
            raise ValueError(f"{said} has no scheme: write https://{bare} or http://{bare}")
        if scheme in ("ws", "wss"):
            page = scheme.replace("ws", "http")
            raise ValueError(f"{said} names a server, not a page: write {page}://{rest}")
        if "*" in rest:
            raise ValueError(f"{said} has a '*': name each host, or write '*' for all pages")
        if not rest.isascii():
            raise ValueError(f"{said} is not ASCII: write its host as xn--…, as browsers send it")
        try:
            parts = urlsplit(f"//{rest}")
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise ValueError(f"{said} is not valid: {error}") from None
        if not (_HOST.fullmatch(host) or (scheme == "file" and not host)):
            raise ValueError(f"{said} has no valid host: write it as in https://example.com")
        origin = cls(scheme, host, None if port == _DEFAULT_PORTS.get(scheme) else port)
        if "@" in parts.netloc or parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError(f"{said} has more than scheme, host and port: write {origin}")
        return origin

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + (f":{self.port}" if self.port is not None else "")

    def is_of(self, headers: Headers, *, any_port: bool = False) -> bool:
        """Tell whether a page of this origin came from the host that it now connects to.

        Args:
            headers: those of the request.
            any_port: whether another port of the same host counts as well.
        """
        host, port = asked_host(headers)
        if host is None or self.host != host:
            return False
        default = _DEFAULT_PORTS.get(self.scheme)
        return any_port or (self.port or default) == (port or default)


def allowed(origins: Iterable[str]) -> tuple[str, ...]:
    """Write origins as browsers send them, so that they can be compared as text.

    Args:
        origins: what a person wrote; ``"*"`` stays as it is.

    Raises:
        ValueError: one can never match. The text says what to write instead.
    """
    if isinstance(origins, str):
        raise ValueError(f"origins is a list of texts, not one text: write [{origins!r}]")
    return tuple(each if each == ANY else str(Origin.parse(each)) for each in origins)


def asked_host(headers: Headers) -> tuple[str | None, int | None]:
    """Find the host and port that a browser has in its address bar, or would have there.

    A proxy may rewrite Host, and then names the one it was asked for in X-Forwarded-Host. No web
    page can set that header, or any other, on a WebSocket. A program that connects directly can,
    but it can send any Origin as well: a check of Origins protects the users of browsers alone.

    Args:
        headers: those of the request.

    Returns:
        The host in lower case, and the port if it was named; ``(None, None)`` without a valid one.
    """
    # A chain of proxies makes a list; the first was added by the one that the browser knows.
    named = [*headers.get_all("X-Forwarded-Host"), *headers.get_all("Host")]
    return split_host(next(filter(None, named), "").partition(",")[0])


def split_host(text: str) -> tuple[str | None, int | None]:
    """Split ``host:port`` as in a Host header (RFC 9110 §7.2).

    Args:
        text: what a client sent, valid or not.

    Returns:
        The host in lower case and the port, ``None`` where there is none; ``(None, None)`` for
        what is not valid.
    """
    try:
        parts = urlsplit(f"//{text.strip()}")
        return parts.hostname, parts.port
    except ValueError:
        return None, None


def is_loopback(host: str | None) -> bool:
    """Tell whether a name is one of this machine's own, whatever its network says.

    Args:
        host: a name or an address, without a port.
    """
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"
