"""Wireshark's own program ``tshark`` reads in a saved wire what the wire has seen."""

import asyncio
import functools
import os
import shutil
import ssl
import sys
from collections import Counter

import pytest
import trustme
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

import wsdemo
from tests.interop.wireshark_kit import CHECKED, EVERY_PORT, frames_of, read_packets
from tests.scenes.test_endings import REFUSED, accounts_of, close, cut, nothing, returns, too_big
from tests.wire.explain_kit import MASK, after_handshake, response
from tests.wire.kit import client, echo, shake_hands, two_ends
from wsdemo.frames import Frame, Opcode
from wsdemo.scenes import endings
from wsdemo.wire.pcapng import pcapng
from wsdemo.wire.tcp import Conversation


@pytest.fixture(scope="module")
def tshark():
    """Read a capture file: a dict of lists for each packet, by the names of :data:`FIELDS`."""
    program = shutil.which("tshark")
    if program is None:
        needed = os.environ.get("CI") and sys.platform == "linux"
        advice = "no tshark here: sudo apt install tshark; brew install wireshark"
        (pytest.fail if needed else pytest.skip)(advice)
    return functools.partial(read_packets, program)


def expected(wires):
    """The same of some wires, whose connections are numbered on."""
    found, codes, before = {}, {}, 0
    for wire in wires:
        for seen in wire.frames:
            frame, key = seen.frame, (before + seen.connection, seen.direction)
            rsv = frame.rsv1 << 2 | frame.rsv2 << 1 | frame.rsv3
            row = int(frame.opcode), frame.fin, frame.mask is not None, rsv, frame.length
            found.setdefault(key, []).append(row)
            if frame.opcode == Opcode.CLOSE and frame.close_code not in (None, 1005):
                codes.setdefault(key, []).append(frame.close_code)
        before += len(wire.handshakes)
    return found, codes


def assert_flawless(packets, allowed=()):
    for number, packet in enumerate(packets, 1):
        assert packet["tcp.checksum.status"] == packet["ip.checksum.status"] == ["1"], number
        assert not packet["_ws.malformed"], number
        assert not packet["tcp.analysis.flags"], number


async def ask_back(connection):
    """Answer in fragments with a ping between; close with a code and a reason if told to."""
    async for message in connection:
        if message == "bye":
            await connection.close(4000, "as you said")
        elif message == "fragments":

            async def parts():
                yield "one, "
                await connection.ping("between")
                yield "two"

            await connection.send(parts())
        else:
            await connection.send(message)


def talk(*connections):
    """Let some connections take turns with messages of all kinds and lengths."""
    for message in ("Hello", "Grüße, 世界", b"\0\1", "x" * 300, bytes(66_000), "fragments"):
        for connection in connections:
            connection.send(message)
            connection.recv(timeout=5)
    for connection in connections:
        connection.send(["in ", "three ", "parts"])
        connection.recv(timeout=5)
        connection.ping().wait(5)


def test_it_reads_the_same_frames(tshark, tmp_path):
    def refuse(connection, request):
        return connection.respond(403, "not for you") if request.path == "/secret" else None

    with (
        wsdemo.serve(ask_back, process_request=refuse) as server,
        wsdemo.Wire(server.url, keep=None) as wire,
    ):
        with client(wire) as plain, client(wire, compression="deflate") as squeezed:
            talk(plain, squeezed)
            plain.send("bye")
            with pytest.raises(ConnectionClosedError, match="4000"):
                plain.recv(timeout=5)
        with pytest.raises(InvalidStatus), connect(wire.url + "/secret"):
            pass
        wire.save(tmp_path / "talk.pcapng")
        frames = expected([wire])
    packets = tshark(tmp_path / "talk.pcapng", *CHECKED, "-o", EVERY_PORT)
    assert frames_of(packets) == frames
    seen = frames[0]
    assert len(seen) == 4, "two connections, both directions"
    kinds = Counter(opcode for rows in seen.values() for opcode, *_ in rows)
    assert kinds.keys() == {*Opcode}, "all of them"
    lengths = [length for rows in seen.values() for *_, length in rows]
    assert {(length > 125) + (length > 65_535) for length in lengths} == {0, 1, 2}, "all forms"
    assert any(rsv == 4 for *_, rsv, _ in seen[2, "to server"])
    assert frames[1] == {
        (1, "to client"): [4000],
        (1, "to server"): [4000],
        (2, "to client"): [1000],
        (2, "to server"): [1000],
    }
    statuses = [code for packet in packets for code in packet["http.response.code"]]
    assert sorted(statuses) == ["101", "101", "403"]
    [body] = [packet["http.file_data"] for packet in packets if packet["http.file_data"]]
    assert body[0].strip() in ("not for you", b"not for you".hex()), "as text, or since 4.2 in hex"
    assert_flawless(packets)


