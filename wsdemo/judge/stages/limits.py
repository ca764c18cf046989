"""Stages 10 to 12: what is reserved, what is too big, what is refused (RFC 6455 §4, §5.2, §10)."""

from collections.abc import Mapping

from wsdemo.frames import Frame, Opcode
from wsdemo.judge.model import Case, Stage, case
from wsdemo.judge.opening import refused, refused_or_answered, request
from wsdemo.judge.receiving import expect, fails
from wsdemo.judge.sending import LEAVE, OPEN, RESET, apart, pour, send
from wsdemo.judge.words import binary, in_fragments, more, ping, text

__all__ = ["STAGES"]

KIB, MIB, TIB = 2**10, 2**20, 2**40
TOO_MUCH = 17 * MIB

BITS = (
    "RSV1, RSV2 and RSV3 are the three bits after FIN. They belong to extensions, and you have "
    "agreed on none."
)
OPCODES = "Six opcodes are known: 0, 1, 2, 8, 9 and 10. Refuse all others."
ANNOUNCED = (
    "Look at the length as soon as you have read the header, and before you collect anything. "
    "1009 is the code for a message that is too big."
)


def _reserved(title: str, frame: Frame) -> Case:
    return case(title, "5.2", OPEN, send(frame), fails(1002), hint=BITS)


def _opcode(number: int) -> Case:
    return case(
        f"A frame with the reserved opcode {number} ends the connection.",
        "5.2",
        OPEN,
        send(Frame(number, b"what?")),
        fails(1002),
        hint=OPCODES,
    )


RESERVED = Stage(
    10,
    "reserved bits and opcodes",
    "Refuse what is reserved for later: then it can be given a meaning later.",
    (
        _reserved("A text with RSV1 ends the connection.", Frame(Opcode.TEXT, b"Hi", rsv1=True)),
        _reserved("A text with RSV2 ends the connection.", Frame(Opcode.TEXT, b"Hi", rsv2=True)),
        _reserved("A text with RSV3 ends the connection.", Frame(Opcode.TEXT, b"Hi", rsv3=True)),
        _reserved("A Ping with RSV1 ends the connection.", Frame(Opcode.PING, b"Hi", rsv1=True)),
        _reserved(
            "A Close frame with RSV3 ends the connection.",
            Frame(Opcode.CLOSE, b"\x03\xe8", rsv3=True),
        ),
        case(
            "A fragment with RSV2 ends the connection.",
            "5.2",
            OPEN,
            send(text("Hel", fin=False), Frame(Opcode.CONTINUATION, b"lo", rsv2=True)),
            fails(1002),
            hint=BITS,
        ),
        *(_opcode(number) for number in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)),
        case(
            "A reserved opcode after a good message ends the connection.",
            "5.2",
            OPEN,
            send(text("Hi")),
            expect(text("Hi")),
            send(Frame(5), text("late")),
            fails(1002),
            hint=OPCODES + " After that, nothing is answered.",
        ),
    ),
)

