"""Stages 6 and 7: the closing handshake; Ping and Pong (RFC 6455 §5.5, §7)."""

from wsdemo.frames import Frame, Opcode
from wsdemo.judge.model import Case, Stage, case
from wsdemo.judge.receiving import closes, expect, expect_any, fails
from wsdemo.judge.sending import OPEN, RESET, apart, send
from wsdemo.judge.words import binary, close, ping, pong, text

__all__ = ["STAGES"]

ANSWER = (
    "Answer a Close frame with a Close frame, then end the TCP connection: that is the server's "
    "part (§7.1.1)."
)
CODES = (
    "1005, 1006 and 1015 are only for the program itself, and there are no codes below 1000 or "
    "above 4999. Never send one of these (§7.4): look at the code before you send it back."
)
CONTROL = "Close, Ping and Pong have at most 125 bytes, and come in one frame (§5.5)."
SAME = "A Pong has the payload of the Ping that it answers, and its opcode is 10."


def _closing(title: str, frame: Frame, hint: str = ANSWER, section: str = "5.5.1") -> Case:
    return case(title, section, OPEN, send(frame), closes(), hint=hint)


def _bad_code(code: int) -> Case:
    return case(
        f"A Close frame with {code} ends the connection, and {code} is not sent back.",
        "7.4",
        OPEN,
        send(close(code)),
        fails(1002, 1007, 1008, 1000),
        hint=CODES,
    )


CLOSING = Stage(
    6,
    "close",
    "Answer a Close frame, and end the TCP connection.",
    (
        _closing("A Close frame without a code is answered with a Close frame.", close()),
        _closing("A Close frame with 1000 is answered.", close(1000)),
        _closing("A Close frame with 1001 and a reason is answered.", close(1001, "leaving")),
        _closing("A reason may be text that is not ASCII.", close(1000, "Tschüß ☺")),
        _closing(
            "A reason may have 123 bytes.",
            close(1000, "x" * 123),
            "Your answer, too, is a control frame: at most 125 bytes with its code.",
        ),
        _closing("3000 is a code of a library.", close(3000)),
        _closing("4999 is a code of an application.", close(4999)),
        case(
            "After some messages, a Close frame is answered.",
            "5.5.1",
            OPEN,
            send(text("one"), binary(b"two")),
            expect(text("one"), binary(b"two")),
            send(close(1000)),
            closes(),
            hint=ANSWER,
        ),
        case(
            "A message and a Close frame in one packet: the Close frame is answered.",
            "5.5.1",
            OPEN,
            send(text("one"), close(1000)),
            closes(before=(text("one"),)),
            hint="The message may be answered before. "
            "What recv() returns may hold more than one frame.",
        ),
        case(
            "A text after a Close frame is not answered.",
            "5.5.1",
            OPEN,
            send(close(1000), text("late")),
            closes(),
            hint="What comes after a Close frame is thrown away.",
        ),
        case(
            "A Ping after a Close frame is not answered.",
            "5.5.1",
            OPEN,
            send(close(1000), ping("late")),
            closes(),
            hint="After a Close frame nothing is sent: no Pong either.",
        ),
        case(
            "Two Close frames are answered once.",
            "5.5.1",
            OPEN,
            send(close(1000), close(1001)),
            closes(),
            hint="Your own Close frame is the last frame that you send.",
        ),
        case(
            "A Close frame that comes one byte at a time is answered.",
            "5.5.1",
            OPEN,
            send(close(1000, "bye"), cut=1),
            closes(),
            hint="A control frame is read as all others are.",
        ),
        case(
            "After one client has closed, the next is served.",
            "7.1.1",
            OPEN,
            send(close(1000)),
            closes(),
            apart(OPEN, send(text("Hi")), expect(text("Hi"))),
            hint="The end of one connection is not the end of the server.",
        ),
        case(
            "After one client has left without a Close frame, the next is served.",
            "7.1.1",
            OPEN,
            send(text("Hi")),
            expect(text("Hi")),
            RESET,
            apart(OPEN, send(text("Hi")), expect(text("Hi"))),
            hint="recv() or send() raises on a connection that was reset. What ends then?",
        ),
        case(
            "A Close frame with one byte ends the connection.",
            "5.5.1",
            OPEN,
            send(Frame(Opcode.CLOSE, b"\x03")),
            fails(1002, 1007),
            hint="A payload has no code, or two bytes of it. Half a code is a protocol error.",
        ),
        *(_bad_code(code) for code in (0, 999, 1005, 1006, 1015, 5000, 65_535)),
    ),
)

