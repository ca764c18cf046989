"""Where a learner has joined: the address, the code and the name, in a file of the learner's copy.

All kernels and terminals of this copy find it there. Without such a copy it is known in this
process only.
"""

import json
import os
import re
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from wsdemo.course import MARKER, find

__all__ = ["Ticket", "forget", "load", "save"]

NAME = "class-joined.json"
_here: "Ticket | None" = None


@dataclass(frozen=True)
class Ticket:
    """What lets a learner into a class.

    Attributes:
        host: the host name or IP address of the teacher's machine.
        port: the TCP port there.
        code: the code that the teacher's board shows.
        name: the nickname.
        shows_name: whether the board may show the name.
        learner: who this is: 128 random bits as 32 hexadecimal digits, which only this learner's
            programs know.
    """

    host: str
    port: int
    code: str
    name: str
    shows_name: bool
    learner: str

    @classmethod
    def of(cls, address: str, code: str, name: str, shows_name: bool) -> "Ticket":
        """Make a ticket of what a learner types; who has joined before stays the same learner.

        Args:
            address: ``"192.168.1.5:8000"``, with ``http://`` before it or not.
            code: the code of the class.
            name: the nickname.
            shows_name: whether the board may show the name.

        Raises:
            ValueError: that is no address; the text says what one looks like.
        """
        at = urlsplit(address if "//" in address else f"//{address}")
        try:
            port = at.port
        except ValueError:
            port = None
        if not at.hostname or not port:
            raise ValueError(
                f"{address!r} is no address of a class: the board shows one, such as "
                "192.168.1.5:8000"
            )
        before = load()
        learner = before.learner if before else secrets.token_hex(16)
        return cls(at.hostname, port, code.strip(), name.strip(), shows_name, learner)

    @property
    def url(self) -> str:
        """Where a program connects."""
        return f"ws://{self._place}/learn"

    @property
    def page(self) -> str:
        """The page to vote on. What stands after the ``#`` is not sent over the network."""
        secret = f"code={quote(self.code)}&learner={self.learner}&name={quote(self.name)}"
        return f"http://{self._place}/#{secret}"

    @property
    def _place(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def _file() -> Path | None:
    copy = find()
    return copy / MARKER / NAME if copy else None


def load() -> Ticket | None:
    """Return the ticket of this learner, or ``None``; reading it opens no connection."""
    file = _file()
    if file is None:
        return _here
    try:
        ticket = Ticket(**json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return ticket if re.fullmatch("[0-9a-f]{32}", str(ticket.learner)) else None


def save(ticket: Ticket) -> None:
    """Keep a ticket, in a file that only its owner can read.

    Raises:
        OSError: it cannot be written.
    """
    global _here
    _here = ticket
    if file := _file():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as opened:
            json.dump(asdict(ticket), opened)


def forget() -> bool:
    """Forget the ticket; return whether there was one."""
    global _here
    known = load() is not None
    _here = None
    if file := _file():
        file.unlink(missing_ok=True)
    return known
