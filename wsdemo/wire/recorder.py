"""The recordings of all connections of one wire."""

import time

from wsdemo.wire.first_bytes import LENGTH
from wsdemo.wire.link import DIRECTIONS, Link
from wsdemo.wire.live_log import LiveLog
from wsdemo.wire.pcapng import pcapng
from wsdemo.wire.recording import Recording

__all__ = ["Recorder"]

MEMORY = 64 * 2**20
"""Bytes that are kept of connections that have ended, if somebody takes the log as it grows."""

RECORDING = 4096
"""About how many bytes a recording takes beside the first bytes of its connection."""


class Recorder:
    """The recordings of all connections of one wire.

    Args:
        keep: payload bytes to keep of one frame; ``None`` for all.
        first: bytes to keep of each connection as they came.

    Attributes:
        recordings: a recording for each connection.
        forgotten: how many older ones are no longer there.
    """

    def __init__(self, keep: int | None, first: int = LENGTH) -> None:
        self.recordings: list[Recording] = []
        self.forgotten = 0
        self._keep, self._first = keep, first
        self._start, self._date = time.perf_counter(), time.time_ns()
        self._log = LiveLog()

    def observe(self, link: Link) -> Recording:
        """Start a recording for a new link."""
        number = self.forgotten + len(self.recordings) + 1
        recording = Recording(number, link, self._start, self._keep, self._first)
        self.recordings.append(recording)
        return recording

    def take_log(self) -> list[str]:
        """Return the lines of the log since the last time, and keep what they show no longer."""
        lines = self._log.take(self.recordings)
        ended = [each for each in self.recordings if each.is_over]
        size = sum(each.first_bytes.size + RECORDING for each in ended)
        for each in ended:
            if size <= MEMORY:
                break
            size -= each.first_bytes.size + RECORDING
            self.recordings.remove(each)
            self._log.forget(each)
            self.forgotten += 1
        return lines

    @property
    def missing(self) -> int:
        """How many bytes came after the first bytes that were kept."""
        came = sum(each.count(direction) for each in self.recordings for direction in DIRECTIONS)
        return came - sum(each.first_bytes.length for each in self.recordings)

    def capture(self, port: int, keys: bytes) -> bytes:
        """Return the contents of a capture file; see :func:`~wsdemo.wire.pcapng.pcapng`.

        Args:
            port: where the wire listens.
            keys: a TLS key log; none if empty.
        """
        conversations = [each.conversation(port) for each in self.recordings]
        return pcapng(conversations, self._date, keys, self.forgotten)
