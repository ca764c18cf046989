"""What a client does when it was refused, or its connection was closed: come back, or give up."""

from typing import NamedTuple

__all__ = ["ENDINGS", "FATAL_CODES", "Ending"]


class Ending(NamedTuple):
    """What a status or a close code says.

    Attributes:
        meaning: what has happened.
        passes: whether trying again can help.
    """

    meaning: str
    passes: bool


ENDINGS: dict[int, Ending] = {
    401: Ending("refused: a token or password is missing or wrong", False),
    403: Ending("refused: this client or page may not connect", False),
    404: Ending("refused: there is nothing at this path", False),
    429: Ending("refused: too many requests in a given time", True),
    500: Ending("refused: the server has failed", True),
    502: Ending("refused: the server behind the proxy has failed", True),
    503: Ending("refused: the server is too busy, or starts", True),
    504: Ending("refused: the server behind the proxy does not answer", True),
    1000: Ending("the server has finished", True),
    1001: Ending("the server stops", True),
    1002: Ending("you broke the protocol", False),
    1003: Ending("you sent the wrong kind of message", False),
    1005: Ending("the server gave no code", True),
    1006: Ending("the connection was lost, without a Close frame", True),
    1007: Ending("you sent text that is not UTF-8", False),
    1008: Ending("you broke a rule of the server", False),
    1009: Ending("you sent a message that is too big", False),
    1010: Ending("the server lacks an extension that you need", False),
    1011: Ending("the server has failed", True),
    1012: Ending("the server restarts", True),
    1013: Ending("not now: try again later", True),
    1014: Ending("the server behind the proxy has failed", True),
}
"""HTTP statuses of a refused handshake, and close codes (RFC 6455 §7.4.1, IANA's WebSocket Close
Code Number Registry).

A status that is not here does not pass. The library gives up at 429, too, but that limit is on the
requests in a given time (RFC 6585 §4), so waiting helps. The others are as in
:func:`websockets.asyncio.client.process_exception`.

A close code that is not here passes. 3000 to 4999 mean what their application says: name those that
do not pass in ``ReconnectingClient(fatal=…)``.
"""

FATAL_CODES = frozenset(
    code for code, ending in ENDINGS.items() if code >= 1000 and not ending.passes
)
"""The close codes that do not pass."""
