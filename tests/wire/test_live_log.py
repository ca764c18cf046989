"""``wire.take_log()``: each line once, in the words of the log, and in bounded memory."""

import re

import pytest

import wsdemo
from tests.wire.explain_kit import MASK
from tests.wire.kit import REQUEST, RESPONSE, client, shake_hands, two_ends, until
from wsdemo.frames import Frame, Handshake, Opcode
from wsdemo.wire import recorder

pytestmark = pytest.mark.usefixtures("nothing_left_running")


def lines_until(wire, pattern):
    """Take lines until one matches."""
    found = []
    until(lambda: found.extend(wire.take_log()) or any(re.search(pattern, line) for line in found))
    return found


def test_it_has_the_lines_of_the_log_once(wire):
    with client(wire) as connection:
        connection.send("Hello")
        connection.recv(timeout=5)
        expected = wire.log(exact=True).splitlines()
        assert wire.take_log() == ["── connection 1 ──", *expected]
        assert wire.take_log() == []
        connection.ping(b"alive?").wait(5)
        assert [line[:30].rstrip() for line in wire.take_log()] == [
            "client → server  PING 'alive?'",
            "server → client  PONG 'alive?'",
        ]
        wire.freeze()
        assert wire.take_log() == ["~ ~ ~ ~ ~ ~ ~ ~  frozen"]
        wire.thaw()
        wire.cut()
        assert wire.take_log() == ["~ ~ ~ ~ ~ ~ ~ ~  thawed", "~ ~ ~ ~ ~ ~ ~ ~  cut"]
    assert wire.frames == [], "what was taken is not kept"


def test_a_line_names_the_connection_when_it_is_another_one(wire):
    with client(wire) as ana, client(wire) as bob:
        wire.take_log()
        for connection, text in ((ana, "one"), (ana, "two"), (bob, "three"), (ana, "four")):
            connection.send(text)
            connection.recv(timeout=5)
        taken = [re.sub("['\"] .*", "'", line) for line in wire.take_log()]
        assert taken == [
            "── connection 1 ──",
            *(f"{who}  TEXT '{text}'" for text in ("one", "two") for who in BOTH),
            "── connection 2 ──",
            *(f"{who}  TEXT 'three'" for who in BOTH),
            "── connection 1 ──",
            *(f"{who}  TEXT 'four'" for who in BOTH),
        ]


BOTH = ("client → server", "server → client")


def test_a_request_is_shown_before_its_response_comes():
    with two_ends() as (wire, near, far):
        near.sendall(REQUEST)
        assert far.recv(1000) == REQUEST
        assert wire.take_log()[1:] == [
            "client → server  GET / HTTP/1.1",
            f"{' ' * 17}Upgrade: websocket",
        ]
        far.sendall(RESPONSE)
        assert near.recv(1000) == RESPONSE
        assert wire.take_log() == ["server → client  HTTP/1.1 101 Switching Protocols"]


def test_a_refusal_is_shown_with_its_body():
    with two_ends() as (wire, near, far):
        near.sendall(REQUEST)
        far.recv(1000)
        head = bytes(Handshake("HTTP/1.1 403 Forbidden", (("Content-Length", "12"),)))
        far.sendall(head + b"not for ")
        near.recv(1000)
        wire.take_log()  # more of it may come
        far.sendall(b"you!")
        near.recv(1000)
        assert lines_until(wire, "you") == [
            "server → client  HTTP/1.1 403 Forbidden",
            f"{' ' * 17}Content-Length: 12",
            "",
            f"{' ' * 17}not for you!",
        ]
        assert wire.take_log() == []


def test_several_requests_on_one_connection_are_each_shown_once():
    with two_ends() as (wire, near, far):
        shown = []
        for path in ("/a", "/b"):
            near.sendall(bytes(Handshake(f"GET {path} HTTP/1.1", (("Host", "h"),))))
            far.recv(1000)
            shown += lines_until(wire, path)
            far.sendall(bytes(Handshake("HTTP/1.1 200 OK", (("Content-Length", "3"),))) + b"abc")
            near.recv(1000)
            shown += lines_until(wire, "abc")
    margin = " " * 17
    answer = [f"{margin}Content-Length: 3", "", f"{margin}abc"]
    assert shown == [
        "── connection 1 ──",
        "client → server  GET /a HTTP/1.1",
        f"{margin}Host: h",
        "server → client  HTTP/1.1 200 OK",
        *answer,
        "client → server  GET /b HTTP/1.1",
        f"{margin}Host: h",
        "server → client  HTTP/1.1 200 OK",
        *answer,
    ]


def test_what_is_no_http_is_shown_when_nothing_more_comes():
    with two_ends() as (wire, near, far):
        near.sendall(b"\x16\x03\x01")
        far.recv(10)
        assert lines_until(wire, "TLS")[-1].endswith(
            "TLS: from here on only ciphertext can be seen"
        )


def test_strangers_do_not_move_the_cursor():
    with two_ends() as (wire, near, far):
        evil = b"GET / HTTP/1.1\r\nX: \x1b[2Jcls\x9b2J\r\n\r\n"
        near.sendall(evil)
        far.recv(1000)
        far.sendall(b"HTTP/1.1 403 \x1b]0;title\x07\r\n\r\n\x1b[2J")
        near.recv(1000)
        shown = "\n".join(lines_until(wire, "0;title"))
        assert "\x1b" not in shown
        assert "\x9b" not in shown
        assert r"\x1b[2Jcls" in shown


def test_lost_lines_are_counted(monkeypatch):
    monkeypatch.setattr("wsdemo.wire.recording.BUDGET", 10_000)
    with two_ends() as (wire, near, far):
        shake_hands(near, far)
        wire.take_log()
        ping = bytes(Frame(Opcode.PING, mask=MASK))
        near.sendall(ping * 100)
        while wire.bytes_to_server < len(REQUEST) + 100 * len(ping):
            far.recv(1000)
        first, *rest = wire.take_log()
        [lost] = re.findall("… ([0-9]+) frames are forgotten", first)
        assert int(lost) + len(rest) == 100


def test_connections_that_have_ended_are_forgotten_from_the_oldest_on(
    server, monkeypatch, tmp_path
):
    monkeypatch.setattr(recorder, "MEMORY", 3 * (recorder.RECORDING + 1000))
    with wsdemo.Wire(server.url) as wire:
        for number in range(1, 7):
            with client(wire) as connection:
                connection.send("Hello")
                connection.recv(timeout=5)
            until(lambda: not wire._relay.open_links)
            assert wire.take_log()[0] == f"── connection {number} ──"
        assert len(wire.handshakes) == 3
        wire.save(tmp_path / "talk.pcapng")
    assert b"3 earlier connections were not kept." in (tmp_path / "talk.pcapng").read_bytes()


def test_nothing_is_kept_of_the_first_bytes_if_nobody_wants_them(server):
    with wsdemo.Wire(server.url, first=0) as wire:
        with client(wire):
            pass
        assert wire.explain().units == ()
        assert wire.missing == wire.bytes_to_server + wire.bytes_to_client > 0
