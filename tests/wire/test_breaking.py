"""What a Wire does to a connection on demand: freeze, delay, throttle, cut."""

import errno
import math
import socket
import sys
import time

import pytest
from websockets.exceptions import ConnectionClosed

import wsdemo
from tests.wire.kit import SYMBOL, client, remarks, said, two_ends, until
from wsdemo.frames import Opcode

pytestmark = pytest.mark.usefixtures("nothing_left_running")


def silent(connection, seconds=0.05):
    """Whether nothing comes for a while."""
    with pytest.raises(TimeoutError):
        connection.recv(timeout=seconds)
    return True


def test_a_frozen_line_holds_and_thaws(wire):
    with client(wire) as connection:
        wire.freeze()
        connection.send("Hello")
        assert silent(connection)
        assert said(wire) == [
            SYMBOL + "frozen",
            "client → server  TEXT 'Hello'                                 "
            "6 + 5 bytes, masked, held on the wire",
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
            "2 + 5 bytes, held on the wire",
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
    assert remarks(wire)[0] == "cut (seen only by the client)"


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
            SYMBOL + "cut (seen only by the server)",
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
    assert remarks(wire) == ["cut (seen only by the client)"]


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


def test_the_slowest_line_lets_out_byte_by_byte():
    with two_ends() as (wire, near, far):
        far.settimeout(5)
        wire.throttle(10)
        near.sendall(b"ab")
        assert [far.recv(10), far.recv(10)] == [b"a", b"b"]


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
