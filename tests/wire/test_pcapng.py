"""``wire.save("talk.pcapng")``: the structure of the file, and what is in it."""

import socket
import time
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import RESET_ON_CLOSE
from tests.wire.capture_reader import follow, is_valid, read, streams
from tests.wire.explain_kit import MASK
from tests.wire.kit import RESPONSE, client, send_too_much, shake_hands, two_ends, until
from wsdemo.frames import Frame, Opcode
from wsdemo.wire.first_bytes import LENGTH
from wsdemo.wire.pcapng import pcapng
from wsdemo.wire.tcp import CUT, Conversation, checksum

pytestmark = pytest.mark.usefixtures("nothing_left_running")


def port_of(wire):
    return urllib.parse.urlsplit(wire.url).port


@pytest.fixture
def saved(tmp_path):
    """Save a wire and read the file."""

    def save(wire, **options):
        file = tmp_path / "talk.pcapng"
        wire.save(file, **options)
        return read(file.read_bytes())

    return save


def test_it_holds_every_byte_with_its_time_and_its_ports(wire, saved):
    before = time.time_ns()
    with client(wire) as connection:
        client_port = connection.local_address[1]
        for message in ("Hello", bytes(70_000)):
            connection.send(message)
            connection.recv(timeout=5)
    until(lambda: len(wire._relay.open_links) == 0)
    capture = saved(wire)
    after = time.time_ns()
    assert (capture.link_type, capture.resolution, capture.application) == (101, 9, "wsdemo")
    [made] = capture.comments
    assert made.startswith("Made by wsdemo from what its wire has seen.")
    [segments] = streams(capture)
    sent = follow(segments)
    assert sent.keys() == {client_port, port_of(wire)}
    assert len(sent[client_port]) == wire.bytes_to_server
    assert len(sent[port_of(wire)]) == wire.bytes_to_client
    explained = b"".join(u.data for u in wire.explain() if u.direction == "to client")
    assert sent[port_of(wire)] == explained
    assert [each.flags for each in segments[-3:]] == ["FIN ACK", "FIN ACK", "ACK"]
    assert before <= segments[0].time < segments[-1].time <= after
    assert max(len(each.data) for each in segments) == 65_535 - 20 - 20


def test_each_read_has_the_time_of_its_frames(saved):
    with two_ends() as (wire, near, far):
        shake_hands(near, far)
        for _ in range(3):
            near.sendall(bytes(Frame(Opcode.PING, mask=MASK)))
            far.recv(100)
        capture = saved(wire)
        [segments] = streams(capture)
        pings = [each.time for each in segments if len(each.data) == 6]
        expected = [seen.time for seen in wire.frames]
    gaps = [(time - pings[0]) / 1e9 for time in pings]
    assert gaps == pytest.approx([time - expected[0] for time in expected], abs=1e-6)


def test_two_connections_at_once_are_interleaved_by_time(wire, saved):
    with client(wire) as ana, client(wire) as bob:
        for connection in (ana, bob, ana):
            connection.send("Hello")
            connection.recv(timeout=5)
        ports = [each.local_address[1] for each in (ana, bob)]
    capture = saved(wire)
    assert [frozenset(map(port_of_client(wire), s)) for s in streams(capture)] == [
        frozenset([port]) for port in ports
    ]
    for segments in streams(capture):
        follow(segments)
    times = [each.time for each in capture.packets]
    assert times == sorted(times)
    firsts = [segments[0].sequence for segments in streams(capture)]
    assert len(set(firsts)) == 2, "or a port that is used again would continue a connection"


def port_of_client(wire):
    return lambda segment: ({segment.source, segment.target} - {port_of(wire)}).pop()


def test_an_open_connection_has_no_end(saved):
    with two_ends() as (wire, near, far):
        shake_hands(near, far)
        capture = saved(wire)
    assert [each.flags for each in capture.packets] == ["SYN", "SYN ACK", "ACK"] + ["PSH ACK"] * 2


def test_half_an_end_is_half_an_end(saved):
    with two_ends() as (wire, near, far):
        shake_hands(near, far)
        near.shutdown(socket.SHUT_WR)
        assert far.recv(1) == b""
        far.sendall(b"after")
        assert near.recv(5) == b"after"
        capture = saved(wire)
        flags = [each.flags for each in capture.packets[-2:]]
        assert flags == ["FIN ACK", "PSH ACK"]
        follow(capture.packets)


