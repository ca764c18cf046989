"""A capture file that Wireshark opens: blocks of pcapng around IPv4 packets.

The format is described in the IETF's draft-ietf-opsawg-pcapng; sections are those of that draft.
"""

import os
import pathlib
import struct
from collections.abc import Iterable, Sequence

from wsdemo.wire.tcp import Conversation, Packet, packets

__all__ = ["capture_file", "pcapng"]

SUFFIX = ".pcapng"

SECTION_HEADER, INTERFACE, ENHANCED_PACKET, SECRETS = 0x0A0D0D0A, 1, 6, 10
"""Types of blocks (§4.1, §4.2, §4.3, §4.7)."""

BYTE_ORDER = 0x1A2B3C4D
"""What tells a reader that the file is little-endian."""

RAW_IP = 101
"""The link type of packets that begin with the IP header."""

TLS_KEY_LOG = 0x544C534B
"""The type of secrets in the format of ``SSLKEYLOGFILE``."""

COMMENT, NAME, RESOLUTION, APPLICATION = 1, 2, 9, 4
"""Options: of any block; of an interface (name, resolution of times); of a section."""

NANOSECONDS = 9
"""The resolution of times, as a negative power of ten."""


def capture_file(path: "str | os.PathLike[str]") -> pathlib.Path:
    """Check the name of a capture file.

    Args:
        path: the file.

    Raises:
        ValueError: its name does not end with ``.pcapng``.
    """
    file = pathlib.Path(path)
    if file.suffix.lower() != SUFFIX:
        raise ValueError(
            f"a wire is saved as {SUFFIX}, for Wireshark: use save('talk{SUFFIX}'), not "
            f"{file.name!r}. For a page use explain().save('talk.html')"
        )
    return file


def pcapng(
    conversations: Sequence[Conversation], start: int, keys: bytes = b"", forgotten: int = 0
) -> bytes:
    """Write down some connections as a capture file.

    Args:
        conversations: the connections.
        start: the time from which they count theirs, in nanoseconds since 1970.
        keys: the contents of a TLS key log, with which Wireshark can decrypt; none if empty.
        forgotten: how many earlier connections were not kept.

    Returns:
        The contents of the file.
    """
    blocks = [_section_header(_comments(conversations, forgotten)), _interface()]
    if keys:  # before the packets that they decrypt
        blocks.append(_secrets(keys))
    blocks += (_enhanced_packet(each, start) for each in packets(list(conversations)))
    return b"".join(blocks)


def _comments(conversations: Iterable[Conversation], forgotten: int) -> list[str]:
    """Say where the file comes from, and what is not in it."""
    made = "Made by wsdemo from what its wire has seen. Addresses, ports, times and data are those "
    made += "of the connections; the TCP/IP headers are written anew, one segment for each read."
    earlier = [f"{forgotten:,} earlier connections were not kept."] if forgotten else []
    return [made, *earlier] + [
        f"Connection {each.number}, from port {each.client_port}: the last {each.missing:,} bytes "
        "were not kept."
        for each in conversations
        if each.missing
    ]


def _section_header(comments: Iterable[str]) -> bytes:
    version, unknown_length = (1, 0), 2**64 - 1
    body = struct.pack("<IHHQ", BYTE_ORDER, *version, unknown_length)
    options = [*((COMMENT, each.encode()) for each in comments), (APPLICATION, b"wsdemo")]
    return _block(SECTION_HEADER, body + _options(options))


def _interface() -> bytes:
    no_limit = 0
    options = [(NAME, b"wsdemo.Wire"), (RESOLUTION, bytes([NANOSECONDS]))]
    return _block(INTERFACE, struct.pack("<HHI", RAW_IP, 0, no_limit) + _options(options))


def _secrets(keys: bytes) -> bytes:
    return _block(SECRETS, struct.pack("<II", TLS_KEY_LOG, len(keys)) + _padded(keys))


def _enhanced_packet(packet: Packet, start: int) -> bytes:
    interface, length = 0, len(packet.data)
    time = start + round(packet.time * 10**NANOSECONDS)
    body = struct.pack("<IIIII", interface, time >> 32, time % 2**32, length, length)
    options = [(COMMENT, packet.comment.encode())] if packet.comment else []
    return _block(ENHANCED_PACKET, body + _padded(packet.data) + _options(options))


def _block(kind: int, body: bytes) -> bytes:
    """Put a body between a type and two lengths: a file can be read from either end (§3.1)."""
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def _options(options: Sequence[tuple[int, bytes]]) -> bytes:
    """Write down options, and the mark of their end (§3.5)."""
    if not options:
        return b""
    written = [struct.pack("<HH", code, len(value)) + _padded(value) for code, value in options]
    return b"".join(written) + bytes(4)


def _padded(data: bytes) -> bytes:
    """Fill up to a multiple of four bytes."""
    return data + bytes(-len(data) % 4)
