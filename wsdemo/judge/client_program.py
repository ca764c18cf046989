"""A client that is judged: it is started for each case, and connects to the judge."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence

from wsdemo.judge.model import Failed, NoAnswer, NotStarted
from wsdemo.judge.peer import PIECE, Peer
from wsdemo.judge.session import Session
from wsdemo.judge.started import START, checked, last_lines, name
from wsdemo.judge.talk import Talk
from wsdemo.programs import Program

__all__ = ["ClientProgram"]

TARGET = "/chat?room=1"
"""The path and the query of the address that a client is given."""


class ClientProgram:
    """A client that the judge starts for each case, and that reads the address from WS_URL.

    Args:
        command: the program and its arguments.
    """

    side = "client"
    at_once = 2 * (os.cpu_count() or 1)

    def __init__(self, command: Sequence[str]) -> None:
        self._command = checked(command)
        self._printed = ""

    @contextlib.asynccontextmanager
    async def session(self, talk: Talk, patience: float) -> AsyncIterator[Session]:
        """Listen, and start the program; see :class:`Candidate`."""
        streams: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            streams.put_nowait((reader, writer))

        listener = await asyncio.start_server(connected, "127.0.0.1", 0, limit=PIECE)
        port = listener.sockets[0].getsockname()[1]
        variables = {"WS_URL": f"ws://127.0.0.1:{port}{TARGET}"}
        program = await asyncio.to_thread(
            Program, name(self._command), self._command, [], variables=variables
        )

        async def connect(talk: Talk) -> Peer:
            return Peer(*await _first(streams, program), talk, patience)

        session = Session(connect, f"127.0.0.1:{port}", TARGET, talk)
        try:
            yield session
        finally:
            await session.close()
            printed = last_lines(program)
            listener.close()
            await asyncio.to_thread(program.stop)
            while not streams.empty():
                streams.get_nowait()[1].close()
            self._printed = printed  # at the end: other cases run side by side with this one

    async def revive(self) -> str:
        """Do nothing: each case starts the program for itself."""
        return ""

    async def mark(self) -> int:
        """Return 0: each case has a program of its own."""
        return 0

    async def printed(self, since: int = 0) -> str:
        """Return the last lines of the program that ended last."""
        return self._printed

    async def stop(self) -> None:
        """Do nothing: each case has ended its own program."""


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _first(streams: "asyncio.Queue[Streams]", program: Program) -> Streams:
    """Wait until the program connects, or ends."""
    expected = "a TCP connection to the address in WS_URL"
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(START):
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.05):
                        return await streams.get()
                if not program.running and streams.empty():
                    told = f"the program ended with the exit status {program.status}"
                    raise (NotStarted if program.status else Failed)(expected, told)
    raise NoAnswer(expected, f"no connection within {START} s")
