"""What an explanation says of handshakes, frames, compression and broken input."""

import zlib

import pytest

from tests.wire.explain_kit import DEFLATE, KEY, MASK, REQUEST, after_handshake, response
from wsdemo.frames import Frame, Handshake, Opcode
from wsdemo.wire.explain import explain
from wsdemo.wire.explain.frame_spans import CLOSE_CODES


def explained(*pieces, headers=()):
    """The units after the handshake."""
    return explain(after_handshake(*pieces, headers=headers))[2:]


def from_client(*frames):
    return [("to server", bytes(Frame(*each, mask=MASK))) for each in frames]


def names(unit):
    return [(span.name, span.value) for span in unit.spans]


def test_a_handshake_is_explained_line_by_line():
    request, answer = explain(after_handshake())
    assert (request.title, answer.title) == (
        "request GET /chat",
        "response 101 Switching Protocols",
    )
    assert (request.sender, answer.sender) == ("client", "server")
    assert names(request) == [
        ("method", "GET"),
        ("target", "/chat"),
        ("version", "HTTP/1.1"),
        ("Host", "127.0.0.1:4321"),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", KEY),
        ("Sec-WebSocket-Version", "13"),
        ("blank line", r"\r\n"),
    ]
    assert [span.name for span in answer.spans[:3]] == ["version", "status", "reason phrase"]
    assert answer.spans[-1].meaning.endswith("the next byte is the first of a frame.")
    assert [span.data for span in request.spans[:3]] == [b"GET ", b"/chat ", b"HTTP/1.1\r\n"]


@pytest.mark.parametrize(("key", "told"), [(KEY, "right one"), ("AAAA" * 6, "not the one")])
def test_the_answer_to_the_key_is_checked(key, told):
    request = REQUEST.replace(KEY.encode(), key.encode())
    _, answer = explain([("to server", request), ("to client", response())])
    [accept] = [span for span in answer.spans if span.name == "Sec-WebSocket-Accept"]
    assert told in accept.meaning


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ((("Content-Length", "9"),), b"no key\xc3\xbc\n", [("content", r"'no keyü\n'")]),
        ((), b"no key", [("content", "'no key'")]),
        (
            (("Transfer-Encoding", "chunked"),),
            b"3\r\nno \r\n3\r\nkey\r\n0\r\nX-Ana: 1\r\n\r\n",
            [
                ("chunk size", "3"),
                ("chunk", "'no '"),
                ("line end", r"\r\n"),
                ("chunk size", "3"),
                ("chunk", "'key'"),
                ("line end", r"\r\n"),
                ("chunk size", "0"),
                ("trailer field", "X-Ana: 1"),
                ("blank line", r"\r\n"),
            ],
        ),
    ],
)
def test_a_refusal_is_explained_with_its_content(headers, body, expected):
    head = bytes(Handshake("HTTP/1.1 400 Bad Request", headers))
    _, refusal = explain([("to server", REQUEST), ("to client", head + body)])
    assert refusal.title == "response 400 Bad Request"
    assert names(refusal)[4 + len(headers) :] == expected


def test_a_content_that_has_not_all_come_says_so():
    head = bytes(Handshake("HTTP/1.1 400 Bad Request", (("Content-Length", "73"),)))
    _, refusal = explain([("to server", REQUEST), ("to client", head + b"Failed")])
    assert "6 of the 73 bytes" in refusal.spans[-1].meaning


def test_a_second_try_on_the_same_connection_is_a_handshake_too():
    refusal = bytes(Handshake("HTTP/1.1 401 Unauthorized", (("Content-Length", "0"),)))
    frame = bytes(Frame(Opcode.TEXT, b"Hello"))
    pieces = [("to server", REQUEST), ("to client", refusal), ("to server", REQUEST)]
    units = explain([*pieces, ("to client", response() + frame)])
    assert [unit.title for unit in units] == [
        "request GET /chat",
        "response 401 Unauthorized",
        "request GET /chat",
        "response 101 Switching Protocols",
        "TEXT 'Hello'",
    ]


def test_an_interim_response_does_not_end_the_handshake():
    early = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    units = explain([("to server", REQUEST), ("to client", early + response() + b"\x89\0")])
    assert [unit.title for unit in units][1:] == [
        "response 103 Early Hints",
        "response 101 Switching Protocols",
        "PING",
    ]


def test_the_response_to_head_has_no_content():
    request = b"HEAD / HTTP/1.1\r\n\r\n"
    head = bytes(Handshake("HTTP/1.1 200 OK", (("Content-Length", "5"),)))
    units = explain([("to server", request), ("to client", head + response())])
    assert [unit.title for unit in units][1:] == [
        "response 200 OK",
        "response 101 Switching Protocols",
    ]


