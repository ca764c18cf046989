"""Who sent what to whom while a case ran, in order."""

import time
from dataclasses import replace

from wsdemo import draw
from wsdemo.frames import Frame, Handshake, Opcode
from wsdemo.wire.wire_frame import WireFrame

__all__ = ["Talk", "quoted", "some_bytes"]

SHOWN = 8
"""Steps at the beginning of a long conversation that are shown, and twice as many at its end."""

KEPT = 1024
"""Payload bytes that are kept of one frame."""

BYTES = 24
"""Bytes that are shown of what is not a frame."""


CHARACTERS = 80
"""Characters that are shown of a handshake's bytes."""


def some_bytes(data: bytes) -> str:
    """Return the beginning of some bytes, in hexadecimal."""
    return data[:BYTES].hex(" ") + (" …" if len(data) > BYTES else "")


def quoted(data: bytes | str) -> str:
    """Return the beginning of a text in quotes; where it is cut, say so, and how long it was.

    Args:
        data: the text; bytes are read as Latin-1, which knows each of them.
    """
    text = data if isinstance(data, str) else data.decode("latin-1")
    if len(text) <= CHARACTERS:
        return repr(text)
    return f"{text[:CHARACTERS]!r}… ({len(text)} bytes)"


class Talk:
    """The conversation of one case, on all of its connections.

    Args:
        side: ``"server"`` or ``"client"``: what the program under test is.
        name: what the case is called.

    Attributes:
        last: the frame that the judge sent last; ``None`` before the first.
    """

    def __init__(self, side: str, name: str = "") -> None:
        self.side, self.name = side, name
        self.last: Frame | None = None
        self._steps: list[WireFrame | Handshake | str] = []
        self._start = time.perf_counter()
        self._dropped = 0
        self._connections = 0
        self._current = 1
        self._text: dict[tuple[int, str], bool] = {}

    def new_connection(self) -> int:
        """Return the number of a new connection, from 1."""
        self._connections += 1
        return self._connections

    def add_frame(self, connection: int, frame: Frame, by_judge: bool) -> None:
        """Note a frame.

        Args:
            connection: the number of its connection, from 1.
            frame: the frame.
            by_judge: whether the judge sent it.
        """
        if by_judge:
            self.last = frame
        direction = "to server" if by_judge == (self.side == "server") else "to client"
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._text[connection, direction] = frame.opcode == Opcode.TEXT
        text = None if frame.is_control else self._text.get((connection, direction))
        seen = replace(frame, payload=frame.payload[:KEPT])
        now = time.perf_counter() - self._start
        self._add(connection, WireFrame(connection, direction, now, seen, None, 0, text))

    def add(self, connection: int, step: Handshake | str) -> None:
        """Note what is not a frame: a request, raw bytes, the end of a connection.

        Args:
            connection: the number of its connection, from 1.
            step: the handshake, or a remark.
        """
        self._add(connection, step)

    def _add(self, connection: int, step: WireFrame | Handshake | str) -> None:
        if connection != self._current:
            self._current = connection
            self._steps.append(f"on connection {connection}:")
        self._steps.append(step)
        if len(self._steps) > 4 * SHOWN:  # a flood must not fill the memory
            del self._steps[SHOWN]
            self._dropped += 1

    @property
    def picture(self) -> draw.Picture:
        """The conversation as a picture; its text has a line for each step."""
        steps = list(self._steps)
        if self._dropped or len(steps) > 3 * SHOWN:
            dropped = self._dropped + max(0, len(steps) - 3 * SHOWN)
            steps = [*steps[:SHOWN], f"{dropped} more", *steps[-2 * SHOWN :]]
        names = ("judge", "server") if self.side == "server" else ("client", "judge")
        return draw.sequence(steps, *names)

    @property
    def handshakes(self) -> list[str]:
        """The handshakes, as lines of text."""
        return [str(step) for step in self._steps if isinstance(step, Handshake)]

    def __str__(self) -> str:
        return self.picture.text
