"""A reader of capture files, written from the specification and not from wsdemo's writer."""

import itertools
import struct
from dataclasses import dataclass, field


@dataclass
class Capture:
    """What a pcapng file of one section and one interface says."""

    comments: list = field(default_factory=list)
    application: str = ""
    link_type: int = -1
    resolution: int = 6  # the default: microseconds
    secrets: list = field(default_factory=list)
    packets: list = field(default_factory=list)


@dataclass
class Segment:
    """A TCP segment; ``time`` in nanoseconds since 1970."""

    time: int
    source: int
    target: int
    sequence: int
    acknowledged: int
    flags: str
    data: bytes
    comment: str = ""


def blocks(data):
    """Cut a file into blocks: pairs of a type and a body."""
    while data:
        kind, length = struct.unpack_from("<II", data)
        assert length % 4 == 0
        assert 12 <= length <= len(data)
        assert struct.unpack_from("<I", data, length - 4) == (length,)
        yield kind, data[8 : length - 4]
        data = data[length:]


def options(data):
    """Read options: pairs of a code and a value."""
    while data:
        code, length = struct.unpack_from("<HH", data)
        if code == 0:
            assert (length, data[4:]) == (0, b"")
            return
        yield code, data[4 : 4 + length]
        assert not any(data[4 + length : 4 + length + -length % 4]), "padding is zeros"
        data = data[4 + length + -length % 4 :]
    raise AssertionError("no end of options")


def read(data):
    """Read a file."""
    capture, kinds = Capture(), []
    for kind, body in blocks(data):
        kinds.append(kind)
        if kind == 0x0A0D0D0A:
            assert struct.unpack_from("<IHHq", body) == (0x1A2B3C4D, 1, 0, -1)
            found = list(options(body[16:]))
            capture.comments = [value.decode() for code, value in found if code == 1]
            [capture.application] = [value.decode() for code, value in found if code == 4]
        elif kind == 1:
            capture.link_type, _, limit = struct.unpack_from("<HHI", body)
            assert limit == 0
            [capture.resolution] = [value[0] for code, value in options(body[8:]) if code == 9]
        elif kind == 10:
            assert not capture.packets, "keys come before what they decrypt"
            label, length = struct.unpack_from("<4sI", body)
            capture.secrets.append((label[::-1], body[8 : 8 + length]))
        else:
            assert kind == 6, "an enhanced packet"
            interface, high, low, captured, original = struct.unpack_from("<IIIII", body)
            assert (interface, captured) == (0, original)
            rest = body[20 + captured + -captured % 4 :]
            [comment] = [value.decode() for _, value in (options(rest) if rest else ())] or [""]
            packet = body[20 : 20 + captured]
            capture.packets.append(segment((high << 32) + low, packet, comment))
    assert kinds[:2] == [0x0A0D0D0A, 1]
    return capture


def is_valid(data):
    """Whether the ones' complement sum of all words, checksum included, is all ones."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[: len(data) & ~1]))
    total += data[-1] << 8 if len(data) % 2 else 0
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total == 0xFFFF


def segment(time, packet, comment):
    """Check an IPv4 packet and read the segment in it."""
    version, length, fragment, _, protocol = struct.unpack_from("!BxHxxHBB", packet)
    assert (version, length, fragment, protocol) == (0x45, len(packet), 0x4000, 6)
    assert is_valid(packet[:20])
    assert packet[12:20] == bytes([127, 0, 0, 1] * 2)
    body = packet[20:]
    assert is_valid(packet[12:20] + struct.pack("!HH", 6, len(body)) + body)
    source, target, sequence, acknowledged, offset, bits, window = struct.unpack_from(
        "!HHIIBBH", body
    )
    assert window == 0xFFFF
    flags = " ".join(
        name for place, name in enumerate(("FIN", "SYN", "RST", "PSH", "ACK")) if bits & 1 << place
    )
    data = body[(offset >> 4) * 4 :]
    return Segment(time, source, target, sequence, acknowledged, flags, data, comment)


def streams(capture):
    """Put the segments of each connection together, by the ports of its ends."""
    found = {}
    for each in capture.packets:
        found.setdefault(frozenset((each.source, each.target)), []).append(each)
    return list(found.values())


def follow(segments):
    """Check the numbers of one connection's segments; return what each port has sent."""
    first, sent, following = segments[0], {}, {}
    assert [each.flags for each in segments[:3]] == ["SYN", "SYN ACK", "ACK"]
    for each in segments:
        assert each.sequence == following.get(each.source, first.sequence)
        length = len(each.data) + ("SYN" in each.flags) + ("FIN" in each.flags)
        following[each.source] = (each.sequence + length) % 2**32
        if "ACK" in each.flags:
            assert each.acknowledged == following[each.target]
        sent[each.source] = sent.get(each.source, b"") + each.data
    times = [each.time for each in segments]
    assert all(before <= after for before, after in itertools.pairwise(times))
    return sent
