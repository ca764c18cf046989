"""Stage 15, for a client: the same Connection, with the mask the other way round."""


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
        if not has_mask and not self.is_client:
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
        mask = await self.reader.readexactly(4) if has_mask else bytes(4)
        return fin, opcode, apply_mask(await self.reader.readexactly(length), mask)

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
            mask = bytes(4)  # zeros: stage 16 wants better ones
            header, payload = header + mask, apply_mask(payload, mask)
        self.writer.write(header + payload)
        await self.writer.drain()

    # (the other methods stay as they are)
