"""Where the fields of a frame are in its bytes, also of a frame of which only a part is there."""

from typing import NamedTuple

from wsdemo.frames import Frame, apply_mask

__all__ = ["Layout", "lay_out"]


class Layout(NamedTuple):
    """The fields of one frame (RFC 6455 §5.2); the last ones may be cut, or missing.

    Attributes:
        first: the byte with FIN, RSV1–3 and the opcode.
        second: the byte with MASK and the length.
        extended: the two or eight bytes of a longer length.
        key: the four bytes of the masking key.
        payload: the payload as it is on the wire.
        header_size: how many bytes the whole header has; 0 while that is unknown.
        length: how long the whole payload is; -1 while that is unknown.
    """

    first: bytes
    second: bytes
    extended: bytes
    key: bytes
    payload: bytes
    header_size: int
    length: int

    @property
    def is_masked(self) -> bool:
        """Whether the second byte says that the payload is masked."""
        return bool(self.second) and self.second[0] >= 0x80

    @property
    def size(self) -> int:
        """How many bytes the whole frame has; 0 while that is unknown."""
        return self.header_size + self.length if self.length >= 0 else 0

    @property
    def frame(self) -> Frame | None:
        """The frame, its payload as far as it is there; ``None`` while the header is not whole."""
        if self.length < 0 or (self.is_masked and len(self.key) < 4):
            return None
        first = self.first[0]
        bits = (self.second[0] & 0x7F) if self.second else 0
        return Frame(
            first & 0x0F,
            apply_mask(self.payload, self.key) if self.is_masked else self.payload,
            bool(first & 0x80),
            bool(first & 0x40),
            bool(first & 0x20),
            bool(first & 0x10),
            self.key if self.is_masked else None,
            {126: 16, 127: 64}.get(bits, 7),
            self.length,
        )


def lay_out(data: bytes, start: int = 0) -> Layout:
    """Find the fields of one frame.

    Args:
        data: what one side sent; what comes after the frame is left out.
        start: where the frame begins; at least one byte of it is there.
    """

    def cut(begin: int, end: int) -> bytes:
        return data[start + begin : start + end]

    first, second = cut(0, 1), cut(1, 2)
    if not second:
        return Layout(first, b"", b"", b"", b"", 0, -1)
    short = second[0] & 0x7F
    key_at = 2 + {126: 2, 127: 8}.get(short, 0)
    payload_at = key_at + (4 if second[0] >= 0x80 else 0)
    extended = cut(2, key_at)
    if len(extended) < key_at - 2:
        return Layout(first, second, extended, b"", b"", payload_at, -1)
    length = int.from_bytes(extended, "big") if extended else short
    payload = cut(payload_at, payload_at + length)
    return Layout(first, second, extended, cut(key_at, payload_at), payload, payload_at, length)
