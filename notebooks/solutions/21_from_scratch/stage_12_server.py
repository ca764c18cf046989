"""Stage 12, refusals: what is not an opening handshake gets a status of 4xx."""

import binascii


def words(headers, name):
    """Return the words of a header that is a list, in lower case."""
    return [word.strip().lower() for word in headers.get(name, "").split(",")]


def check_request(first, headers):
    """Return the key of a request; refuse what is not an opening handshake (§4.2.1)."""
    method, _, rest = first.partition(" ")
    if not rest.endswith(" HTTP/1.1"):
        raise Refused("400 Bad Request")
    if method != "GET":
        raise Refused("405 Method Not Allowed", "Allow: GET")
    if "websocket" not in words(headers, "upgrade"):
        raise Refused("426 Upgrade Required", "Upgrade: websocket", "Connection: Upgrade")
    if "upgrade" not in words(headers, "connection") or "host" not in headers:
        raise Refused("400 Bad Request")
    if headers.get("sec-websocket-version") != "13":
        raise Refused("426 Upgrade Required", "Sec-WebSocket-Version: 13")
    key = headers.get("sec-websocket-key", "")
    try:
        size = len(base64.b64decode(key, validate=True))
    except binascii.Error:
        size = 0
    if size != 16:
        raise Refused("400 Bad Request")
    return key


async def shake_hands(reader, writer):
    """Accept a client's request, or refuse it; return whether it was accepted."""
    try:
        key = check_request(*await read_head(reader))
    except Refused as refused:
        writer.write(response(refused.status, *refused.headers, "Content-Length: 0"))
        return False
    upgrade = ("Upgrade: websocket", "Connection: Upgrade")
    status = "101 Switching Protocols"
    writer.write(response(status, *upgrade, f"Sec-WebSocket-Accept: {accept(key)}"))
    return True
