"""What is judged: a server that runs, a server that the judge starts, a client."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from wsdemo.judge.address import Address, Trouble
from wsdemo.judge.client_program import ClientProgram
from wsdemo.judge.model import NoAnswer
from wsdemo.judge.peer import PIECE, Peer
from wsdemo.judge.session import Session
from wsdemo.judge.started import ANSWER, LINES, START, checked, last_lines, name, probe, until_still
from wsdemo.judge.talk import Talk
from wsdemo.judge.words import key_for, upgrade_request
from wsdemo.programs import Program
from wsdemo.programs.process import free_ports

__all__ = ["Candidate", "ClientProgram", "RunningServer", "ServerProgram", "candidate_for"]

SOON = 5
"""Seconds after which the judge says what it waits for."""

ENDING = 2
"""Seconds in which a program that listens no more is seen to end."""


class Candidate(Protocol):
    """A program that is judged.

    Attributes:
        side: ``"server"`` or ``"client"``: what the program under test is.
        at_once: how many cases may run side by side.
    """

    side: str
    at_once: int

    def session(self, talk: Talk, patience: float) -> AbstractAsyncContextManager[Session]:
        """Return what the steps of one case share, and end all of it afterwards."""
        ...

    async def revive(self) -> str:
        """See that the program runs, and start it again if it can be.

        Returns:
            Empty if it ran; else how it ended.

        Raises:
            Trouble: it does not run, and cannot be started.
        """
        ...

    async def mark(self) -> int:
        """Return how many characters the program has printed so far.

        What it prints about connections that have ended is over then.
        """
        ...

    async def printed(self, since: int = 0) -> str:
        """Return the last lines that the program printed, of those after a mark."""
        ...

    async def stop(self) -> None:
        """End the program, if the judge has started it."""
        ...


class RunningServer:
    """A server that someone has started.

    Args:
        address: where it listens.
    """

    side = "server"
    at_once = 8

    def __init__(self, address: Address) -> None:
        self.address = address
        self._program: Program | None = None  # what the judge has started

    @contextlib.asynccontextmanager
    async def session(self, talk: Talk, patience: float) -> AsyncIterator[Session]:
        """Return what the steps of one case share; see :class:`Candidate`."""

        async def connect(talk: Talk) -> Peer:
            return await self._connect(talk, patience)

        session = Session(connect, self.address.authority, self.address.target, talk)
        try:
            yield session
        finally:
            await session.close()

    async def _connect(self, talk: Talk, patience: float) -> Peer:
        host, port = self.address.host, self.address.port
        expected = f"a TCP connection to {self.address.authority}"
        try:
            async with asyncio.timeout(patience):
                streams = await asyncio.open_connection(host, port, limit=PIECE)
        except TimeoutError:
            raise NoAnswer(expected, f"no connection within {patience:g} s") from None
        except OSError as error:
            raise NoAnswer(expected, _reason(error)) from None
        return Peer(*streams, talk, patience)

    async def revive(self) -> str:
        """See that it listens; see :class:`Candidate`."""
        host, port = self.address.host, self.address.port
        try:
            async with asyncio.timeout(START):
                _, writer = await asyncio.open_connection(host, port)
        except ConnectionResetError:
            return ""  # it listens
        except (OSError, TimeoutError) as error:
            raise Trouble(
                f"nothing listens on {self.address.authority} ({_reason(error)}). Start your "
                "server first, or let the judge start it: wsdemo judge -- PROGRAM"
            ) from None
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return ""

    async def mark(self) -> int:
        """Return how much it has printed so far; 0 for a program that prints elsewhere."""
        return await until_still(self._program) if self._program else 0

    async def printed(self, since: int = 0) -> str:
        """Return its last lines; nothing for a program that prints elsewhere."""
        if self._program:
            await until_still(self._program)
        return last_lines(self._program, since)

    async def stop(self) -> None:
        """Leave it alone."""


class ServerProgram(RunningServer):
    """A server that the judge starts, and that reads its port from the variable PORT.

    Args:
        command: the program and its arguments.
    """

    def __init__(self, command: Sequence[str]) -> None:
        super().__init__(Address("127.0.0.1", free_ports(1)[0]))
        self._command = checked(command)

    async def revive(self) -> str:
        """Start it if it is not there; see :class:`Candidate`."""
        told = ""
        if self._program:
            if await self._is_there(self._program):
                return ""
            await self._until_ended(self._program)
            status = self._program.status
            told = f"it ended with the exit status {status}"
            told = "it does not listen any more" if status is None else told
        starting = asyncio.create_task(asyncio.to_thread(self._start))
        await asyncio.wait([starting], timeout=SOON)
        if not starting.done():
            print(f"{name(self._command)} does not listen yet. {self._needs()}", file=sys.stderr)
        try:
            await starting
        except (RuntimeError, TimeoutError) as error:
            raise Trouble(f"{error}\n{self._needs()}") from None
        return told

    async def _is_there(self, program: Program) -> bool:
        """Ask it something. A program that is ending may accept a connection, and then reset it.

        Wait until it has ended this connection, so that it prints nothing about it later.
        """
        try:
            async with asyncio.timeout(START):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.address.port)
        except (OSError, TimeoutError):
            return False
        answer = b""
        writer.write(bytes(upgrade_request(self.address.authority, key_for("still there?"))))
        try:
            async with asyncio.timeout(ANSWER):
                answer = await reader.read(1)
                writer.write_eof()
                while await reader.read(PIECE):
                    pass
        except TimeoutError:
            return True  # it is slow, or a beginner's
        except OSError:
            pass
        finally:
            writer.transport.abort()
        if not answer:
            await self._until_ended(program)
        return program.running

    async def _until_ended(self, program: Program) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ENDING):
                while program.running:
                    await asyncio.sleep(0.01)

    def _start(self) -> None:
        if self._program:
            self._program.terminate()
            self._program.start()
            return
        port = self.address.port
        self._program = Program(
            name(self._command),
            self._command,
            [port],
            patience=START,
            variables={"PORT": port},
            lines=LINES,
            is_there=probe,
        )

    def _needs(self) -> str:
        return (
            f"A server that the judge starts must listen on 127.0.0.1 and the port in the "
            f"environment variable PORT, here {self.address.port}."
        )

    async def stop(self) -> None:
        """End it, and what it has started."""
        if self._program:
            await asyncio.to_thread(self._program.stop)


def _reason(error: OSError) -> str:
    """Return why there is no connection, in a few words; asyncio puts addresses into its own."""
    known = isinstance(error.errno, int) and error.errno > 0
    return os.strerror(error.errno).lower() if known and error.errno else str(error) or "no answer"


def candidate_for(program: str | Sequence[str], client: bool) -> RunningServer | ClientProgram:
    """Return where a program can be judged.

    Args:
        program: the address of a server that runs, or a program and its arguments.
        client: whether the program is a client.

    Raises:
        Trouble: it cannot be judged; the text says what to do.
    """
    if not isinstance(program, str):
        return ClientProgram(program) if client else ServerProgram(program)
    if client:
        raise Trouble("a client has no address: name its program after --")
    return RunningServer(Address.parse(program))
