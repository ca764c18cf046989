"""Faults for the reference server, each a small edit, and the case that must notice it.

``python -m tests.judge.mutants`` judges each from the first stage on, and prints the table.
"""

import time
from dataclasses import dataclass

from tests.judge.kit import REFERENCES, judged, serving_source
from wsdemo.judge.stages import choose

SOURCE = (REFERENCES / "server.py").read_text(encoding="utf-8")
PATIENCE = 0.8  # s


@dataclass(frozen=True)
class Mutant:
    """A fault.

    Attributes:
        name: what the server does wrong.
        title: the title of the first case that notices it, or its beginning.
        edits: pairs of the text that is there and the text instead of it.
    """

    name: str
    title: str
    edits: tuple[tuple[str, str], ...]

    @property
    def source(self):
        """The broken server's source."""
        changed = SOURCE
        for before, after in self.edits:
            assert changed.count(before) == 1, f"{self.name}: {before!r} is not there once"
            changed = changed.replace(before, after)
        return changed


def mutant(name, title, *texts):
    """One of them: its texts are before, after, before, after."""
    return Mutant(name, title, tuple(zip(texts[::2], texts[1::2], strict=True)))


LIMIT = "if opcode < CLOSE and collected + length > MAX_MESSAGE"

MUTANTS = [
    # The opening handshake
    mutant("reads a request with one recv",
           "A request that comes in small pieces is read to its end.",
           'await reader.readuntil(b"\\r\\n\\r\\n")', "await reader.read(MAX_HEAD)"),
    mutant("does not end the connection of a client that has left",
           "The connection of a client that leaves inside its request is ended.",
           "            accepted = await shake_hands(reader, writer)\n",
           "            try:\n"
           "                accepted = await shake_hands(reader, writer)\n"
           "            except EOFError:\n"
           "                return\n"),
    mutant("sends no empty line",
           "A request is answered with the status 101 and an empty line.",
           '*headers, "", ""]', '*headers, ""]'),
    mutant("knows no names in upper case",
           "The names of header fields may be in upper case.",
           "headers[name.lower()]", "headers[name if name.isupper() else name.lower()]"),
    mutant("wants Connection to be one word",
           "Upgrade may be one of several words of the header Connection.",
           '"upgrade" not in words(headers, "connection")',
           'headers["connection"].lower() != "upgrade"'),
    mutant("wants websocket in lower case",
           "The words websocket and upgrade are the same in upper and lower case.",
           '"websocket" not in words(headers, "upgrade")',
           'headers.get("upgrade") != "websocket"'),
    mutant("keeps the spaces of a value",
           "Spaces around the value of a header field do not belong to it.",
           'value.strip(" \\t")', 'value.removeprefix(" ")'),
    mutant("refuses a path with a query",
           "The path may have a query.",
           'if method != "GET":', 'if method != "GET" or "?" in rest:'),
    mutant("has a typing error in the GUID",
           "The key of the RFC's own example has the RFC's answer.",
           "C5AB0DC85B11", "C5AB0DC85B12"),
    mutant("encodes the digits of the SHA-1",
           "The key of the RFC's own example has the RFC's answer.",
           ".encode()).digest())", ".encode()).hexdigest().encode())"),
    mutant("sends no Upgrade header",
           "The response has the header Upgrade: websocket.",
           'upgrade = ("Upgrade: websocket", ', "upgrade = ("),
    mutant("accepts an extension that it does not know",
           "An extension that the server does not know is not accepted.",
           '("Upgrade: websocket", "Connection: Upgrade")\n    status',
           '("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Extensions: x")\n'
           "    status"),
    # One frame
    mutant("answers in binary only",
           "'Hello' comes back as text.",
           "connection.send(*message)", "connection.send(BINARY, message[1])"),
    mutant("claims a mask that is not there",
           "'Hello' comes back as text.",
           "self.is_client << 7", "1 << 7"),
    mutant("does not answer what is empty",
           "An empty text comes back as an empty text.",
           "await connection.send(*message)", "message[1] and await connection.send(*message)"),
    mutant("answers one message only",
           "A second message is answered after the first.",
           "while message :=", "if message :="),
    mutant("uses one byte of the mask",
           "'Hello' comes back as text.",
           "(mask * (len(payload) // 4 + 1))", "(mask[:1] * (len(payload) + 1))"),
    mutant("accepts frames without a mask",
           "A text without a mask ends the connection.",
           "if has_mask == self.is_client", "if False"),
    mutant("writes 126 as a short length",
           "126 bytes of text come back: the first that needs two more bytes.",
           "if length <= 125:", "if length <= 126:"),
    mutant("reads the lowest byte of a length first",
           "126 bytes of text come back: the first that needs two more bytes.",
           'readexactly(2), "big"', 'readexactly(2), "little"'),
    mutant("writes long forms of short lengths",
           "256 bytes of text come back: the highest byte comes first.",
           "elif length < 2**16:", "elif length < 2**8:"),
    mutant("writes 65,536 in two bytes",
           "65,536 bytes of text come back: the first that needs eight more bytes.",
           "elif length < 2**16:", "elif length <= 2**16:"),
    mutant("reads four bytes of a length of eight",
           "65,536 bytes of text come back: the first that needs eight more bytes.",
           "readexactly(8)", "readexactly(4)"),
    mutant("takes what comes for the whole payload",
           "A frame that comes one byte at a time is read to its end.",
           "self.reader.readexactly(length)", "self.reader.read(length)"),
    mutant("refuses messages of more than 64 KiB",
           "65,536 bytes of text come back: the first that needs eight more bytes.",
           "MAX_MESSAGE = 16 * 2**20", "MAX_MESSAGE = 2**16 - 1"),
    # Control frames
    mutant("does not answer a Close frame",
           "A Close frame without a code is answered with a Close frame.",
           "await self.send(CLOSE, check_close(data))", "check_close(data)"),
    mutant("leaves the TCP connection open",
           "A text without a mask ends the connection.",
           "writer.write_eof()", "await asyncio.sleep(60)"),
    mutant("sends 1005 in a Close frame",
           "A Close frame without a code is answered with a Close frame.",
           'return b""', 'return (1005).to_bytes(2, "big")'),
    mutant("sends back any close code",
           "A Close frame with 0 ends the connection, and 0 is not sent back.",
           "if len(payload) == 1 or not (registered or 3000 <= code <= 4999)",
           "if len(payload) == 1"),
    mutant("reads on after a Close frame",
           "A Close frame without a code is answered with a Close frame.",
           "                return None\n", "                continue\n"),
    mutant("sends empty Pongs",
           "A Pong has the payload of its Ping.",
           "self.send(PONG, data)", "self.send(PONG)"),
    mutant("answers a Ping with a Ping",
           "An empty Ping has an empty Pong.",
           "self.send(PONG, data)", "self.send(PING, data)"),
    mutant("accepts long control frames",
           "A Ping of 126 bytes ends the connection.",
           "not (fin and length <= 125)", "not fin"),
    mutant("accepts fragments of control frames",
           "A Ping with FIN 0 ends the connection.",
           "not (fin and length <= 125)", "length > 125"),
    # Fragments, text
    mutant("answers the last fragment only",
           "Two fragments are one message.",
           "payload += data", "payload = data"),
    mutant("loses a message when a Ping comes",
           "A Ping between two fragments is answered before the message ends.",
           "await self.send(PONG, data)", "payload.clear(), await self.send(PONG, data)"),
    mutant("begins a message with a continuation",
           "A continuation without a beginning ends the connection.",
           "(opcode == CONTINUATION) != (kind is not None)",
           "opcode != CONTINUATION and kind is not None"),
    mutant("accepts a message inside a message",
           "A text inside a message ends the connection.",
           "(opcode == CONTINUATION) != (kind is not None)",
           "opcode == CONTINUATION and kind is None"),
    mutant("looks for UTF-8 in each fragment",
           "A character may be cut by the end of a fragment.",
           "decoder.decode(data, final)", "decoder.decode(data, True)"),
    mutant("accepts text that is not UTF-8",
           "The byte ff, which is in no UTF-8, ends the connection.",
           "check_text(decoder, data, fin)", "pass"),
    mutant("accepts text that ends too early",
           "Text that ends inside a character ends the connection.",
           "decoder.decode(data, final)", "decoder.decode(data)"),
    mutant("accepts half a surrogate pair",
           "Half a surrogate pair (ed a0 80) ends the connection.",
           'decoder = opcode, codecs.getincrementaldecoder("utf-8")()',
           'decoder = opcode, codecs.getincrementaldecoder("utf-8")("surrogatepass")'),
    mutant("wants binary messages to be UTF-8",
           "A binary message comes back as binary.",
           "if kind == TEXT:", "if True:"),
    # What is reserved, too big, refused; many at once
    mutant("looks at RSV1 only",
           "A text with RSV2 ends the connection.",
           "if reserved:", "if reserved & 0b100:"),
    mutant("accepts reserved opcodes",
           "A frame with the reserved opcode 3 ends the connection.",
           "if opcode not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG)", "if opcode > 15"),
    mutant("closes with 1000 after a fault",
           "A frame with the reserved opcode 3 ends the connection.",
           'Failed(1002, "reserved opcode")', 'Failed(1000, "reserved opcode")'),
    mutant("has no limit",
           "A frame of 1 TiB ends the connection, before more than 16 MiB have come.",
           LIMIT, "if False"),
    mutant("accepts a request without a key",
           "A request without a key is refused.",
           "if size != 16", "if False"),
    mutant("does not look at the version",
           "Version 99 is refused.",
           'if headers.get("sec-websocket-version") != "13"', "if False"),
    mutant("does not look at Upgrade",
           "Another protocol in Upgrade is refused.",
           'if "websocket" not in words(headers, "upgrade")', "if False"),
    mutant("accepts a POST request",
           "A POST request is refused.",
           'if method != "GET"', "if False"),
    mutant("serves one client after the other",
           "A second client is served while the first is silent.",
           "PATIENCE = 10  #", "LOCK, PATIENCE = asyncio.Lock(), 10  #",
           "async def serve_client(reader, writer):",
           "async def serve_client(reader, writer):\n"
           "    async with LOCK:\n"
           "        await serve_one(reader, writer)\n\n\n"
           "async def serve_one(reader, writer):"),
    mutant("answers the client that came last",
           "While other clients are connected: ",
           "self.reader, self.writer = reader, writer",
           "self.reader, Connection.writer = reader, writer"),
]  # fmt: skip


def main():
    """Print, for each mutant, the case at which the judge stops."""
    caught = 0
    for each in MUTANTS:
        start = time.perf_counter()
        with serving_source(each.source) as address:
            report = judged(address, choose("server"), PATIENCE)
        seconds = time.perf_counter() - start
        told = report.failures[0].title if report.failures else "not rejected"
        caught += told.startswith(each.title)
        sign = "" if told.startswith(each.title) else " (not as in the table)"
        print(f"| {each.name} | {told}{sign} | {seconds:.1f} s |", flush=True)
    print(f"{caught} of {len(MUTANTS)} as in the table")


if __name__ == "__main__":
    main()
