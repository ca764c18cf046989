"""``wire.inject()``: a frame of one's own, in its place, so that the stream stays valid."""

import random

import pytest
from websockets.exceptions import ConnectionClosedOK

import wsdemo
from tests.wire.explain_kit import MASK
from tests.wire.kit import client, echo, remarks, said, shake_hands, two_ends, until
from wsdemo.frames import Frame, FrameParser, Opcode

pytestmark = pytest.mark.usefixtures("nothing_left_running")

LONG = bytes(Frame(Opcode.BINARY, b"x" * 20))


def received(socket, count):
    """The frames that have come, once there are so many bytes of them."""
    data = b""
    while len(data) < count:
        data += socket.recv(1000)
    return FrameParser().feed(data), data


def test_to_the_client_it_has_no_mask_and_to_the_server_it_has_one(wire):
    with client(wire) as connection:
        wire.inject("from the wire", "to client")
        assert connection.recv(timeout=5) == "from the wire"
        wire.inject(b"\0\1", "to server")
        assert connection.recv(timeout=5) == b"\0\1", "the server sends it back"
        assert said(wire) == [
            "server → client  TEXT 'from the wire'                         2 + 13 bytes, injected",
            "client → server  BINARY 00 01                                 "
            "6 + 2 bytes, masked, injected",
            "server → client  BINARY 00 01                                 2 + 2 bytes",
        ]
        assert [seen.injected for seen in wire.frames] == [True, True, False]


def test_two_masks_differ():
    with two_ends() as (wire, near, far):
        shake_hands(near, far)
        for _ in range(2):
            wire.inject("same", "to server")
        first, second = received(far, 20)[0]
        assert first.payload == second.payload == b"same"
        assert first.mask != second.mask


@pytest.mark.parametrize(
    ("kind", "data", "frame"),
    [
        ("ping", "alive?", Frame(Opcode.PING, b"alive?")),
        ("ping", b"\xff", Frame(Opcode.PING, b"\xff")),
        ("pong", "", Frame(Opcode.PONG)),
        ("close", "bye", Frame(Opcode.CLOSE, b"\x03\xe8bye")),
        ("text", "ü", Frame(Opcode.TEXT, "ü".encode())),
        ("binary", b"\0", Frame(Opcode.BINARY, b"\0")),
        (None, Frame(3, b"?", rsv2=True, mask=MASK), Frame(3, b"?", rsv2=True)),
    ],
)
def test_each_kind(kind, data, frame):
    with two_ends() as (wire, near, far):
        shake_hands(near, far)
        wire.inject(data, "to client", kind=kind)
        assert received(near, frame.size)[0] == [frame]


def test_a_close_ends_the_connection_as_the_servers_would(wire):
    with client(wire) as connection:
        wire.inject("maintenance", "to client", kind="close", code=1001)
        with pytest.raises(ConnectionClosedOK, match=r"received 1001 .*maintenance"):
            connection.recv(timeout=5)


def test_it_waits_for_the_end_of_a_frame():
    with two_ends() as (wire, near, far):
        shake_hands(near, far)
        far.sendall(LONG[:5])
        assert near.recv(1000) == LONG[:5]
        wire.inject("first", "to client")
        wire.inject("second", "to client", kind="ping")
        far.sendall(LONG[5:] + LONG)
        _, came = received(near, len(LONG) - 5 + 7 + 8 + len(LONG))
        assert FrameParser().feed(LONG[:5] + came)[1:] == [
            Frame(Opcode.TEXT, b"first"),
            Frame(Opcode.PING, b"second"),
            Frame(Opcode.BINARY, b"x" * 20),
        ]
        assert [(seen.frame.name, seen.data, seen.injected) for seen in wire.frames] == [
            ("BINARY", b"x" * 20, False),
            ("TEXT", b"first", True),
            ("PING", b"second", True),
            ("BINARY", b"x" * 20, False),
        ]
        assert remarks(wire) == ["an injected frame waits for its place (to client)"] * 2
        [link] = wire._relay.open_links
        assert link.flows["to client"].splitter is None, "nothing is cut any more"


def test_a_message_waits_for_the_end_of_a_fragmented_one_and_a_ping_does_not():
    with two_ends() as (wire, near, far):
        shake_hands(near, far)
        far.sendall(bytes(Frame(Opcode.TEXT, b"one, ", fin=False)))
        near.recv(1000)
        wire.inject("between", "to client")
        near.settimeout(0.05)
        with pytest.raises(TimeoutError):
            near.recv(1)
        near.settimeout(5)
        wire.inject("", "to client", kind="ping")
        far.sendall(bytes(Frame(Opcode.CONTINUATION, b"two, ", fin=False)))
        far.sendall(bytes(Frame(Opcode.CONTINUATION, b"three")))
        until(lambda: len(wire.frames) == 5)
        assert [str(seen) for seen in wire.frames] == [
            "TEXT 'one, ' (more follows)",
            "PING",
            "CONTINUATION 'two, ' (more follows)",
            "CONTINUATION 'three'",
            "TEXT 'between'",
        ]


def test_nothing_follows_a_close_frame():
    with two_ends() as (wire, near, far):
        shake_hands(near, far)
        far.sendall(LONG[:5])
        near.recv(1000)
        wire.inject("too late", "to client")
        close = bytes(Frame(Opcode.CLOSE))
        far.sendall(LONG[5:] + close)
        received(near, len(LONG) - 5 + len(close) + 10)
        with pytest.raises(LookupError, match=r"no frame can follow here: .* a Close frame has"):
            wire.inject("later still", "to client")
        assert [seen.frame.name for seen in wire.frames] == ["BINARY", "TEXT", "CLOSE"]


