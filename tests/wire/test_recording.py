"""What a Wire sees of handshakes and frames, and what it says of them."""

import asyncio
import re
import socket
import zlib

import pytest
from websockets.asyncio.client import connect as connect_async
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

import wsdemo
from tests.wire.kit import (
    LOG,
    REQUEST,
    RESPONSE,
    client,
    converse,
    echo,
    said,
    shake_hands,
    two_ends,
)
from wsdemo.frames import Frame, Handshake, Opcode
from wsdemo.wire import recording

pytestmark = pytest.mark.usefixtures("nothing_left_running")


@pytest.mark.parametrize("run", range(20))
def test_the_log_is_the_same_in_every_run(server, run):
    with wsdemo.Wire(server.url + "/chat") as wire:
        converse(wire.url)
        assert wire.log() == LOG
        assert repr(wire.log()) == LOG  # as a notebook shows it
    assert wire.log() == LOG  # what was seen stays


def test_an_asyncio_client_looks_the_same(server):
    async def converse():
        async with connect_async(wire.url, compression=None) as connection:
            for message in ("Hello", b"\0\1"):
                await connection.send(message)
                assert await connection.recv() == message

    with wsdemo.Wire(server.url + "/chat") as wire:
        asyncio.run(converse())
        assert wire.log() == LOG


def test_the_exact_log_shows_keys_and_ports(server):
    with wsdemo.Wire(server.url + "/chat") as wire:
        converse(wire.url)
        request, response = wire.handshakes[0]
        exact = wire.log(exact=True)
        for header in ("Host", "Sec-WebSocket-Key", "User-Agent"):
            assert f"{header}: {request.get(header)}\n" in exact
        for header in ("Date", "Sec-WebSocket-Accept", "Server"):
            assert f"{header}: {response.get(header)}\n" in exact
        assert request.get("Host") == wire.url.removeprefix("ws://").removesuffix("/chat")


def test_frames_and_bytes_are_counted(wire, server):
    converse(wire.url)
    assert [(seen.connection, seen.direction, str(seen)) for seen in wire.frames] == [
        (1, "to server", "TEXT 'Hello'"),
        (1, "to client", "TEXT 'Hello'"),
        (1, "to server", "BINARY 00 01"),
        (1, "to client", "BINARY 00 01"),
        (1, "to server", "CLOSE 1000"),
        (1, "to client", "CLOSE 1000"),
    ]
    assert [seen.data for seen in wire.frames][:4] == [b"Hello", b"Hello", b"\0\1", b"\0\1"]
    assert all((seen.frame.mask is None) == (seen.direction == "to client") for seen in wire.frames)
    times = [seen.time for seen in wire.frames]
    assert times == sorted(times)
    request, response = wire.handshakes[0]
    assert wire.bytes_to_server == len(bytes(request)) + 11 + 8 + 8
    assert wire.bytes_to_client == len(bytes(response)) + 7 + 4 + 4


@pytest.mark.parametrize("takeover", [True, False])
def test_compressed_payloads_are_inflated(takeover):
    text = "Hello, hello, hello! " * 10
    deflate = ClientPerMessageDeflateFactory(
        client_no_context_takeover=not takeover, server_no_context_takeover=not takeover
    )
    with wsdemo.serve(echo) as server, wsdemo.Wire(server.url) as wire:
        with client(wire, extensions=[deflate]) as connection:
            for _ in range(2):
                connection.send(text)
                assert connection.recv(timeout=5) == text
        frames = wire.frames[:4]
        assert [seen.data.decode() for seen in frames] == [text] * 4
        assert all(len(seen.frame.payload) < 40 for seen in frames)
        assert (frames[2].frame.length < frames[0].frame.length) is takeover
        size = frames[0].frame.length
        assert said(wire)[0] == (
            f"client → server  TEXT '{text[:48]}'… 6 + {size} bytes, masked, compressed"
        )


