"""Stage 15, the client's handshake: ask, and check the answer."""

import base64
import contextlib

from server import MAX_HEAD, PATIENCE, Connection, accept, echo, end, read_head, words


def request(url, key):
    """Return the opening handshake of a client (§4.1)."""
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = (
        f"GET {target} HTTP/1.1",
        f"Host: {url.netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
    )
    return "\r\n".join([*lines, "", ""]).encode()


def is_accepted(first, headers, key):
    """Return whether a response accepts the request with this key (§4.1)."""
    return (
        first.startswith("HTTP/1.1 101 ")
        and headers.get("upgrade", "").lower() == "websocket"
        and "upgrade" in words(headers, "connection")
        and headers.get("sec-websocket-accept") == accept(key)
        # The request offered no extension, and no subprotocol.
        and "sec-websocket-extensions" not in headers
        and "sec-websocket-protocol" not in headers
    )


async def main():
    """Connect, and echo each message until the server closes the connection."""
    url = urlsplit(os.environ["WS_URL"])
    reader, writer = await asyncio.open_connection(url.hostname, url.port or 80, limit=MAX_HEAD)
    key = base64.b64encode(os.urandom(16)).decode()
    with contextlib.suppress(OSError, EOFError, TimeoutError):
        writer.write(request(url, key))
        async with asyncio.timeout(PATIENCE):
            first, headers = await read_head(reader)
        if is_accepted(first, headers, key):
            await echo(Connection(reader, writer, is_client=True))
            async with asyncio.timeout(PATIENCE):
                await end(reader, writer)
    writer.close()
