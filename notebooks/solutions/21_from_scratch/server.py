"""An echo server that speaks WebSocket (RFC 6455), from a bare TCP connection, without a library.

PORT=8000 python server.py
"""

import asyncio
import base64
import binascii
import codecs
import contextlib
import hashlib
import os

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # of RFC 6455 §1.3
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
MAX_HEAD = 16 * 2**10  # bytes of a request
MAX_MESSAGE = 16 * 2**20  # bytes of a message, in all of its fragments
PATIENCE = 10  # seconds for a request, and for the other side to end a connection


class Refused(Exception):
    """The request is not an opening handshake: answer with this status instead of 101."""

    def __init__(self, status, *headers):
        super().__init__(status)
        self.status, self.headers = status, headers


class Failed(Exception):
    """The other side broke the protocol: close the connection with this code (§7.1.7)."""

    def __init__(self, code, reason):
        super().__init__(reason)
        self.code, self.reason = code, reason


# The opening handshake (§4.2)


async def read_head(reader):
    """Read a request or a response up to its empty line: the first line, and the headers."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise Refused("431 Request Header Fields Too Large") from None
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip(" \t")
    return first, headers


def words(headers, name):
    """Return the words of a header that is a list, in lower case."""
    return [word.strip().lower() for word in headers.get(name, "").split(",")]


def check_request(first, headers):
    """Return the key of a request; refuse what is not an opening handshake (§4.2.1)."""
    method, _, rest = first.partition(" ")
    if not rest.endswith(" HTTP/1.1"):
        raise Refused("400 Bad Request")
    if method != "GET":
        raise Refused("405 Method Not Allowed", "Allow: GET")
    if "websocket" not in words(headers, "upgrade"):
        raise Refused("426 Upgrade Required", "Upgrade: websocket", "Connection: Upgrade")
    if "upgrade" not in words(headers, "connection") or "host" not in headers:
        raise Refused("400 Bad Request")
    if headers.get("sec-websocket-version") != "13":
        raise Refused("426 Upgrade Required", "Sec-WebSocket-Version: 13")
    key = headers.get("sec-websocket-key", "")
    try:
        size = len(base64.b64decode(key, validate=True))
    except binascii.Error:
        size = 0
    if size != 16:
        raise Refused("400 Bad Request")
    return key


def accept(key):
    """Return the proof that a request was read: the value of Sec-WebSocket-Accept."""
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


def response(status, *headers):
    """Return a response without a body."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode()


async def shake_hands(reader, writer):
    """Accept a client's request, or refuse it; return whether it was accepted."""
    try:
        key = check_request(*await read_head(reader))
    except Refused as refused:
        writer.write(response(refused.status, *refused.headers, "Content-Length: 0"))
        return False
    upgrade = ("Upgrade: websocket", "Connection: Upgrade")
    status = "101 Switching Protocols"
    writer.write(response(status, *upgrade, f"Sec-WebSocket-Accept: {accept(key)}"))
    return True


# Frames (§5), messages (§5.4), and the end (§7)