def test_a_long_compressed_conversation_is_shown_to_its_end():
    page = "a page of text " * 66_000
    with wsdemo.serve(echo) as server, wsdemo.Wire(server.url) as wire:
        with client(wire, compression="deflate") as connection:
            for text in (*[page] * 9, "price 42"):
                connection.send(text)
                assert connection.recv(timeout=5) == text
            frames, lines = wire.frames, said(wire)
        assert len(frames) == 20
        assert lines[-4].startswith(f"client → server  TEXT '{page[:48]}'… 8 + ")
        assert lines[-2].startswith("client → server  TEXT 'price 42'  ")
        assert lines[-1].startswith("server → client  TEXT 'price 42'  ")
        assert all(len(seen.data) <= recording.KEEP for seen in frames)
        assert frames[0].inflated.length == len(page)


def test_a_message_that_is_not_inflated_says_why():
    agreed = Handshake(
        "HTTP/1.1 101 Switching Protocols", (("Sec-WebSocket-Extensions", "permessage-deflate"),)
    )
    with two_ends() as (wire, near, far):
        shake_hands(near, far, bytes(agreed))
        squeeze = zlib.compressobj(wbits=-15)
        for data in (bytes(65 * 2**20), b"Hello"):
            deflated = squeeze.compress(data) + squeeze.flush(zlib.Z_SYNC_FLUSH)
            near.sendall(bytes(Frame(Opcode.TEXT, deflated[:-4], rsv1=True)))
        near.sendall(bytes(Frame(Opcode.CONTINUATION, b"lo")))
        near.shutdown(socket.SHUT_WR)
        while far.recv(2**16):
            pass
        first, second, third = wire.log().splitlines()[-4:-1]
    assert ", compressed, not inflated: the message inflates to more than 67108864 bytes" in first
    assert re.search(r"TEXT [0-9a-f ]+ +2 \+ \d+ bytes, compressed, not inflated: it may", second)
    assert "CONTINUATION 6c 6f  " in third  # of a message that is compressed: no text


def test_fragments_are_told_by_their_message(wire, raw):
    with raw(wire.url) as connection:
        connection.upgrade()
        for opcode in (Opcode.TEXT, Opcode.BINARY):
            connection.send_frame(opcode, b"Gr" + b"\xc3", fin=False)
            connection.send_frame(Opcode.CONTINUATION, b"\xbc", fin=False)
            connection.send_frame(Opcode.CONTINUATION, b"ezi\n")
            connection.frame()
        connection.send_frame(Opcode.CLOSE)
        connection.drain()
    assert [str(seen) for seen in wire.frames if seen.direction == "to server"] == [
        "TEXT 'Gr' + c3 (more follows)",
        "CONTINUATION bc (more follows)",
        r"CONTINUATION 'ezi\n'",
        "BINARY 47 72 c3 (more follows)",
        "CONTINUATION bc (more follows)",
        "CONTINUATION 65 7a 69 0a",
        "CLOSE",
    ]


def test_text_from_right_to_left_does_not_move_the_numbers_after_it(wire):
    with client(wire) as connection:
        connection.send("שלום")
        connection.recv(timeout=5)
    mark = "\u200e"
    assert said(wire)[0] == (
        "client → server  TEXT 'שלום'" + " " * 33 + mark + " 6 + 8 bytes, masked"
    )
    assert mark not in "".join(said(wire)[2:])


