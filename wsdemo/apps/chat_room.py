"""Who is in a chat room, under which name, and who is told of it."""

import json
from typing import Any

from websockets.asyncio.server import ServerConnection

from wsdemo.apps.names import alike, problem
from wsdemo.fanout import Fanout

__all__ = ["NAME_LENGTH", "Refused", "Room", "Taken"]

NAME_LENGTH = 40


class Refused(Exception):
    """What a client sent cannot be taken; the text says why."""


class Taken(Refused):
    """The name is somebody else's for now; it may be free later."""


class Room:
    """Who is in the room, under which name, and who wants to know.

    Its methods are called on the server's loop.

    Args:
        name_length: characters that a name may have.
    """

    def __init__(self, name_length: int = NAME_LENGTH) -> None:
        self._name_length = name_length
        self._all = Fanout()
        self._curious = Fanout()  # those who asked for notices
        self._names: dict[ServerConnection, str] = {}
        self._taken: set[str] = set()

    def enter(self, connection: ServerConnection, curious: bool = False) -> None:
        """Let a connection hear what is said."""
        self._all.add(connection)
        if curious:
            self._curious.add(connection)
            self._tell_names()

    def leave(self, connection: ServerConnection) -> None:
        """Forget a connection, and free its name."""
        self._all.discard(connection)
        self._curious.discard(connection)
        name = self._names.pop(connection, None)
        if name is not None:
            self._taken.discard(alike(name))
            self._tell_who("left", name)

    def name(self, connection: ServerConnection, name: Any) -> str:
        """Bind a connection to the first name it uses.

        Args:
            connection: who speaks.
            name: what it calls itself.

        Returns:
            The name.

        Raises:
            Refused: it is no name, or the connection has another one already.
            Taken: somebody else has this one.
        """
        own = self._names.get(connection)
        if own is not None:
            if name != own:
                raise Refused(f"you are {own}, and nobody else, on this connection")
            return own
        self._check(name)
        if alike(name) in self._taken:
            raise Taken(f"the name {name} is taken: choose another")
        self._names[connection] = name
        self._taken.add(alike(name))
        self._tell_who("joined", name)
        return name

    def hear(self, text: str) -> None:
        """Let all hear what was said."""
        self._all.send(text)

    def notice(self, **fields: str) -> None:
        """Tell those who asked for notices."""
        self._curious.send(json.dumps(fields))

    def _check(self, name: Any) -> None:
        if not isinstance(name, str) or not name.strip():
            raise Refused('"user" must be a name: text that is not empty')
        if len(name) > self._name_length:
            raise Refused(f"a name has at most {self._name_length} characters")
        if what := problem(name):
            raise Refused(what)

    def _tell_who(self, what: str, name: str) -> None:
        self.notice(type=what, user=name)
        self._tell_names()

    def _tell_names(self) -> None:
        self._curious.send(json.dumps({"type": "names", "names": sorted(self._names.values())}))
