"""Stages 13 and 14: many at once; everything together (RFC 6455 §5 to §7)."""

import random

from wsdemo.frames import Frame, Opcode
from wsdemo.judge.model import Case, Stage, case
from wsdemo.judge.opening import request
from wsdemo.judge.receiving import closes, expect, expect_any, fails
from wsdemo.judge.sending import LEAVE, OPEN, RESET, STOP_READING, apart, send
from wsdemo.judge.session import Step
from wsdemo.judge.words import binary, close, in_fragments, more, ping, pong, text

__all__ = ["STAGES"]

ALONE = "Each connection needs a thread or a task of its own. What do all of them wait for?"
OWN = "What a connection has read so far belongs to that connection only."
HELLO = (OPEN, send(text("Hi")), expect(text("Hi")))
ODD = (
    "Each piece of this was in an earlier stage. Read the conversation from its end: which frame "
    "was answered last?"
)

MANY = [text(f"message {number}") for number in range(1000)]

FLOW = Stage(
    13,
    "flow",
    "Serve many clients at once, fast ones and slow ones.",
    (
        case(
            "A thousand messages in a row come back in their order.",
            "5.4",
            OPEN,
            send(*MANY),
            expect(*MANY),
            hint="Answer while you read: if you collect first, both sides wait for each other.",
        ),
        case(
            "A second client is served while the first is silent.",
            "10.4",
            OPEN,
            apart(*HELLO),
            send(text("me")),
            expect(text("me")),
            hint=ALONE,
        ),
        case(
            "While one client is still sending its request, another is served.",
            "10.4",
            request(form=lambda head: head[:30]),
            apart(OPEN, send(text("Hi")), expect(text("Hi"))),
            hint=ALONE,
        ),
        case(
            "Thirty clients are served at once.",
            "10.4",
            OPEN,
            apart(*HELLO, times=30),
            send(text("me")),
            expect(text("me")),
            hint=ALONE,
        ),
        case(
            "A client inside a frame does not stop another.",
            "10.4",
            OPEN,
            send(bytes(Frame(Opcode.TEXT, b"Hello", mask=b"mask"))[:8]),
            apart(*HELLO),
            hint=ALONE,
        ),
        case(
            "A client inside a message does not disturb another's message.",
            "5.4",
            OPEN,
            send(text("Hel", fin=False)),
            apart(OPEN, send(*in_fragments(text("Bob"), 1)), expect(text("Bob"))),
            send(more("lo", fin=True)),
            expect(text("Hello")),
            hint=OWN,
        ),
        case(
            "A client that does not read does not stop another.",
            "10.4",
            OPEN,
            STOP_READING,
            send(*[binary(bytes(100_000))] * 8),
            apart(*HELLO),
            hint="send() waits when the client does not read. Who waits with it?",
        ),
        case(
            "A client that leaves while it is answered does not stop another.",
            "7.1.1",
            OPEN,
            send(*[binary(bytes(50_000))] * 8),
            RESET,
            apart(*HELLO),
            hint="send() raises on a connection that was reset. What ends then?",
        ),
        case(
            "A client that leaves without a Close frame does not stop another.",
            "7.1.1",
            OPEN,
            send(text("Hi")),
            expect(text("Hi")),
            LEAVE,
            apart(*HELLO),
            hint="recv() returns no bytes when the client has left. Does a loop wait for more?",
        ),
        case(
            "Ten clients that break the protocol do not stop another.",
            "7.1.7",
            OPEN,
            apart(OPEN, send(Frame(3, b"what?")), fails(1002), times=10),
            send(text("me")),
            expect(text("me")),
            hint=OWN,
        ),
        case(
            "Fifty Pings in a row: the last has its Pong.",
            "5.5.3",
            OPEN,
            send(*(ping(str(number)) for number in range(50))),
            expect_any(*(pong(str(number)) for number in range(50))),
            hint="A Pong for each Ping is right, and also one for the last only.",
        ),
    ),
)


