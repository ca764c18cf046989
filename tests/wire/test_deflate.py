"""Compressed payloads: the RFC's own examples, and what websockets deflates."""

import tracemalloc
import zlib

import pytest
from websockets import frames as theirs
from websockets.extensions.permessage_deflate import PerMessageDeflate

from wsdemo.frames import Frame
from wsdemo.wire.deflate import Inflater

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
    assert [inflater.feed(frame).payload for frame in frames] == MESSAGES
    # With context takeover, the second "Hello" refers to the first.
    assert (len(frames[1].payload) < len(frames[0].payload)) is not fresh


@pytest.mark.parametrize("fresh", [False, True], ids=["takeover", "no takeover"])
def test_inflates_fragments_with_a_ping_between(fresh):
    parts = [(1, b"Hel" * 99, False), (9, b"?", True), (0, b"lo" * 99, True), (2, b"Hel", True)]
    inflater = Inflater(fresh)
    first, ping, second, third = map(inflater.feed, compress(fresh, *parts))
    # zlib may give a part only later
    assert first.payload + second.payload == b"Hel" * 99 + b"lo" * 99
    assert (first.fin, second.opcode, second.fin) == (False, 0, True)
    assert (ping, third) == (None, Frame(2, b"Hel"))


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
        assert inflater.feed(Frame(1, bytes.fromhex(payload), rsv1=True)) == Frame(1, b"Hello")


def test_leaves_alone_what_is_not_compressed():
    inflater = Inflater()
    parts = [Frame(1, b"Hel", fin=False), Frame(0, b"lo"), Frame(8, b"\x03\xe8")]
    assert [inflater.feed(part) for part in parts] == [None, None, None]


@pytest.mark.parametrize("end", ["", "00"], ids=["bare", "as the RFC asks"])
def test_what_follows_a_last_block_is_inflated(end):
    inflater = Inflater()
    last = Frame(1, bytes.fromhex("f348cdc9c90700" + end), rsv1=True)
    for frame in (last, next(compress(False, (1, b"Hello", True))), last):
        assert inflater.feed(frame) == Frame(1, b"Hello")


@pytest.mark.parametrize("cut", range(1, 14))
def test_a_message_of_two_last_blocks_may_be_cut_anywhere(cut):
    inflater = Inflater()
    data = bytes.fromhex("f348cdc9c90700") * 2
    for _ in range(2):
        first = inflater.feed(Frame(1, data[:cut], fin=False, rsv1=True))
        second = inflater.feed(Frame(0, data[cut:]))
        assert first.payload + second.payload == b"HelloHello"


@pytest.mark.parametrize("fresh", [False, True], ids=["takeover", "no takeover"])
def test_a_long_conversation_is_inflated_to_its_end(fresh):
    extension = PerMessageDeflate(False, fresh, 15, 15)
    inflater = Inflater(fresh, keep=100, limit=2**20)
    page = theirs.Frame(theirs.Opcode.TEXT, b"a page of text " * 60_000)
    for _ in range(30):
        frame = extension.encode(page)
        seen = inflater.feed(Frame(1, bytes(frame.data), frame.fin, frame.rsv1))
        assert (seen.payload, seen.length) == (page.data[:100], len(page.data))
    frame = extension.encode(theirs.Frame(theirs.Opcode.TEXT, b"price 42"))
    assert inflater.feed(Frame(1, bytes(frame.data), True, True)) == Frame(1, b"price 42")


def bomb(size):
    """One message that inflates to so many zeros, and then a message that may refer to it."""
    squeeze = zlib.compressobj(wbits=-15)
    for data in (bytes(size), b"Hello"):
        deflated = squeeze.compress(data) + squeeze.flush(zlib.Z_SYNC_FLUSH)
        yield Frame(2, deflated[:-4], rsv1=True)


def test_a_bomb_stops_at_the_limit():
    huge, after = bomb(100 * 2**20)
    inflater = Inflater(limit=2**20)
    tracemalloc.start()
    try:
        assert inflater.feed(huge) is None
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()
    assert inflater.problem == "the message inflates to more than 1048576 bytes"
    assert inflater.feed(after) is None
    assert inflater.problem == "it may refer to a message that was not inflated"


@pytest.mark.parametrize("fragments", [1, 4])
def test_a_message_of_just_the_limit_is_inflated(fragments):
    inflater = Inflater(limit=1000)
    size = 1000 // fragments
    parts = [(1 if not n else 0, b"x" * size, n == fragments - 1) for n in range(fragments)]
    for _ in range(2):
        seen = [inflater.feed(frame) for frame in compress(True, *parts)]
        assert b"".join(frame.payload for frame in seen) == b"x" * 1000
    longer = [*compress(True, *parts[:-1], (parts[-1][0], b"x" * (size + 1), True))]
    assert [inflater.feed(frame) for frame in longer][-1] is None
    assert inflater.problem == "the message inflates to more than 1000 bytes"


def test_without_takeover_the_message_after_a_bomb_is_inflated():
    huge, _ = bomb(2**21)
    inflater = Inflater(fresh=True, limit=2**20)
    assert inflater.feed(huge) is None
    assert inflater.feed(next(compress(True, (1, b"Hello", True)))) == Frame(1, b"Hello")
    assert inflater.problem == ""


def test_a_message_within_the_limit_takes_no_more_memory_than_is_kept():
    large, after = bomb(30 * 2**20)
    inflater = Inflater(keep=1000)
    tracemalloc.start()
    try:
        seen = inflater.feed(large)
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()
    assert (seen.payload, seen.length) == (bytes(1000), 30 * 2**20)
    assert inflater.feed(after) == Frame(2, b"Hello")


def test_after_garbage_nothing_is_inflated():
    hello = next(compress(False, (1, b"Hello", True)))
    inflater = Inflater()
    assert inflater.feed(Frame(1, b"\xff" * 20, rsv1=True)) is None
    assert inflater.problem == "this is not what deflate makes"
    assert inflater.feed(hello) is None  # it may refer to what could not be read
    assert inflater.feed(Frame(1, b"Hello")) is None
    assert inflater.problem == ""  # that one was not compressed


def test_a_frame_kept_in_part_cannot_be_inflated():
    hello = next(compress(False, (1, b"Hello", True)))
    inflater = Inflater()
    assert inflater.feed(Frame(1, b"\xf2", rsv1=True, length=7)) is None
    assert inflater.problem == "a compressed frame of 7 bytes is not kept"
    assert inflater.feed(hello) is None


def test_the_first_problem_of_a_message_is_the_one_that_is_told():
    inflater = Inflater()
    assert inflater.feed(Frame(1, b"\xff" * 20, fin=False, rsv1=True)) is None
    assert inflater.feed(Frame(0, b"\xf2", length=7)) is None
    assert inflater.problem == "this is not what deflate makes"
