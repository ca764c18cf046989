"""The RFC's own examples, and agreement with two other implementations on random frames."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets import frames as theirs
from websockets.streams import StreamReader
from wsproto.frame_protocol import FrameDecoder

from wsdemo.frames import (
    Frame,
    FrameParser,
    Handshake,
    Opcode,
    accept_key,
    apply_mask,
)

# The same examples in every run: CI must not fail by chance.
same_every_run = settings(derandomize=True, deadline=None, max_examples=200)

MASK = bytes.fromhex("37fa213d")  # the one in RFC 6455 §5.7

RFC_FRAMES = {
    "unmasked text": ("8105 48656c6c6f", Frame(Opcode.TEXT, b"Hello")),
    "masked text": ("8185 37fa213d 7f9f4d5158", Frame(Opcode.TEXT, b"Hello", mask=MASK)),
    "first fragment": ("0103 48656c", Frame(Opcode.TEXT, b"Hel", fin=False)),
    "last fragment": ("8002 6c6f", Frame(Opcode.CONTINUATION, b"lo")),
    "ping": ("8905 48656c6c6f", Frame(Opcode.PING, b"Hello")),
    "masked pong": ("8a85 37fa213d 7f9f4d5158", Frame(Opcode.PONG, b"Hello", mask=MASK)),
    "256 bytes": ("827e0100" + "a5" * 256, Frame(Opcode.BINARY, b"\xa5" * 256)),
    "64 KiB": ("827f0000000000010000" + "a5" * 65536, Frame(Opcode.BINARY, b"\xa5" * 65536)),
}


# Bytes to frames, frames to bytes


@pytest.mark.parametrize(("wire", "frame"), RFC_FRAMES.values(), ids=RFC_FRAMES)
def test_examples_of_the_rfc(wire, frame):
    wire = bytes.fromhex(wire)
    assert bytes(frame) == wire
    assert FrameParser().feed(wire) == [frame]
    assert frame.size == len(wire)


def test_accept_key_of_the_rfc():
    assert accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 1000])
def test_masking_twice_gives_the_data_back(size):
    data = random.Random(size).randbytes(size)
    masked = apply_mask(data, MASK)
    assert masked == bytes(byte ^ MASK[i % 4] for i, byte in enumerate(data))
    assert apply_mask(masked, MASK) == data


SIZES = [*range(8), 124, 125, 126, 127, 128, 1000, 65535, 65536, 65537]
WEIGHTS = [*[100] * 8, 20, 20, 20, 20, 20, 4, 1, 1, 1]


def conversation(chance, count, masked):
    """Yield valid frames: messages, some in fragments, with control frames between them."""
    inside_a_message = False
    for _ in range(count):
        mask = chance.randbytes(4) if masked else None
        if chance.random() < 0.2:
            opcode = chance.choice([Opcode.PING, Opcode.PONG])
            yield Frame(opcode, chance.randbytes(chance.randrange(126)), mask=mask)
            continue
        data = chance.randbytes(chance.choices(SIZES, WEIGHTS)[0])
        fin = chance.random() < 0.6
        first = chance.choice([Opcode.TEXT, Opcode.BINARY])
        yield Frame(Opcode.CONTINUATION if inside_a_message else first, data, fin, mask=mask)
        inside_a_message = not fin


def pieces(chance, data):
    """Cut bytes at random places, as a network does; often inside a header."""
    start = 0
    while start < len(data):
        size = chance.choice([1, 2, 3, 7, 100, 5000, 100_000])
        yield data[start : start + size]
        start += size


def parse_like_websockets(data, masked, count):
    reader = StreamReader()
    reader.feed_data(data)
    for _ in range(count):
        parsing = theirs.Frame.parse(reader.read_exact, mask=masked)
        with pytest.raises(StopIteration) as finished:
            next(parsing)
        yield finished.value.value


def parse_like_wsproto(data, masked, count):
    decoder = FrameDecoder(client=not masked)
    # It copies what is left of its buffer for each frame: 1 MB at once would take minutes.
    chunks = (data[start : start + 4096] for start in range(0, len(data), 4096))
    for _ in range(count):
        opcode, payload = None, b""
        while True:
            part = decoder.process_buffer()
            if part is None:
                decoder.receive_bytes(next(chunks))
                continue
            opcode = part.opcode if opcode is None else opcode
            payload += part.payload
            if part.frame_finished:
                yield opcode, payload, part.message_finished
                break


@pytest.mark.parametrize("masked", [False, True], ids=["unmasked", "masked"])
@pytest.mark.parametrize("seed", range(10))
def test_agrees_with_websockets_and_wsproto(seed, masked):
    """Twenty times 5,000: 100,000 random frames in random splits."""
    chance = random.Random(seed)
    frames = list(conversation(chance, 5000, masked))
    wire = b"".join(map(bytes, frames))

    parser = FrameParser()
    assert [frame for piece in pieces(chance, wire) for frame in parser.feed(piece)] == frames

    seen = [(frame.opcode, frame.payload, frame.fin) for frame in frames]
    websockets_frames = list(parse_like_websockets(wire, masked, len(frames)))
    assert [(each.opcode, each.data, each.fin) for each in websockets_frames] == seen
    assert list(parse_like_wsproto(wire, masked, len(frames))) == seen

    # And the other way round: what websockets writes, we read; it chooses masks of its own.
    written = b"".join(each.serialize(mask=masked) for each in websockets_frames)
    assert [(each.opcode, each.payload, each.fin) for each in FrameParser().feed(written)] == seen
    assert masked or written == wire


@st.composite
def frames(draw):
    """Any frame that has a form on the wire: reserved bits and opcodes, lengths not minimal."""
    payload = draw(st.binary(max_size=300))
    lengths = [bits for bits in (7, 16, 64) if bits > 7 or len(payload) < 126]
    return Frame(
        draw(st.integers(0, 15)),
        payload,
        *(draw(st.booleans()) for _ in range(4)),
        mask=draw(st.none() | st.binary(min_size=4, max_size=4)),
        length_bits=draw(st.sampled_from(lengths)),
    )


@same_every_run
@given(st.lists(frames(), max_size=5), st.randoms(use_true_random=False))
def test_what_is_written_can_be_read(written, chance):
    wire, parser = b"".join(map(bytes, written)), FrameParser()
    assert [frame for piece in pieces(chance, wire) for frame in parser.feed(piece)] == written
    assert sum(frame.size for frame in written) == len(wire)


@pytest.mark.parametrize("bits", [16, 64])
def test_reads_a_length_that_is_not_minimal_as_websockets_does(bits):
    wire = bytes(Frame(Opcode.TEXT, b"Hello", length_bits=bits, mask=MASK))
    assert len(wire) == 2 + bits // 8 + 4 + 5
    [frame] = FrameParser().feed(wire)
    [other] = parse_like_websockets(wire, True, 1)
    assert frame.payload == other.data == b"Hello"


@same_every_run
@given(st.binary(max_size=500), st.integers(0, 50), st.randoms(use_true_random=False))
def test_any_bytes_are_frames_of_a_kind(data, keep, chance):
    parser, seen = FrameParser(keep), []
    for piece in pieces(chance, data):
        seen += parser.feed(piece)
        assert len(parser._buffer) < 14 + keep  # a header and what is kept
    assert all(len(frame.payload) == min(frame.length, keep) for frame in seen)
    assert all(str(frame) for frame in seen)
    # How the network cuts the bytes must not matter.
    assert FrameParser(keep).feed(data) == seen


def test_an_announced_length_of_2_to_the_64_keeps_no_memory():
    parser = FrameParser(keep=4)
    announced = Frame(Opcode.BINARY, b"abcd", length=2**64 - 1)
    assert parser.feed(announced.header) == []
    for _ in range(1000):
        assert parser.feed(b"abcd" * 1000) == []
        assert len(parser._buffer) == 0


def test_keeps_the_beginning_and_counts_the_rest():
    whole = Frame(Opcode.TEXT, b"x" * 1000, mask=MASK)
    after = Frame(Opcode.PING, b"!", mask=MASK)
    [first, second] = FrameParser(keep=10).feed(bytes(whole) + bytes(after))
    assert (first.payload, first.length, first.size) == (b"x" * 10, 1000, whole.size)
    assert second == after
    with pytest.raises(ValueError, match="only 10 of 1000 payload bytes were kept"):
        bytes(first)


# Frames in words

WOMAN = "\U0001f469\u200d\U0001f4bb"  # a woman, a joiner, a computer: one emoji


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (Frame(Opcode.TEXT, b"Hello"), "TEXT 'Hello'"),
        (Frame(Opcode.TEXT), "TEXT ''"),
        (Frame(Opcode.TEXT, b"Hel", fin=False), "TEXT 'Hel' (more follows)"),
        (Frame(Opcode.TEXT, b"x" * 49), f"TEXT '{'x' * 48}'…"),
        (Frame(Opcode.TEXT, b"x" * 48), f"TEXT '{'x' * 48}'"),
        (Frame(Opcode.TEXT, b"hello\n"), r"TEXT 'hello\n'"),
        (Frame(Opcode.TEXT, b"CONNECT\nhost:x\n\n\0"), r"TEXT 'CONNECT\nhost:x\n\n\x00'"),
        (Frame(Opcode.TEXT, "a\u00a0b\u3000c".encode()), "TEXT 'a\u00a0b\u3000c'"),
        (Frame(Opcode.TEXT, WOMAN.encode()), f"TEXT '{WOMAN}'"),
        (Frame(Opcode.TEXT, b"\xf0\x9f\xab\xbf"), "TEXT '\U0001faff'"),  # newer than Unicode 16
        (Frame(Opcode.TEXT, ("你" * 60).encode()), f"TEXT '{'你' * 48}'…"),
        (Frame(Opcode.TEXT, ("你" * 9).encode()[:-1], length=27), f"TEXT '{'你' * 8}'…"),
        (Frame(Opcode.TEXT, ("x" * 47 + WOMAN).encode()), f"TEXT '{'x' * 47}'…"),
        (Frame(Opcode.TEXT, b"\xff\xfe"), "TEXT ff fe"),
        (Frame(Opcode.TEXT, b"x" * 60 + b"\xff"), "TEXT 78 78 78 78 78 78 78 78 78 78 78 78 …"),
        (Frame(Opcode.TEXT, "grü".encode()[:-1]), "TEXT 67 72 c3"),
        (Frame(Opcode.TEXT, "grü".encode()[:-1], fin=False), "TEXT 'gr' + c3 (more follows)"),
        (Frame(Opcode.CONTINUATION, "üße".encode()[1:]), "CONTINUATION bc + 'ße'"),
        (Frame(Opcode.CONTINUATION, b"\xbc"), "CONTINUATION bc"),
        (
            Frame(Opcode.CONTINUATION, "…".encode()[1:2], fin=False),
            "CONTINUATION 80 (more follows)",
        ),
        (Frame(Opcode.TEXT, b"\x1b[2J \xe2\x80\xaeevil"), r"TEXT '\x1b[2J \u202eevil'"),
        (Frame(Opcode.PING, b"\0\1\2\3"), "PING 00 01 02 03"),
        (Frame(Opcode.CLOSE, b"\x03\xeabad \xff"), "CLOSE 1002 62 61 64 20 ff"),
        (Frame(Opcode.TEXT, b"Hello", rsv1=True), "TEXT 48 65 6c 6c 6f"),
        (Frame(Opcode.BINARY, bytes(12)), "BINARY" + " 00" * 12),
        (Frame(Opcode.BINARY, bytes(13)), "BINARY " + "00 " * 12 + "…"),
        (Frame(Opcode.PING), "PING"),
        (Frame(Opcode.CLOSE), "CLOSE"),
        (Frame(Opcode.CLOSE, b"\x03\xe8"), "CLOSE 1000"),
        (Frame(Opcode.CLOSE, b"\x0f\xa1bye"), "CLOSE 4001 'bye'"),
        (Frame(11, b"?"), "RESERVED 11 '?'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_frame_in_one_short_line(frame, words):
    assert str(frame) == words


def test_the_upper_half_of_the_opcodes_are_control_frames():
    assert [opcode for opcode in range(16) if Frame(opcode).is_control] == list(range(8, 16))


def test_a_close_frame_of_one_byte_has_no_code():
    frame = Frame(Opcode.CLOSE, b"\x03")
    assert frame.close_code is None
    assert frame.close_reason == ""
    assert str(frame) == "CLOSE 03"


def test_a_reason_that_is_not_utf_8_is_none():
    assert Frame(Opcode.CLOSE, b"\x03\xe8\xff").close_reason == ""


# Handshakes

REQUEST = (
    b"GET /chat HTTP/1.1\r\n"
    b"Host: server.example.com\r\n"
    b"Upgrade: websocket\r\n"
    b"Sec-WebSocket-Extensions: a; x=1\r\n"
    b"Sec-WebSocket-Extensions: b\r\n"
    b"\r\n"
)


def test_a_handshake_is_read_up_to_its_empty_line():
    handshake, rest = Handshake.parse(REQUEST + b"\x81\x00")
    assert rest == b"\x81\x00"
    assert handshake.start_line == "GET /chat HTTP/1.1"
    assert handshake.status is None
    assert handshake.get("HOST") == "server.example.com"
    assert handshake.get("sec-websocket-extensions") == "a; x=1, b"
    assert (handshake.get("Origin"), handshake.get("Origin", "-")) == ("", "-")
    assert bytes(handshake) == REQUEST
    assert str(handshake).splitlines()[:2] == ["GET /chat HTTP/1.1", "Host: server.example.com"]


def test_a_handshake_disturbs_no_terminal_and_shows_utf_8():
    data = (
        "GET /\x1b[2J?name=Å HTTP/1.1\r\nX-Name: grüß\u202e\r\nX-Old: ".encode() + b"gr\xfc\r\n\r\n"
    )
    handshake, _ = Handshake.parse(data)
    assert str(handshake).split("\n") == [
        r"GET /\x1b[2J?name=Å HTTP/1.1",
        r"X-Name: grüß\u202e",
        "X-Old: grü",
    ]
    assert bytes(handshake) == data


def test_half_a_handshake_is_none():
    assert all(Handshake.parse(REQUEST[:end]) is None for end in range(len(REQUEST)))


@pytest.mark.parametrize(
    ("start", "status"),
    [
        ("HTTP/1.1 101 Switching Protocols", 101),
        ("HTTP/1.1 404", 404),
        ("HTTP/1.1", None),
        ("HTTP/1.1 ok", None),
        ("GET /200 HTTP/1.1", None),
        ("", None),
    ],
)
def test_only_a_response_has_a_status(start, status):
    assert Handshake(start).status == status


@same_every_run
@given(st.binary(max_size=200), st.binary(max_size=50))
def test_any_bytes_are_a_handshake_of_a_kind(head, rest):
    data = head + b"\r\n\r\n" + rest
    handshake, _ = Handshake.parse(data)
    assert handshake.status is None or handshake.status < 1000
    assert handshake.get("Host") is not None
    again, nothing = Handshake.parse(bytes(handshake))
    assert (again, nothing) == (handshake, b"")