def test_a_frame_that_waits_is_dropped_by_a_close():
    with two_ends() as (wire, near, far):
        shake_hands(near, far)
        far.sendall(bytes(Frame(Opcode.TEXT, b"begun", fin=False)))
        near.recv(1000)
        wire.inject("never", "to client")
        far.sendall(
            bytes(Frame(Opcode.CLOSE)) + bytes(Frame(Opcode.CONTINUATION, b"against the RFC"))
        )
        until(lambda: len(wire.frames) == 3)
        assert not any(seen.injected for seen in wire.frames)


def test_a_frozen_network_holds_it(wire):
    with client(wire) as connection:
        wire.freeze("to client")
        wire.inject("held", "to client")
        with pytest.raises(TimeoutError):
            connection.recv(timeout=0.05)
        assert said(wire)[-1].endswith("2 + 4 bytes, injected, held on the wire")
        wire.thaw()
        assert connection.recv(timeout=5) == "held"


def test_between_compressed_messages_it_is_not_compressed():
    """Which permessage-deflate allows (RFC 7692 §6), and their shared context survives."""
    with (
        wsdemo.serve(echo) as server,
        wsdemo.Wire(server.url) as wire,
        client(wire, compression="deflate") as connection,
    ):
        for text in ("same words", "same words"):
            connection.send(text)
            assert connection.recv(timeout=5) == text
            wire.inject("plain", "to client")
            assert connection.recv(timeout=5) == "plain"
        assert [seen.frame.rsv1 for seen in wire.frames] == [True, True, False] * 2
        assert {seen.data for seen in wire.frames} == {b"same words", b"plain"}


def test_raw_bytes_go_at_once_as_they_are():
    with two_ends() as (wire, near, far):
        shake_hands(near, far)
        far.sendall(LONG[:5])
        near.recv(1000)
        wire.inject(b"\xff\xff", "to client", kind="raw")
        assert near.recv(1000) == b"\xff\xff"
        assert remarks(wire) == ["injected 2 bytes (to client)"]


def test_raw_bytes_need_no_websocket():
    with two_ends() as (wire, near, far):
        near.sendall(b"GET")
        far.recv(3)
        with pytest.raises(LookupError, match="the handshake is not complete"):
            wire.inject("x", "to server")
        wire.inject(b" /", "to server", kind="raw")
        assert far.recv(10) == b" /"


def test_into_one_connection(wire):
    with client(wire) as ana, client(wire) as bob:
        wire.inject("for Bob", "to client", connection=2)
        assert bob.recv(timeout=5) == "for Bob"
        wire.inject("for both", "to client")
        assert ana.recv(timeout=5) == bob.recv(timeout=5) == "for both"
        with pytest.raises(LookupError, match="connection 3 is not open; open now: 1, 2"):
            wire.inject("x", "to client", connection=3)


def test_without_a_connection_it_says_what_to_do(wire):
    with pytest.raises(LookupError, match=r"no connection is open: connect a client to wire\.url"):
        wire.inject("x", "to client")
    wire.stop()
    with pytest.raises(LookupError, match="this wire is stopped: make a new one"):
        wire.inject("x", "to client")


@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [
        (("x", "up"), ValueError, "a direction is 'to server', 'to client'"),
        (("x", None), ValueError, "inject takes a direction: 'to server' or 'to client'"),
        (("x", "to client", "pingpong"), ValueError, "kind is one of text, binary, ping, pong"),
        ((1, "to client"), TypeError, "kind 'binary' takes bytes, not int"),
        (("x", "to client", "raw"), TypeError, "kind 'raw' takes bytes, not str"),
        ((b"x", "to client", "close"), TypeError, "kind 'close' takes str, not bytes"),
        (("x" * 126, "to client", "ping"), ValueError, "a ping has at most 125 bytes"),
        (("ü" * 62, "to client", "close"), ValueError, "a close reason has at most 123 bytes"),
        (("\ud83d", "to client"), ValueError, r"half of a character .* kind=\"raw\""),
        (("", "to client", "close", 1006), ValueError, r"a Close frame carries 1000 .* not 1006"),
        (("", "to client", "close", 5000), ValueError, r"not 5000; kind=\"raw\" sends any"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_sent(arguments, error, told):
    names = ("data", "direction", "kind", "code")
    with two_ends() as (wire, near, far):
        shake_hands(near, far)
        with pytest.raises(error, match=told):
            wire.inject(**dict(zip(names, arguments, strict=False)))
        assert wire.frames == []


@pytest.mark.parametrize("seed", range(20))
def test_the_stream_stays_valid_however_it_is_cut(seed):
    """The server's messages arrive whole, and the injected ones stand between them."""
    chance = random.Random(seed)
    sent = []
    for number in range(8):
        parts = chance.randrange(1, 4)
        for part in range(parts):
            payload = f"{number}.{part}".encode() * chance.choice([1, 40, 30_000])
            opcode = Opcode.CONTINUATION if part else Opcode.TEXT
            sent.append(Frame(opcode, payload, fin=part == parts - 1))
    stream = b"".join(map(bytes, sent))
    with two_ends() as (wire, near, far):
        shake_hands(near, far)
        expected = len(stream)
        came = b""
        while stream:
            size = chance.choice([1, 3, 50, 5000])
            far.sendall(stream[:size])
            stream = stream[size:]
            if chance.random() < 0.3 and stream:
                kind = chance.choice(["text", "ping"])
                wire.inject("wire", "to client", kind=kind)
                expected += 6
        while len(came) < expected:
            came += near.recv(2**16)
    frames, in_message = FrameParser().feed(came), False
    assert [frame for frame in frames if frame.payload != b"wire"] == sent
    for frame in frames:
        if frame.payload == b"wire":
            assert frame.is_control or not in_message
        else:
            in_message = not frame.fin
