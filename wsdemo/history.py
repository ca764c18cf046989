"""The last messages of a room: whoever was away asks what has been missed."""

from collections import deque
from typing import NamedTuple

__all__ = ["History", "Missed"]


class Missed(NamedTuple):
    """What somebody has missed.

    Attributes:
        messages: pairs of an id and a text, oldest first.
        gap: whether there were more, which are no longer kept.
    """

    messages: list[tuple[str, str]]
    gap: bool


class History:
    """The last messages of one room, under ids that say when something is missing.

    An id is ``EPOCH-NUMBER``. Within an epoch the numbers are 1, 2, 3 and so on, so a gap can be
    seen. Where what was stored is lost and counting starts anew, the epoch is another one: or
    "after 500" would silently mean "nothing new" to a room that has begun again.

    Args:
        keep: how many messages; older ones are forgotten.

    Attributes:
        epoch: the epoch's name; empty before :meth:`begin`.
        last: the number of the newest message; 0 before the first.
    """

    def __init__(self, keep: int = 1000) -> None:
        self.epoch, self.last = "", 0
        self._messages: deque[tuple[int, str]] = deque(maxlen=keep)

    def begin(self, epoch: str) -> bool:
        """Enter an epoch; return whether it is another one, and all there was is forgotten."""
        if epoch == self.epoch:
            return False
        self.epoch, self.last = epoch, 0
        self._messages.clear()
        return True

    def add(self, number: int, text: str) -> bool:
        """Add the next message; return whether it is new.

        Args:
            number: its place in the epoch. Where numbers before it are missing, what was kept is
                forgotten: a history has no holes.
            text: the message.
        """
        if number <= self.last:
            return False
        if number > self.last + 1:
            self._messages.clear()
        self.last = number
        self._messages.append((number, text))
        return True

    def name(self, number: int) -> str:
        """Give the id of a message of this epoch."""
        return f"{self.epoch}-{number}"

    def since(self, last: str) -> Missed:
        """Give what came after a message.

        Args:
            last: its id. It may be newer than anything here, where another server was ahead.

        Raises:
            ValueError: this is no id.
        """
        epoch, dash, digits = last.rpartition("-")
        if not (dash and epoch and digits.isascii() and digits.isdecimal()):
            raise ValueError(f"not an id, EPOCH-NUMBER: {last!r}")
        seen = int(digits) if epoch == self.epoch else 0
        missed = [(self.name(number), text) for number, text in self._messages if number > seen]
        oldest = self._messages[0][0] if self._messages else self.last + 1
        return Missed(missed, gap=epoch != self.epoch or seen < oldest - 1)