def test_a_masked_frame_is_explained_bit_by_bit():
    [frame] = explained(*from_client((Opcode.TEXT, b"Hello")))
    assert frame.title == "TEXT 'Hello'"
    first, second, key, payload = frame.spans
    assert [(each.name, each.value, each.meaning) for each in first.bits] == [
        ("FIN", 1, "last frame"),
        ("RSV1", 0, "not used"),
        ("RSV2", 0, "not used"),
        ("RSV3", 0, "not used"),
        ("opcode", 1, "TEXT"),
    ]
    assert [str(each) for each in second.bits] == ["MASK 1 (masked)", "length 0000101 (5 bytes)"]
    assert (key.data, key.section) == (MASK, "RFC 6455 §5.3")
    assert (payload.data.hex(" "), payload.clear) == ("7f 9f 4d 51 58", b"Hello")
    assert payload.value == "'Hello'"


@pytest.mark.parametrize(("size", "field"), [(125, None), (126, 2), (65_536, 8)])
def test_long_lengths_have_a_span_of_their_own(size, field):
    [frame] = explained(("to client", bytes(Frame(Opcode.BINARY, bytes(size)))))
    extended = [span for span in frame.spans if span.name == "extended payload length"]
    assert [len(span.data) for span in extended] == ([field] if field else [])
    assert all(span.value == f"{size} bytes of payload" for span in extended)


def test_fragments_and_what_comes_between_them():
    smile = "☺".encode()
    units = explained(
        *from_client(
            (Opcode.TEXT, b"so " + smile[:2], False),
            (Opcode.PING, b"still there?"),
            (Opcode.CONTINUATION, smile[2:]),
        ),
        ("to client", bytes(Frame(Opcode.PONG, b"still there?"))),
    )
    assert [unit.spans[-1].value for unit in units] == [
        "'so ' + e2 98",
        "'still there?'",
        "ba",
        "'still there?'",
    ]
    assert [unit.problem for unit in units] == [""] * 4
    assert units[0].spans[0].bits[0].meaning == "more follow"
    assert units[2].spans[-1].section == "RFC 6455 §5.4"


def test_compressed_messages_are_inflated_and_remember_the_last_one():
    squeeze, sent = zlib.compressobj(wbits=-15), []
    for _ in range(2):
        data = squeeze.compress(b"Hello, Ana") + squeeze.flush(zlib.Z_SYNC_FLUSH)
        sent.append(("to client", bytes(Frame(Opcode.TEXT, data[:-4], rsv1=True))))
    first, second = explained(*sent, headers=(DEFLATE,))
    assert [unit.title for unit in (first, second)] == ["TEXT 'Hello, Ana'"] * 2
    assert len(second.data) < len(first.data)
    assert (first.spans[0].section, first.spans[-1].section) == ("RFC 7692 §6", "RFC 7692 §7.2.2")
    assert first.spans[0].bits[1].meaning == "compressed"
    assert "inflated it has 10 bytes" in first.spans[-1].meaning


@pytest.mark.parametrize("code", [*CLOSE_CODES, 3000, 4999, 999])
def test_a_close_frame_names_its_code_and_its_reason(code):
    payload = code.to_bytes(2, "big") + b"bye"
    [frame] = explained(*from_client((Opcode.CLOSE, payload)))
    told, reason = frame.spans[-2:]
    assert told.value.startswith(f"{code} (")
    assert (told.clear, reason.clear) == (payload[:2], b"bye")
    assert reason.value == "'bye'"


BROKEN = [
    ((Opcode.TEXT, b"\xff"), "a text must be valid UTF-8"),
    ((Opcode.TEXT, b"x", True, True), "a reserved bit is set"),
    ((3, b"x"), "opcode 3 is reserved"),
    ((Opcode.PING, b"x", False), "a control frame must not be fragmented"),
    ((Opcode.PING, b"x" * 126), "a control frame carries at most 125 bytes"),
    ((Opcode.CONTINUATION, b"x"), "there is no message that this frame could continue"),
    ((Opcode.CLOSE, b"\3"), "a close code has two bytes"),
    ((Opcode.CLOSE, b"\3\xed"), "1005 must not be sent"),
    ((Opcode.CLOSE, b"\3\xe8\xff"), "the reason must be valid UTF-8"),
]


@pytest.mark.parametrize(("frame", "problem"), BROKEN)
def test_a_broken_frame_says_which_rule_and_what_follows_is_not_read(frame, problem):
    good = (Opcode.TEXT, b"Hello")
    first, bad, rest = explained(*from_client(good, frame, good, good))
    assert (first.problem, rest.title) == ("", "not read")
    assert problem in bad.problem
    assert [span.kind for span in rest.spans] == ["unread"]
    assert len(rest.data) == 2 * len(first.data)


