"""The recordings of all connections of one wire."""

import time
from collections import deque

from wsdemo.wire.first_bytes import LENGTH
from wsdemo.wire.link import DIRECTIONS, Link
from wsdemo.wire.live_log import LiveLog
from wsdemo.wire.recording import Recording
from wsdemo.wire.tcp import Conversation

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
        date: when the wire was made, in nanoseconds since 1970.
    """

    def __init__(self, keep: int | None, first: int = LENGTH) -> None:
        self.recordings: list[Recording] = []
        self.forgotten = 0
        self._keep, self._first = keep, first
        self.date = time.time_ns()
        self._start = time.perf_counter()
        self._log = LiveLog()
        self._open: list[Recording] = []  # of those whose log is not complete
        self._ended: deque[Recording] = deque()
        self._ended_size = 0

    def observe(self, link: Link) -> Recording:
        """Start a recording for a new link."""
        number = self.forgotten + len(self.recordings) + 1
        recording = Recording(number, link, self._start, self._keep, self._first)
        self.recordings.append(recording)
        self._open.append(recording)
        return recording

    def take_log(self) -> list[str]:
        """Return the lines of the log since the last time, and keep what they show no longer."""
        lines = self._log.take(self._open)
        for each in self._open:
            if each.is_over:
                self._log.forget(each)
                self._ended.append(each)
                self._ended_size += _size(each)
        self._open = [each for each in self._open if not each.is_over]
        while self._ended_size > MEMORY:
            oldest = self._ended.popleft()
            self._ended_size -= _size(oldest)
            self.recordings.remove(oldest)
            self.forgotten += 1
        return lines

    @property
    def missing(self) -> int:
        """How many bytes came after the first bytes that were kept."""
        came = sum(each.count(direction) for each in self.recordings for direction in DIRECTIONS)
        return came - sum(each.first_bytes.length for each in self.recordings)

    def conversations(self, port: int) -> list[Conversation]:
        """Return what a capture file says of the connections.

        Args:
            port: where the wire listens.
        """
        return [each.conversation(port) for each in self.recordings]


def _size(recording: Recording) -> int:
    """About how many bytes of memory it takes once its log is taken."""
    return RECORDING + recording.first_bytes.size
