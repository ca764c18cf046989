"""A client that asks a server and keeps ten promises, and ten that each break one: lesson 17."""

import contextlib
import itertools
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

__all__ = ["BROKEN", "Asker", "ask"]

PATIENCE = 1.0
"""Seconds that a question waits for its reply, if nobody says how long."""


class Asker:
    """Ask a server a question: ask(url, question, limit=1) returns the data of the reply.

    1. It sends one JSON object, with an "id" and the "question".
    2. It sends it once.
    3. Each question has another id.
    4. It returns the "data" of the reply with this id, also if that is 0, or empty.
    5. It ignores a reply with another id.
    6. It ignores a message that is not JSON.
    7. A reply with an "error" raises LookupError, with its text.
    8. Without a reply within the limit (in seconds) it raises TimeoutError, whatever else arrives.
    9. If the connection is closed before the reply, it raises ConnectionClosed.
    10. It closes the connection, also after an error.
    """

    def __init__(self) -> None:
        self.ids = itertools.count(1)

    def __call__(self, url: str, question: str, limit: float = PATIENCE) -> Any:
        """Ask one question on a connection of its own.

        Args:
            url: the server's address.
            question: what to ask.
            limit: seconds to wait for the reply.

        Raises:
            LookupError: the reply is an error.
            TimeoutError: no reply has come in time.
            ConnectionClosed: the server has closed the connection before.
        """
        with self.opened(url) as connection:
            number = self.new_id()
            self.send(connection, {"id": number, "question": question})
            return self.result(self.wait_for_reply(connection, number, limit))

    def opened(self, url: str) -> contextlib.AbstractContextManager[ClientConnection]:
        """Return a connection that is closed after the block."""
        return connect(url, compression=None, close_timeout=1, ping_interval=None)

    def new_id(self) -> int:
        """Return a number for a question."""
        return next(self.ids)

    def send(self, connection: ClientConnection, request: dict[str, Any]) -> None:
        """Send a request."""
        connection.send(json.dumps(request))

    def wait_for_reply(
        self, connection: ClientConnection, number: int, limit: float
    ) -> dict[str, Any]:
        """Receive messages until the reply comes."""
        end = time.monotonic() + limit
        while True:
            left = max(0, end - time.monotonic())
            reply = self.read(connection.recv(timeout=left))
            if self.belongs(reply, number):
                return reply

    def read(self, message: str | bytes) -> dict[str, Any]:
        """Return a message as an object, and an empty one where it is none."""
        try:
            reply = json.loads(message)
        except ValueError:
            return {}
        return reply if isinstance(reply, dict) else {}

    def belongs(self, reply: dict[str, Any], number: int) -> bool:
        """Whether a reply is the one to the question of this number."""
        return reply.get("id") == number

    def result(self, reply: dict[str, Any]) -> Any:
        """Return a reply's data, or raise its error."""
        if "error" in reply:
            raise LookupError(reply["error"])
        return reply["data"]


ask = Asker()


class AnyReply(Asker):
    """Takes the first reply for its own, whatever its id is."""

    def belongs(self, reply: dict[str, Any], number: int) -> bool:
        return bool(reply)


class Strict(Asker):
    """Fails at a message that is not JSON."""

    def read(self, message: str | bytes) -> dict[str, Any]:
        reply: dict[str, Any] = json.loads(message)
        return reply


class Falsy(Asker):
    """Returns None for data that is 0 or empty."""

    def result(self, reply: dict[str, Any]) -> Any:
        return super().result(reply) or None


class Careless(Asker):
    """Returns None for an error."""

    def result(self, reply: dict[str, Any]) -> Any:
        return reply.get("data")


class Repeating(Asker):
    """Sends each question twice."""

    def send(self, connection: ClientConnection, request: dict[str, Any]) -> None:
        super().send(connection, request)
        super().send(connection, request)


class OneId(Asker):
    """Gives each question the same id."""

    def new_id(self) -> int:
        return 1


class Resigned(Asker):
    """Returns None if no reply comes in time."""

    def wait_for_reply(
        self, connection: ClientConnection, number: int, limit: float
    ) -> dict[str, Any]:
        try:
            return super().wait_for_reply(connection, number, limit)
        except TimeoutError:
            return {"data": None}


class StartsAgain(Asker):
    """Begins its time limit again with each message."""

    def wait_for_reply(
        self, connection: ClientConnection, number: int, limit: float
    ) -> dict[str, Any]:
        while True:
            reply = self.read(connection.recv(timeout=limit))
            if self.belongs(reply, number):
                return reply


class Silent(Asker):
    """Returns None if the connection is closed before the reply."""

    def wait_for_reply(
        self, connection: ClientConnection, number: int, limit: float
    ) -> dict[str, Any]:
        try:
            return super().wait_for_reply(connection, number, limit)
        except ConnectionClosed:
            return {"data": None}


class Untidy(Asker):
    """Leaves its connection open."""

    @contextlib.contextmanager
    def opened(self, url: str) -> Iterator[ClientConnection]:
        stack = contextlib.ExitStack()
        yield stack.enter_context(super().opened(url))
        stack.pop_all()


BROKEN: tuple[Callable[[], Asker], ...] = (
    AnyReply,
    Strict,
    Falsy,
    Careless,
    Repeating,
    OneId,
    Resigned,
    StartsAgain,
    Silent,
    Untidy,
)
"""The broken clients; the docstring of each says what it does."""
