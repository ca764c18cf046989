"""The address of a server, and what cannot be judged."""

from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = ["Address", "Trouble"]


class Trouble(Exception):
    """Nothing can be judged. The text says why, and what to do."""


@dataclass(frozen=True)
class Address:
    """The address of a server.

    Attributes:
        host: a name, or an IP address.
        port: the TCP port.
        target: the path and the query.
    """

    host: str
    port: int
    target: str = "/"

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Take an address apart.

        Args:
            url: such as ``ws://127.0.0.1:8000/chat``.

        Raises:
            Trouble: it is not an address of a WebSocket server without TLS.
        """
        scheme, colon, _ = url.partition("://")
        if not colon:
            raise Trouble(f"{url} is not an address: write it as ws://127.0.0.1:8000")
        if scheme.lower() == "wss":
            raise Trouble(
                "the judge reads every byte, and TLS hides them. Start your server without TLS, "
                "and write ws:// instead of wss://"
            )
        if scheme.lower() != "ws":
            raise Trouble(f"{url} begins with {scheme}: write ws:// instead")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise Trouble(f"{url} is not an address: {error}") from None
        if not host or parts.fragment or parts.username:
            raise Trouble(f"{url} is not an address: write it as ws://127.0.0.1:8000/path")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if not target.isascii() or " " in target:
            raise Trouble(f"{url}: only ASCII may be in the path; use escapes such as %20")
        return cls(host, 80 if port is None else port, target)

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 80 else f"{host}:{self.port}"
