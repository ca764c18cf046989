"""Answers to exercise 01.2: mistakes, what is no answer yet, unusual right ones."""

import base64

REQUEST = (
    b"GET / HTTP/1.1\r\n"
    b"Host: localhost\r\n"
    b"Upgrade: websocket\r\n"
    b"Connection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\n"
    b"\r\n"
)
LINES = REQUEST.split(b"\r\n")
replaced = REQUEST.replace


def without(name):
    return b"\r\n".join(line for line in LINES if not line.startswith(name))


MISTAKES = [
    ("01.2", without(b"Host"), "Host is missing. HTTP/"),
    ("01.2", without(b"Upgrade"), "Upgrade is missing. It asks the server to"),
    ("01.2", without(b"Connection"), "Connection is missing. It says that Upgrade"),
    ("01.2", without(b"Sec-WebSocket-Key"), "Sec-WebSocket-Key is missing. The server"),
    ("01.2", without(b"Sec-WebSocket-Version"), "Sec-WebSocket-Version is missing. It is"),
    ("01.2", replaced(b"\r\n", b"\n"), "a line ends in \\n, and not in \\r\\n. In HTTP"),
    ("01.2", REQUEST[:-2], "an empty line, \\r\\n\\r\\n, must end the"),
    ("01.2", REQUEST[:-4], "an empty line, \\r\\n\\r\\n, must end the"),
    ("01.2", replaced(b"\r\n", rb"\r\n"), "there is a backslash in the bytes. In a raw"),
    ("01.2", REQUEST + REQUEST, "there is more after the first empty line,"),
    ("01.2", b"GET / HTTP/1.1\r\n...", "an empty line, \\r\\n\\r\\n, must end the"),
    ("01.2", REQUEST + b"\x81\x00", "there is more after the first empty line,"),
    ("01.2", replaced(b"\r\n", b"\r\n\r\n"), "there is more after the first empty line,"),
    ("01.2", replaced(b"\r\n", b"\r"), "a line ends in \\r, and not in \\r\\n. In HTTP"),
    ("01.2", replaced(b"\r\n", b"\n\r"), "a line ends in \\n, and not in \\r\\n. In HTTP"),
    ("01.2", REQUEST + b"hello", "there is more after the first empty line,"),
    ("01.2", replaced(b"Host: localhost", b"Host:"), "Host is missing. HTTP/"),
]

HINTS = [
    ("01.2", replaced(b": 13", b": 8"), "the server answers"),
    ("01.2", replaced(b"1.1", b"1.0"), "the first line must end with the version,"),
    ("01.2", replaced(b"HTTP/1.1", b"HTTP/2"), "the first line must end with the version,"),
    ("01.2", replaced(b" HTTP/1.1", b""), "the first line must end with the version,"),
    ("01.2", replaced(b"GET", b"POST"), "the first line must begin with GET: no"),
    ("01.2", replaced(b"dGhlIHNhbXBsZSBub25jZQ==", b"abc"), "the server answers"),
    (
        "01.2",
        replaced(b"dGhlIHNhbXBsZSBub25jZQ==", base64.b64encode(b"x" * 15)),
        "the server answers",
    ),
    (
        "01.2",
        replaced(b"dGhlIHNhbXBsZSBub25jZQ==", base64.b64encode(b"x" * 17)),
        "the server answers",
    ),
    ("01.2", replaced(b"Host: ", b"Host "), "a header is a name, a colon, and a value"),
    ("01.2", REQUEST.decode(), 'a request is bytes: b"GET …"'),
    ("01.2", b"", "a request has several lines, and each ends"),
    ("01.2", b"\r\n" + REQUEST, "the first line must begin with GET: no"),
    (
        "01.2",
        replaced(b"GET / ", b"GET ws://localhost/ "),
        "after GET comes the path, which begins with",
    ),
    ("01.2", REQUEST.split(b"\r\n"), 'a request is bytes: b"GET …"'),
    ("01.2", replaced(b"Upgrade: websocket", b"Upgrade: WebSockets"), "the server answers"),
    (
        "01.2",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "the first line must begin with GET: no",
    ),
    (
        "01.2",
        replaced(b"Host", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nHost"),
        "the header Sec-WebSocket-Key may occur only",
    ),
]

RIGHT = [
    ("01.2", REQUEST),
    ("01.2", bytearray(REQUEST)),
    ("01.2", replaced(b"Host", b"host").replace(b"Upgrade: websocket", b"UPGRADE: WebSocket")),
    ("01.2", replaced(b"GET / ", b"GET /chat?a=b ")),
    ("01.2", replaced(b"\r\n\r\n", b"\r\nOrigin: http://x.example\r\nUser-Agent: me\r\n\r\n")),
    ("01.2", replaced(b"Connection: Upgrade", b"Connection: keep-alive, Upgrade")),
    ("01.2", memoryview(REQUEST)),
    ("01.2", b"\r\n".join([LINES[0], *LINES[-3:0:-1], b"", b""])),
    ("01.2", replaced(b": ", b":")),
]