def test_rules_of_masks_and_lengths():
    hello = Frame(Opcode.TEXT, b"Hello")
    masked = Frame(Opcode.TEXT, b"Hello", mask=MASK)
    long = Frame(Opcode.TEXT, b"Hello", length_bits=64)
    huge = Frame(Opcode.TEXT, length=2**63)
    again = bytes(Frame(Opcode.TEXT, b"a", fin=False)) + bytes(hello)
    found = [
        explained((direction, data))[-1].problem
        for direction, data in [
            ("to server", bytes(hello)),
            ("to client", bytes(masked)),
            ("to client", bytes(long)),
            ("to client", huge.header),
            ("to client", again),
        ]
    ]
    assert [each.partition(" (")[0] for each in found] == [
        "a client must mask its frames",
        "a server must not mask its frames",
        "the length is not written in the shortest form",
        "the first bit of a length of 64 bits must be 0",
        "a new message begins before the last one has ended",
    ]


def test_what_cannot_be_inflated_is_a_broken_frame():
    frame = Frame(Opcode.TEXT, b"\xff\xff", rsv1=True)
    [unit] = explained(("to client", bytes(frame)), headers=(DEFLATE,))
    assert unit.problem == "the payload cannot be inflated (RFC 7692 §7.2.2)"


def test_an_extension_that_we_do_not_know_may_use_all_bits():
    unknown = ("Sec-WebSocket-Extensions", "x-ana")
    frame = bytes(Frame(3, b"\xff", rsv2=True))
    [unit] = explained(("to client", frame), headers=(unknown,))
    assert unit.problem == ""


def test_a_text_may_be_cut_inside_a_character_but_must_end():
    smile = "☺".encode()
    *_, last = explained(
        *from_client((Opcode.TEXT, smile[:1], False), (Opcode.CONTINUATION, smile[1:2]))
    )
    assert "valid UTF-8" in last.problem


@pytest.mark.parametrize("size", range(1, 19))
def test_an_incomplete_frame_is_explained_as_far_as_it_came(size):
    whole = bytes(Frame(Opcode.TEXT, b"Hello, Ana", mask=MASK, length_bits=16))
    [unit] = explained(("to server", whole[:size]))
    if size == len(whole):
        assert "incomplete" not in unit.title
        return
    assert unit.title.startswith("TEXT, incomplete: ")
    assert ("of 18" in unit.title) == (size >= 4)
    expected = ["FIN, RSV1–3, opcode", "MASK, payload length", "extended payload length"]
    expected += ["masking key", "payload"]
    count = 1 + (size > 1) + (size > 2) + (size > 4) + (size > 8)
    assert [span.name for span in unit.spans] == expected[:count]


def test_bytes_that_are_not_http_are_not_read():
    client, server = explain([("to server", b"\x81\x85Hello\r\n"), ("to client", b"220 smtp\r\n")])
    assert (client.title, server.title) == ("not an HTTP request", "not an HTTP response")
    [hello] = explain([("to server", b"\x16\x03\x01\0\xa5")])
    assert hello.title == "TLS"
    assert "ciphertext" in hello.spans[0].meaning


def test_frames_before_the_101_are_not_read():
    frame = bytes(Frame(Opcode.TEXT, b"Hello", mask=MASK))
    _, rest = explain([("to server", REQUEST + frame)])
    assert rest.data == frame
    assert "only after a 101" in rest.spans[0].meaning


def test_an_unusual_head():
    lines = b"GET / HTTP/1.1\r\nHost\r\nX-Ana: 1\r\n  2\r\nX-\xff:\xfc\r\n\r\n"
    [unit] = explain([("to server", lines)])
    assert names(unit)[3:] == [
        ("broken line", "Host"),
        ("X-Ana", "1"),
        ("folded line", "2"),
        ("X-ÿ", "ü"),
        ("blank line", r"\r\n"),
    ]


def test_units_are_in_the_order_in_which_they_were_complete():
    slow = bytes(Frame(Opcode.TEXT, b"slow"))
    units = explained(
        ("to client", slow[:3]),
        *from_client((Opcode.TEXT, b"fast")),
        ("to client", slow[3:] + bytes(Frame(Opcode.TEXT, b"last"))),
    )
    assert [unit.title for unit in units] == ["TEXT 'fast'", "TEXT 'slow'", "TEXT 'last'"]


def test_a_direction_that_does_not_exist():
    with pytest.raises(ValueError, match="a direction is 'to server' or 'to client', not 'up'"):
        explain([("up", b"x")])
