"""Undoing permessage-deflate (RFC 7692), to show what a compressed message says."""

import zlib

from wsdemo.frames import Frame, Opcode

__all__ = ["NOT_DEFLATE", "Inflater"]

LIMIT = 64 * 2**20
"""Inflated bytes of one message; a bomb of 1 MB inflates to 1 GB, which takes a second or two."""

PIECE = 2**18
"""Bytes that are inflated at once."""


NOT_DEFLATE = "this is not what deflate makes"
"""The problem of a message that no sender compressed in this way."""


class Inflater:
    """Undo permessage-deflate (RFC 7692 §7.2.2) for the messages of one direction.

    Args:
        fresh: whether each message is compressed on its own ("no context takeover").
        keep: inflated bytes to keep of each frame; the rest is only counted. ``None`` for all.
        limit: inflated bytes of one message; a longer one is not inflated to its end, and what may
            refer to it is not inflated either.

    Attributes:
        problem: why the last frame was not inflated; empty if it was, or is not compressed.
    """

    def __init__(self, fresh: bool = False, keep: int | None = None, limit: int = LIMIT) -> None:
        self._fresh, self._keep, self._limit = fresh, keep, limit
        self._inflate = zlib.decompressobj(-15)
        self._compressed = False
        self._size = 0  # of the message so far, inflated
        self._ended = False  # the message has had a last block
        self._failed = ""
        self.problem = ""

    def feed(self, frame: Frame) -> Frame | None:
        """Inflate the payload of the next frame.

        Args:
            frame: the frames of one direction in order, control frames too.

        Returns:
            The frame as it was before compression, its payload as far as it is kept; ``None``
            where it is not compressed, or cannot be inflated.
        """
        self.problem = ""
        if frame.is_control:
            return None
        if frame.opcode != Opcode.CONTINUATION:
            self._begin(frame.rsv1)
        if not self._compressed:
            return None
        if not self._failed and frame.length != len(frame.payload):
            self._failed = f"a compressed frame of {frame.length} bytes is not kept"
        payload, length = b"", 0
        if not self._failed:
            payload, length = self._inflate_payload(frame)
        self.problem = self._failed
        return None if self._failed else Frame(frame.opcode, payload, frame.fin, length=length)

    def _begin(self, compressed: bool) -> None:
        self._compressed, self._size = compressed, 0
        if self._fresh:
            self._inflate, self._failed = zlib.decompressobj(-15), ""
        elif self._failed:
            self._failed = "it may refer to a message that was not inflated"

    def _inflate_payload(self, frame: Frame) -> tuple[bytes, int]:
        """Inflate piece by piece: what will not be kept must not take memory."""
        data = frame.payload + (b"\x00\x00\xff\xff" if frame.fin else b"")
        kept, length, full = bytearray(), 0, False
        while data or full:
            try:
                piece = self._inflate.decompress(data, PIECE)
            except zlib.error:
                self._failed = NOT_DEFLATE
                break
            length += len(piece)
            kept += piece if self._keep is None else piece[: max(0, self._keep - len(kept))]
            if self._size + length > self._limit:
                self._failed = f"the message inflates to more than {self._limit} bytes"
                break
            data, full = self._inflate.unconsumed_tail, len(piece) == PIECE
            if self._inflate.eof:  # a last block (§7.2.3.4); others may follow
                data, full, self._ended = self._inflate.unused_data, False, True
                self._inflate = zlib.decompressobj(-15)
        if frame.fin and self._ended:  # what is after a last block may be half a block
            self._inflate, self._ended = zlib.decompressobj(-15), False
        self._size += length
        return bytes(kept), length
