"""The log of a wire as it grows: each line once, soon after what it shows has passed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from wsdemo.wire.link import DIRECTIONS
from wsdemo.wire.recording import Recording
from wsdemo.wire.transcript import ARROWS, event_line, handshake_lines

__all__ = ["LiveLog"]


@dataclass
class _Written:
    """What of one direction's HTTP is written.

    Attributes:
        lines: how many lines.
        state: what had come then: whether there was a whole request or response, and how many
            bytes followed it.
        seen: the same at the last look.
    """

    lines: int = 0
    state: tuple[bool, int] = (False, 0)
    seen: tuple[bool, int] = (False, 0)


@dataclass
class _Progress:
    """What of one connection is written."""

    sides: dict[str, _Written] = field(
        default_factory=lambda: {direction: _Written() for direction in DIRECTIONS}
    )
    forgotten: int = 0


class LiveLog:
    """Write each line of the log once; lines of several connections are ordered by time."""

    def __init__(self) -> None:
        self._progress: dict[int, _Progress] = {}
        self._last = 0  # the number of the connection of the last line

    def take(self, recordings: Sequence[Recording]) -> list[str]:
        """Return the lines that are new, and take the frames that they show from the recordings.

        Args:
            recordings: those of the connections, in the order of their numbers.
        """
        found = [line for recording in recordings for line in self._new_lines(recording)]
        lines = []
        for _, number, line in sorted(found, key=lambda each: each[0]):
            if number != self._last:
                lines.append(f"── connection {number} ──")
                self._last = number
            lines.append(line)
        return lines

    def forget(self, recording: Recording) -> None:
        """Let go of what is known of a connection that has ended."""
        self._progress.pop(recording.number, None)

    def _new_lines(self, recording: Recording) -> Iterator[tuple[float, int, str]]:
        """Yield the time, the number of the connection, and a line, in order."""
        progress = self._progress.setdefault(recording.number, _Progress())
        events = recording.take_events()  # which also decodes the handshake
        time = recording.began
        for direction in DIRECTIONS:
            for line in self._new_handshake_lines(recording, direction, progress.sides[direction]):
                yield time, recording.number, line
        if lost := recording.forgotten - progress.forgotten:
            progress.forgotten = recording.forgotten
            yield time, recording.number, f"{' ' * 15}  … {lost} frames are forgotten"
        for event in events:
            yield event.time, recording.number, event_line(recording, event)

    @staticmethod
    def _new_handshake_lines(recording: Recording, direction: str, written: _Written) -> list[str]:
        """Write a request or response when it is whole, and a body when no more of it comes."""
        handshake, rest = recording.handshakes.get(direction), recording.rest[direction]
        state = (handshake is not None, len(rest))
        whole = handshake is not None and not rest
        changed, quiet = state != written.state, state == written.seen
        written.seen = state
        if not changed or not (whole or quiet or recording.is_over):
            return []
        written.state = state
        lines = handshake_lines(recording, direction, exact=True)
        new, written.lines = lines[written.lines :], len(lines)
        if new and len(new) < len(lines):  # the other side may have sent since: say who sends
            start = next((at for at, line in enumerate(new) if line), 0)
            sender = ARROWS[direction]
            new[: start + 1] = [sender + new[start][len(sender) :]]
        return new
