"""What a Wire sees: handshakes, frames, bodies, and what it says of them."""

import asyncio
import gzip
import http
import re
import socket
import ssl
import struct
import sys
import zlib

import pytest
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

import wsdemo
from tests.wire.kit import (
    LOG,
    SYMBOL,
    client,
    converse,
    echo,
    remarks,
    said,
    shake_hands,
    two_ends,
    until,
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


def test_a_refusal_is_shown_with_its_text(server):
    def refuse(connection, request):
        return connection.respond(http.HTTPStatus.UNAUTHORIZED, "who are you?\n")

    with (
        wsdemo.serve(echo, name="strict", process_request=refuse) as strict,
        wsdemo.Wire(strict.url) as wire,
    ):
        with pytest.raises(InvalidStatus), client(wire):
            pass
        lines = wire.log().splitlines()
        assert "server → client  HTTP/1.1 401 Unauthorized" in lines
        assert lines[-2:] == ["", " " * 17 + "who are you?"]
        assert wire.frames == []


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


def test_over_tls_it_sees_ciphertext_and_says_so():
    outgoing = ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="x")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    hello = outgoing.read()
    with two_ends("wss") as (wire, near, far):
        assert wire.url.startswith("wss://127.0.0.1:")
        near.sendall(hello)
        assert far.recv(2**16) == hello
        assert wire.log() == "client → server  TLS: from here on only ciphertext can be seen"
        assert wire.handshakes == [(None, None)]


@pytest.mark.parametrize(
    ("garbage", "shown"),
    [
        (b"hello there", "client → server  hello there"),
        (b"\0\1\2", "client → server  3 bytes that are neither HTTP nor frames: 00 01 02"),
        (bytes(20), f"client → server  20 bytes that are neither HTTP nor frames:{' 00' * 12} …"),
        ("ein\tTab, \u3000, ☺, \x1b".encode()[:-2], "client → server  ein\tTab, \u3000, ☺,"),
        (b"?\r\n\r\n", "client → server  ?"),
    ],
)
def test_garbage_is_shown_as_it_is(wire, raw, garbage, shown):
    with raw(wire.url) as connection:
        connection.send(garbage)
        connection.socket.shutdown(socket.SHUT_WR)
        connection.drain()
    assert wire.log().splitlines()[0] == shown
    assert wire.frames == []


def exchanged(*sent, request=b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"):
    """The log's lines after a server's head, when it sends these bytes and closes."""
    with two_ends("http") as (wire, near, far):
        near.sendall(request)
        assert far.recv(2**16) == request
        far.sendall(b"".join(sent))
        far.close()
        while near.recv(2**16):
            pass
        lines = wire.log().splitlines()
        assert wire.frames == []
    return [line.removeprefix(" " * 17) for line in lines[lines.index("") + 1 :]]


GZIP = gzip.compress(b"<p>Hello</p>", mtime=0)


@pytest.mark.parametrize(
    ("head", "body", "shown"),
    [
        ("", b"<h1>\tNo</h1>\r\n", ["<h1>\tNo</h1>"]),
        (
            "Content-Type: text/html",
            "<p>\tgrüß\n\n dich\u202e".encode(),
            ["<p>\tgrüß", "", r" dich\u202e"],
        ),
        ("Content-Length: 4", b"\x16\3\1\2", ["an HTTP body of 4 bytes: 16 03 01 02"]),
        (
            f"Content-Encoding: gzip\nContent-Type: text/html\nContent-Length: {len(GZIP)}",
            GZIP,
            [f"an HTTP body of {len(GZIP)} bytes (text/html, gzip): {GZIP[:12].hex(' ')} …"],
        ),
        (
            "Content-Type: text/plain; charset=latin-1",
            b"gr\xfc\xdfe",
            ["an HTTP body of 5 bytes (text/plain; charset=latin-1): 67 72 fc df 65"],
        ),
        ("Transfer-Encoding: chunked", b"6\r\nHello \r\n3;x=1\r\nyou\r\n0\r\n\r\n", ["Hello you"]),
        (
            "Transfer-Encoding: chunked",
            b"2\r\n\0\1\r\n0\r\nX-After: 1\r\n\r\n",
            ["an HTTP body of 2 bytes: 00 01"],
        ),
        ("", ("你" * 400).encode(), ["你" * 333, "… 1200 bytes in all"]),
        ("Content-Length: 9999", "ab…".encode()[:-1], ["ab"]),
    ],
)
def test_an_http_body_is_called_one(head, body, shown):
    lines = ["HTTP/1.1 400 Bad Request", *head.split("\n")]
    start = "\r\n".join(filter(None, lines)) + "\r\n\r\n"
    assert exchanged(start.encode(), body) == shown


def test_responses_on_one_connection_are_told_apart():
    picture = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Type: image/png\r\n\r\n\x89PNG"
    page = b"HTTP/1.1 404 Not Found\r\nDate: yesterday\r\n\r\nNo page /x\n"
    assert exchanged(picture, b"HTTP/1.1 304 Not Modified\r\n\r\n", page) == [
        "an HTTP body of 4 bytes (image/png): 89 50 4e 47",
        "",
        "HTTP/1.1 304 Not Modified",
        "",
        "HTTP/1.1 404 Not Found",
        "Date: <now>",
        "",
        "No page /x",
    ]


def test_a_body_of_many_kilobytes_is_counted():
    page = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000
    shown = exchanged(page)
    assert shown[0] == "x" * 1000
    size = re.fullmatch(r"… (\d+) or more bytes in all", shown[1])
    assert 2**16 <= int(size[1]) <= 300_000


def test_without_a_server_it_says_why():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"ws://127.0.0.1:{listener.getsockname()[1]}"
    with wsdemo.Wire(url) as wire:
        with pytest.raises((WebSocketException, OSError)), client(wire):
            pass
        assert wire.log() == SYMBOL + "no connection to the server: connection refused"
        assert wire.handshakes == [(None, None)]


def test_who_leaves_without_a_close_frame_is_named(wire, raw):
    with raw(wire.url) as connection:
        connection.upgrade()
        connection.socket.shutdown(socket.SHUT_WR)
        connection.drain()
    assert remarks(wire) == [
        "the client ended the TCP connection without a Close frame",
        "the server ended the TCP connection without a Close frame",
    ]


def test_a_reset_is_passed_on_and_named(wire, server, raw):
    with raw(wire.url) as connection:
        connection.upgrade()
        connection.reset()
        until(lambda: not server.connections)
    assert remarks(wire) == ["the client reset the TCP connection without a Close frame"]


def test_a_reset_arrives_as_a_reset():
    linger = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)
    with two_ends() as (_, near, far):
        near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        near.close()
        with pytest.raises(ConnectionResetError):
            far.recv(1)


def test_an_end_of_one_direction_leaves_the_other_open():
    """TCP can be closed on one side alone; HTTP/1.0 clients do that after a request."""
    with two_ends() as (_, near, far):
        near.shutdown(socket.SHUT_WR)
        assert far.recv(1) == b""
        far.sendall(b"still here")
        assert near.recv(100) == b"still here"
        far.shutdown(socket.SHUT_WR)
        assert near.recv(1) == b""
