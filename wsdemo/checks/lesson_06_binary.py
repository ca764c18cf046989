"""The exercises of lesson 06."""

import asyncio
import secrets
from collections.abc import Callable, Iterable
from typing import Any

from websockets.asyncio.server import ServerConnection

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._attempt import attempt
from wsdemo.checks._plain import Plain
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

SIZES = (0, 5, 125, 126, 65_535, 65_536, 70_000)

RFC_MASK = bytes.fromhex("37fa213d")
"""The mask of the RFC's example (RFC 6455 §5.7): the stub's verdict is the same in each run."""

FORMS = {
    7: "the 7-bit form: the length itself in the second byte, beside the MASK bit",
    16: "the 16-bit form: 126 in the second byte, then the length in two bytes",
    64: "the 64-bit form: 127 in the second byte, then the length in eight bytes",
}
"""How a length is written, by the number of its bits (RFC 6455 §5.2)."""

RULE = "(RFC 6455 §5.2)"

SHOWN = 20
"""Bytes of a frame that a verdict shows."""


@exercise("06.1")
async def client_frame(function: Any) -> str:
    """Check a function that writes a client's frame, by sending what it writes to a server."""
    for size in SIZES:
        payload, mask = secrets.token_bytes(size), secrets.token_bytes(4) if size else RFC_MASK
        shown = Plain(f"a payload of {size} bytes, the mask {mask.hex(' ')}")
        try:
            data = attempt(function, payload, mask, shown=shown)
        except Misconception as error:
            if any(name == "raised" for name, _ in error.evidence):
                bits = Frame(Opcode.BINARY, payload).length_bits
                error.args = (f"{error}. A payload of {size:,} bytes needs {FORMS[bits]} {RULE}",)
            raise
        if not isinstance(data, bytes | bytearray | memoryview):
            raise NotYet("return the bytes of a frame", input=shown, received=data)
        if bytes(data) != bytes(Frame(Opcode.BINARY, payload, mask=mask)):
            raise _explain(bytes(data), payload, mask, shown)
    await _try_on_a_server(function)
    return "all frames are right, and a real server has understood the one with 70,000 bytes."


def _explain(data: bytes, payload: bytes, mask: bytes, shown: Plain) -> Exception:
    """Return the finding for the wrong bytes of a frame."""
    right = Frame(Opcode.BINARY, payload, mask=mask)
    values = {"input": shown, "expected": _begin(bytes(right)), "received": _begin(data)}
    size, masked = len(payload), apply_mask(payload, mask)
    if data == bytes(Frame(Opcode.BINARY, payload)):
        return NotYet("this is a server's frame: a client must mask its payload", **values)
    if data[:1] != b"\x82":
        return NotYet("the first byte must be FIN and the opcode of binary: 0x82", **values)
    length = right.header[2:-4]
    if length and data[2 : 2 + len(length)] == length[::-1] != length:
        return Misconception(
            "the bytes of the length are in the wrong order. On the network the most significant "
            'byte comes first: to_bytes(size, "big").',
            **values,
        )
    if length and data[2:].startswith(mask + length):
        return NotYet("the mask comes after the whole length", **values)
    for bits in {7, 16, 64} - {right.length_bits}:
        if size < 2 ** min(bits, 63) and data.startswith(_header(size, bits) + mask):
            return Misconception(
                "the length has another form. Write it in the 7 bits up to 125, in two bytes "
                "after 126 up to 65,535, and in eight bytes after 127 if it is longer. The "
                "shortest form is required (RFC 6455 §5.2).",
                **values,
            )
    if len(data) > 1 and data[1] < 0x80:
        return NotYet("the second byte begins with the MASK bit: 0x80 plus the length", **values)
    return _explain_mask(data, right, masked, values)


def _explain_mask(data: bytes, right: Frame, masked: bytes, values: dict[str, Any]) -> Exception:
    """Return the finding for a frame whose first two bytes are right, or nearly."""
    before, mask = right.header[:-4], right.header[-4:]
    if data == before + masked:
        return NotYet("the mask must be in the frame, right before the payload", **values)
    if data == right.header + right.payload:
        return NotYet("the payload must be masked", **values)
    if data.startswith(before) and data[len(before) : len(before) + 4] != mask:
        return Misconception("this is not the mask that your function was given", **values)
    if len(data) < right.size and data.startswith(right.header):
        return NotYet(
            f"the payload is too short: {len(data) - len(right.header)} bytes of it are there",
            **values,
        )
    if data.startswith(right.header):
        values |= {"expected": _begin(masked), "received": _begin(data[len(right.header) :])}
        return NotYet(
            "the payload is not masked as it should be: XOR byte n with mask[n % 4]", **values
        )
    values["expected"] = Plain(f"{before.hex(' ')}, then the mask")
    values["received"] = Plain(f"{data[: len(before)].hex(' ')} …")
    return NotYet(
        f"the length is not written as it should be: a payload of {len(right.payload):,} bytes "
        f"needs {FORMS[right.length_bits]} {RULE}",
        **values,
    )


