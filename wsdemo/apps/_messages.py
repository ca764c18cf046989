"""Common parts of the finished servers: reading JSON, refusals, the time, the query of a URL."""

import json
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection

__all__ = ["Refused", "now_ms", "query_of", "read_json", "refusal"]


class Refused(Exception):
    """A request of a client is refused; the text says why."""


def refusal(reason: object) -> str:
    """Return a refusal, as the servers for JSON send it: ``{"error": reason}``.

    Args:
        reason: what is wrong, and what would be right; a :class:`Refused`, or its text.
    """
    return json.dumps({"error": str(reason)})


def read_json(data: str | bytes, example: str) -> Any:
    """Read a message as JSON (RFC 8259).

    Args:
        data: the message.
        example: what would be right, for the refusal.

    Raises:
        Refused: it is not JSON. ``NaN`` and ``Infinity`` are not valid (§6), although Python reads
            them.
    """
    try:
        return json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):  # brackets can be nested too deep for Python
        raise Refused(f"send JSON: {example}") from None


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not valid JSON")


def now_ms() -> int:
    """Return the time in milliseconds since 1970, as JavaScript's ``Date.now()`` does."""
    return time.time_ns() // 10**6


def query_of(connection: ServerConnection) -> dict[str, str]:
    """Return the query of the URL that a client has connected to; the first of several values.

    Args:
        connection: the client's connection, after its handshake.
    """
    assert connection.request is not None
    asked = parse_qs(urlsplit(connection.request.path).query)
    return {name: values[0] for name, values in asked.items()}
