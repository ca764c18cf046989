"""Where a frame ends in a stream of bytes, so that another one can be put behind it."""

from collections.abc import Iterator

from wsdemo.frames import Frame, FrameParser

__all__ = ["Boundaries"]


class Boundaries:
    """Find the places between the frames of a stream, as its bytes come.

    Args:
        parser: has been fed all bytes so far.
        begun: how many bytes of a frame have come that is not complete.
        in_message: whether a message has begun, and its last fragment has not come.

    Attributes:
        in_message: as above; a data frame of another message has no place there (RFC 6455 §5.4).
    """

    def __init__(self, parser: FrameParser, begun: int, in_message: bool) -> None:
        self._parser, self._begun = parser, begun
        self.in_message = in_message

    @property
    def in_frame(self) -> bool:
        """Whether a frame has begun, and is not complete."""
        return self._begun > 0

    def find(self, data: bytes) -> Iterator[tuple[int, Frame]]:
        """Yield the places in the next bytes at which a frame ends, each with that frame.

        Args:
            data: the next bytes of the stream.
        """
        place = -self._begun
        for frame in self._parser.feed(data):
            place += frame.size
            if not frame.is_control:
                self.in_message = not frame.fin
            yield place, frame
        self._begun = len(data) - place