def _mixed(seed: int) -> tuple[Step, ...]:
    """Return a conversation made by chance, the same in each run."""
    chance = random.Random(seed)
    sent: list[Frame] = []
    back: list[Frame] = []
    for number in range(30):
        size = chance.choice([0, 1, 7, 125, 126, 127, 400, 3000])
        payload = "".join(chance.choices("aä€𝄞 z", k=size))
        message = text(payload) if chance.random() < 0.5 else binary(payload.encode())
        back.append(message)
        pieces = in_fragments(message, chance.choice([3, 50, 5000]))
        place = chance.randrange(len(pieces) + 1)
        sent += [*pieces[:place], pong(str(number)), *pieces[place:]]
    return (OPEN, send(*sent, cut=chance.choice([0, 1000, 4000])), expect(*back))


def _ends(title: str, section: str, *frames: Frame, codes: tuple[int, ...] = (1002,)) -> Case:
    """Return a case: one good echo, then something wrong, then more that nobody may answer."""
    return case(
        title,
        section,
        OPEN,
        send(text("good")),
        expect(text("good")),
        send(*frames, text("late"), ping("late")),
        fails(*codes),
        hint=ODD,
    )


def _answered_close(code: int) -> Case:
    return case(
        f"A Close frame with {code} is answered.",
        "7.4.1",
        OPEN,
        send(close(code, "so long")),
        closes(),
        hint="1000 to 1003, 1007 to 1014, and 3000 to 4999 may come.",
    )


CONFORMANCE = Stage(
    14,
    "conformance",
    "Everything together: long conversations, and faults in the middle of them.",
    (
        *(
            case(f"A random conversation, number {seed}.", "5.4", *_mixed(seed), hint=ODD)
            for seed in range(1, 7)
        ),
        case(
            "Fragments, a Ping in each gap, one byte at a time.",
            "5.4",
            OPEN,
            send(text("a", fin=False), ping("1"), more("b"), ping("2"), more("c", fin=True), cut=1),
            expect_any(pong("1"), pong("2")),
            expect(text("abc")),
            hint=ODD,
        ),
        case(
            "A message of 1 MiB, with a Ping before its last fragment.",
            "5.5.2",
            OPEN,
            send(*in_fragments(binary(bytes(2**20)), 2**16)[:-1], ping("still here?")),
            expect(pong("still here?")),
            send(more(bytes(2**16), fin=True)),
            expect(binary(bytes(2**20))),
            hint=ODD,
        ),
        case(
            "A Ping, a text and a Close frame in one packet: the Close frame is answered.",
            "5.5.1",
            OPEN,
            send(ping("1"), text("2"), close(1000)),
            closes(before=(pong("1"), text("2"))),
            hint=ODD,
        ),
        *(
            _answered_close(code)
            for code in (1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3999, 4000)
        ),
        _ends("RSV1 inside a conversation ends it.", "5.2", Frame(Opcode.TEXT, b"bad", rsv1=True)),
        _ends(
            "A reserved opcode inside a message ends the conversation.",
            "5.2",
            text("a", fin=False),
            Frame(4),
        ),
        _ends(
            "A Ping that is too long, inside a message, ends the conversation.",
            "5.5",
            text("a", fin=False),
            ping("x" * 126),
            codes=(1002, 1009),
        ),
        case(
            "Bad UTF-8 in the second fragment ends the conversation.",
            "8.1",
            OPEN,
            send(text("good")),
            expect(text("good")),
            send(text("ok", fin=False), more(b"\xff"), more("x", fin=True), text("late")),
            fails(1007, 1002),
            hint=ODD,
        ),
        _ends("A lone continuation ends the conversation.", "5.4", more("more", fin=True)),
        case(
            "A second request, where frames should be, ends the connection.",
            "5.2",
            OPEN,
            send(b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"),
            fails(1002, 1009),
            hint="Read as a frame, the letter G has reserved bits.",
        ),
        case(
            "Random bytes end the connection.",
            "5.2",
            OPEN,
            send(b"\xf7" + random.Random(6455).randbytes(2000)),
            fails(1002, 1009, 1007),
            hint="Check each field of a header before you use it.",
        ),
    ),
)

STAGES = (FLOW, CONFORMANCE)
