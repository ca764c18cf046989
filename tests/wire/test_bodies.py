"""What a Wire shows of bytes that are not frames: HTTP bodies, TLS, garbage."""

import gzip
import http
import re
import socket
import ssl

import pytest
from websockets.exceptions import InvalidStatus

import wsdemo
from tests.wire.kit import client, echo, two_ends
from wsdemo.frames import Handshake
from wsdemo.wire import recording
from wsdemo.wire.bodies import body_lines, byte_lines, split_body

pytestmark = pytest.mark.usefixtures("nothing_left_running")


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


def test_bytes_after_a_body_that_are_not_a_response_are_shown_as_they_are():
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"
    assert exchanged(page, b"and more") == ["body", "", "and more"]


def test_a_body_of_many_kilobytes_is_counted():
    page = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000
    shown = exchanged(page)
    assert shown[0] == "x" * 1000
    size = re.fullmatch(r"… (\d+) or more bytes in all", shown[1])
    assert 2**16 <= int(size[1]) <= 300_000


OK = Handshake("HTTP/1.1 200 OK")


def test_a_body_that_fits_is_shown_whole_and_its_last_line_end_is_none():
    assert body_lines(OK, b"x" * 1000) == ["x" * 1000]
    assert body_lines(OK, b"one\ntwo\n") == ["one", "two"]
    assert body_lines(OK, b"\none\ntwo") == ["", "one", "two"]


def test_a_body_as_long_as_what_is_kept_may_have_been_longer():
    size = f"{recording.REST} or more bytes"
    assert body_lines(OK, bytes(recording.REST))[0].startswith(f"an HTTP body of {size}: ")
    assert byte_lines(b"x" * recording.REST)[-1] == f"… {size} in all"
    assert body_lines(OK, bytes(recording.REST - 1))[0].startswith("an HTTP body of 65535 bytes: ")


def test_a_request_has_a_body_if_it_gives_its_length_or_sends_chunks():
    post = "POST / HTTP/1.1"
    assert split_body(Handshake(post), b"after") == (None, b"after")
    sized = Handshake(post, (("Content-Length", "4"),))
    assert split_body(sized, b"bodyafter") == (b"body", b"after")
    chunked = Handshake(post, (("Transfer-Encoding", "chunked"),))
    assert split_body(chunked, b"4\r\nbody\r\n0\r\n\r\nafter") == (b"body", b"after")
