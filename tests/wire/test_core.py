"""What Wire sees, what it does to a line, and that it loses nothing."""

import asyncio
import contextlib
import errno
import gc
import gzip
import hashlib
import http
import math
import random
import re
import socket
import ssl
import struct
import sys
import threading
import time
import tracemalloc
import urllib.parse
import weakref
import zlib

import pytest
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.sync.client import connect

import wsdemo
from wsdemo.frames import Frame, Handshake, Opcode
from wsdemo.wire import recording as recording

pytestmark = pytest.mark.usefixtures("nothing_left_running")

SYMBOL = "~ ~ ~ ~ ~ ~ ~ ~  "


async def echo(connection):
    async for message in connection:
        await connection.send(message)


@pytest.fixture
def server():
    with wsdemo.serve(echo, compression=None, close_timeout=0.2) as server:
        yield server


@pytest.fixture
def wire(server):
    with wsdemo.Wire(server.url) as wire:
        yield wire


@contextlib.contextmanager
def client(wire, **options):
    """Connect without what differs between clients: compression, keepalive."""
    options = {"compression": None, "ping_interval": None, "close_timeout": 0.2, **options}
    with connect(wire.url, **options) as connection:
        yield connection


def said(wire):
    """The log after the handshakes."""
    lines = wire.log().splitlines()
    return lines[lines.index(LOG.splitlines()[12]) + 1 :]  # the handshake ends with Server: …


def remarks(wire):
    return [line.removeprefix(SYMBOL) for line in wire.log().splitlines() if line[0] == "~"]


def until(condition):
    """Wait for what another thread is about to do."""
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "it did not come true within 5 s"
        time.sleep(0.001)


def silent(connection, seconds=0.05):
    """Whether nothing comes for a while."""
    with pytest.raises(TimeoutError):
        connection.recv(timeout=seconds)
    return True


@contextlib.contextmanager
def two_ends(scheme="ws"):
    """A wire, and the sockets at its ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        with wsdemo.Wire(url) as wire, socket.socket() as near:
            near.settimeout(20)
            near.connect(("127.0.0.1", urllib.parse.urlsplit(wire.url).port))
            far, _ = listener.accept()
            with far:
                far.settimeout(20)
                yield wire, near, far


# What it sees

LOG = """\
client → server  GET /chat HTTP/1.1
                 Host: 127.0.0.1:<port>
                 Upgrade: websocket
                 Connection: Upgrade
                 Sec-WebSocket-Key: <16 random bytes in base64>
                 Sec-WebSocket-Version: 13
                 User-Agent: <name and version of the client>
server → client  HTTP/1.1 101 Switching Protocols
                 Date: <now>
                 Upgrade: websocket
                 Connection: Upgrade
                 Sec-WebSocket-Accept: <computed from the key>
                 Server: <name and version of the server>
