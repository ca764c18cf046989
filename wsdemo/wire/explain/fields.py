"""What the header fields, methods and statuses of a handshake are for."""

__all__ = ["HEADERS", "METHODS", "OTHER_HEADER", "explain_status"]

OTHER_HEADER = ("A field that WebSocket gives no meaning; the application may.", "RFC 9110 §5.1")

HEADERS = {
    "accept": ("The media types that the client can use.", "RFC 9110 §12.5.1"),
    "accept-encoding": ("The compressions of HTTP that the client can undo.", "RFC 9110 §12.5.3"),
    "accept-language": ("The languages that the reader prefers.", "RFC 9110 §12.5.4"),
    "allow": ("The methods that this target accepts.", "RFC 9110 §10.2.1"),
    "authorization": (
        "A password or a token. Servers check it before the upgrade; a page cannot set it.",
        "RFC 9110 §11.6.2",
    ),
    "connection": (
        "Names the fields that are for the next hop only. Upgrade must be among them.",
        "RFC 9110 §7.6.1",
    ),
    "content-encoding": ("How the content is compressed.", "RFC 9110 §8.4"),
    "content-length": ("How many bytes of content follow the blank line.", "RFC 9110 §8.6"),
    "content-type": ("What the content is, so that the receiver can show it.", "RFC 9110 §8.3"),
    "cookie": (
        "A value that the site stored in this browser, such as a session. Browsers send it by "
        "themselves, whatever page connects.",
        "RFC 6455 §4.1",
    ),
    "date": ("When the server wrote the response.", "RFC 9110 §6.6.1"),
    "expect": ("Asks the server to agree before the content is sent.", "RFC 9110 §10.1.1"),
    "host": (
        "Which server is meant, because one machine can have several names.",
        "RFC 9110 §7.2",
    ),
    "location": ("Where to ask instead. Browsers do not follow it here.", "RFC 9110 §10.2.2"),
    "origin": (
        "The web site whose page connects. The server can refuse foreign pages by it.",
        "RFC 6455 §10.2",
    ),
    "referer": ("The page from which the client came.", "RFC 9110 §10.1.3"),
    "retry-after": ("How long to wait before the next try.", "RFC 9110 §10.2.3"),
    "sec-websocket-accept": (
        "SHA-1 of the key and a fixed GUID, in base64: a WebSocket server has read the key.",
        "RFC 6455 §11.3.3",
    ),
    "sec-websocket-extensions": (
        "Extensions of the protocol: the client offers some, the server accepts some of them.",
        "RFC 6455 §11.3.2",
    ),
    "sec-websocket-key": (
        "16 random bytes in base64. The server must compute its answer from them. It is not a "
        "secret.",
        "RFC 6455 §11.3.1",
    ),
    "sec-websocket-protocol": (
        "The subprotocol, an agreement on what messages look like: the client offers some, the "
        "server chooses one.",
        "RFC 6455 §11.3.4",
    ),
    "sec-websocket-version": (
        "The version of the WebSocket protocol. 13 is the only one in use.",
        "RFC 6455 §11.3.5",
    ),
    "server": ("The name and version of the server's program.", "RFC 9110 §10.2.4"),
    "set-cookie": ("A cookie for the browser to keep.", "RFC 6455 §1.3"),
    "te": ("The transfer codings that the client accepts.", "RFC 9110 §10.1.4"),
    "trailer": ("Names the fields that come after the content.", "RFC 9110 §6.6.2"),
    "transfer-encoding": ("How the content is cut on this connection.", "RFC 9112 §6.1"),
    "upgrade": ("The protocol to change to on this connection: websocket.", "RFC 9110 §7.8"),
    "user-agent": ("The name and version of the client's program.", "RFC 9110 §10.1.5"),
    "vary": ("The fields of the request that the response depends on.", "RFC 9110 §12.5.5"),
    "via": ("The proxies on the way.", "RFC 9110 §7.6.3"),
    "www-authenticate": ("How to prove who you are.", "RFC 9110 §11.6.1"),
}
"""What a field is for, and where that is defined. Names are in lower case."""

METHODS = {
    "GET": ("Asks for what is at the target. A handshake must use GET.", "RFC 9110 §9.3.1"),
    "HEAD": ("Asks for the header fields only. A handshake must use GET.", "RFC 9110 §9.3.2"),
    "POST": ("Sends content to the target. A handshake must use GET.", "RFC 9110 §9.3.3"),
    "CONNECT": ("Asks a proxy for a tunnel to the target.", "RFC 9110 §9.3.6"),
}
"""What a method asks for."""

_STATUSES = {
    101: ("Agreed: after the blank line, this connection carries frames.", "RFC 9110 §15.2.2"),
    200: ("An ordinary HTTP response: no WebSocket opens.", "RFC 9110 §15.3.1"),
    301: ("Refused: the target has moved for good.", "RFC 9110 §15.4.2"),
    302: ("Refused: the target is elsewhere for now.", "RFC 9110 §15.4.3"),
    307: ("Refused: the target is elsewhere for now.", "RFC 9110 §15.4.8"),
    308: ("Refused: the target has moved for good.", "RFC 9110 §15.4.9"),
    400: ("Refused: the request is malformed.", "RFC 9110 §15.5.1"),
    401: ("Refused: credentials are missing or wrong.", "RFC 9110 §15.5.2"),
    403: ("Refused: this client or page may not connect.", "RFC 9110 §15.5.4"),
    404: ("Refused: there is nothing at this path.", "RFC 9110 §15.5.5"),
    405: ("Refused: this target does not accept the method.", "RFC 9110 §15.5.6"),
    408: ("Refused: the request took too long.", "RFC 9110 §15.5.9"),
    413: ("Refused: the content is too long.", "RFC 9110 §15.5.14"),
    426: ("Refused: this server speaks only the protocol in Upgrade.", "RFC 9110 §15.5.22"),
    500: ("Refused: the server has failed.", "RFC 9110 §15.6.1"),
    502: ("Refused: the server behind the proxy has failed.", "RFC 9110 §15.6.3"),
    503: ("Refused: the server is too busy, or is starting.", "RFC 9110 §15.6.4"),
    504: ("Refused: the server behind the proxy does not answer.", "RFC 9110 §15.6.5"),
}

_CLASSES = {
    1: ("An interim response: the real one follows.", "RFC 9110 §15.2"),
    2: ("An ordinary HTTP response: no WebSocket opens.", "RFC 9110 §15.3"),
    3: ("Refused: the target is elsewhere.", "RFC 9110 §15.4"),
    4: ("Refused: the server finds a fault with the request.", "RFC 9110 §15.5"),
    5: ("Refused: the server has a fault.", "RFC 9110 §15.6"),
}


def explain_status(status: int) -> tuple[str, str]:
    """Return what a status means for a handshake, and the section that defines it.

    Args:
        status: three digits.
    """
    other = _CLASSES.get(status // 100, ("HTTP does not define this status.", "RFC 9110 §15"))
    return _STATUSES.get(status, other)
