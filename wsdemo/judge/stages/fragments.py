"""Stages 8 and 9: messages in fragments, and text that is UTF-8 (RFC 6455 §5.4, §8.1)."""

from wsdemo.frames import Frame, Opcode
from wsdemo.judge.model import Case, Stage, case
from wsdemo.judge.receiving import closes, expect, fails
from wsdemo.judge.sending import OPEN, send
from wsdemo.judge.words import binary, close, in_fragments, more, ping, pong, text

__all__ = ["STAGES"]

COLLECT = (
    "A message begins with TEXT or BINARY, goes on with CONTINUATION frames, and ends with the "
    "frame whose FIN is 1. Only the first one says what it is."
)
BETWEEN = "Control frames may come between the fragments of a message; they are not a part of it."
STATE = "Remember whether a message has begun: that decides which opcodes may come next."
WHOLE = (
    "A fragment may end inside a character. Decode the whole message, or with a decoder that keeps "
    "the rest (an incremental one)."
)
STRICT = (
    "Decode strictly, and let an error end the connection with 1007. Beware of a decoder that "
    "replaces what it cannot read."
)


def _fragments(title: str, *frames: Frame, back: Frame, hint: str = COLLECT) -> Case:
    return case(title, "5.4", OPEN, send(*frames), expect(back), hint=hint)


def _wrong(title: str, *frames: Frame) -> Case:
    return case(title, "5.4", OPEN, send(*frames), fails(1002), hint=STATE)


FRAGMENTS = Stage(
    8,
    "fragments",
    "Put a message together from its fragments, and answer what comes between them.",
    (
        _fragments(
            "Two fragments are one message.",
            text("Hel", fin=False),
            more("lo", fin=True),
            back=text("Hello"),
        ),
        _fragments(
            "Two fragments of bytes are one binary message.",
            binary(b"\0\1", fin=False),
            more(b"\xfe\xff", fin=True),
            back=binary(b"\0\1\xfe\xff"),
        ),
        _fragments(
            "A message may have any number of fragments.",
            *in_fragments(text("x" * 500), 1),
            back=text("x" * 500),
        ),
        _fragments(
            "The first fragment may be empty.",
            text(fin=False),
            more("Hello", fin=True),
            back=text("Hello"),
        ),
        _fragments(
            "The last fragment may be empty.",
            text("Hello", fin=False),
            more(fin=True),
            back=text("Hello"),
        ),
        _fragments(
            "All fragments may be empty.", text(fin=False), more(), more(fin=True), back=text()
        ),
        _fragments(
            "Fragments may be long.",
            *in_fragments(binary(b"0123456789" * 14_000), 70_000),
            back=binary(b"0123456789" * 14_000),
        ),
        _fragments(
            "A character may be cut by the end of a fragment.",
            *in_fragments(text("☺€𝄞"), 2),
            back=text("☺€𝄞"),
            hint=WHOLE,
        ),
        case(
            "Two messages in fragments, one after the other.",
            "5.4",
            OPEN,
            send(*in_fragments(text("one"), 1), *in_fragments(binary(b"two"), 2)),
            expect(text("one"), binary(b"two")),
            hint="Empty what you have collected when a message ends.",
        ),
        case(
            "A Ping between two fragments is answered before the message ends.",
            "5.4",
            OPEN,
            send(text("Hel", fin=False), ping("?")),
            expect(pong("?")),
            send(more("lo", fin=True)),
            expect(text("Hello")),
            hint=BETWEEN,
        ),
        case(
            "A Pong between two fragments is not a part of the message.",
            "5.4",
            OPEN,
            send(text("Hel", fin=False), pong("!"), more("lo", fin=True)),
            expect(text("Hello")),
            hint=BETWEEN,
        ),
        case(
            "A Close frame between two fragments is answered.",
            "5.4",
            OPEN,
            send(text("Hel", fin=False), close(1000)),
            closes(),
            hint=BETWEEN + " The message that has begun will never end.",
        ),
        _wrong("A continuation without a beginning ends the connection.", more("lo", fin=True)),
        _wrong("A continuation with FIN 0 and without a beginning ends it, too.", more("lo")),
        case(
            "After a message has ended, a continuation ends the connection.",
            "5.4",
            OPEN,
            send(*in_fragments(text("Hello"), 3)),
            expect(text("Hello")),
            send(more("more", fin=True)),
            fails(1002),
            hint=STATE,
        ),
        _wrong("A text inside a message ends the connection.", text("a", fin=False), text("b")),
        _wrong(
            "A binary frame inside a text ends the connection.", text("a", fin=False), binary(b"b")
        ),
        _wrong(
            "A second beginning inside a message ends the connection.",
            binary(b"a", fin=False),
            binary(b"b", fin=False),
        ),
        case(
            "A fragment without a mask ends the connection.",
            "5.1",
            OPEN,
            send(text("Hel", fin=False)),
            send(more("lo", fin=True), masked=False),
            fails(1002),
            hint="A client masks each frame, and so each fragment, too.",
        ),
    ),
)


