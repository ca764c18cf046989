"""The first bytes of one connection as they came, and when: to explain each, and to save them."""

import itertools
import struct
from operator import itemgetter

from wsdemo.wire.link import DIRECTIONS

__all__ = ["LENGTH", "FirstBytes"]

LENGTH = 2**18
"""Bytes kept of one connection: a conversation that somebody reads byte by byte is shorter."""

READ = struct.Struct("di")
"""The time and the length of one read; negative for one of the second direction."""


class FirstBytes:
    """Keep the first bytes of both directions, in order, each read with its time.

    Unlike frames, which are forgotten from the oldest on, the first bytes are kept: what comes
    later cannot be read without the handshake.

    Args:
        length: bytes to keep; the times of the reads count as well.
    """

    __slots__ = ("_data", "_index", "_room")

    def __init__(self, length: int = LENGTH) -> None:
        self._data: bytearray | bytes = bytearray()  # of both directions, as they came
        # Packed, because a list of numbers takes five times the memory.
        self._index: bytearray | bytes = bytearray()
        self._room = length

    def add(self, time: float, direction: str, data: bytes) -> None:
        """Keep the next bytes, as far as there is room.

        Args:
            time: when they came, in seconds.
            direction: one of the two :data:`~wsdemo.wire.link.DIRECTIONS`.
            data: what was read at once.
        """
        if self._room <= 0:
            return
        kept = data[: self._room]
        self._room -= len(kept) + READ.size
        self._data += kept
        self._index += READ.pack(time, len(kept) if direction == DIRECTIONS[0] else -len(kept))

    def close(self) -> None:
        """Give back the memory for more, because nothing more will come."""
        self._room = 0
        self._data, self._index = bytes(self._data), bytes(self._index)

    @property
    def length(self) -> int:
        """How many bytes were kept."""
        return len(self._data)

    @property
    def size(self) -> int:
        """About how many bytes of memory are in use."""
        return len(self._data) + len(self._index)

    @property
    def reads(self) -> list[tuple[float, str, bytes]]:
        """What was kept, in order: the time, the direction and the bytes of each read."""
        found, end = [], 0
        for time, length in READ.iter_unpack(self._index):
            begin, end = end, end + abs(length)
            found.append((time, DIRECTIONS[length < 0], bytes(self._data[begin:end])))
        return found

    @property
    def pieces(self) -> list[tuple[str, bytes]]:
        """The same without times: a direction, and all that came before the other one sent."""
        turns = itertools.groupby(self.reads, key=itemgetter(1))
        return [(direction, b"".join(map(itemgetter(2), reads))) for direction, reads in turns]