client → server  TEXT 'Hello'                                 6 + 5 bytes, masked
server → client  TEXT 'Hello'                                 2 + 5 bytes
client → server  BINARY 00 01                                 6 + 2 bytes, masked
server → client  BINARY 00 01                                 2 + 2 bytes
client → server  CLOSE 1000                                   6 + 2 bytes, masked
server → client  CLOSE 1000                                   2 + 2 bytes"""


def converse(url):
    with connect(url, compression=None) as connection:
        for message in ("Hello", b"\0\1"):
            connection.send(message)
            assert connection.recv(timeout=5) == message


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


# What it does to a line


def test_a_frozen_line_holds_and_thaws(wire):
    with client(wire) as connection:
        wire.freeze()
        connection.send("Hello")
        assert silent(connection)
        assert said(wire) == [
            SYMBOL + "frozen",
            "client → server  TEXT 'Hello'                                 "
            "6 + 5 bytes, masked, held on the line",
        ]
        wire.thaw()
        assert connection.recv(timeout=5) == "Hello"
        assert said(wire) == [
            SYMBOL + "frozen",
            "client → server  TEXT 'Hello'                                 6 + 5 bytes, masked",
            SYMBOL + "thawed",
            "server → client  TEXT 'Hello'                                 2 + 5 bytes",
        ]


def test_one_direction_can_be_frozen(wire):
    with client(wire) as connection:
        wire.freeze("to client")
        connection.send("Hello")
        assert silent(connection)
        assert [(seen.direction, str(seen)) for seen in wire.frames] == [
            ("to server", "TEXT 'Hello'"),
            ("to client", "TEXT 'Hello'"),  # it was answered, and the answer is held
        ]
        wire.thaw("to server")  # the other one
        assert silent(connection)
        wire.thaw("to client")
        assert connection.recv(timeout=5) == "Hello"
        assert remarks(wire) == ["frozen (to client)", "thawed (to server)", "thawed (to client)"]


def test_a_frozen_line_holds_the_end_of_a_connection_too():
    with two_ends() as (wire, near, far):
        wire.freeze()
        near.shutdown(socket.SHUT_WR)
        far.settimeout(0.05)
        with pytest.raises(TimeoutError):
            far.recv(1)
        far.settimeout(5)
        wire.thaw()
        assert far.recv(1) == b""


def test_a_line_frozen_beforehand_holds_the_handshake(wire, raw):
    wire.freeze("to client")
    with raw(wire.url) as connection:
        connection.send(connection.request())
        until(lambda: wire.handshakes and wire.handshakes[0][1])
        connection.socket.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.response()
        connection.socket.settimeout(5)
        wire.thaw()
        assert connection.response().status == 101


def test_a_line_freezes_in_the_middle_of_a_frame(wire, raw):
    with raw(wire.url) as connection:
        connection.upgrade()
        wire.freeze("to client", after=4)
        connection.send_frame(Opcode.TEXT, b"Hello")
        assert connection.socket.recv(100) == b"\x81\x05He"
        connection.socket.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.chunk()
        assert said(wire)[1:] == [
            "server → client  TEXT 'Hello'                                 "
            "2 + 5 bytes, held on the line",
            SYMBOL + "frozen (to client)",
        ]
        connection.socket.settimeout(5)
        wire.thaw()
        assert connection.socket.recv(100) == b"llo"


def test_what_waits_for_the_next_connection_breaks_only_that(wire, raw):
    wire.cut("to client", after=10)
    with raw(wire.url) as first:
        first.send(first.request())
        received = first.drain()
        assert b"HTTP/1.1 1".startswith(received)
        if sys.platform == "linux":  # elsewhere a reset may overtake what was sent
            assert received == b"HTTP/1.1 1"
    with raw(wire.url) as second:
        assert second.upgrade().status == 101
    assert remarks(wire)[0] == "cut (seen by the client alone)"


def test_a_cut_is_a_reset_for_both(wire, server):
    with client(wire) as connection:
        wire.cut()
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(timeout=5)
        assert closed.value.rcvd is None  # browsers call it 1006
        until(lambda: not server.connections)
    assert remarks(wire) == ["cut"]  # nobody else is to blame
    with client(wire) as connection:  # the next one is whole
        connection.send("Hello")
        assert connection.recv(timeout=5) == "Hello"


def test_a_cut_gives_the_client_a_connection_reset(wire, raw):
    with raw(wire.url) as connection:
        connection.upgrade()
        wire.cut()
        with pytest.raises(ConnectionResetError) as reset:
            connection.chunk()
        assert reset.value.errno in (errno.ECONNRESET, getattr(errno, "WSAECONNRESET", None))


def test_a_half_open_line_looks_alive_to_the_client(wire, server):
    with client(wire) as connection:
        wire.cut("to server")
        until(lambda: not server.connections)
        connection.send("Hello")
        assert silent(connection)
        assert said(wire) == [
            SYMBOL + "cut (seen by the server alone)",
            "client → server  TEXT 'Hello'                                 "
            "6 + 5 bytes, masked, lost",
        ]


def test_a_half_open_line_looks_alive_to_the_server(wire, server):
    with client(wire) as connection:
        wire.cut("to client")
        with pytest.raises(ConnectionClosed):
            connection.recv(timeout=5)
        [left_behind] = server.connections
        server.run(left_behind.send("are you there?"))  # send() means: handed to the system
        until(lambda: wire.frames)
        assert said(wire)[-1].endswith("2 + 14 bytes, lost")
        assert server.connections == [left_behind]
    assert remarks(wire) == ["cut (seen by the client alone)"]


def test_what_was_held_when_the_line_was_cut_is_lost(wire, server):
    with client(wire) as connection:
        wire.freeze("to server")
        connection.send("Hello")
        until(lambda: wire.frames)
        wire.cut()
        until(lambda: not server.connections)
        assert [line for line in said(wire) if "TEXT" in line] == [
            "client → server  TEXT 'Hello'                                 "
            "6 + 5 bytes, masked, lost"
        ]


def test_a_delay_is_added_to_each_direction(wire):
    with client(wire) as connection:
        wire.delay(0.05)
        start = time.perf_counter()
        connection.send("Hello")
        assert connection.recv(timeout=5) == "Hello"
        assert time.perf_counter() - start >= 0.1
        wire.delay(0, "to client")
        start = time.perf_counter()
        connection.send("Hello")
        assert connection.recv(timeout=5) == "Hello"
        assert time.perf_counter() - start >= 0.05
        wire.delay(0)
    assert remarks(wire) == ["delay 0.05 s", "delay 0 s (to client)", "delay 0 s"]


def test_a_delay_moves_bytes_in_time_and_does_not_slow_them(wire):
    with client(wire) as connection:
        wire.delay(0.1)
        start = time.perf_counter()
        for _ in range(50):
            connection.send("Hello")
        for _ in range(50):
            assert connection.recv(timeout=5) == "Hello"
        assert 0.2 <= time.perf_counter() - start < 2  # not fifty times 0.2


def test_a_throttle_limits_the_rate(wire):
    with client(wire) as connection:
        wire.throttle(100_000, "to server")
        start = time.perf_counter()
        connection.send(bytes(20_000))
        assert connection.recv(timeout=5) == bytes(20_000)
        assert 0.15 <= time.perf_counter() - start < 2
        wire.throttle(None)
        connection.send(bytes(1_000_000))
        assert len(connection.recv(timeout=5)) == 1_000_000
    assert remarks(wire) == ["throttle 100000 bytes/s (to server)", "no throttle"]


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("freeze", {"direction": "sideways"}),
        ("thaw", {"direction": "to nowhere"}),
        ("cut", {"direction": "server"}),
        ("delay", {"seconds": 1, "direction": "sideways"}),
        ("throttle", {"bytes_per_second": 1, "direction": "sideways"}),
        ("freeze", {"after": -1}),
        ("cut", {"after": -1}),
        ("delay", {"seconds": -1}),
        ("throttle", {"bytes_per_second": 0}),
        ("throttle", {"bytes_per_second": -1}),
        ("throttle", {"bytes_per_second": math.inf}),
        ("delay", {"seconds": math.nan}),
        ("freeze", {"after": 1.5}),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(wire, method, arguments):
    with client(wire) as connection:
        with pytest.raises(ValueError, match=r"a direction is|or more|more than"):
            getattr(wire, method)(**arguments)
        connection.send("Hello")
        assert connection.recv(timeout=5) == "Hello"
        assert remarks(wire) == []


def test_a_part_of_a_frame_that_cannot_be_kept_is_refused(server):
    with pytest.raises(ValueError, match="keep is a whole number, 0 bytes or more, not -1"):
        wsdemo.Wire(server.url, keep=-1)


@pytest.mark.parametrize("url", ["", "127.0.0.1:80", "ftp://x", "ws://", "ws:80", None, "ws://x:y"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ValueError, match=r"such as server\.url|[Pp]ort"):
        wsdemo.Wire(url)


# It loses nothing


REQUEST = bytes(Handshake("GET / HTTP/1.1", (("Upgrade", "websocket"),)))
RESPONSE = bytes(Handshake("HTTP/1.1 101 Switching Protocols"))


class Stream(threading.Thread):
    """Send many frames through a socket, and note their checksum."""

    def __init__(self, end, count, size, seed):
        super().__init__(name=f"stream {seed}")
        self.end, self.count = end, count
        self.payload = random.Random(seed).randbytes(size)
        self.digest = hashlib.sha256()
        self.start()

    def run(self):
        for number in range(self.count):  # each frame differs in its beginning
            payload = number.to_bytes(8, "big") + self.payload[8:]
            header = Frame(Opcode.BINARY, length=len(payload)).header
            for part in (header, payload):
                self.digest.update(part)
                self.end.sendall(part)
        self.end.shutdown(socket.SHUT_WR)


class Sink(threading.Thread):
    """Receive until the end, and note the checksum."""

    def __init__(self, end):
        super().__init__(name="sink")
        self.end, self.size, self.digest = end, 0, hashlib.sha256()
        self.start()

    def run(self):
        while data := self.end.recv(2**20):
            self.size += len(data)
            self.digest.update(data)


def shake_hands(near, far, response=RESPONSE):
    near.sendall(REQUEST)
    assert far.recv(1000) == REQUEST
    far.sendall(response)
    assert near.recv(1000) == response


def exchange(near, far, count, size):
    """Send at once from both ends; return the four threads."""
    streams = Stream(near, count, size, 1), Stream(far, count, size, 2)
    return streams, (Sink(far), Sink(near))


def assert_nothing_is_lost(streams, sinks, timeout=20):
    for thread in (*streams, *sinks):
        thread.join(timeout)
        assert not thread.is_alive(), f"{thread.name} waits for ever"
    for stream, sink in zip(streams, sinks, strict=True):
        assert stream.digest.hexdigest() == sink.digest.hexdigest()


def test_100_megabytes_each_way_at_once():
    with two_ends() as (wire, near, far):
        shake_hands(near, far)
        streams, sinks = exchange(near, far, count=100, size=10**6)
        assert_nothing_is_lost(streams, sinks)
        assert [sink.size for sink in sinks] == [100 * (10 + 10**6)] * 2
        assert wire.bytes_to_server == len(REQUEST) + sinks[0].size
        assert wire.bytes_to_client == len(RESPONSE) + sinks[1].size
        assert [seen.frame.length for seen in wire.frames] == [10**6] * 200


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_lost_on_a_line_that_is_broken_and_mended(seed):
    chance = random.Random(seed)
    with two_ends() as (wire, near, far):
        shake_hands(near, far)
        streams, sinks = exchange(near, far, count=2000, size=2000)
        for _ in range(20):
            direction = chance.choice(["to server", "to client", None])
            chance.choice(
                [
                    lambda d: wire.freeze(d),
                    lambda d: wire.freeze(d, after=chance.randrange(1, 10_000)),
                    lambda d: wire.delay(chance.random() / 200, d),
                    lambda d: wire.throttle(chance.randrange(10**6, 10**8), d),
                ]
            )(direction)
            time.sleep(chance.random() / 200)
            chance.choice([wire.thaw, lambda: wire.delay(0), lambda: wire.throttle(None)])()
        while any(thread.is_alive() for thread in (*streams, *sinks)):
            wire.thaw()  # again and again: a freeze(after=) may still come
            wire.delay(0)
            wire.throttle(None)
            sinks[0].join(0.01)
        assert_nothing_is_lost(streams, sinks)
        assert {seen.frame.length for seen in wire.frames} == {2000}


def test_a_frozen_line_makes_the_sender_wait():
    """As full buffers would; else a frozen wire would take all of a sender's memory."""
    with two_ends() as (wire, near, _):
        wire.freeze()
        near.settimeout(0.2)
        with pytest.raises(TimeoutError):
            near.sendall(bytes(200 * 10**6))
        assert wire.bytes_to_server < 3 * 2**20


