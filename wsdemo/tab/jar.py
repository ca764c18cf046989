"""The cookies that a browser keeps for the pages that it shows in frames of a notebook."""

import email.utils
import time
from typing import NamedTuple

__all__ = ["Jar"]


class _Cookie(NamedTuple):
    value: str
    path: str
    ends: float


class Jar:
    """Cookies by host; all ports of a host share them (RFC 6265 §8.5).

    Every page of the course is a frame in a page of another site, the notebook's. So a cookie is
    kept as browsers keep a third party's: only with ``SameSite=None`` and ``Secure``; without a
    ``SameSite`` it counts as ``Lax``. A loopback address counts as secure. No cookie here is for
    scripts, so ``HttpOnly`` changes nothing.
    """

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str], _Cookie] = {}

    def store(self, host: str, header: str) -> None:
        """Keep a cookie that a server sets.

        Args:
            host: the server's.
            header: the value of ``Set-Cookie``.
        """
        pair, *rest = header.split(";")
        name, equals, value = (part.strip() for part in pair.partition("="))
        attributes = {}
        for each in rest:
            key, _, content = each.partition("=")
            attributes[key.strip().lower()] = content.strip()
        for_others = attributes.get("samesite", "").lower() == "none" and "secure" in attributes
        if not equals or not name or not for_others:
            return
        path = attributes.get("path", "/")
        path = path if path.startswith("/") else "/"
        self._cookies[host, name] = _Cookie(value, path, _end(attributes))

    def header(self, host: str, path: str) -> str:
        """Return the value of ``Cookie`` for a request; empty where there is none.

        Args:
            host: the server's.
            path: what is requested.
        """
        now = time.time()
        self._cookies = {key: each for key, each in self._cookies.items() if each.ends > now}
        return "; ".join(
            f"{name}={cookie.value}"
            for (owner, name), cookie in self._cookies.items()
            if owner == host and _is_below(path, cookie.path)
        )


def _end(attributes: dict[str, str]) -> float:
    """When a cookie ends; Max-Age goes before Expires (RFC 6265 §5.3)."""
    try:
        return time.time() + int(attributes["max-age"])
    except (KeyError, ValueError):
        pass
    try:
        return email.utils.parsedate_to_datetime(attributes["expires"]).timestamp()
    except (KeyError, ValueError):
        return float("inf")


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
