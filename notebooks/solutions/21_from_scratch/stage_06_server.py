"""Stage 6, close: answer a Close frame, then end the TCP connection."""

PATIENCE = 10  # seconds for a request, and for the other side to end a connection


class Connection:
    # (the other methods stay as they are)

    async def read_message(self):
        """Read a message: TEXT or BINARY, and its payload. Return None after a Close frame."""
        _, opcode, data = await self.read_frame()
        if opcode == CLOSE:
            await self.send(CLOSE, check_close(data))
            return None
        return opcode, data


def check_close(payload):
    """Return the payload of the Close frame that answers another one's (§5.5.1, §7.4)."""
    if not payload:
        return b""
    code = int.from_bytes(payload[:2], "big")
    registered = 1000 <= code <= 1003 or 1007 <= code <= 1014
    if len(payload) == 1 or not (registered or 3000 <= code <= 4999):
        raise Failed(1002, "no such close code")
    return payload[:2]


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
    while await reader.read(2**16):
        pass


async def serve_client(reader, writer):
    """Serve one client. Whatever it does, it ends only its own connection."""
    with contextlib.suppress(OSError, EOFError, TimeoutError):
        await shake_hands(reader, writer)
        await echo(Connection(reader, writer))
        async with asyncio.timeout(PATIENCE):
            await end(reader, writer)
    writer.close()
