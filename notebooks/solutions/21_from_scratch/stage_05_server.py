"""Stage 5, lengths: three forms of a length, to read and to write."""


class Connection:
    # (the other methods stay as they are)

    async def read_frame(self):
        """Read a frame: FIN, opcode, payload."""
        first, second = await self.reader.readexactly(2)
        fin, opcode = first >> 7, first & 0b1111
        has_mask, length = second >> 7, second & 0b1111111
        if not has_mask:
            raise Failed(1002, "a client masks each frame")
        if length == 126:
            length = int.from_bytes(await self.reader.readexactly(2), "big")
        elif length == 127:
            length = int.from_bytes(await self.reader.readexactly(8), "big")
        mask = await self.reader.readexactly(4)
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
        header = bytes([0b10000000 | opcode]) + size
        self.writer.write(header + payload)
        await self.writer.drain()
