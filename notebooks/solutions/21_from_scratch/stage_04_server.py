"""Stage 4, masks: a frame without a mask ends the connection with 1002."""


class Failed(Exception):
    """The other side broke the protocol: close the connection with this code (§7.1.7)."""

    def __init__(self, code, reason):
        super().__init__(reason)
        self.code, self.reason = code, reason


class Connection:
    # (the other methods stay as they are)

    async def read_frame(self):
        """Read a frame: FIN, opcode, payload."""
        first, second = await self.reader.readexactly(2)
        fin, opcode = first >> 7, first & 0b1111
        has_mask, length = second >> 7, second & 0b1111111
        if not has_mask:
            raise Failed(1002, "a client masks each frame")
        mask = await self.reader.readexactly(4)
        return fin, opcode, apply_mask(await self.reader.readexactly(length), mask)


async def echo(connection):
    """Send each message back, until the connection ends."""
    try:
        while True:
            _, opcode, payload = await connection.read_frame()
            await connection.send(opcode, payload)
    except Failed as failed:
        await connection.send(CLOSE, failed.code.to_bytes(2, "big") + failed.reason.encode())