def test_memory_is_bounded_while_a_flood_is_watched():
    with two_ends() as (wire, near, far):
        shake_hands(near, far)
        sink = Sink(far)
        frames = bytes(Frame(Opcode.TEXT, b"x" * 200)) * 1000
        tracemalloc.start()
        try:
            for _ in range(100):
                near.sendall(frames)
            near.shutdown(socket.SHUT_WR)
            far.shutdown(socket.SHUT_WR)
            sink.join(20)
            kept = len(wire.frames)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert sink.size == 100 * len(frames) == wire.bytes_to_server - len(REQUEST)
        assert 1000 < kept < 20_000
        assert f"… {100_000 - kept} earlier frames are forgotten" in wire.log()
        assert peak < 40 * 2**20


def test_a_huge_frame_that_is_compressed_is_not_kept():
    agreed = Handshake(
        "HTTP/1.1 101 Switching Protocols", (("Sec-WebSocket-Extensions", "permessage-deflate"),)
    )
    with two_ends() as (wire, near, far):
        shake_hands(near, far, bytes(agreed))
        sink = Sink(far)
        huge = Frame(Opcode.BINARY, rsv1=True, length=100 * 2**20)
        tracemalloc.start()
        try:
            near.sendall(huge.header)
            for _ in range(100):
                near.sendall(bytes(2**20))
            near.shutdown(socket.SHUT_WR)
            far.shutdown(socket.SHUT_WR)
            sink.join(20)
            assert [seen.frame.length for seen in wire.frames] in ([], [100 * 2**20])
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 40 * 2**20


