"""Where a feed was left: the last id, in the address of the next connection."""

import json
from urllib.parse import quote

__all__ = ["Resume"]


class Resume:
    """Where a feed was left, so that it can be resumed without loss or duplicate.

    It understands messages that are JSON objects with an ``"id"`` of the form ``EPOCH-NUMBER``.
    The epoch changes when the server has lost its history; within one, numbers grow. What has no
    such id is always new.

    Attributes:
        last: the id of the last message that was new; ``None`` before the first.

    Raises:
        ValueError: the id given from an earlier run is none.
    """

    def __init__(self, last: str | None = None) -> None:
        self.last = last
        if last is not None:
            _parse(last)

    def address(self, url: str) -> str:
        """Add ``since=LAST`` to an address."""
        if self.last is None:
            return url
        return f"{url}{'&' if '?' in url else '?'}since={quote(self.last, safe='')}"

    def is_new(self, message: str | bytes) -> bool:
        """Whether this message has not come before; from now on it has."""
        try:
            found = json.loads(message)["id"]
            epoch, number = _parse(found)
        except (ValueError, TypeError, KeyError, AttributeError):
            return True
        if self.last is not None:
            last_epoch, last_number = _parse(self.last)
            if epoch == last_epoch and number <= last_number:
                return False
        self.last = found
        return True


def _parse(name: str) -> tuple[str, int]:
    epoch, _, number = name.rpartition("-")
    return epoch, int(number)
