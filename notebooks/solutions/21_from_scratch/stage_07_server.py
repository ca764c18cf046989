"""Stage 7, ping: answer each Ping with a Pong; control frames are short, and whole."""


class Connection:
    # (the other methods stay as they are)

    async def read_frame(self):
        """Read a frame: FIN, opcode, payload."""
        first, second = await self.reader.readexactly(2)
        fin, opcode = first >> 7, first & 0b1111
        has_mask, length = second >> 7, second & 0b1111111
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

    async def read_message(self):
        """Read a message: TEXT or BINARY, and its payload. Return None after a Close frame."""
        while True:
            _, opcode, data = await self.read_frame()
            if opcode == PING:
                await self.send(PONG, data)
            elif opcode == CLOSE:
                await self.send(CLOSE, check_close(data))
                return None
            if opcode < CLOSE:
                return opcode, data