def test_of_a_connection_that_has_ended_only_what_was_seen_is_kept(server):
    with wsdemo.Wire(server.url) as wire:

        def talk(times):
            for _ in range(times):
                with client(wire) as connection:
                    connection.send("x")
                    connection.recv(timeout=5)
            until(lambda: not wire._relay.open_links)
            gc.collect()

        talk(3)  # what is imported and cached at the first use
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            talk(200)
            unseen, _ = tracemalloc.get_traced_memory()
            assert len(wire.frames) == 4 * 203  # all is decoded now
            gc.collect()
            seen, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    # 1,000 of them: under 5 MiB, decoded or not.
    assert (unseen - before) / 200 < 5 * 2**20 / 1000
    assert (seen - before) / 200 < 5 * 2**20 / 1000
    assert wire.bytes_to_server > 0


def test_an_inflater_ends_with_its_connection():
    with wsdemo.serve(echo) as server, wsdemo.Wire(server.url) as wire:
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            for _ in range(20):
                with client(wire, compression="deflate") as connection:
                    connection.send("x" * 100)
                    connection.recv(timeout=5)
                    assert wire.frames[-1].data == b"x" * 100
            until(lambda: not wire._relay.open_links)
            assert len(wire.frames) == 20 * 4
            gc.collect()
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert (after - before) / 20 < 2 * 10_000  # one inflater takes more