def apply_mask(payload, mask):
    """XOR each byte with one of the mask's four, in turn (§5.3); all at once: that is fast."""
    repeated = (mask * (len(payload) // 4 + 1))[: len(payload)]
    mixed = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
    return mixed.to_bytes(len(payload), "big")


class Connection:
    """A connection after its opening handshake, for a server or for a client."""

    def __init__(self, reader, writer, is_client=False):
        self.reader, self.writer = reader, writer
        self.is_client = is_client  # a client sends with a mask, and receives without one

    async def read_frame(self, collected):
        """Read a frame: FIN, opcode, payload. ``collected``: bytes of its message so far."""
        first, second = await self.reader.readexactly(2)
        fin, reserved, opcode = first >> 7, first >> 4 & 0b111, first & 0b1111
        has_mask, length = second >> 7, second & 0b1111111
        if reserved:
            raise Failed(1002, "a reserved bit is set")
        if opcode not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG):
            raise Failed(1002, "reserved opcode")
        if has_mask == self.is_client:
            raise Failed(1002, "a client masks each frame, a server none")
        if opcode >= CLOSE and not (fin and length <= 125):
            raise Failed(1002, "a control frame is too long, or fragmented")
        if length == 126:
            length = int.from_bytes(await self.reader.readexactly(2), "big")
        elif length == 127:
            length = int.from_bytes(await self.reader.readexactly(8), "big")
        if length >= 2**63:
            raise Failed(1002, "the highest bit of a length is set")
        if opcode < CLOSE and collected + length > MAX_MESSAGE:
            raise Failed(1009, "message too big")
        mask = await self.reader.readexactly(4) if has_mask else bytes(4)
        return fin, opcode, apply_mask(await self.reader.readexactly(length), mask)

    async def read_message(self):
        """Read a message: TEXT or BINARY, and its payload. Return None after a Close frame."""
        kind, payload, decoder = None, bytearray(), None
        while True:
            fin, opcode, data = await self.read_frame(len(payload))
            if opcode == PING:
                await self.send(PONG, data)
            elif opcode == CLOSE:
                await self.send(CLOSE, check_close(data))
                return None
            if opcode >= CLOSE:
                continue
            if (opcode == CONTINUATION) != (kind is not None):
                reason = "a continuation without a beginning, or a new message inside another"
                raise Failed(1002, reason)
            if kind is None:
                kind, decoder = opcode, codecs.getincrementaldecoder("utf-8")()
            if kind == TEXT:
                check_text(decoder, data, fin)
            payload += data
            if fin:
                return kind, bytes(payload)

    async def send(self, opcode, payload=b""):
        """Send a frame; wait if the other side does not read."""
        length = len(payload)
        if length <= 125:
            size = bytes([length])
        elif length < 2**16:
            size = bytes([126]) + length.to_bytes(2, "big")
        else:
            size = bytes([127]) + length.to_bytes(8, "big")
        header = bytes([0b10000000 | opcode, size[0] | self.is_client << 7]) + size[1:]
        if self.is_client:
            mask = os.urandom(4)
            header, payload = header + mask, apply_mask(payload, mask)
        self.writer.write(header + payload)
        await self.writer.drain()


def check_close(payload):
    """Return the payload of the Close frame that answers another one's (§5.5.1, §7.4)."""
    if not payload:
        return b""
    code = int.from_bytes(payload[:2], "big")
    registered = 1000 <= code <= 1003 or 1007 <= code <= 1014
    if len(payload) == 1 or not (registered or 3000 <= code <= 4999):
        raise Failed(1002, "no such close code")
    check_text(codecs.getincrementaldecoder("utf-8")(), payload[2:], final=True)
    return payload[:2]


def check_text(decoder, data, final):
    """Refuse what is not UTF-8 (§8.1); a character may end in the next fragment."""
    try:
        decoder.decode(data, final)
    except UnicodeDecodeError:
        raise Failed(1007, "not UTF-8") from None


async def echo(connection):
    """Send each message back, until the connection ends."""
    try:
        while message := await connection.read_message():
            await connection.send(*message)
    except Failed as failed:
        await connection.send(CLOSE, failed.code.to_bytes(2, "big") + failed.reason.encode())


async def end(reader, writer):
    """End the TCP connection, and wait for the other side to do the same (§7.1.1).

    What the other side has still sent is read: unread bytes would make the system send a reset,
    which can overtake the last frame.
    """
    writer.write_eof()
    while await reader.read(MAX_HEAD):
        pass


async def serve_client(reader, writer):
    """Serve one client. Whatever it does, it ends only its own connection."""
    with contextlib.suppress(OSError, EOFError, TimeoutError):
        async with asyncio.timeout(PATIENCE):
            accepted = await shake_hands(reader, writer)
        if accepted:
            await echo(Connection(reader, writer))
        async with asyncio.timeout(PATIENCE):
            await end(reader, writer)
    writer.close()


async def main():
    """Serve until someone ends the program."""
    port = int(os.environ.get("PORT", "8000"))
    server = await asyncio.start_server(serve_client, "127.0.0.1", port, limit=MAX_HEAD)
    print(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
