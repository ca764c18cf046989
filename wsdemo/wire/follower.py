"""What passes on a wire, as lines for a page that shows it live."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from wsdemo.loop import LoopThread
from wsdemo.wire.bodies import byte_lines
from wsdemo.wire.recorder import Recorder
from wsdemo.wire.recording import Recording
from wsdemo.wire.relay import Relay
from wsdemo.wire.wire_frame import WireFrame

__all__ = ["LATEST", "Follower", "Line"]

LATEST = 2000
"""Lines that are kept; of older ones it is only known how many there were."""


@dataclass
class Line:
    """One line: a frame, one side of a handshake, or a remark.

    Attributes:
        number: counts all lines, from 1.
        connection: the number of its connection.
        time: seconds since the wire was made.
        direction: ``"to server"``, ``"to client"``, or empty for a remark.
        kind: the name of its opcode; ``"HTTP"``; ``"bytes"`` of another protocol; or ``"remark"``.
        text: the beginning of what it carries.
        sizes: the bytes of a frame's header, and those of its payload.
        notes: such as ``masked``.
        fate: ``"delivered"``, or ``"held"`` by the wire, or ``"lost"``.
    """

    number: int
    connection: int
    time: float
    direction: str
    kind: str
    text: str
    sizes: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()
    fate: str = "delivered"


@dataclass
class _Seen:
    """What of one connection has been read: how many events, whose HTTP, which bytes."""

    events: int = 0
    http: set[str] = field(default_factory=set)
    bytes: dict[str, bytes] = field(default_factory=dict)


class Follower:
    """Read what passes on a wire without taking it away: ``wire.log()`` still has it.

    Args:
        recorder: the recordings.
        relay: what happens to the connections.
        thread: where both are at home.

    Attributes:
        lines: the latest lines, the newest last.
        total: how many lines there were.
    """

    def __init__(self, recorder: Recorder, relay: Relay, thread: LoopThread) -> None:
        self.lines: list[Line] = []
        self.total = 0
        self._relay, self._thread = relay, thread
        self._recorder: Recorder | None = recorder
        self._seen: dict[int, _Seen] = {}  # by the connection's number
        self._reading: list[Recording] = []  # those that may have something new
        self._last = 0  # the number of the last connection, and how many there were
        self._held: dict[int, tuple[Line, Recording, WireFrame]] = {}

    def look(self) -> None:
        """Read what is new, and what has become of the frames that were held."""
        self._thread.ask(self._look)

    def release(self) -> None:
        """Let go of the recordings, at the next look: nobody else needs them any more."""
        self._recorder = None  # any thread may call this, also while another one looks

    @property
    def state(self) -> dict[str, Any]:
        """Whether the wire runs, how many connections are open, and what happens to their bytes."""
        return {
            "running": self._thread.running,
            "open": len(self._relay.open_links) if self._thread.running else 0,
            "connections": self._last,
            "conditions": {
                direction: vars(condition).copy()
                for direction, condition in self._relay.conditions.items()
            },
        }

    def _look(self) -> None:
        if (recorder := self._recorder) is None:
            self._reading, self._held = [], {}
            return
        # The newest are at the end: a wire may have had thousands of connections.
        newest_first = reversed(recorder.recordings)
        new = list(itertools.takewhile(lambda each: each.number > self._last, newest_first))
        self._reading += new[::-1]
        self._last = self._reading[-1].number if self._reading else self._last
        found = [each for recording in self._reading for each in self._new(recording)]
        found.sort(key=itemgetter(0))
        for over in [each for each in self._reading if each.is_over]:
            self._reading.remove(over)
            del self._seen[over.number]
        self.total += len(found)
        first = self.total - len(found) + 1
        for number, (time, recording, event) in list(enumerate(found, first))[-LATEST:]:
            line = _line(number, time, recording, event)
            self.lines.append(line)
            if isinstance(event, WireFrame) and line.fate == "held":
                self._held[number] = line, recording, event
        del self.lines[:-LATEST]
        for number, (line, recording, event) in list(self._held.items()):
            line.fate = recording.fate(event)
            if line.fate != "held" or number <= self.total - LATEST:
                del self._held[number]

    def _new(self, recording: Recording) -> Iterator[tuple[float, Recording, Any]]:
        """Yield the time of each new event; HTTP and bytes of another protocol count as events."""
        seen = self._seen.setdefault(recording.number, _Seen())
        events, total = recording.events_after(seen.events)
        skipped, seen.events = total - seen.events - len(events), total
        time = recording.began
        for direction, handshake in recording.handshakes.items():
            time = recording.began if direction == "to server" else recording.answered
            if direction not in seen.http:
                seen.http.add(direction)
                yield time, recording, (direction, "HTTP", str(handshake).partition("\n")[0])
        for direction, rest in recording.rest.items():
            if rest and direction not in recording.handshakes and direction not in seen.http:
                # More of a request may come: it is no HTTP if nothing has come since the last look.
                if seen.bytes.get(direction) == rest or recording.is_over:
                    seen.http.add(direction)
                    yield time, recording, (direction, "bytes", byte_lines(rest)[0])
                seen.bytes[direction] = rest
        if skipped:
            time = events[0].time if events else time
            yield time, recording, f"{skipped} frames were forgotten before they were shown"
        for event in events:
            yield event.time, recording, event


def _line(number: int, time: float, recording: Recording, event: Any) -> Line:
    if isinstance(event, str):
        return Line(number, recording.number, time, "", "remark", str(event))
    if isinstance(event, tuple):
        return Line(number, recording.number, time, *event)
    frame = event.frame
    marks = {
        "masked": frame.mask is not None,
        "compressed": frame.rsv1,
        "injected": event.injected,
        f"not inflated: {event.problem}": event.problem,
    }
    return Line(
        number,
        recording.number,
        time,
        event.direction,
        frame.name,
        str(event).removeprefix(frame.name).lstrip(),
        (frame.size - frame.length, frame.length),
        tuple(note for note, is_so in marks.items() if is_so),
        recording.fate(event),
    )
