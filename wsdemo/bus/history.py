"""The last messages of a room, so that a client that was away can ask for what it missed."""

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

    An id is ``EPOCH-NUMBER``. Within an epoch the numbers grow by 1, so a gap can be seen; a number
    that turned out to be no message of this room is passed over. When what was stored is lost and
    the numbers start again at 1, the epoch changes. Otherwise "after 500" would silently mean
    "nothing new" in a room that has begun again.

    Args:
        keep: how many messages; older ones are forgotten.

    Attributes:
        epoch: the epoch's name; empty before :meth:`begin`.
        last: the number of the newest message; 0 before the first.
    """

    def __init__(self, keep: int = 1000) -> None:
        self.epoch, self.last = "", 0
        self._messages: deque[tuple[int, str]] = deque(maxlen=keep)
        self._kept_after = 0  # all messages with a higher number are here

    def begin(self, epoch: str) -> bool:
        """Enter an epoch; return whether it is another one, and all there was is forgotten."""
        if epoch == self.epoch:
            return False
        self.epoch, self.last, self._kept_after = epoch, 0, 0
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
        self.lose(number - 1)
        if len(self._messages) == self._messages.maxlen:
            self._kept_after = self._messages[0][0]
        self.last = number
        self._messages.append((number, text))
        return True

    def skip(self, number: int) -> None:
        """Pass over a number that belongs to no message of this room."""
        if number > self.last:
            self.lose(number - 1)
            self.last = number

    def lose(self, number: int) -> bool:
        """Note that no message up to this number will come; return whether any was missed.

        Args:
            number: the newest one that was lost. If it is new, what was kept is forgotten.
        """
        if number <= self.last:
            return False
        self._messages.clear()
        self.last = self._kept_after = number
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
        return Missed(missed, gap=epoch != self.epoch or seen < self._kept_after)
