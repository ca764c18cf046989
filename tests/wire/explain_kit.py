"""What the tests of explanations share: whole conversations, made at random."""

import zlib

from hypothesis import strategies as st

from wsdemo.frames import Frame, Handshake, Opcode

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
MASK = bytes.fromhex("37fa213d")
DEFLATE = ("Sec-WebSocket-Extensions", "permessage-deflate")

REQUEST = bytes(
    Handshake(
        "GET /chat HTTP/1.1",
        (
            ("Host", "127.0.0.1:4321"),
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", KEY),
            ("Sec-WebSocket-Version", "13"),
        ),
    )
)


def response(*headers):
    """Make the server's 101."""
    standard = (("Upgrade", "websocket"), ("Connection", "Upgrade"))
    accept = ("Sec-WebSocket-Accept", ACCEPT)
    return bytes(Handshake("HTTP/1.1 101 Switching Protocols", (*standard, accept, *headers)))


def after_handshake(*pieces, headers=()):
    """A conversation in which pieces, pairs of a direction and bytes, follow the handshake."""
    return [("to server", REQUEST), ("to client", response(*headers)), *pieces]


EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\u202e\u2066&\"'"


def evil():
    """A conversation in which everything that strangers choose tries to act on the page."""
    header = EVIL.encode()
    request = b"GET /" + header.replace(b" ", b"/") + b" HTTP/1.1\r\nX-" + header + b": " + header
    sent = [("to server", request + b"\r\n\r\n")]
    head = b"HTTP/1.1 101 " + header + b"\r\nSec-WebSocket-Protocol: " + header + b"\r\n\r\n"
    sent.append(("to client", head + bytes(Frame(Opcode.TEXT, EVIL.encode()))))
    close = Frame(Opcode.CLOSE, b"\3\xe8" + EVIL.encode(), mask=MASK)
    return [*sent, ("to server", bytes(close) + header)]


words = st.text(st.characters(codec="utf-8"), max_size=12)
payloads = st.one_of(words.map(str.encode), st.binary(max_size=300))
controls = st.sampled_from([Opcode.PING, Opcode.PONG])


@st.composite
def messages(draw, squeeze, mask):
    """The frames of one message, with control frames between its fragments."""
    opcode = draw(st.sampled_from([Opcode.TEXT, Opcode.BINARY]))
    text = opcode == Opcode.TEXT
    data = draw(words).encode() if text else draw(st.binary(max_size=300))
    compressed = squeeze is not None and draw(st.booleans())
    if compressed:
        data = (squeeze.compress(data) + squeeze.flush(zlib.Z_SYNC_FLUSH))[:-4]
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=2)))
    parts = [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    frames = []
    for number, part in enumerate(parts):
        first, last = number == 0, number == len(parts) - 1
        kind = opcode if first else Opcode.CONTINUATION
        frames.append(Frame(kind, part, last, rsv1=compressed and first, mask=mask))
        if not last and draw(st.booleans()):
            frames.append(Frame(draw(controls), draw(payloads)[:125], mask=mask))
    return frames


@st.composite
def broken(draw, mask):
    """Bytes that break a rule, mostly."""
    if draw(st.booleans()):
        return draw(st.binary(min_size=1, max_size=40))
    frame = Frame(
        draw(st.integers(0, 15)),
        draw(payloads),
        *(draw(st.booleans()) for _ in range(4)),
        mask=draw(st.sampled_from([mask, MASK, None])),
        length_bits=draw(st.sampled_from([16, 64])),
    )
    return bytes(frame)


@st.composite
def sides(draw, from_client, deflate, fresh):
    """What one side sends after the handshake."""
    mask = MASK if from_client else None
    squeeze, sent = None, b""
    for _ in range(draw(st.integers(0, 4))):
        if deflate and (squeeze is None or fresh):
            squeeze = zlib.compressobj(wbits=-15)
        sent += b"".join(map(bytes, draw(messages(squeeze, mask))))
    if draw(st.booleans()):
        sent += draw(broken(mask))
    if draw(st.booleans()):
        code = draw(st.sampled_from([b"", b"\3", b"\3\xe8", b"\3\xed", b"\x0f\xa0"]))
        reason = draw(payloads)[:100] if len(code) == 2 else b""
        sent += bytes(Frame(Opcode.CLOSE, code + reason, mask=mask))
    return sent + draw(st.binary(max_size=4))


fields = st.lists(
    st.tuples(
        st.sampled_from(["Host", "Origin", "Cookie", "X-Ana", "Date", "Content-Type", "Server"]),
        st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=30),
    ),
    max_size=4,
)


@st.composite
def refusals(draw):
    """A response that refuses the handshake, its content in each of the three forms."""
    content, headers = draw(st.binary(max_size=100)), draw(fields)
    form = draw(st.sampled_from(["counted", "chunked", "until the end"]))
    if form == "counted":
        headers.append(("Content-Length", str(len(content) + draw(st.integers(-1, 1)))))
    elif form == "chunked":
        headers.append(("Transfer-Encoding", "chunked"))
        size = draw(st.integers(1, 50))
        chunks = [content[at : at + size] for at in range(0, len(content), size)]
        cut = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
        content = cut + draw(st.sampled_from([b"0\r\n\r\n", b"0\r\nX-Ana: 1\r\n\r\n", b"zz"]))
    status = draw(st.sampled_from(["200 OK", "401 Unauthorized", "403", "426 Upgrade Required"]))
    return bytes(Handshake(f"HTTP/1.1 {status}", tuple(headers))) + content


@st.composite
def talks(draw):
    """What a client and a server send: a handshake or a refusal, frames, all kinds of faults."""
    request = REQUEST
    if draw(st.booleans()):
        extra = bytes(Handshake("", tuple(draw(fields))))[2:-2]
        request = REQUEST[:-2] + extra + b"\r\n"
    server = draw(st.sampled_from([b"", b"HTTP/1.1 100 Continue\r\n\r\n"]))
    if draw(st.integers(0, 4)):
        deflate, fresh = draw(st.booleans()), draw(st.booleans())
        name, value = DEFLATE
        more = "; client_no_context_takeover; server_no_context_takeover" if fresh else ""
        server += response(*[(name, value + more)] * deflate)
        client = request + draw(sides(True, deflate, fresh))
        server += draw(sides(False, deflate, fresh))
    else:
        server += draw(refusals()) + draw(st.sampled_from([b"", response()]))
        client = request + draw(st.sampled_from([b"", REQUEST, b"\x81\x85rubbish"]))
    sent = [client, server]
    for side in (0, 1):
        data = bytearray(sent[side])
        if draw(st.integers(0, 5)) == 0:  # a byte that is not what it was
            data[draw(st.integers(0, len(data) - 1))] ^= draw(st.integers(1, 255))
        if draw(st.booleans()):  # cut at any byte
            del data[draw(st.integers(0, len(data))) :]
        sent[side] = bytes(data)
    return sent


@st.composite
def cut_into_pieces(draw, client, server):
    """The same bytes as the network may bring them: in any pieces, the sides in any order."""
    pieces, sent = [], {"to server": client, "to client": server}
    while any(sent.values()):
        direction = draw(st.sampled_from([each for each, data in sent.items() if data]))
        size = draw(st.integers(1, 200))
        pieces.append((direction, sent[direction][:size]))
        sent[direction] = sent[direction][size:]
    return pieces
