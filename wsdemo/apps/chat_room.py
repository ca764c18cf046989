"""The members of a chat room, their names, and the notices about them."""

import json
from typing import Any

from websockets.asyncio.server import ServerConnection

from wsdemo.apps._messages import Refused
from wsdemo.apps.names import alike, problem
from wsdemo.server.fanout import Fanout

__all__ = ["NAME_LENGTH", "Room", "Taken"]

NAME_LENGTH = 40


class Taken(Refused):
    """Another connection has this name now; it may be free later."""


class Room:
    """The members of the room, their names, and those who asked for notices.

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
        """Add a connection, which then receives all messages."""
        self._all.add(connection)
        if curious:
            self._curious.add(connection)
            self._notify_names()

    def leave(self, connection: ServerConnection) -> None:
        """Forget a connection, and free its name."""
        self._all.discard(connection)
        self._curious.discard(connection)
        name = self._names.pop(connection, None)
        if name is not None:
            self._taken.discard(alike(name))
            self._notify_of("left", name)

    def claim_name(self, connection: ServerConnection, name: Any) -> str:
        """Bind a connection to the first name it uses.

        Args:
            connection: the sender's.
            name: the name that it uses.

        Returns:
            The name.

        Raises:
            Refused: it is not a name, or the connection has another name already.
            Taken: another connection has this name.
        """
        own = self._names.get(connection)
        if own is not None:
            if name != own:
                raise Refused(f"you are {own} on this connection; you cannot send as another user")
            return own
        checked = self._check(name)
        if alike(checked) in self._taken:
            raise Taken(f"the name {name} is taken: choose another")
        self._names[connection] = checked
        self._taken.add(alike(checked))
        self._notify_of("joined", checked)
        return checked

    def send(self, text: str) -> None:
        """Send a message to all."""
        self._all.send(text)

    def notify(self, **fields: str) -> None:
        """Send a notice to those who asked for notices."""
        self._curious.send(json.dumps(fields))

    def _check(self, name: Any) -> str:
        if not isinstance(name, str) or not name.strip():
            raise Refused('"user" must be a name: text that is not empty')
        if len(name) > self._name_length:
            raise Refused(f"a name has at most {self._name_length} characters")
        if what := problem(name):
            raise Refused(what)
        return name

    def _notify_of(self, what: str, name: str) -> None:
        self.notify(type=what, user=name)
        self._notify_names()

    def _notify_names(self) -> None:
        self._curious.send(json.dumps({"type": "names", "names": sorted(self._names.values())}))