PINGS = Stage(
    7,
    "ping",
    "Answer a Ping with a Pong, at any time.",
    (
        case(
            "An empty Ping has an empty Pong.",
            "5.5.2",
            OPEN,
            send(ping()),
            expect(pong()),
            hint=SAME,
        ),
        case(
            "A Pong has the payload of its Ping.",
            "5.5.3",
            OPEN,
            send(ping("are you there?")),
            expect(pong("are you there?")),
            hint=SAME,
        ),
        case(
            "The payload of a Ping may be any bytes.",
            "5.5.2",
            OPEN,
            send(ping(b"\0\xff\xfe\x80")),
            expect(pong(b"\0\xff\xfe\x80")),
            hint="A Ping carries bytes, not text: send them back as they came.",
        ),
        case(
            "A Ping may have 125 bytes.",
            "5.5",
            OPEN,
            send(ping("x" * 125)),
            expect(pong("x" * 125)),
            hint=CONTROL,
        ),
        case(
            "A Ping between two messages is answered.",
            "5.5.2",
            OPEN,
            send(text("one"), ping("?"), text("two")),
            expect(text("one"), pong("?"), text("two")),
            hint="After a Ping comes the next frame: go on reading.",
        ),
        case(
            "Ten Pings: the last has its Pong, and the others may have theirs.",
            "5.5.3",
            OPEN,
            send(*(ping(str(number)) for number in range(10))),
            expect_any(*(pong(str(number)) for number in range(10))),
            hint=SAME,
        ),
        case(
            "A Ping that comes one byte at a time is answered.",
            "5.5.2",
            OPEN,
            send(ping("slow"), cut=1),
            expect(pong("slow")),
            hint=SAME,
        ),
        case(
            "A Pong that nobody asked for changes nothing.",
            "5.5.3",
            OPEN,
            send(pong("just so"), pong()),
            send(text("Hi")),
            expect(text("Hi")),
            hint="A Pong may come without a Ping. Pass over it.",
        ),
        case(
            "A Ping after a Pong that nobody asked for is answered.",
            "5.5.3",
            OPEN,
            send(pong("one"), ping("two")),
            expect(pong("two")),
            hint=SAME,
        ),
        case(
            "A Ping of 126 bytes ends the connection.",
            "5.5",
            OPEN,
            send(ping("x" * 126)),
            fails(1002, 1009),
            hint=CONTROL,
        ),
        case(
            "A Close frame of 126 bytes ends the connection.",
            "5.5",
            OPEN,
            send(close(1000, "x" * 124)),
            fails(1002, 1009),
            hint=CONTROL,
        ),
        case(
            "A Ping with FIN 0 ends the connection.",
            "5.5",
            OPEN,
            send(Frame(Opcode.PING, b"half", fin=False)),
            fails(1002),
            hint=CONTROL,
        ),
        case(
            "A Pong with FIN 0 ends the connection.",
            "5.5",
            OPEN,
            send(Frame(Opcode.PONG, b"half", fin=False)),
            fails(1002),
            hint=CONTROL,
        ),
        case(
            "A Close frame with FIN 0 ends the connection.",
            "5.5",
            OPEN,
            send(Frame(Opcode.CLOSE, b"\x03\xe8", fin=False)),
            fails(1002),
            hint=CONTROL,
        ),
        case(
            "A Ping without a mask ends the connection.",
            "5.1",
            OPEN,
            send(ping("?"), masked=False),
            fails(1002),
            hint="A client masks control frames, too.",
        ),
    ),
)

STAGES = (CLOSING, PINGS)
