"""The TCP segments of a recorded connection, in IPv4 packets, as a capture of it would show them.

A wire sees what the operating system hands over: bytes, not packets. The addresses, the ports, the
order, the times and every byte of the data are those of the connection. How the data was cut into
segments is not known: here, each read becomes one segment. The headers are written anew.
"""

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter, itemgetter

from wsdemo.wire.link import DIRECTIONS

__all__ = ["CUT", "Conversation", "Packet", "checksum", "packets"]

ADDRESS = bytes([127, 0, 0, 1])

SEGMENT = 65_495
"""Bytes of data in a segment at most: an IPv4 packet of 65,535 bytes less two headers."""

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
"""Flags of a segment (RFC 9293 §3.1)."""

SYN_OPTIONS = struct.pack("!BBHBBBx", 2, 4, SEGMENT, 3, 3, 14)
"""Maximum segment size; window scale 14, so that no segment exceeds the window (RFC 7323 §2)."""

TTL, TCP = 64, 6

CUT = "the wire ended this connection here"
"""The comment on the last segment of a connection that neither the client nor the server ended."""


@dataclass(frozen=True)
class Conversation:
    """What is known of one TCP connection between a client and a wire.

    Attributes:
        number: the connection's number, from 1.
        client_port: where the client is.
        server_port: where the wire listens.
        began: when the client connected, in seconds.
        reads: the time, the direction and the bytes of each read, in order.
        ends: the time and direction of each end; ``"ended"`` by its sender, ``"reset"`` by it, or
            ``"cut"`` by the wire.
        counts: how many bytes came in each direction; more than were kept, if it was long.
    """

    number: int
    client_port: int
    server_port: int
    began: float
    reads: list[tuple[float, str, bytes]]
    ends: tuple[tuple[float, str, str], ...]
    counts: dict[str, int]

    @property
    def missing(self) -> int:
        """How many later bytes were not kept."""
        return sum(self.counts.values()) - sum(len(data) for _, _, data in self.reads)


@dataclass(frozen=True)
class Packet:
    """One IPv4 packet.

    Attributes:
        time: when it passed, in seconds.
        data: its bytes.
        comment: a remark for the reader.
    """

    time: float
    data: bytes
    comment: str = ""


def packets(conversations: list[Conversation]) -> list[Packet]:
    """Write down the packets of some connections, in the order of their times.

    Args:
        conversations: the connections.
    """
    each = itertools.chain.from_iterable(map(_packets, conversations))
    return sorted(each, key=attrgetter("time"))  # which keeps the order of equal times


class _Ends:
    """The sequence numbers of the two ends of a connection (RFC 9293 §3.4)."""

    def __init__(self, conversation: Conversation) -> None:
        self._ports = dict(
            zip(DIRECTIONS, (conversation.client_port, conversation.server_port), strict=True)
        )
        # A client's port may be used again: Wireshark tells the connections apart by this number.
        self._first = (conversation.number << 20) % 2**32
        self._next = dict.fromkeys(DIRECTIONS, self._first)

    def segment(self, direction: str, flags: int, data: bytes = b"") -> bytes:
        """Make the next segment; SYN and FIN count as one byte."""
        back = _opposite(direction)
        acknowledged = self._next[back] if flags & ACK else 0
        ports = self._ports[direction], self._ports[back]
        segment = _segment(*ports, self._next[direction], acknowledged, flags, data)
        self._move(direction, len(data) + bool(flags & (SYN | FIN)))
        return _packet(segment)

    def skip(self, direction: str, count: int) -> None:
        """Move on to the end of what came, also if it was not kept: Wireshark sees a gap."""
        self._next[direction] = (self._first + 1 + count) % 2**32

    def _move(self, direction: str, length: int) -> None:
        self._next[direction] = (self._next[direction] + length) % 2**32


def _packets(conversation: Conversation) -> Iterator[Packet]:
    to_server, to_client = DIRECTIONS
    ends = _Ends(conversation)
    for direction, flags in ((to_server, SYN), (to_client, SYN | ACK), (to_server, ACK)):
        yield Packet(conversation.began, ends.segment(direction, flags))
    events = [*conversation.reads, *conversation.ends]
    finished = 0
    for time, direction, what in sorted(events, key=itemgetter(0)):
        if isinstance(what, bytes):
            for start in range(0, len(what), SEGMENT):
                part = what[start : start + SEGMENT]
                yield Packet(time, ends.segment(direction, PSH | ACK, part))
            continue
        finished += what == "ended"
        ends.skip(direction, conversation.counts[direction])
        flags = FIN | ACK if what == "ended" else RST | ACK
        yield Packet(time, ends.segment(direction, flags), CUT if what == "cut" else "")
        if finished == len(DIRECTIONS):
            yield Packet(time, ends.segment(_opposite(direction), ACK))


def _opposite(direction: str) -> str:
    return DIRECTIONS[DIRECTIONS.index(direction) - 1]


def checksum(data: bytes) -> int:
    """Compute the Internet checksum (RFC 1071 §1).

    Args:
        data: any number of bytes.
    """
    padded = data + bytes(len(data) % 2)
    # 2^16 is 1 modulo 2^16 - 1: the remainder of the whole is that of the sum of its words.
    return 0xFFFF - int.from_bytes(padded, "big") % 0xFFFF


def _segment(
    source: int, target: int, sequence: int, acknowledged: int, flags: int, data: bytes
) -> bytes:
    """Make a TCP segment (RFC 9293 §3.1)."""
    options = SYN_OPTIONS if flags & SYN else b""
    offset = (20 + len(options)) // 4 << 4
    window = 0xFFFF
    head = struct.pack("!HHIIBBH", source, target, sequence, acknowledged, offset, flags, window)
    rest = struct.pack("!H", 0) + options + data  # no urgent data
    pseudo_header = ADDRESS + ADDRESS + struct.pack("!BBH", 0, TCP, len(head) + 2 + len(rest))
    return head + struct.pack("!H", checksum(pseudo_header + head + rest)) + rest


def _packet(segment: bytes) -> bytes:
    """Put a segment into an IPv4 packet (RFC 791 §3.1)."""
    do_not_fragment = 0x4000
    head = struct.pack("!BBHHHBB", 0x45, 0, 20 + len(segment), 0, do_not_fragment, TTL, TCP)
    addresses = ADDRESS + ADDRESS
    return head + struct.pack("!H", checksum(head + addresses)) + addresses + segment
