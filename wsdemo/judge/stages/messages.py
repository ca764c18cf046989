"""Stages 3 to 5: messages of one frame, their masks, their lengths (RFC 6455 §5.2, §5.3, §5.6)."""

from wsdemo.frames import Frame, Opcode
from wsdemo.judge.model import Case, Stage, case
from wsdemo.judge.receiving import expect, fails
from wsdemo.judge.sending import OPEN, send
from wsdemo.judge.words import binary, text

__all__ = ["STAGES"]

KIND = (
    "The low four bits of the first byte say what a frame is: 1 for text, 2 for binary. "
    "An echo sends the same number back."
)
HEADER = "Your own frame has no mask: FIN and the opcode, then the length, then the payload."
XOR = "Byte i of the payload is XORed with byte i modulo 4 of the mask (§5.3)."
MASKS = "The four bytes of the mask stand before the payload, and each frame brings its own."
FORMS = (
    "The low seven bits of the second byte are the length up to 125. 126 means that two bytes "
    "with the length follow, 127 that eight follow; the highest byte comes first."
)
SHORTEST = "Write the length of your own frames in the shortest of the three forms."
PIECES = (
    "recv() returns what has come, and not what you asked for: read until you have all the bytes "
    "that the header announces."
)


def masked(payload: bytes, mask: str) -> Frame:
    """Return a TEXT frame with a certain mask, in hexadecimal."""
    return Frame(Opcode.TEXT, payload, mask=bytes.fromhex(mask))


def _echo(title: str, section: str, *frames: Frame, hint: str, cut: int = 0) -> Case:
    return case(title, section, OPEN, send(*frames, cut=cut), expect(*frames), hint=hint)


def _of_length(size: int, rule: str, cut: int = 0) -> Case:
    payload = bytes(97 + place % 26 for place in range(size))
    hint = SHORTEST if size < 126 else FORMS
    return _echo(
        f"{size:,} bytes of text come back: {rule}.", "5.2", text(payload), hint=hint, cut=cut
    )


FIRST = Stage(
    3,
    "one text frame",
    "Read a frame, take the mask off its payload, and send the payload back in a frame of the "
    "same kind.",
    (
        _echo("'Hello' comes back as text.", "5.6", text("Hello"), hint=HEADER),
        _echo("An empty text comes back as an empty text.", "5.6", text(), hint=HEADER),
        _echo(
            "Text that is not ASCII comes back.",
            "5.6",
            text("Grüße ☺"),
            hint=(
                "The length counts bytes, not characters. An echo need not decode a text to send "
                "it back."
            ),
        ),
        _echo("A binary message comes back as binary.", "5.6", binary(b"\0\xff\xfe"), hint=KIND),
        _echo("An empty binary message comes back.", "5.6", binary(), hint=KIND),
        case(
            "A second message is answered after the first.",
            "5.6",
            OPEN,
            send(text("one")),
            expect(text("one")),
            send(text("two")),
            expect(text("two")),
            hint="After a frame comes the next one, on the same connection: go on reading.",
        ),
        _echo(
            "Text and binary come back in their order, each with its own type.",
            "5.6",
            text("one"),
            binary(b"two"),
            text("three"),
            binary(b"four"),
            hint=KIND,
        ),
        _echo(
            "Two frames in one packet are two messages.",
            "5.6",
            text("one"),
            text("two"),
            hint="What recv() returns may hold more than one frame: keep the rest for the next.",
        ),
        _echo(
            "A frame that comes one byte at a time is read to its end.",
            "5.2",
            text("Hello"),
            hint=PIECES,
            cut=1,
        ),
    ),
)

MASKS_STAGE = Stage(
    4,
    "masks",
    "Take any mask off, and refuse a frame without one.",
    (
        *(
            _echo(f"{count} come back.", "5.3", text(payload), hint=XOR)
            for count, payload in (
                ("Two masked bytes", "ab"),
                ("Three masked bytes", "abc"),
                ("Four masked bytes", "abcd"),
                ("Five masked bytes", "abcde"),
                ("Fifty masked bytes", "abcde" * 10),
            )
        ),
        _echo(
            "Each frame has its own mask.",
            "5.3",
            masked(b"one", "01020304"),
            masked(b"two", "a1b2c3d4"),
            masked(b"three", "ffffffff"),
            hint=MASKS,
        ),
        _echo(
            "A mask of zeros is a mask, and changes nothing.",
            "5.3",
            masked(b"Hello", "00000000"),
            hint="The bit MASK says whether there is a mask.",
        ),
        _echo(
            "A masked payload may look like a header.",
            "5.3",
            masked(b"Hello", "c9e0eda0"),
            hint=MASKS,
        ),
        _echo(
            "Bytes above 127 come back.",
            "5.3",
            binary(bytes(range(136, 256))),
            hint=(
                "Bytes are numbers from 0 to 255. Is anything in your program text that should be "
                "bytes?"
            ),
        ),
        case(
            "A text without a mask ends the connection.",
            "5.1",
            OPEN,
            send(text("Hello"), masked=False),
            fails(1002),
            hint="The highest bit of the second byte is MASK. A client sets it on every frame; "
            "where it is 0, close the connection, and best send Close 1002 first.",
        ),
        case(
            "An empty text without a mask ends the connection, too.",
            "5.1",
            OPEN,
            send(text(), masked=False),
            fails(1002),
            hint="The bit MASK decides, also where there is nothing to mask.",
        ),
        case(
            "What comes after a frame without a mask is not answered.",
            "7.1.7",
            OPEN,
            send(text("one")),
            expect(text("one")),
            send(text("two"), masked=False),
            send(text("three")),
            fails(1002),
            hint="Once a connection has failed, no later frame of it is answered.",
        ),
    ),
)

LENGTHS = Stage(
    5,
    "lengths",
    "Read and write the three forms of a length: 7 bits, 16 bits, 64 bits.",
    (
        _of_length(124, "the length is in the second byte"),
        _of_length(125, "the most that the second byte can say"),
        _of_length(126, "the first that needs two more bytes"),
        _of_length(127, "two more bytes, though 127 fits in seven bits"),
        _of_length(128, "two more bytes"),
        _of_length(256, "the highest byte comes first"),
        _of_length(65_535, "the most that two bytes can say"),
        _of_length(65_536, "the first that needs eight more bytes"),
        _of_length(65_537, "eight more bytes"),
        _of_length(100_000, "in more than one packet"),
        _echo(
            "A header with a long length comes one byte at a time.",
            "5.2",
            text("x" * 200),
            hint=PIECES,
            cut=3,
        ),
        _echo(
            "300 bytes, then 3 bytes, then 70,000.",
            "5.2",
            binary(b"a" * 300),
            text("abc"),
            binary(b"b" * 70_000),
            hint=PIECES,
        ),
    ),
)

STAGES = (FIRST, MASKS_STAGE, LENGTHS)