SCENES = [
    (nothing, {"handler": returns}),
    (close, {}),
    (cut, {}),
    (too_big, {"max_size": 1000}),
    (nothing, REFUSED),
]


def test_it_reads_the_scenes_of_a_lesson(tshark, tmp_path, monkeypatch):
    """Lesson 07 shows such ends. Sections of one file follow each other, so one call is enough."""
    wires, data = [], b""
    make = endings.Wire
    monkeypatch.setattr(endings, "Wire", lambda url: wires.append(make(url)) or wires[-1])
    for act, options in SCENES:
        accounts_of(act, **options)
    with two_ends() as (wire, near, far):
        wires.append(wire)
        shake_hands(near, far, response())
        near.sendall(bytes(Frame(Opcode.CLOSE, mask=MASK)))  # without a code
        assert far.recv(100)
        far.sendall(bytes(Frame(Opcode.CLOSE, b"\x03\xe8")))
        assert near.recv(100)
        near.close()
        assert far.recv(1) == b""
    for wire in wires:
        wire.save(tmp_path / "talk.pcapng")
        data += (tmp_path / "talk.pcapng").read_bytes()
    (tmp_path / "all.pcapng").write_bytes(data)
    packets = tshark(tmp_path / "all.pcapng", *CHECKED, "-o", EVERY_PORT)
    assert frames_of(packets) == expected(wires)
    assert expected(wires)[1] == {
        **{(1, side): [1000] for side in ("to client", "to server")},
        **{(2, side): [4000] for side in ("to client", "to server")},
        **{(4, side): [1009] for side in ("to client", "to server")},
        (6, "to client"): [1000],
    }
    assert_flawless(packets)


def test_wireshark_needs_no_settings(tshark, tmp_path):
    """It knows HTTP by its first line on any port, and WebSocket by the header ``Upgrade``."""
    sent = after_handshake(("to server", bytes(Frame(Opcode.TEXT, b"Hello", mask=MASK))))
    reads = [(0.1 * at, direction, data) for at, (direction, data) in enumerate(sent)]
    counts = {"to server": 1000, "to client": 500}
    talk = Conversation(1, 50_001, 50_002, 0.0, reads, (), counts)
    (tmp_path / "talk.pcapng").write_bytes(pcapng([talk], 0))
    packets = tshark(tmp_path / "talk.pcapng")
    assert frames_of(packets)[0] == {(1, "to server"): [(1, True, True, 0, 5)]}


def test_it_decrypts_with_the_embedded_keys(tshark, tmp_path):
    authority, context = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    trusting.keylog_filename = tmp_path / "keys.log"

    # Not websockets.sync: its two threads read and write one SSL object at once, which CPython
    # does not protect (python/cpython issue 143756), and some of its handshakes never end.
    async def talk(url):
        async with connect_async(url, ssl=trusting, compression=None) as connection:
            for message in ("Hello", bytes(70_000)):
                await connection.send(message)
                assert await asyncio.wait_for(connection.recv(), 5) == message

    with wsdemo.serve(echo, ssl=context) as server, wsdemo.Wire(server.url) as wire:
        asyncio.run(talk(wire.url))
        assert wire.frames == [], "only ciphertext"
        wire.save(tmp_path / "talk.pcapng", keylog=tmp_path / "keys.log")
    packets = tshark(tmp_path / "talk.pcapng", "-o", EVERY_PORT)
    frames, codes = frames_of(packets)
    hello, large, bye = (1, True, 5), (2, True, 70_000), (8, True, 2)
    for direction in ("to server", "to client"):
        rows = [(opcode, fin, length) for opcode, fin, _, _, length in frames[1, direction]]
        assert rows == [hello, large, bye], direction
        assert codes[1, direction] == [1000]
