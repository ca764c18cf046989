"""A load generator: closed loops of echoes over raw sockets, as cheap as Python can be.

Usage: python _load.py PORT CONNECTIONS PAYLOAD_BYTES SECONDS     prints echoes per second
       python _load.py PORT CONNECTIONS PAYLOAD_BYTES SECONDS RATE
                      sends RATE messages a second over all; prints the median round trip in ms
"""

import selectors
import socket
import statistics
import sys
import time

UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(UPGRADE)
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(1)
    if b" 101 " not in head:
        sys.exit(f"no upgrade: {head!r}")
    return connection


def message(size: int) -> bytes:
    """A masked binary frame; its mask is zero, so that its payload need not be changed."""
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 65536:
        length = b"\xfe" + size.to_bytes(2, "big")
    else:
        length = b"\xff" + size.to_bytes(8, "big")
    return b"\x82" + length + bytes(4) + b"x" * size


def open_all(port: int, connections: int) -> tuple[selectors.BaseSelector, list[socket.socket]]:
    selector = selectors.DefaultSelector()
    sockets = [connect(port) for _ in range(connections)]
    for each in sockets:
        selector.register(each, selectors.EVENT_READ)
    return selector, sockets


def echoes_per_second(port: int, connections: int, size: int, seconds: float) -> float:
    selector, sockets = open_all(port, connections)
    sent = message(size)
    echo_size = len(sent) - 4  # a server does not mask
    missing = dict.fromkeys(sockets, echo_size)
    for each in sockets:
        each.sendall(sent)
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for key, _ in selector.select(1):
            missing[key.fileobj] -= len(key.fileobj.recv(2**18))
            if missing[key.fileobj] <= 0:
                missing[key.fileobj] = echo_size
                count += 1
                key.fileobj.sendall(sent)
    return count / (time.perf_counter() - start)


def median_round_trip(port: int, connections: int, size: int, seconds: float, rate: float) -> float:
    selector, sockets = open_all(port, connections)
    sent, started, times, turn = message(size), {}, [], 0
    start = time.perf_counter()
    while (now := time.perf_counter() - start) < seconds:
        if turn / rate <= now:
            connection = sockets[turn % connections]
            turn += 1
            if connection not in started:
                started[connection] = time.perf_counter()
                connection.sendall(sent)
        for key, _ in selector.select(max(0, turn / rate - (time.perf_counter() - start))):
            key.fileobj.recv(2**18)
            times.append(time.perf_counter() - started.pop(key.fileobj))
    return statistics.median(times) * 1000


if __name__ == "__main__":
    port, connections, size = map(int, sys.argv[1:4])
    measure = echoes_per_second if len(sys.argv) == 5 else median_round_trip
    print(measure(port, connections, size, *map(float, sys.argv[4:])))