# Life and death


def test_stopping_ends_connections_and_may_be_done_twice(server, raw):
    wire = wsdemo.Wire(server.url)
    assert repr(wire) == "<Wire open>"
    with raw(wire.url) as connection:
        connection.upgrade()
        wire.stop()
        wire.stop()
        assert connection.drain() == b""
        assert repr(wire) == "<Wire stopped>"
        assert remarks(wire) == []
        assert wire.handshakes[0][1].status == 101
        assert wire.bytes_to_server > 0
        until(lambda: not server.connections)
    with pytest.raises(ConnectionRefusedError):
        raw(wire.url)


@pytest.mark.parametrize("waits", [False, True], ids=["idle", "waiting to freeze"])
def test_a_wire_that_nobody_refers_to_ends(server, waits):
    wire = wsdemo.Wire(server.url)
    if waits:
        wire.freeze(after=10)
    thread, gone = wire._thread, weakref.ref(wire)
    del wire
    gc.collect()
    assert gone() is None
    until(lambda: not thread.running)


def test_a_wire_may_be_collected_on_its_own_thread(server, capsys):
    """The garbage collector runs wherever it likes."""
    wire = wsdemo.Wire(server.url)
    wire.itself, thread = wire, wire._thread
    gc.disable()
    try:
        del wire
        thread.call(gc.collect)
        until(lambda: not thread.running)
    finally:
        gc.enable()
    assert capsys.readouterr().err == ""


def test_a_line_may_be_broken_before_anyone_connects(wire):
    assert wire.log() == ""
    assert (wire.frames, wire.handshakes, wire.bytes_to_server, wire.bytes_to_client) == (
        [],
        [],
        0,
        0,
    )
    wire.cut()
    wire.freeze()
    wire.thaw()
    converse(wire.url)
    assert remarks(wire) == []
