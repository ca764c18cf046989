"""Stage 11, limits: refuse what is too long, before it is collected; take off a mask fast."""

MAX_HEAD = 16 * 2**10  # bytes of a request
MAX_MESSAGE = 16 * 2**20  # bytes of a message, in all of its fragments


class Refused(Exception):
    """The request is not an opening handshake: answer with this status instead of 101."""

    def __init__(self, status, *headers):
        super().__init__(status)
        self.status, self.headers = status, headers


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


async def shake_hands(reader, writer):
    """Accept a client's request, or refuse it; return whether it was accepted."""
    try:
        _, headers = await read_head(reader)
    except Refused as refused:
        writer.write(response(refused.status, *refused.headers, "Content-Length: 0"))
        return False
    key = headers["sec-websocket-key"]
    upgrade = ("Upgrade: websocket", "Connection: Upgrade")
    status = "101 Switching Protocols"
    writer.write(response(status, *upgrade, f"Sec-WebSocket-Accept: {accept(key)}"))
    return True


def apply_mask(payload, mask):
    """XOR each byte with one of the mask's four, in turn (§5.3); all at once: that is fast."""
    repeated = (mask * (len(payload) // 4 + 1))[: len(payload)]
    mixed = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
    return mixed.to_bytes(len(payload), "big")


class Connection:
    # (the other methods stay as they are)

    async def read_frame(self, collected):
        """Read a frame: FIN, opcode, payload. ``collected``: bytes of its message so far."""
        first, second = await self.reader.readexactly(2)
        fin, reserved, opcode = first >> 7, first >> 4 & 0b111, first & 0b1111
        has_mask, length = second >> 7, second & 0b1111111
        if reserved:
            raise Failed(1002, "a reserved bit is set")
        if opcode not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG):
            raise Failed(1002, "reserved opcode")
        if not has_mask:
            raise Failed(1002, "a client masks each frame")
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
        mask = await self.reader.readexactly(4)
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