def _valid(title: str, payload: str) -> Case:
    return case(
        title,
        "8.1",
        OPEN,
        send(text(payload)),
        expect(text(payload)),
        hint=("This is valid UTF-8. Does your check refuse too much, or change what it read?"),
    )


def _invalid(what: str, payload: bytes) -> Case:
    return case(
        f"{what} ends the connection.",
        "8.1",
        OPEN,
        send(text(b"ok " + payload)),
        fails(1007, 1002),
        hint=STRICT,
    )


UTF8 = Stage(
    9,
    "UTF-8",
    "Refuse a text that is not valid UTF-8, with 1007.",
    (
        _valid("Characters of two, three and four bytes come back.", "ß € 𝄞"),
        _valid("The character NUL comes back.", "a\0b"),
        _valid("The highest character, U+10FFFF, comes back.", "\U0010ffff"),
        _valid("U+FFFE and U+FFFF come back.", "\ufffe\uffff"),
        _valid("A byte order mark comes back.", "\ufeffHello"),
        _valid("Combined characters come back as they were sent.", "e\u0301 \u1e9b\u0323"),
        _invalid("The byte ff, which is in no UTF-8,", b"\xff"),
        _invalid("A continuation byte (80) without a first byte", b"\x80"),
        _invalid("A first byte (c3) without a continuation byte", b"\xc3("),
        _invalid("Text that ends inside a character", b"\xe2\x98"),
        _invalid("An overlong slash (c0 af)", b"\xc0\xaf"),
        _invalid("An overlong NUL (e0 80 80)", b"\xe0\x80\x80"),
        _invalid("Half a surrogate pair (ed a0 80)", b"\xed\xa0\x80"),
        _invalid("A character above U+10FFFF (f4 90 80 80)", b"\xf4\x90\x80\x80"),
        _invalid("A character of five bytes (f8 88 80 80 80)", b"\xf8\x88\x80\x80\x80"),
        case(
            "A character that ends wrongly in the next fragment ends the connection.",
            "8.1",
            OPEN,
            send(text("☺".encode()[:2], fin=False), more(b"x", fin=True)),
            fails(1007, 1002),
            hint=WHOLE,
        ),
        case(
            "A message whose last fragment ends inside a character ends the connection.",
            "8.1",
            OPEN,
            send(text("ok", fin=False), more("☺".encode()[:2], fin=True)),
            fails(1007, 1002),
            hint=WHOLE + " At the end nothing may be left.",
        ),
        case(
            "Binary messages need not be UTF-8.",
            "5.6",
            OPEN,
            send(binary(b"\xff\xc0\xaf")),
            expect(binary(b"\xff\xc0\xaf")),
            hint="Only text is UTF-8: look at the opcode of the message.",
        ),
        case(
            "A binary message in fragments need not be UTF-8.",
            "5.6",
            OPEN,
            send(*in_fragments(binary(b"\xff\xc0\xaf\x80"), 2)),
            expect(binary(b"\xff\xc0\xaf\x80")),
            hint="A continuation is text if its message began with a TEXT frame.",
        ),
        case(
            "A close reason that is not UTF-8 ends the connection, and is not sent back.",
            "5.5.1",
            OPEN,
            send(Frame(Opcode.CLOSE, b"\x03\xe8\xff\xfe")),
            fails(1007, 1002, 1000),
            hint="A close reason is text: check it as a message, or do not send it back.",
        ),
    ),
)

STAGES = (FRAGMENTS, UTF8)
