"""A server that answers by a function, and what a page is told."""

import asyncio
import contextlib


@contextlib.asynccontextmanager
async def answering(answer):
    """Serve HTTP: ``answer`` takes a request's text, and returns the bytes to send.

    Gives the address, without a slash, and the requests so far.
    """
    requests = []

    async def serve(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            (int(line[16:]) for line in head.split("\r\n") if line.startswith("Content-Length: ")),
            0,
        )
        text = head + (await reader.readexactly(length)).decode()
        requests.append(text)
        writer.write(answer(text))
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", requests


def ok(body="", *headers, status="200 OK"):
    """The bytes of an answer."""
    data = body.encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(data)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + data
