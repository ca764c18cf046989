"""``wire.follow()``: what passes as lines, and nothing is taken away."""

import pytest

import wsdemo
from tests.wire.explain_kit import MASK
from tests.wire.kit import REQUEST, client, shake_hands, two_ends, until
from wsdemo.frames import Frame, Handshake, Opcode
from wsdemo.wire.follower import LATEST

pytestmark = pytest.mark.usefixtures("nothing_left_running")


def shown(follower):
    follower.look()
    return [f"{line.direction} {line.kind} {line.text}".strip() for line in follower.lines]


def test_each_line_once_and_the_log_keeps_it(wire):
    follower = wire.follow()
    with client(wire) as connection:
        connection.send("Hello")
        connection.recv(timeout=5)
        follower.look()
        wire.freeze("to client")
        wire.thaw()
        connection.ping(b"alive?").wait(5)
        assert shown(follower) == [
            "to server HTTP GET /chat HTTP/1.1".replace("/chat", "/"),
            "to client HTTP HTTP/1.1 101 Switching Protocols",
            "to server TEXT 'Hello'",
            "to client TEXT 'Hello'",
            "remark frozen (to client)",
            "remark thawed",
            "to server PING 'alive?'",
            "to client PONG 'alive?'",
        ]
    assert [line.number for line in follower.lines] == list(range(1, 9))
    assert [line.time for line in follower.lines] == sorted(line.time for line in follower.lines)
    sent = follower.lines[2]
    assert (sent.sizes, sent.notes, sent.connection) == ((6, 5), ("masked",), 1)
    until(lambda: not wire._relay.open_links)
    follower.look()
    assert follower._reading == [], "of a connection that has ended nothing is kept"
    assert follower._seen == {}
    assert len(wire.frames) == 6
    assert len(shown(wire.follow())) == 10, "another one reads from the beginning"


def test_lines_of_several_connections_are_in_the_order_of_their_times(wire):
    follower = wire.follow()
    with client(wire) as ana, client(wire) as bob:
        follower.look()
        for connection in (ana, bob, ana, bob):
            connection.send("x")
            connection.recv(timeout=5)
        follower.look()
        assert [line.connection for line in follower.lines[4:]] == [1, 1, 2, 2, 1, 1, 2, 2]
        assert follower.state["connections"] == 2


def test_a_remark_has_its_own_time(wire):
    follower = wire.follow()
    with client(wire) as connection:
        connection.send("Hello")
        connection.recv(timeout=5)
        follower.look()
        wire.freeze()
        wire.thaw()
        follower.look()
    *_, before, frozen, thawed = (line.time for line in follower.lines)
    assert before < frozen < thawed


def test_the_fate_of_a_held_frame(wire):
    follower = wire.follow()
    with client(wire) as connection:
        wire.freeze("to client")
        connection.send("Hello")
        until(lambda: len(wire.frames) == 2)
        follower.look()
        assert follower.lines[-1].fate == "held"
        wire.thaw()
        follower.look()
        assert follower.lines[-2].fate == "delivered"
        assert follower.lines[-1].text == "thawed"
        wire.freeze("to client")
        connection.send("lost")
        until(lambda: len(wire.frames) == 4)
        follower.look()
        wire.cut()
        until(lambda: not wire._relay.open_links)
        follower.look()
        [lost] = [line for line in follower.lines if line.fate == "lost"]
        assert lost.text == "'lost'"


def test_only_the_latest_lines_are_kept():
    with two_ends() as (wire, near, far):
        follower = wire.follow()
        shake_hands(near, far)
        ping = bytes(Frame(Opcode.PING, mask=MASK))
        wire.freeze("to client")
        for _ in range(3):
            near.sendall(ping * LATEST)
            while far.recv(2**16)[-6:] != ping:
                pass
            until(lambda: wire.bytes_to_server % (LATEST * 6) == len(REQUEST))
            follower.look()
        assert follower.total == 3 + 3 * LATEST
        assert len(follower.lines) == LATEST
        assert follower.lines[-1].number == follower.total


def test_frames_that_were_forgotten_are_counted(monkeypatch):
    monkeypatch.setattr("wsdemo.wire.recording.BUDGET", 10_000)
    with two_ends() as (wire, near, far):
        follower = wire.follow()
        shake_hands(near, far)
        follower.look()
        ping = bytes(Frame(Opcode.PING, mask=MASK))
        near.sendall(ping * 100)
        while wire.bytes_to_server < len(REQUEST) + 100 * len(ping):
            far.recv(1000)
        lines = shown(follower)[2:]
        assert lines[0] == f"remark {101 - len(lines)} frames were forgotten before they were shown"


def test_a_refusal_and_what_is_no_http():
    with two_ends() as (wire, near, far):
        follower = wire.follow()
        near.sendall(REQUEST)
        far.recv(1000)
        far.sendall(bytes(Handshake("HTTP/1.1 403 Forbidden")))
        near.recv(1000)
        assert shown(follower)[-1] == "to client HTTP HTTP/1.1 403 Forbidden"
    with two_ends() as (wire, near, far):
        follower = wire.follow()
        near.sendall(b"\x16\x03\x01")
        far.recv(10)
        assert shown(follower) == [], "more of it may come"
        assert shown(follower) == ["to server bytes TLS: from here on only ciphertext can be seen"]
        assert len(shown(follower)) == 1


def test_its_state(wire):
    follower = wire.follow()
    with client(wire):
        wire.freeze("to client")
        wire.delay(0.5)
        wire.throttle(1000, "to server")
        follower.look()
        assert follower.state == {
            "running": True,
            "open": 1,
            "connections": 1,
            "conditions": {
                "to server": {"frozen": False, "delay": 0.5, "rate": 1000},
                "to client": {"frozen": True, "delay": 0.5, "rate": None},
            },
        }
        wire.delay(0)
        wire.throttle(None)
        wire.thaw()
    wire.stop()
    follower.look()
    assert (follower.state["running"], follower.state["open"]) == (False, 0)


def test_it_does_not_keep_a_wire_alive_and_lets_go_of_its_recordings(server):
    wire = wsdemo.Wire(server.url)
    follower = wire.follow()
    with client(wire) as connection:
        connection.send("Hello")
        connection.recv(timeout=5)
        before = shown(follower)
    thread = wire._thread
    follower.release()
    del wire
    until(lambda: not thread.running)
    assert shown(follower)[: len(before)] == before
    assert not follower.state["running"]
