"""Stage 2, accept: prove that the request was read."""

import base64
import hashlib

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # of RFC 6455 §1.3


def accept(key):
    """Return the proof that a request was read: the value of Sec-WebSocket-Accept."""
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


async def shake_hands(reader, writer):
    """Accept a client's request."""
    _, headers = await read_head(reader)
    key = headers["sec-websocket-key"]
    upgrade = ("Upgrade: websocket", "Connection: Upgrade")
    status = "101 Switching Protocols"
    writer.write(response(status, *upgrade, f"Sec-WebSocket-Accept: {accept(key)}"))
