"""One worked answer for each exercise of lesson 01."""

import base64
import hashlib


def accept(key):
    """Compute Sec-WebSocket-Accept (RFC 6455 §4.2.2)."""
    joined = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    return base64.b64encode(hashlib.sha1(joined.encode()).digest()).decode()


request = (
    b"GET / HTTP/1.1\r\n"
    b"Host: 127.0.0.1\r\n"
    b"Upgrade: websocket\r\n"
    b"Connection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\n"
    b"\r\n"
)

refusals = {"no key": 400, "foreign origin": 403, "no upgrade": 426}

answers = {"01.1": accept, "01.2": request, "01.3": refusals}