def _begin(data: bytes) -> Plain:
    return Plain(data[:SHOWN].hex(" ") + f" … ({len(data)} bytes)" * (len(data) > SHOWN))


def _header(size: int, bits: int) -> bytes:
    """Return the first bytes of a masked frame whose length is written in so many bits."""
    if bits == 7:
        return bytes([0x82, 0x80 | size])
    return bytes([0x82, 0x80 | (126 if bits == 16 else 127)]) + size.to_bytes(bits // 8, "big")


async def _try_on_a_server(function: Callable[..., Any]) -> None:
    received: list[str | bytes] = []

    async def listen(connection: ServerConnection) -> None:
        async for message in connection:
            received.append(message)
            await connection.send("ok")

    payload = secrets.token_bytes(70_000)
    async with serving(listen) as url:
        reader, writer = await asyncio.open_connection(HOST, int(url.rpartition(":")[2]))
        writer.write(bytes(UPGRADE) + bytes(function(payload, secrets.token_bytes(4))))
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
    if received != [payload]:
        raise NotYet("the server has received another message than the one that was sent")


# Payloads: text, no byte, one byte, zeros at the beginning, zeros at the end, nothing but zeros.
CLEAR = (
    b"abcd",
    b"The frame is masked.",
    b"abcdefg",
    b"",
    b"x",
    b"\0\0\0five",
    b"five\0\0",
    bytes(6),
    bytes(range(256)) * 20 + b"end",
)
MASKS = (bytes.fromhex("01 20 04 80"), bytes.fromhex("37 fa 21 3d"))


@exercise("06.2")
async def undo(function: Any) -> str:
    """Check a function that undoes a mask."""
    for clear in CLEAR:
        for mask in MASKS:
            masked = apply_mask(clear, mask)
            shown = Plain(f"payload {_shorten(masked)}, mask {mask!r}")
            answer = _read_bytes(attempt(function, masked, mask, shown=shown), shown)
            if answer != clear:
                raise _explain_undo(answer, clear, mask, shown)
    return (
        "masking twice returns the payload: the function is its own inverse, and the mask is not "
        "a secret."
    )


def _shorten(data: bytes) -> str:
    return repr(data) if len(data) <= SHOWN else f"{data[:SHOWN]!r}… ({len(data)} bytes)"


def _read_bytes(answer: Any, shown: Plain) -> bytes:
    """Read bytes in any form: also as a list of numbers."""
    try:
        if isinstance(answer, Iterable) and not isinstance(answer, str):
            return bytes(answer)
    except (TypeError, ValueError):
        pass
    raise NotYet("return the bytes without the mask", input=shown, received=answer)


def _explain_undo(answer: bytes, clear: bytes, mask: bytes, shown: Plain) -> Exception:
    """Return the finding for bytes that should be without a mask."""
    masked = apply_mask(clear, mask)
    values: dict[str, Any] = {"input": shown, "expected": clear, "received": answer}
    if answer == masked != clear:
        return NotYet("this is still masked: XOR (^) each byte with one byte of the mask", **values)
    if answer == bytes(byte ^ mask[0] for byte in masked):
        return Misconception(
            "you used one byte of the mask for all bytes. The four bytes of the mask take turns: "
            "byte n goes with mask[n % 4].",
            **values,
        )
    if len(answer) != len(clear):
        return _explain_length(answer, clear, values)
    places = [place for place in range(len(clear)) if answer[place] != clear[place]]
    values |= {
        "expected": Plain(f"byte {places[0]} is {clear[places[0]]:#04x}"),
        "received": Plain(f"byte {places[0]} is {answer[places[0]]:#04x}"),
    }
    if places[0] >= len(clear) // 4 * 4:
        return Misconception("the last bytes are wrong, where fewer than four are left", **values)
    if places[0] >= 4:
        return Misconception(
            "the mask begins again after its four bytes: byte n goes with mask[n % 4]", **values
        )
    return NotYet("XOR (^) byte n of the payload with mask[n % 4]", **values)


def _explain_length(answer: bytes, clear: bytes, values: dict[str, Any]) -> Exception:
    if answer == clear.lstrip(b"\0"):
        text = "the zeros at the beginning are lost: bytes are not a number"
    elif answer == clear.rstrip(b"\0"):
        text = "the zeros at the end are lost: they are part of the payload"
    elif len(answer) == 4 and len(clear) >= 8:
        text = (
            "only four bytes came back. The mask begins again as often as the payload needs it; "
            "zip() by itself ends with the shorter of the two."
        )
    elif clear.startswith(answer) and len(clear) - len(answer) < 4:
        text = "the last bytes are missing: a payload's length need not be a multiple of four"
    elif clear.startswith(answer):
        text = "bytes are missing at the end: a payload may be longer"
    else:
        text = "the result must have as many bytes as the payload"
    return Misconception(text, **values)


SMILE = "☺".encode()
KEY = "🔑".encode()


def _text(payload: bytes, fin: bool = True) -> Frame:
    return Frame(Opcode.TEXT, payload, fin=fin)


def _more(payload: bytes, fin: bool = True) -> Frame:
    return Frame(Opcode.CONTINUATION, payload, fin=fin)


# Frames, their messages, and the diagnosis of another answer. Each adds one difficulty.
JOINS: tuple[tuple[list[Frame], list[str | bytes], str], ...] = (
    (
        [_text(b"Hel", fin=False), _more(b"lo")],
        ["Hello"],
        "a message is the payloads of its frames together, up to the frame with `fin`",
    ),
    (
        [_text(b"one"), Frame(Opcode.BINARY, b"\0\1"), _text(b"two")],
        ["one", b"\0\1", "two"],
        "a text message must be a `str`, a binary message `bytes`, and each is a message of its "
        "own",
    ),
    ([_text(SMILE), _text(KEY)], ["☺", "🔑"], "a text message is UTF-8"),
    (
        [_text(SMILE[:2], fin=False), _more(SMILE[2:])],
        ["☺"],
        "a fragment may end within a character. Join the bytes of all fragments first, then decode",
    ),
    (
        [_text(KEY[:1], fin=False), _more(b"", fin=False), _more(KEY[1:], fin=False), _more(b"")],
        ["🔑"],
        "a fragment may end within a character. Join the bytes of all fragments first, then decode",
    ),
    (
        [Frame(Opcode.BINARY, b"ab", fin=False), _more(b"c")],
        [b"abc"],
        "the first frame's opcode says whether a message is text or binary, even if the bytes "
        "happen to be UTF-8",
    ),
    (
        [_text(b""), _text(b"", fin=False), _more(b"")],
        ["", ""],
        "an empty message is also a message",
    ),
    (
        [_text(b"Hel", fin=False), Frame(Opcode.PING, b"there?"), _more(b"lo"), _text(b"!")],
        ["Hello", "!"],
        "a ping may come between the fragments of a message: its payload, its `fin` and its "
        "opcode do not belong to that message",
    ),
    (
        [Frame(Opcode.BINARY, b"\xff", fin=False), Frame(Opcode.PONG), _more(b"\xfe")],
        [b"\xff\xfe"],
        "a pong may come between the fragments of a message: its opcode is not that of the message",
    ),
    (
        [Frame(Opcode.PING), _text(b"bye"), Frame(Opcode.CLOSE, b"\x03\xe8")],
        ["bye"],
        "control frames are not messages: skip ping, pong and close",
    ),
    ([], [], "without frames there are no messages"),
)


@exercise("06.3")
async def join(function: Any) -> str:
    """Check a function that joins fragments to messages."""
    earlier: list[str | bytes] = []
    for frames, right, diagnosis in JOINS:
        shown = Plain(", ".join(map(_describe, frames)) or "no frames")
        try:
            answer = attempt(function, list(frames), shown=shown)
            messages = answer if isinstance(answer, str | bytes | dict) else list(answer)
        except Misconception as error:
            error.args = (f"{error}. Remember: {diagnosis}",)
            raise
        except TypeError:
            messages = answer
        if not isinstance(messages, list):
            raise NotYet("return a list of messages", input=shown, received=messages)
        if len(messages) > len(right) and messages == earlier + right:
            diagnosis = (
                "messages of an earlier call are still there: begin with a new list each time"
            )
        if messages != right:
            raise Misconception(diagnosis, input=shown, expected=right, received=messages)
        earlier += right
    return "each message is whole, however its frames were cut and mixed."


def _describe(frame: Frame) -> str:
    return f"{frame.name} {frame.payload!r}" + " (fin)" * frame.fin
