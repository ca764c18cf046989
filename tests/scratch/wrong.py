"""Wrong programs that a learner would write in a stage: edits of the worked one after that stage.

More of them, for the other stages, are the mutants of ``tests/judge/mutants.py``.
"""

from dataclasses import dataclass

from wsdemo import scratch


@dataclass(frozen=True)
class Wrong:
    """A wrong program.

    Attributes:
        stage: the stage whose worked program is edited, and that must notice it.
        name: what the program does wrong.
        title: the title of the case that must notice it.
        edits: pairs of the text that is there and the text instead of it.
    """

    stage: int
    name: str
    title: str
    edits: tuple[tuple[str, str], ...]

    def source(self, side="server"):
        """The source of the program; each edit is in one of the two programs."""
        changed = scratch.program_after(self.stage, side)
        for before, after in self.edits:
            counts = [scratch.program_after(self.stage, each).count(before) for each in SIDES]
            assert 1 in counts, f"{self.name}: {before!r} is not there once"
            changed = changed.replace(before, after)
        return changed


SIDES = ("server", "client")


def wrong(stage, name, title, *texts):
    """One of them: its texts are before, after, before, after."""
    return Wrong(stage, name, title, tuple(zip(texts[::2], texts[1::2], strict=True)))


READ_MASK = "        mask = await self.reader.readexactly(4)\n"
START = "    server = await asyncio.start_server("

WRONG = [
    wrong(4, "closes with 1000 where a mask is missing",
          "A text without a mask ends the connection.",
          'Failed(1002, "a client masks', 'Failed(1000, "a client masks'),
    wrong(4, "takes a mask of zeros for none",
          "A mask of zeros is a mask, and changes nothing.",
          READ_MASK, READ_MASK + "        if not any(mask):\n            raise Failed(1002, '')\n"),
    wrong(4, "leaves out only what has no mask",
          "A text without a mask ends the connection.",
          '            raise Failed(1002, "a client masks each frame")',
          "            await self.reader.readexactly(length)\n"
          "            return await self.read_frame()"),
    wrong(11, "refuses messages of more than 512 KiB",
          "A text of 1 MiB comes back.",
          "MAX_MESSAGE = 16 * 2**20", "MAX_MESSAGE = 2**19"),
    wrong(11, "collects a request of any length",
          "A request with a header of 1 MiB is refused, or its connection ends.",
          "MAX_HEAD = 16 * 2**10", "MAX_HEAD = 4 * 2**20"),
    wrong(11, "looks at the length after it has read the payload",
          "A frame of 1 TiB ends the connection, before more than 16 MiB have come.",
          "        if opcode < CLOSE and collected + length > MAX_MESSAGE:",
          "        await self.reader.readexactly(max(0, length - 2**20))\n"
          "        if opcode < CLOSE and collected + length > MAX_MESSAGE:"),
    wrong(13, "calls itself for the next message",
          "A thousand messages in a row come back in their order.",
          "        while message := await connection.read_message():\n"
          "            await connection.send(*message)",
          "        message = await connection.read_message()\n"
          "        if message:\n"
          "            await connection.send(*message)\n"
          "            await echo(connection)"),
    wrong(13, "reads one request after the other",
          "While one client is still sending its request, another is served.",
          "class Connection:", "LOCK = asyncio.Lock()\n\n\nclass Connection:",
          "        async with asyncio.timeout(PATIENCE):\n            accepted",
          "        async with asyncio.timeout(PATIENCE), LOCK:\n            accepted"),
    wrong(14, "does not limit control frames inside a message",
          "A Ping that is too long, inside a message, ends the conversation.",
          "if opcode >= CLOSE and not (fin", "if opcode >= CLOSE and not collected and not (fin"),
    wrong(14, "answers no Ping inside a long message",
          "A message of 1 MiB, with a Ping before its last fragment.",
          "if opcode == PING:", "if opcode == PING and len(payload) < 2**16:"),
    wrong(14, "looks at the reserved bits of the first frame only",
          "RSV1 inside a conversation ends it.",
          "        self.reader, self.writer = reader, writer",
          "        self.reader, self.writer = reader, writer\n        self.begun = False",
          "        if reserved:", "        if reserved and not self.begun:",
          "        length = len(payload)\n", "        length = len(payload)\n"
          "        self.begun = opcode in (TEXT, BINARY)\n"),
    wrong(15, "asks for the path without the query",
          "The request has the path and the query of the address.",
          '(url.path or "/") + (f"?{url.query}" if url.query else "")', '(url.path or "/")'),
    wrong(15, "does not look at the accept value",
          "A wrong accept value ends the connection.",
          'and headers.get("sec-websocket-accept") == accept(key)',
          'and headers.get("sec-websocket-accept")'),
    wrong(15, "does not look at the status",
          "The status 200 ends it.",
          'first.startswith("HTTP/1.1 101 ")', 'first.startswith("HTTP/1.1 ")'),
    wrong(16, "masks each frame with zeros",
          "Each frame has a new mask.",
          "os.urandom(4)", "bytes(4)"),
    wrong(16, "reads masked frames from a server",
          "A masked frame from a server ends the connection.",
          "if has_mask == self.is_client:", "if not has_mask and not self.is_client:"),
    wrong(16, "masks messages only, and no control frames",
          "A Ping is answered with a masked Pong.",
          "size[0] | self.is_client << 7", "size[0] | (self.is_client and opcode < CLOSE) << 7",
          "        if self.is_client:\n            mask =",
          "        if self.is_client and opcode < CLOSE:\n            mask ="),
]  # fmt: skip
