"""Both sides of one connection, byte for byte: the handshake, then the frames."""

import bisect
from collections.abc import Iterable, Iterator

from wsdemo.frames import Handshake, Opcode
from wsdemo.wire.explain.frame_spans import frame_spans, frame_title, opcode_name
from wsdemo.wire.explain.heads import Message, read_message, unread
from wsdemo.wire.explain.layout import lay_out
from wsdemo.wire.explain.rules import Agreement, Reader, Verdict
from wsdemo.wire.explain.spans import Span, Unit
from wsdemo.wire.link import DIRECTIONS
from wsdemo.wire.transcript import hide_port

__all__ = ["explain"]


class Side:
    """What one side sent, and how much of it is explained.

    Args:
        connection: the number of the connection.
        direction: ``"to server"`` or ``"to client"``.
        data: all bytes of this direction.
    """

    def __init__(self, connection: int, direction: str, data: bytes) -> None:
        self.units: list[Unit] = []
        self._connection, self._direction, self._data = connection, direction, data
        self._at = 0

    @property
    def rest(self) -> bytes:
        """The bytes that are not explained yet."""
        return self._data[self._at :]

    def add(self, title: str, spans: Iterable[Span], problem: str = "", steady: str = "") -> None:
        """Add the next unit."""
        unit = Unit(
            self._connection, self._direction, self._at, title, tuple(spans), problem, steady
        )
        self.units.append(unit)
        self._at += len(unit.data)

    def read_message(self, asked: Handshake | None) -> Message | None:
        """Explain the next request or response; return ``None`` if nothing is left."""
        if not self.rest:
            return None
        is_request = self._direction == "to server"
        message = read_message(self.rest, asked, is_request=is_request)
        self.add(message.title, message.spans, steady=hide_port(message.title))
        return message

    def read_frames(self, extensions: str) -> None:
        """Explain the rest as frames, up to one that ends the WebSocket.

        Args:
            extensions: the server's Sec-WebSocket-Extensions.
        """
        from_client = self._direction == "to server"
        agreement = Agreement.read(extensions, "client" if from_client else "server")
        reader = Reader(from_client, agreement)
        while self.rest:
            why = self._read_frame(reader)
            if why and (rest := self.rest):
                self.add("not read", [unread(rest, *why)])

    def _read_frame(self, reader: Reader) -> tuple[str, str] | None:
        """Explain the next frame; return why what follows is not read, and the section."""
        layout = lay_out(self._data, self._at)
        frame = layout.frame
        here = sum(map(len, layout[:5]))
        if frame is None or here < layout.size:
            verdict = reader.preview(frame) if frame else Verdict()
            of = f"{here} of {layout.size}" if layout.size else f"the first {here}"
            title = f"{opcode_name(layout.first[0] & 15)}, incomplete: {of} bytes are here"
            self.add(title, frame_spans(layout, verdict), verdict.problem)
            return None
        verdict = reader.take(frame)
        self.add(frame_title(frame, verdict), frame_spans(layout, verdict), verdict.problem)
        if verdict.problem:
            told = "Not read: the frame before broke a rule, so the receiver fails the connection."
            return told, "RFC 6455 §7.1.7"
        if frame.opcode == Opcode.CLOSE:
            return "Not read: nothing may follow a Close frame.", "RFC 6455 §5.5.1"
        return None


def explain(pieces: Iterable[tuple[str, bytes]], connection: int = 1) -> list[Unit]:
    """Explain each byte of one connection (RFC 6455, 7692, 9110, 9112).

    Any bytes have an explanation. How the network has cut them does not matter, only what each
    side has sent, and what came first.

    Args:
        pieces: what was sent, in order: pairs of a direction, ``"to server"`` or ``"to client"``,
            and bytes.
        connection: its number.

    Returns:
        The units, in the order in which they were complete. Each byte of a direction is in exactly
        one span of exactly one of them.

    Raises:
        ValueError: there is no such direction.
    """
    sent = {direction: bytearray() for direction in DIRECTIONS}
    arrivals: dict[str, list[tuple[int, int]]] = {direction: [] for direction in DIRECTIONS}
    for number, (direction, data) in enumerate(pieces):
        if direction not in sent:
            raise ValueError(f"a direction is 'to server' or 'to client', not {direction!r}")
        sent[direction] += data
        arrivals[direction].append((len(sent[direction]), number))
    client, server = (Side(connection, each, bytes(sent[each])) for each in DIRECTIONS)
    accepted = _read_handshakes(client, server)
    if accepted:
        for side in (client, server):
            side.read_frames(accepted.get("Sec-WebSocket-Extensions"))

    def arrival(unit: Unit) -> int:
        here = arrivals[unit.direction]
        end = unit.offset + len(unit.data)
        return here[bisect.bisect_left(here, (end, -1))][1]

    return sorted([*client.units, *server.units], key=arrival)


def _read_handshakes(client: Side, server: Side) -> Handshake | None:
    """Explain requests and responses in turn; return the 101, after which frames follow."""
    while True:
        request = client.read_message(None)
        asked = request.handshake if request else None
        response = next(_final_responses(server, asked), None)
        if response and response.handshake and response.handshake.status == 101:
            return response.handshake
        if request is None and response is None:
            return None


def _final_responses(server: Side, asked: Handshake | None) -> Iterator[Message]:
    """Explain responses up to one that is not interim (RFC 9110 §15.2)."""
    while response := server.read_message(asked):
        status = response.handshake.status if response.handshake else None
        if status is None or status == 101 or status >= 200:
            yield response
