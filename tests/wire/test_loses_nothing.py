"""A Wire passes on every byte, and keeps its memory bounded."""

import gc
import hashlib
import random
import socket
import threading
import time
import tracemalloc

import pytest

import wsdemo
from tests.wire.kit import REQUEST, RESPONSE, client, echo, shake_hands, two_ends, until
from wsdemo.frames import Frame, Handshake, Opcode

pytestmark = pytest.mark.usefixtures("nothing_left_running")


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


@pytest.mark.weekly
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
