"""Stage 3, one text frame: read it, take the mask off, send the payload back."""

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def apply_mask(payload, mask):
    """XOR each byte with one of the mask's four, in turn (§5.3)."""
    return bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


class Connection:
    """A connection after its opening handshake."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def read_frame(self):
        """Read a frame: FIN, opcode, payload."""
        first, second = await self.reader.readexactly(2)
        fin, opcode = first >> 7, first & 0b1111
        length = second & 0b1111111
        mask = await self.reader.readexactly(4)
        return fin, opcode, apply_mask(await self.reader.readexactly(length), mask)

    async def send(self, opcode, payload=b""):
        """Send a frame; wait if the other side does not read."""
        header = bytes([0b10000000 | opcode, len(payload)])
        self.writer.write(header + payload)
        await self.writer.drain()


async def echo(connection):
    """Send each message back, until the connection ends."""
    while True:
        _, opcode, payload = await connection.read_frame()
        await connection.send(opcode, payload)


async def serve_client(reader, writer):
    """Serve one client. Whatever it does, it ends only its own connection."""
    with contextlib.suppress(OSError, EOFError):
        await shake_hands(reader, writer)
        await echo(Connection(reader, writer))
    writer.close()
