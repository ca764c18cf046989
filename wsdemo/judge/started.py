"""What all programs that the judge starts have in common: their words, and what they print."""

import asyncio
import contextlib
import shutil
import socket
from collections.abc import Sequence
from pathlib import PurePath

from wsdemo.judge.address import Trouble
from wsdemo.judge.peer import PIECE
from wsdemo.programs import Program

__all__ = [
    "ANSWER",
    "LINES",
    "START",
    "checked",
    "last_lines",
    "name",
    "probe",
    "until_still",
]

ANSWER = 0.5
"""Seconds that a program has to show that it is still there."""

START = 20
"""Seconds that a program has to start: a compiler or a virtual machine may take some."""

LINES = 12
"""Lines of what a program printed that are shown."""


STILL = 0.02
"""Seconds without a new character, after which what a program prints about something is over."""

PRINTING = 1
"""Seconds that are waited for that at most: a program may print all the time."""


def checked(command: Sequence[str]) -> list[str]:
    """Return the words that start a program.

    Args:
        command: the program and its arguments.

    Raises:
        Trouble: there is no such program here.
    """
    if not command:
        raise Trouble("name the program after --, such as: wsdemo judge -- node server.js")
    if shutil.which(command[0]) is None:
        raise Trouble(f"there is no program {command[0]!r} here")
    return list(command)


def name(command: Sequence[str]) -> str:
    """Return what a program is called: ``python server.py``, without the folders."""
    return " ".join(PurePath(word).name for word in command[:2])


def last_lines(program: Program | None, since: int = 0) -> str:
    """Return the last lines that a program printed.

    Args:
        program: the program; ``None`` where it prints elsewhere.
        since: how many characters at the beginning do not count.
    """
    return "\n".join(program.log[since:].splitlines()[-LINES:]) if program else ""


def probe(port: int) -> bool:
    """Return whether a program listens on a port of 127.0.0.1.

    A server may print about a client that connects and leaves at once. So this waits until the
    program has ended the connection, too, and no report of a case shows what it printed.

    Args:
        port: the TCP port.
    """
    try:
        connection = socket.create_connection(("127.0.0.1", port), 1)
    except OSError:
        return False
    with connection, contextlib.suppress(OSError):
        connection.settimeout(ANSWER)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(PIECE):
            pass
    return True


async def until_still(program: Program) -> int:
    """Wait until a program prints no more; return how many characters it has printed.

    No event tells that a program has printed all that it will: only that nothing comes for a while.

    Args:
        program: the program.
    """
    size = len(program.log)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PRINTING):
            before = -1
            while size != before:
                before = size
                await asyncio.sleep(STILL)
                size = len(program.log)
    return size
