"""Stages 15 and 16: a client, with the judge as its server (RFC 6455 §4.1, §5.3)."""

from collections.abc import Mapping

from wsdemo.frames import Frame, Opcode
from wsdemo.judge.answering import ACCEPT, ASKED, QUIET, answer, asked, goes
from wsdemo.judge.model import Case, Stage, case
from wsdemo.judge.receiving import closes, expect, expect_any, fails, fresh_masks
from wsdemo.judge.sending import OPEN, send
from wsdemo.judge.words import binary, close, in_fragments, more, ping, pong, text

__all__ = ["STAGES"]

REQUEST = "The request has a request line and five header fields; each line ends with CR LF."
PROOF = (
    "Look at all of it before you send a frame: the status, Upgrade, Connection, and the accept "
    "value, computed from your own key. If anything is wrong, close the TCP connection."
)
WHOLE = "The response may come in pieces, and frames may come in the same packet after it."
SAME = "A client reads frames by the same rules as a server; only the mask is the other way round."


def _asks(title: str, header: str = "", value: str = "", hint: str = REQUEST) -> Case:
    return case(title, "4.1", asked(header, value), ACCEPT, *ECHO, hint=hint)


def _refuses(
    title: str,
    status: str = "101 Switching Protocols",
    changes: Mapping[str, str | None] | None = None,
) -> Case:
    return case(title, "4.1", ASKED, answer(status, changes), goes(), hint=PROOF)


ECHO = (send(text("Hi")), expect(text("Hi")))

