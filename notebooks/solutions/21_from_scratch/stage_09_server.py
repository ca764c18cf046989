"""Stage 9, UTF-8: a text that is not UTF-8 ends the connection with 1007."""

import codecs


class Connection:
    # (the other methods stay as they are)

    async def read_message(self):
        """Read a message: TEXT or BINARY, and its payload. Return None after a Close frame."""
        kind, payload, decoder = None, bytearray(), None
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
                kind, decoder = opcode, codecs.getincrementaldecoder("utf-8")()
            if kind == TEXT:
                check_text(decoder, data, fin)
            payload += data
            if fin:
                return kind, bytes(payload)


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
