"""Undoing permessage-deflate (RFC 7692), to show what a compressed message says."""

import zlib

from wsdemo.frames import Frame, Opcode

__all__ = ["Inflater"]


class Inflater:
    """Undo permessage-deflate (RFC 7692 §7.2.2) for the messages of one direction.

    Args:
        fresh: whether each message is compressed on its own ("no context takeover").
        limit: stop after so many inflated bytes; a bomb of 1 MB inflates to 1 GB.
    """

    def __init__(self, fresh: bool = False, limit: int = 8 * 2**20) -> None:
        self._fresh = fresh
        self._left = limit
        self._inflate = zlib.decompressobj(-15)
        self._compressed = False

    def feed(self, frame: Frame) -> bytes | None:
        """Inflate the payload of the next frame.

        Args:
            frame: the frames of one direction in order, control frames too.

        Returns:
            The inflated payload, or ``None`` where it is not compressed or cannot be inflated.
        """
        if frame.is_control:
            return None
        if frame.opcode != Opcode.CONTINUATION:
            self._compressed = frame.rsv1
        if not self._compressed or self._left <= 0:
            return None
        if frame.length != len(frame.payload):  # without the rest, what follows is lost too
            self._left = 0
            return None
        tail = b"\x00\x00\xff\xff" if frame.fin else b""
        try:
            data = self._inflate.decompress(frame.payload + tail, self._left)
        except zlib.error:
            self._left = 0
            return None
        self._left -= len(data)
        if frame.fin and (self._fresh or self._inflate.eof):  # eof: a last block (§7.2.3.4)
            self._inflate = zlib.decompressobj(-15)
        return data
