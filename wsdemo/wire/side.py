"""What was seen in one direction of a connection."""

from wsdemo.frames import FrameParser, Handshake
from wsdemo.wire.deflate import Inflater

__all__ = ["Side"]


NONE: frozenset[int] = frozenset()
"""One for all: each call of ``frozenset()`` takes 216 bytes."""


class Side:
    """What was seen in one direction.

    Attributes:
        handshake: its request or response.
        rest: the first bytes that are no frames.
        position: how many bytes are decoded.
        parser: cuts into frames; ``None`` before the upgrade, and when all is decoded.
        inflater: undoes compression, if the two sides have agreed on it.
        text: whether the message that has begun is a text.
        closed: whether a Close frame was seen.
        in_message: whether a message has begun, and its last fragment has not come.
        injected: where the frames end that came from the wire; see :class:`WireFrame`.
        received: how many bytes have come in, when the link is over.
        delivered: how many of them have left.
    """

    __slots__ = (
        "closed",
        "delivered",
        "handshake",
        "in_message",
        "inflater",
        "injected",
        "parser",
        "position",
        "received",
        "rest",
        "text",
    )

    def __init__(self) -> None:
        self.handshake: Handshake | None = None
        self.rest = b""
        self.position = self.received = self.delivered = 0
        self.parser: FrameParser | None = None
        self.inflater: Inflater | None = None
        self.text = self.closed = self.in_message = False
        self.injected = NONE
