"""HTTP/1.1 as a browser speaks it: a request, and an answer whose body comes in pieces."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

__all__ = ["Exchange", "ask"]

MOST_HEAD = 2**18
"""Bytes of a status line with headers; Chromium's limit."""

PIECE = 2**16


class Exchange:
    """An answer whose head has come.

    Args:
        reader: where its body comes from.
        writer: the connection.
        method: the request's.
        head: status line and headers.

    Attributes:
        status: its code.
        reason: the text beside the code.
        headers: pairs of name, in lower case, and value.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, method: str, head: bytes
    ) -> None:
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        version, _, rest = first.partition(" ")
        if not version.startswith("HTTP/1."):
            raise ValueError(f"not HTTP/1: {first[:80]!r}")
        code, _, self.reason = rest.partition(" ")
        self.status = int(code)
        self.headers: list[tuple[str, str]] = []
        for line in lines:
            name, _, value = line.partition(":")
            self.headers.append((name.strip().lower(), value.strip()))
        self._reader, self._writer = reader, writer
        self._has_body = method != "HEAD" and self.status not in (
            HTTPStatus.NO_CONTENT,
            HTTPStatus.NOT_MODIFIED,
        )

    def header(self, name: str) -> str:
        """Return a header's value; empty where it is not there."""
        return ", ".join(value for each, value in self.headers if each == name)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Give the body as it comes, decompressed.

        Raises:
            EOFError: the connection ended too early.
            ValueError: the body is not what its headers say.
        """
        coding = self.header("content-encoding").lower()
        if coding not in ("gzip", "deflate"):
            async for piece in self._raw():
                yield piece
            return
        decompressor = zlib.decompressobj(zlib.MAX_WBITS | 32)  # either format
        try:
            async for piece in self._raw():
                yield decompressor.decompress(piece)
        except zlib.error as error:
            raise ValueError(str(error)) from None

    async def _raw(self) -> AsyncIterator[bytes]:
        length = self.header("content-length")
        if not self._has_body:
            return
        if "chunked" in self.header("transfer-encoding").lower():
            while size := int((await self._reader.readuntil(b"\r\n")).partition(b";")[0], 16):
                yield await self._reader.readexactly(size)
                await self._reader.readexactly(2)
            return
        left = int(length) if length else None
        while left != 0:
            piece = await self._reader.read(PIECE if left is None else min(PIECE, left))
            if not piece:
                if left:
                    raise EOFError("the body is shorter than its Content-Length")
                return
            left = None if left is None else left - len(piece)
            yield piece

    def close(self) -> None:
        """Close the connection; each request has its own."""
        self._writer.close()


async def ask(
    url: str, method: str, headers: Mapping[str, str], body: bytes | None = None
) -> Exchange:
    """Send a request, and wait for the head of its answer.

    Args:
        url: where to, beginning with ``http:``.
        method: such as ``GET``.
        headers: in their order; ``Host`` is put before them, ``Content-Length`` behind.
        body: what to send.

    Returns:
        The answer; close it when it is not needed any more.

    Raises:
        OSError: no connection.
        EOFError: the connection ended before the answer.
        ValueError: the address cannot be used, or the answer is not HTTP.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"no plain HTTP: {url}")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {target} HTTP/1.1", f"Host: {parts.netloc.rpartition('@')[2]}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body is not None or method in ("POST", "PUT"):
        lines.append(f"Content-Length: {len(body or b'')}")
    reader, writer = await asyncio.open_connection(
        parts.hostname, parts.port or 80, limit=MOST_HEAD
    )
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b""))
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            exchange = Exchange(reader, writer, method, head)
            if exchange.status >= HTTPStatus.OK:
                return exchange
    except asyncio.LimitOverrunError:
        writer.close()
        raise ValueError("the headers of the answer are too long") from None
    except BaseException:
        writer.close()
        raise