def test_fragments_and_control_frames_between_them(wire, raw):
    with raw(wire.url) as connection:
        connection.upgrade()
        connection.send_frame(Opcode.TEXT, b"Hel", fin=False)
        connection.send_frame(Opcode.PING, b"?")
        assert connection.frame() == Frame(Opcode.PONG, b"?")
        connection.send_frame(Opcode.CONTINUATION, b"lo")
        assert connection.frame() == Frame(Opcode.TEXT, b"Hello")
        connection.send_frame(Opcode.CLOSE, b"\x0f\xa1bye")
        connection.drain()
    assert said(wire) == [
        "client → server  TEXT 'Hel' (more follows)                    6 + 3 bytes, masked",
        "client → server  PING '?'                                     6 + 1 bytes, masked",
        "server → client  PONG '?'                                     2 + 1 bytes",
        "client → server  CONTINUATION 'lo'                            6 + 2 bytes, masked",
        "server → client  TEXT 'Hello'                                 2 + 5 bytes",
        "client → server  CLOSE 4001 'bye'                             6 + 5 bytes, masked",
        "server → client  CLOSE 4001 'bye'                             2 + 5 bytes",
    ]


def test_all_three_forms_of_the_length(wire):
    sizes = [0, 125, 126, 65535, 65536]
    with client(wire) as connection:
        for size in sizes:
            connection.send(bytes(size))
            assert connection.recv(timeout=5) == bytes(size)
    frames = wire.frames[: 2 * len(sizes)]
    assert [seen.frame.length for seen in frames[::2]] == sizes
    assert [seen.frame.length_bits for seen in frames[1::2]] == [7, 7, 16, 16, 64]
    for line, header, size in zip(said(wire)[:10:2], [6, 6, 8, 8, 14], sizes, strict=True):
        assert line.endswith(f" {header} + {size} bytes, masked")
    assert len(frames[-1].data) == recording.KEEP  # the beginning is kept


def test_keeps_all_of_each_frame_if_asked(server):
    with wsdemo.Wire(server.url, keep=None) as wire, client(wire) as connection:
        connection.send("x" * 10_000)
        assert connection.recv(timeout=5) == wire.frames[0].data.decode() == "x" * 10_000


def test_a_frame_is_seen_however_its_bytes_come(wire, raw):
    with raw(wire.url) as connection:
        for byte in connection.request() + bytes(Frame(1, b"Hello", mask=connection.MASK)):
            connection.send(bytes([byte]))
        connection.response()
        assert connection.frame().payload == b"Hello"
    assert [str(seen) for seen in wire.frames] == ["TEXT 'Hello'", "TEXT 'Hello'"]


def test_connections_are_told_apart(wire):
    with client(wire) as ana, client(wire) as bob:
        for name, connection in (("ana", ana), ("bob", bob), ("ana", ana)):
            connection.send(name)
            connection.recv(timeout=5)
        assert [(seen.connection, seen.data) for seen in wire.frames[::2]] == [
            (1, b"ana"),
            (2, b"bob"),
            (1, b"ana"),
        ]
    lines = wire.log().splitlines()
    assert [line for line in lines if line[0] == "─"] == [
        "── connection 1 ──",
        "── connection 2 ──",
    ]
    second = lines.index("── connection 2 ──")
    assert sum("ana" in line for line in lines[:second]) == 4
    assert sum("bob" in line for line in lines[second:]) == 2
    assert len(wire.handshakes) == 2


def test_a_frame_that_comes_with_the_response_is_delivered():
    hello = bytes(Frame(Opcode.TEXT, b"Hello"))
    with two_ends() as (wire, near, far):
        near.sendall(REQUEST)
        assert far.recv(1000) == REQUEST
        far.sendall(RESPONSE + hello)
        assert near.recv(1000) == RESPONSE + hello
        assert wire.log().endswith("TEXT 'Hello'" + " " * 33 + "2 + 5 bytes")


def test_a_server_that_does_not_wait_for_the_request_is_followed():
    with two_ends() as (wire, near, far):
        far.sendall(RESPONSE)
        assert near.recv(1000) == RESPONSE
        near.sendall(bytes(Frame(Opcode.TEXT, b"Hello")))
        assert far.recv(1000)
        assert [str(seen) for seen in wire.frames] == ["TEXT 'Hello'"]
        assert wire.log().endswith("TEXT 'Hello'" + " " * 33 + "2 + 5 bytes")
