"""Stage 8, fragments: put a message together."""


class Connection:
    # (the other methods stay as they are)

    async def read_message(self):
        """Read a message: TEXT or BINARY, and its payload. Return None after a Close frame."""
        kind, payload = None, bytearray()
        while True:
            fin, opcode, data = await self.read_frame()
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
                kind = opcode
            payload += data
            if fin:
                return kind, bytes(payload)
