"""The first bytes of one connection as they came, to explain each of them."""

__all__ = ["LENGTH", "Tape"]

LENGTH = 2**18
"""Bytes kept of one connection: a conversation that somebody reads byte by byte is shorter."""

TURN = 128
"""About how many bytes it takes to note that the other side sends now."""


class Tape:
    """Keep the first bytes of both directions, and their order.

    Unlike frames, which are forgotten from the oldest on, the first bytes are kept: what comes
    later cannot be read without the handshake.
    """

    __slots__ = ("_data", "_directions", "_room")

    def __init__(self) -> None:
        # Two lists: each tuple that is kept makes Python's garbage collector run more often.
        self._directions: list[str] = []
        self._data: list[bytearray] = []
        self._room = LENGTH

    def add(self, direction: str, data: bytes) -> None:
        """Keep the next bytes, as far as there is room."""
        if self._room <= 0:
            return
        kept = data[: self._room]
        self._room -= len(kept)
        if self._directions and self._directions[-1] == direction:
            self._data[-1] += kept
            return
        self._room -= TURN
        self._directions.append(direction)
        self._data.append(bytearray(kept))

    @property
    def pieces(self) -> list[tuple[str, bytes]]:
        """What was kept, in order: pairs of a direction and bytes."""
        return list(zip(self._directions, map(bytes, self._data), strict=True))
