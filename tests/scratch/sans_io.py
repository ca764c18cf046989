"""A right server of another form: its core has no I/O, and two shells can carry it.

PORT=8000 python sans_io.py threads|protocol
"""

import asyncio
import base64
import contextlib
import hashlib
import os
import socket
import sys
import threading

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
KNOWN = b"\0\1\2\x08\x09\x0a"
LIMIT = 16 * 2**20


class Bad(Exception):
    """The close code, or the status, is its only argument."""


class Core:
    """Bytes come in by feed; what is to be sent, and whether it is over, comes out."""

    def __init__(self):
        self.bytes, self.open, self.over = b"", False, False
        self.kind, self.parts, self.size = 0, [], 0

    def feed(self, data):
        if self.over:
            return b""
        self.bytes += data
        try:
            steps = iter(self.next_frame if self.open else self.head, None)
            return b"".join(steps)
        except Bad as bad:
            self.over = True
            if self.open:
                return frame(8, bad.args[0].to_bytes(2, "big"))
            return b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % bad.args[0]

    def head(self):
        head, empty, rest = self.bytes.partition(b"\r\n\r\n")
        if not empty:
            if len(head) > 2**14:
                raise Bad(431)
            return None
        first, *lines = head.split(b"\r\n")
        fields = {
            name.lower(): value.strip() for name, _, value in (x.partition(b":") for x in lines)
        }
        key = fields.get(b"sec-websocket-key", b"")
        wanted = (
            first.startswith(b"GET ") and first.endswith(b" HTTP/1.1"),
            b"websocket" in fields.get(b"upgrade", b"").lower().split(b", "),
            b"upgrade" in fields.get(b"connection", b"").lower().split(b", "),
            fields.get(b"sec-websocket-version") == b"13",
            len(key) == 24,
        )
        if not all(wanted):
            raise Bad(400)
        self.open, self.bytes = True, rest
        value = base64.b64encode(hashlib.sha1(key + GUID).digest())
        upgrade = b"HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        return upgrade + b"Sec-WebSocket-Accept: %s\r\n\r\n" % value + self.feed(b"")

    def next_frame(self):
        """Take one frame off; return what it is answered with, or None without a whole frame."""
        if self.over or len(self.bytes) < 2:
            return None
        first, second = self.bytes[:2]
        opcode, length, start = first & 15, second & 127, 2
        if first & 112 or opcode not in KNOWN or second < 128:
            raise Bad(1002)
        if opcode > 7 and (first < 128 or length > 125):
            raise Bad(1002)
        if opcode < 8 and bool(opcode) == bool(self.kind):
            raise Bad(1002)
        if length > 125:
            start = 4 if length == 126 else 10
            if len(self.bytes) < start:
                return None
            length = int.from_bytes(self.bytes[2:start], "big")
        if self.size + length > LIMIT:
            raise Bad(1009)
        end = start + 4 + length
        if len(self.bytes) < end:
            return None
        mask, payload = self.bytes[start : start + 4], self.bytes[start + 4 : end]
        self.bytes = self.bytes[end:]
        key = int.from_bytes((mask * (length // 4 + 1))[:length], "big")
        data = (int.from_bytes(payload, "big") ^ key).to_bytes(length, "big")
        return self.control(opcode, data) if opcode > 7 else self.message(first, data)

    def control(self, opcode, data):
        if opcode == 9:
            return frame(10, data)
        if opcode == 10:
            return b""
        code = int.from_bytes(data[:2], "big")
        fits = 1000 <= code < 1004 or 1007 <= code < 1015 or 3000 <= code < 5000
        if data and (len(data) == 1 or not fits or not is_text(data[2:])):
            raise Bad(1002)
        self.over = True
        return frame(8, data[:2])

    def message(self, first, data):
        self.kind = self.kind or first & 15
        self.parts.append(data)
        self.size += len(data)
        if first < 128:
            return b""
        kind, whole = self.kind, b"".join(self.parts)
        self.kind, self.parts, self.size = 0, [], 0
        if kind == 1 and not is_text(whole):
            raise Bad(1007)
        return frame(kind, whole)


def is_text(data):
    return data.decode("utf-8", "replace").encode() == data


def frame(opcode, data):
    size = len(data)
    short = bytes([128 | opcode])
    if size < 126:
        return short + bytes([size]) + data
    if size < 65536:
        return short + b"\x7e" + size.to_bytes(2, "big") + data
    return short + b"\x7f" + size.to_bytes(8, "big") + data


def serve_by_threads(port):
    with socket.create_server(("127.0.0.1", port), backlog=100) as listener:
        while True:
            client, _ = listener.accept()
            threading.Thread(target=serve_one, args=(client,), daemon=True).start()


def serve_one(client):
    core = Core()
    with client, contextlib.suppress(OSError):
        while data := client.recv(65536):
            client.sendall(core.feed(data))
            if core.over:
                break
        client.shutdown(socket.SHUT_WR)
        client.settimeout(5)
        while client.recv(65536):
            pass


class Protocol(asyncio.Protocol):
    """The other shell: asyncio calls it back."""

    def connection_made(self, transport):
        self.transport, self.core = transport, Core()

    def data_received(self, data):
        if not self.core.over:
            self.transport.write(self.core.feed(data))
            if self.core.over:
                self.transport.write_eof()

    def pause_writing(self):
        self.transport.pause_reading()

    def resume_writing(self):
        self.transport.resume_reading()


async def serve_by_protocol(port):
    server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "threads":
        serve_by_threads(int(os.environ["PORT"]))
    else:
        asyncio.run(serve_by_protocol(int(os.environ["PORT"])))