HANDSHAKE = Stage(
    15,
    "the client's handshake",
    "Connect to WS_URL, ask for an upgrade, check the answer; then echo each message.",
    (
        _asks("The request asks for an upgrade to version 13, with a key of 16 bytes."),
        _asks("Host has the host and the port of the address.", "Host", "{host}"),
        case(
            "The request has the path and the query of the address.",
            "4.1",
            asked(target="/chat?room=1"),
            ACCEPT,
            *ECHO,
            hint="Everything after the host and the port, as it stands in the address.",
        ),
        case(
            "Nothing is sent before the response has come.",
            "4.1",
            ASKED,
            QUIET,
            ACCEPT,
            *ECHO,
            hint="The first frame may go when the response has been read and checked.",
        ),
        case(
            "A response that comes in pieces is read to its end.",
            "4.1",
            ASKED,
            answer(cut=9),
            *ECHO,
            hint=WHOLE,
        ),
        case(
            "The names of header fields may be in lower case.",
            "4.1",
            ASKED,
            answer(lower=True),
            *ECHO,
            hint="Names of header fields are the same in upper and lower case.",
        ),
        case(
            "A frame in the same packet as the response is read.",
            "5.1",
            ASKED,
            answer(more=bytes(text("early"))),
            expect(text("early")),
            hint=WHOLE,
        ),
        case(
            "Header fields that mean nothing here do not matter.",
            "4.1",
            ASKED,
            answer(changes={"Server": "judge", "Date": "today", "Set-Cookie": "a=1"}),
            *ECHO,
            hint="Read the fields that you need, and pass over all others.",
        ),
        _refuses(
            "A wrong accept value ends the connection.",
            changes={"Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
        ),
        _refuses(
            "A response without an accept value ends it.", changes={"Sec-WebSocket-Accept": None}
        ),
        _refuses("A response without Upgrade ends it.", changes={"Upgrade": None}),
        _refuses("A response without Connection ends it.", changes={"Connection": None}),
        _refuses("Another protocol in Upgrade ends it.", changes={"Upgrade": "h2c"}),
        _refuses(
            "A subprotocol that was not asked for ends it.",
            changes={"Sec-WebSocket-Protocol": "judge.unknown"},
        ),
        _refuses(
            "An extension that was not offered ends it.",
            changes={"Sec-WebSocket-Extensions": "x-judge-unknown"},
        ),
        _refuses("The status 200 ends it.", "200 OK", {"Content-Length": "0"}),
        _refuses("The status 404 ends it.", "404 Not Found", {"Content-Length": "0"}),
    ),
    side="client",
)


def _echo(title: str, *frames: Frame, back: tuple[Frame, ...] = (), hint: str = SAME) -> Case:
    return case(title, "5.6", OPEN, send(*frames), expect(*(back or frames)), hint=hint)


def _ends(title: str, section: str, *frames: Frame, codes: tuple[int, ...] = (1002,)) -> Case:
    return case(title, section, OPEN, send(*frames), fails(*codes), hint=SAME)


FRAMES = Stage(
    16,
    "the client's frames",
    "Mask each frame with a new mask; refuse masked ones; close as a client does.",
    (
        _echo(
            "A text comes back, masked.",
            text("Hello"),
            hint="A client masks each frame: MASK is 1, and four bytes of mask follow the length.",
        ),
        _echo("An empty text comes back, masked.", text(), hint="An empty frame has a mask, too."),
        _echo("A binary message comes back as binary.", binary(b"\0\xff\xfe")),
        _echo("126 and 65,536 bytes come back.", binary(b"x" * 126), binary(b"y" * 65_536)),
        case(
            "Each frame has a new mask.",
            "5.3",
            OPEN,
            send(text("one"), text("two"), text("three")),
            fresh_masks(3),
            hint="Take four new bytes for each frame, from a good source of random numbers "
            "(§10.3).",
        ),
        case(
            "A Ping is answered with a masked Pong.",
            "5.5.2",
            OPEN,
            send(ping("?")),
            expect(pong("?")),
            hint="A client masks control frames, too.",
        ),
        case(
            "Fragments are put together.",
            "5.4",
            OPEN,
            send(*in_fragments(text("Grüße ☺"), 2)),
            expect(text("Grüße ☺")),
            hint=SAME,
        ),
        case(
            "A Ping between two fragments is answered.",
            "5.4",
            OPEN,
            send(text("Hel", fin=False), ping("?")),
            expect_any(pong("?")),
            send(more("lo", fin=True)),
            expect(text("Hello")),
            hint=SAME,
        ),
        case(
            "A frame that comes one byte at a time is read to its end.",
            "5.2",
            OPEN,
            send(text("Hello"), cut=1),
            expect(text("Hello")),
            hint=SAME,
        ),
        case(
            "A Close frame is answered with a masked Close frame.",
            "5.5.1",
            OPEN,
            send(close(1000)),
            closes(),
            hint="Answer it, then wait for the server to end "
            "the TCP connection, for a bounded time (§7.1.1).",
        ),
        case(
            "A Close frame with 1001 and a reason is answered.",
            "5.5.1",
            OPEN,
            send(close(1001, "going")),
            closes(),
            hint=SAME,
        ),
        case(
            "A text after a Close frame is not answered.",
            "5.5.1",
            OPEN,
            send(close(1000), text("late")),
            closes(),
            hint=SAME,
        ),
        case(
            "A masked frame from a server ends the connection.",
            "5.1",
            OPEN,
            send(Frame(Opcode.TEXT, b"Hello", mask=b"mask")),
            fails(1002),
            hint="A server never masks. MASK of 1 is a protocol error for a client.",
        ),
        _ends("RSV2 ends the connection.", "5.2", Frame(Opcode.TEXT, b"Hi", rsv2=True)),
        _ends("A reserved opcode ends it.", "5.2", Frame(3, b"what?")),
        _ends("A Ping of 126 bytes ends it.", "5.5", ping("x" * 126), codes=(1002, 1009)),
        _ends("A continuation without a beginning ends it.", "5.4", more("lo", fin=True)),
        _ends("A text that is not UTF-8 ends it.", "8.1", text(b"\xff"), codes=(1007, 1002)),
        _ends(
            "A frame that announces 1 TiB ends it.",
            "10.4",
            Frame(Opcode.BINARY, length=2**40),
            codes=(1009, 1002, 1008),
        ),
    ),
    side="client",
)

STAGES = (HANDSHAKE, FRAMES)
