"""Stage 1, the request: read it up to its empty line, and answer 101."""


async def read_head(reader):
    """Read a request up to its empty line: the first line, and the headers."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip(" \t")
    return first, headers


def response(status, *headers):
    """Return a response without a body."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode()


async def shake_hands(reader, writer):
    """Accept a client's request."""
    await read_head(reader)
    writer.write(response("101 Switching Protocols"))


async def serve_client(reader, writer):
    """Serve one client. Whatever it does, it ends only its own connection."""
    with contextlib.suppress(OSError, EOFError):
        await shake_hands(reader, writer)
    writer.close()
