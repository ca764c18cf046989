"""The exercises of lesson 06."""

import asyncio
import secrets
from typing import Any

from websockets.asyncio.server import ServerConnection

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._serving import HOST, PATIENCE, serving
from wsdemo.frames import Frame, Handshake, Opcode, apply_mask

UPGRADE = Handshake(
    "GET / HTTP/1.1",
    (
        ("Host", "127.0.0.1"),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", "13"),
    ),
)

SIZES = (0, 5, 125, 126, 65_535, 65_536)


@exercise("06.1")
async def client_frame(function: Any) -> str:
    """Judge a function that writes a client's frame, by sending what it writes to a server."""
    for size in SIZES:
        payload, mask = secrets.token_bytes(size), secrets.token_bytes(4)
        data = function(payload, mask)
        if not isinstance(data, bytes | bytearray):
            raise NotYet("return the bytes of a frame")
        if bytes(data) != bytes(Frame(Opcode.BINARY, payload, mask=mask)):
            raise _explain(bytes(data), payload, mask)
    await _try_on_a_server(function)
    return "a real server has understood every one of them."


def _explain(data: bytes, payload: bytes, mask: bytes) -> Exception:
    """Say what is wrong with the bytes of a frame."""
    size = len(payload)
    right = Frame(Opcode.BINARY, payload, mask=mask)
    length = right.header[2:-4]
    if len(length) > 0 and data[2 : 2 + len(length)] == length[::-1] != length:
        return Misconception(
            f"the length of {size} bytes stands the wrong way round. On the network the most "
            'significant byte comes first: to_bytes(size, "big").'
        )
    for bits in {7, 16, 64} - {right.length_bits}:
        if size < 2 ** min(bits, 63) and data.startswith(_header(size, bits)):
            return Misconception(
                f"a payload of {size} bytes has its length in another form: up to 125 in the 7 "
                "bits, up to 65,535 in two bytes after 126, else in eight bytes after 127. The "
                "shortest form is required (RFC 6455 §5.2)."
            )
    if data[:1] != b"\x82":
        return NotYet("the first byte is FIN and the opcode of binary: 0x82")
    if len(data) > 1 and data[1] < 0x80:
        return NotYet("the second byte begins with the MASK bit: 0x80 plus the length")
    if data.endswith(payload) and size:
        return NotYet("the payload must be masked")
    return NotYet(
        f"not right for {size} bytes: compare with bytes(Frame(Opcode.BINARY, …, mask=…))"
    )


def _header(size: int, bits: int) -> bytes:
    """The first bytes of a masked frame whose length is written in so many bits."""
    if bits == 7:
        return bytes([0x82, 0x80 | size])
    return bytes([0x82, 0x80 | (126 if bits == 16 else 127)]) + size.to_bytes(bits // 8, "big")


async def _try_on_a_server(function: Any) -> None:
    heard: list[str | bytes] = []

    async def listen(connection: ServerConnection) -> None:
        async for message in connection:
            heard.append(message)
            await connection.send("ok")

    payload = secrets.token_bytes(70_000)
    async with serving(listen) as url:
        reader, writer = await asyncio.open_connection(HOST, int(url.rpartition(":")[2]))
        writer.write(bytes(UPGRADE) + function(payload, secrets.token_bytes(4)))
        try:
            async with asyncio.timeout(2 * PATIENCE):
                await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(len(b"\x81\x02ok"))
        except (EOFError, TimeoutError, ConnectionError):
            raise NotYet(
                f"a real server has not understood your frame for {len(payload)} bytes"
            ) from None
        finally:
            writer.close()
    if heard != [payload]:
        raise NotYet("the server has read another message than was sent")


@exercise("06.2")
async def undo(function: Any) -> str:
    """Judge a function that undoes a mask."""
    for size in (0, 1, 4, 7, 1000):
        clear, mask = secrets.token_bytes(size), b"\x01\x20\x04\x80"
        masked = apply_mask(clear, mask)
        answer = function(masked, mask)
        if answer is None:
            raise NotYet("return the bytes without the mask")
        if bytes(answer) == clear:
            continue
        if bytes(answer) == bytes(byte ^ mask[0] for byte in masked):
            raise Misconception(
                "you used one byte of the mask for all. Its four bytes take turns: byte n goes "
                "with mask[n % 4]."
            )
        if len(answer) < size and clear.startswith(bytes(answer)):
            raise Misconception(
                f"of {size} bytes only {len(answer)} came back. The mask begins again as often as "
                "the payload needs it; zip() alone ends with the shorter of the two."
            )
        raise NotYet(f"not right for {size} bytes: XOR (^) each byte with one of the mask's four")
    return "masking twice gives the payload back: it is its own inverse, and no secret."


@exercise("06.3")
async def join(function: Any) -> str:
    """Judge a function that joins fragments to messages."""
    smile = "☺".encode()
    frames = [
        Frame(Opcode.TEXT, b"Hel", fin=False),
        Frame(Opcode.PING, b"there?"),
        Frame(Opcode.CONTINUATION, b"lo "),
        Frame(Opcode.BINARY, b"\0\1"),
        Frame(Opcode.TEXT, smile[:2], fin=False),
        Frame(Opcode.CONTINUATION, b"", fin=False),
        Frame(Opcode.PONG),
        Frame(Opcode.CONTINUATION, smile[2:]),
        Frame(Opcode.TEXT),
    ]
    try:
        messages = function(frames)
    except UnicodeDecodeError:
        raise Misconception(
            "a fragment was decoded by itself, and it ended within a character. Join the bytes of "
            "all fragments first, then decode."
        ) from None
    if messages == ["Hello ", b"\0\1", "☺", ""]:
        return "four messages in nine frames, and nobody took a ping for one."
    if not isinstance(messages, list | tuple):
        raise NotYet("return a list of messages")
    if any("there?" in str(each) for each in messages) or b"there?" in messages:
        raise Misconception(
            "the ping's payload is among the messages. A control frame may come between the "
            "fragments of a message, and is no part of it."
        )
    if any("�" in str(each) for each in messages):
        raise Misconception(
            "a fragment was decoded by itself, and half a character became �. Join the bytes of "
            "all fragments first, then decode."
        )
    raise NotYet("expected ['Hello ', b'\\x00\\x01', '☺', ''] from the frames of three texts")
