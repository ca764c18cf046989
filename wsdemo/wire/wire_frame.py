"""What was seen on a connection: frames, each with its way over the wire, and remarks."""

from dataclasses import dataclass

from wsdemo.frames import Frame

__all__ = ["Remark", "WireFrame"]


@dataclass(frozen=True, slots=True)
class WireFrame:
    """A frame that was seen on the wire.

    Attributes:
        connection: the number of its connection, from 1.
        direction: ``"to server"`` or ``"to client"``.
        time: seconds since the wire was made.
        frame: the :class:`~wsdemo.frames.Frame`.
        inflated: the frame as it was before compression; ``None`` if it was not inflated.
        end_offset: how many bytes had come in this direction when it was complete.
        text: whether it is a part of a text; ``None`` for a control frame.
        problem: why it was not inflated; empty if it was, or is not compressed.
        injected: whether it came from the wire; see :meth:`wsdemo.Wire.inject`.
    """

    connection: int
    direction: str
    time: float
    frame: Frame
    inflated: Frame | None
    end_offset: int
    text: bool | None = None
    problem: str = ""
    injected: bool = False

    @property
    def data(self) -> bytes:
        """Its payload, inflated where it was compressed."""
        return (self.inflated or self.frame).payload

    def __str__(self) -> str:
        """What it carries, in one short line: ``TEXT 'Hello'``."""
        if self.inflated is not None:
            return self.inflated.describe(self.text)
        return self.frame.describe(False if self.problem or self.frame.rsv1 else self.text)


class Remark(str):
    """What happened to a connection, in words.

    Attributes:
        time: seconds since the wire was made.
    """

    __slots__ = ("time",)

    time: float

    def __new__(cls, text: str, time: float) -> "Remark":
        """Make a remark of a text and a time."""
        remark = super().__new__(cls, text)
        remark.time = time
        return remark
