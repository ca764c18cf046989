"""Stage 10, what is reserved: three bits and ten opcodes."""


class Connection:
    # (the other methods stay as they are)

    async def read_frame(self):
        """Read a frame: FIN, opcode, payload."""
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
        mask = await self.reader.readexactly(4)
        return fin, opcode, apply_mask(await self.reader.readexactly(length), mask)
