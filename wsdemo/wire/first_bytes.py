"""The first bytes of one connection as they came, to explain each of them."""

import itertools

from wsdemo.wire.link import DIRECTIONS

__all__ = ["LENGTH", "FirstBytes"]

LENGTH = 2**18
"""Bytes kept of one connection: a conversation that somebody reads byte by byte is shorter."""

TURN = 40
"""About how many bytes of memory it takes to note that the other side sends now."""


class FirstBytes:
    """Keep the first bytes of both directions, and their order.

    Unlike frames, which are forgotten from the oldest on, the first bytes are kept: what comes
    later cannot be read without the handshake.
    """

    __slots__ = ("_data", "_last", "_room", "_turns")

    def __init__(self) -> None:
        self._data = bytearray()  # of both directions, as they came
        self._turns = [0]  # how many bytes of one direction, of the other, of the first ...
        self._last = DIRECTIONS[0]
        self._room = LENGTH

    def add(self, direction: str, data: bytes) -> None:
        """Keep the next bytes, as far as there is room."""
        if self._room <= 0:
            return
        kept = data[: self._room]
        self._room -= len(kept)
        self._data += kept
        if direction == self._last:
            self._turns[-1] += len(kept)
        else:
            self._turns.append(len(kept))
            self._room -= TURN
            self._last = direction

    def close(self) -> None:
        """Give back the memory for more, because nothing more will come."""
        self._data, self._turns = self._data[:], self._turns[:]

    @property
    def pieces(self) -> list[tuple[str, bytes]]:
        """What was kept, in order: pairs of a direction and bytes."""
        ends = list(itertools.accumulate(self._turns))
        cuts = zip(itertools.cycle(DIRECTIONS), [0, *ends], ends, strict=False)
        found = ((direction, bytes(self._data[begin:end])) for direction, begin, end in cuts)
        return [(direction, data) for direction, data in found if data]