def test_a_reset_is_a_reset(saved):
    with two_ends() as (wire, near, far):
        shake_hands(near, far)
        near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        near.close()
        with pytest.raises(ConnectionResetError):
            far.recv(1)
        until(lambda: not wire._relay.open_links)
        capture = saved(wire)
    assert [each.flags for each in capture.packets[5:]] == ["RST ACK"]
    assert capture.packets[-1].target == port_of(wire)
    assert capture.packets[-1].comment == ""


def test_what_the_wire_cuts_is_marked(saved):
    with two_ends() as (wire, near, far):
        shake_hands(near, far)
        wire.cut()
        with pytest.raises(ConnectionResetError):
            near.recv(1)
        until(lambda: not wire._relay.open_links)
        capture = saved(wire)
    last = capture.packets[5:]
    assert [(each.flags, each.comment) for each in last] == [("RST ACK", CUT)] * 2
    assert {each.target for each in last} == {each.source for each in last}


def test_what_is_open_when_the_wire_stops_is_marked(saved):
    with two_ends() as (wire, near, far):
        shake_hands(near, far)
        port = near.getsockname()[1]
        wire.stop()
        capture = saved(wire)
    assert capture.packets[-1].comment == CUT
    assert capture.packets[0].source == port, "also after the end"


def test_how_much_is_missing_is_in_the_file_and_in_its_numbers(saved):
    with two_ends() as (wire, near, far):
        send_too_much(wire, near, far)
        near.close()
        assert far.recv(2**20) is not None
        far.close()
        until(lambda: not wire._relay.open_links)
        capture = saved(wire)
        came = wire.bytes_to_server + wire.bytes_to_client
        kept = sum(len(each.data) for each in capture.packets)
    assert LENGTH - 1000 < kept < came
    [_, comment] = capture.comments
    assert comment == (
        f"Connection 1, from port {capture.packets[0].source}: the last {came - kept:,} bytes "
        "were not kept."
    )
    with pytest.raises(AssertionError):
        follow(capture.packets)
    [fin, *_] = (each for each in capture.packets if "FIN" in each.flags)
    first = capture.packets[0].sequence
    assert fin.sequence - first - 1 == came - len(RESPONSE)


def test_before_anything_has_passed(wire, saved):
    assert saved(wire).packets == []


def test_a_key_log_is_embedded_byte_for_byte(wire, saved, tmp_path):
    keys = tmp_path / "keys.log"
    keys.write_bytes(b"CLIENT_RANDOM 00 11\r\n" * 3)
    assert saved(wire, keylog=keys).secrets == [(b"TLSK", keys.read_bytes())]
    with pytest.raises(FileNotFoundError):
        saved(wire, keylog=tmp_path / "none.log")


@pytest.mark.parametrize("name", ["talk.pcap", "talk.html", "talk", "pcapng"])
def test_the_name_says_what_it_is(wire, tmp_path, name):
    with pytest.raises(ValueError, match=r"use save\('talk.pcapng'\), not '.*explain\(\).save"):
        wire.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_is_replaced(wire, tmp_path):
    (tmp_path / "talk.PCAPNG").write_bytes(bytes(10_000))
    wire.save(str(tmp_path / "talk.PCAPNG"))
    assert read((tmp_path / "talk.PCAPNG").read_bytes()).packets == []


def test_numbers_wrap_around():
    number = 2**12 - 1  # its first sequence number is 1 MiB below 2^32
    reads = [(float(at), "to server", bytes(2**18)) for at in range(8)]
    counts = {"to server": 8 * 2**18, "to client": 0}
    ends = ((9.0, "to server", "ended"), (9.0, "to client", "ended"))
    data = pcapng([Conversation(number, 5, 80, 0.0, reads, ends, counts)], 0)
    segments = read(data).packets
    assert len(follow(segments)[5]) == 8 * 2**18
    assert segments[-1].sequence < segments[0].sequence


@given(st.one_of(st.binary(), st.sampled_from([b"\0\0", b"\xff\xff", b"\xff\xff\0"])))
def test_a_checksum_completes_the_sum(data):
    assert is_valid(data + bytes(len(data) % 2) + checksum(data).to_bytes(2, "big"))
