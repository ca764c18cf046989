"""Compressed payloads: the RFC's own examples, and what websockets deflates."""

import zlib

import pytest
from websockets import frames as theirs
from websockets.extensions.permessage_deflate import PerMessageDeflate

from wsdemo.deflate import Inflater
from wsdemo.frames import Frame

MESSAGES = [b"Hello", b"Hello", b"", b"x" * 100_000, "grüß dich ☺".encode()]


def compress(fresh, *frames):
    """Compress as websockets does, context takeover or not."""
    extension = PerMessageDeflate(False, fresh, 15, 15)
    for opcode, data, fin in frames:
        frame = extension.encode(theirs.Frame(theirs.Opcode(opcode), data, fin))
        yield Frame(int(frame.opcode), bytes(frame.data), frame.fin, frame.rsv1)


@pytest.mark.parametrize("fresh", [False, True], ids=["takeover", "no takeover"])
def test_inflates_what_websockets_deflates(fresh):
    inflater = Inflater(fresh)
    frames = list(compress(fresh, *[(1, message, True) for message in MESSAGES]))
    assert [inflater.feed(frame) for frame in frames] == MESSAGES
    # With context takeover, the second "Hello" refers to the first.
    assert (len(frames[1].payload) < len(frames[0].payload)) is not fresh


@pytest.mark.parametrize("fresh", [False, True], ids=["takeover", "no takeover"])
def test_inflates_fragments_with_a_ping_between(fresh):
    parts = [(1, b"Hel" * 99, False), (9, b"?", True), (0, b"lo" * 99, True), (2, b"Hel", True)]
    inflater = Inflater(fresh)
    first, ping, second, third = map(inflater.feed, compress(fresh, *parts))
    assert first + second == b"Hel" * 99 + b"lo" * 99  # zlib may give a part only later
    assert (ping, third) == (None, b"Hel")


@pytest.mark.parametrize(
    "payloads",
    [
        ["f248cdc9c90700", "f200110000"],
        ["f248cdc9c90700", "f248cdc9c90700"],
        ["000500faff48656c6c6f00", "f200110000"],
        ["f348cdc9c9070000", "f348cdc9c9070000", "f248cdc9c90700"],
        ["f248050000 00ffff cac9c90700"],
    ],
    ids=["one block", "no takeover", "not compressed", "BFINAL", "two blocks"],
)
def test_compressed_examples_of_rfc_7692(payloads):
    inflater = Inflater()
    for payload in payloads:
        assert inflater.feed(Frame(1, bytes.fromhex(payload), rsv1=True)) == b"Hello"


def test_leaves_alone_what_is_not_compressed():
    inflater = Inflater()
    parts = [Frame(1, b"Hel", fin=False), Frame(0, b"lo"), Frame(8, b"\x03\xe8")]
    assert [inflater.feed(part) for part in parts] == [None, None, None]


def test_a_bomb_stops_at_the_limit():
    squeeze = zlib.compressobj(wbits=-15)
    bomb = squeeze.compress(bytes(100 * 2**20)) + squeeze.flush(zlib.Z_SYNC_FLUSH)
    inflater = Inflater(limit=1000)
    assert inflater.feed(Frame(2, bomb, rsv1=True)) == bytes(1000)
    assert inflater.feed(Frame(2, bomb, rsv1=True)) is None


def test_after_garbage_nothing_is_inflated():
    hello = next(compress(False, (1, b"Hello", True)))
    inflater = Inflater()
    assert inflater.feed(Frame(1, b"\xff" * 20, rsv1=True)) is None
    assert inflater.feed(hello) is None  # it may refer to what could not be read


def test_a_frame_kept_in_part_cannot_be_inflated():
    hello = next(compress(False, (1, b"Hello", True)))
    inflater = Inflater()
    assert inflater.feed(Frame(1, b"\xf2", rsv1=True, length=7)) is None
    assert inflater.feed(hello) is None