LIMITS = Stage(
    11,
    "limits",
    "Echo messages of up to 1 MiB; refuse, best with 1009, what announces more than 16 MiB.",
    (
        case(
            "A text of 1 MiB comes back.",
            "5.2",
            OPEN,
            send(text("x" * MIB)),
            expect(text("x" * MIB)),
            hint="A loop over each byte may be too slow: take off the mask for many bytes at once.",
        ),
        case(
            "A message of 1 MiB in fragments of 16 KiB comes back.",
            "5.4",
            OPEN,
            send(*in_fragments(binary(b"0123456789abcdef" * 2**16), 16 * KIB)),
            expect(binary(b"0123456789abcdef" * 2**16)),
            hint="Join the fragments once, at the end of the message.",
        ),
        case(
            "A frame of 1 TiB ends the connection, before more than 16 MiB have come.",
            "10.4",
            OPEN,
            send(Frame(Opcode.BINARY, length=TIB)),
            pour(TOO_MUCH),
            fails(1009, 1002, 1008),
            hint=ANNOUNCED,
        ),
        case(
            "A fragment of 1 TiB ends the connection, before more than 16 MiB have come.",
            "10.4",
            OPEN,
            send(binary(b"x", fin=False), Frame(Opcode.CONTINUATION, length=TIB)),
            pour(TOO_MUCH),
            fails(1009, 1002, 1008),
            hint=ANNOUNCED + " All fragments of a message count together.",
        ),
        case(
            "The highest bit of a length of 64 bits is 0: with 1 the connection ends.",
            "5.2",
            OPEN,
            send(Frame(Opcode.BINARY, length=2**63)),
            fails(1002, 1009, 1008),
            hint="A length with this bit is not valid. Some languages read it as a negative "
            "number.",
        ),
        case(
            "After a frame that was too big, the next client is served.",
            "10.4",
            OPEN,
            send(Frame(Opcode.BINARY, length=TIB)),
            pour(TOO_MUCH),
            fails(1009, 1002, 1008),
            apart(OPEN, send(text("Hi")), expect(text("Hi"))),
            hint="The end of one connection is not the end of the server.",
        ),
        case(
            "A client that leaves inside a frame does not stop the server.",
            "7.1.7",
            OPEN,
            send(bytes(Frame(Opcode.TEXT, b"Hello", mask=b"mask"))[:-2]),
            LEAVE,
            apart(OPEN, send(text("Hi")), expect(text("Hi"))),
            hint="recv() returns no bytes when the client has left. Does a loop wait for more?",
        ),
        case(
            "A client that resets its connection inside a message does not stop the server.",
            "7.1.7",
            OPEN,
            send(text("Hel", fin=False), ping("?")),
            RESET,
            apart(OPEN, send(text("Hi")), expect(text("Hi"))),
            hint="A write to a connection that was reset raises. What ends then?",
        ),
        case(
            "A request with a header of 1 MiB is refused, or its connection ends.",
            "10.4",
            request({"X-Big": "x" * MIB}),
            refused(may_close=True),
            hint="Nobody needs so long a request. Stop collecting at some thousand bytes.",
        ),
        case(
            "Two thousand empty fragments are one message.",
            "5.4",
            OPEN,
            send(text("a", fin=False), *[more()] * 2_000, more("b", fin=True)),
            expect(text("ab")),
            hint="Empty fragments are allowed. If this is slow: do you copy the whole message for "
            "each fragment?",
        ),
    ),
)


def _refused(
    title: str,
    changes: Mapping[str, str | None] | None = None,
    start_line: str = "GET {target} HTTP/1.1",
    hint: str = "Look at it before you answer 101, and answer with a status of 4xx instead.",
    section: str = "4.2.1",
) -> Case:
    return case(title, section, request(changes, start_line), refused(), hint=hint)


KEY = "A key is 16 bytes in Base64: 24 characters, the last two are =."

REFUSALS = Stage(
    12,
    "refusals",
    "Answer a request that is not a WebSocket handshake with a status of 4xx.",
    (
        _refused("A request without a key is refused.", {"Sec-WebSocket-Key": None}, hint=KEY),
        case(
            "A key of 10 bytes is refused, or accepted with its own answer.",
            "4.2.2",
            request({"Sec-WebSocket-Key": "MTIzNDU2Nzg5MA=="}),
            refused_or_answered(),
            hint=KEY + " A server need not decode it.",
        ),
        _refused(
            "Version 99 is refused.",
            {"Sec-WebSocket-Version": "99"},
            section="4.4",
            hint="Only 13 is the version of RFC 6455. 426 with the header "
            "Sec-WebSocket-Version: 13 tells the client what to try.",
        ),
        _refused("A request without a version is refused.", {"Sec-WebSocket-Version": None}),
        _refused("Another protocol in Upgrade is refused.", {"Upgrade": "h2c"}),
        _refused("A POST request is refused.", start_line="POST {target} HTTP/1.1"),
        case(
            "A request without Upgrade and Connection gets any answer but 101.",
            "4.2.1",
            request({"Upgrade": None, "Connection": None}),
            refused(may_answer=True),
            hint="A browser that opens your address as a page sends this. Answer with 426, or "
            "with a page.",
        ),
        case(
            "Bytes that are not HTTP get a status of 4xx, or the connection ends.",
            "4.2.1",
            request(form=lambda head: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\r\n\r\n"),
            refused(may_close=True),
            hint="This is how TLS begins: someone has typed wss: for ws:. Your reader of requests "
            "must not raise on a line that it cannot take apart.",
        ),
        case(
            "After a refused request, the next client is served.",
            "4.2.2",
            request({"Sec-WebSocket-Key": None}),
            refused(),
            LEAVE,
            apart(OPEN, send(text("Hi")), expect(text("Hi"))),
            hint="The end of one connection is not the end of the server.",
        ),
    ),
)

STAGES = (RESERVED, LIMITS, REFUSALS)
