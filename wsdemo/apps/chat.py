"""The chat room of lesson 03, for a room of strangers."""

import argparse
import json
import time
import unicodedata
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection

from wsdemo.apps import pages
from wsdemo.fanout import Fanout
from wsdemo.gate import Limits, paced, refusal, serve_guarded
from wsdemo.server import Server

__all__ = ["LIMITS", "PAGES", "Room", "add_arguments", "serve"]

PAGES = pages("chat")
LIMITS = Limits(max_size=2**16, rate=10, burst=60)
NAME_LENGTH = 40
HEARTBEAT = 20.0
POLICY_VIOLATION = 1008  # RFC 6455 §7.4.1

# Characters that are not seen but change what is: controls, private ones, and the marks that turn
# the direction of writing (Unicode TR36 §2.10).
UNSEEN = {"Cc", "Co", "Cs", "Cn", "Zl", "Zp"}
TURNING = set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Refused(Exception):
    """What a client sent cannot be taken; the text says why."""


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
            self._taken.discard(_alike(name))
            self._notice("left", name)

    def name(self, connection: ServerConnection, name: Any) -> str:
        """Bind a connection to the first name it uses.

        Args:
            connection: who speaks.
            name: what it calls itself.

        Returns:
            The name.

        Raises:
            Refused: it is no name, has another one already, or somebody else has this one.
        """
        own = self._names.get(connection)
        if own is not None:
            if name != own:
                raise Refused(f"you are {own}, and nobody else, on this connection")
            return own
        self._check(name)
        if _alike(name) in self._taken:
            raise Refused(f"the name {name} is taken: choose another")
        self._names[connection] = name
        self._taken.add(_alike(name))
        self._notice("joined", name)
        return name

    def say(self, name: str, message: str) -> None:
        """Send a message to all."""
        now = time.time_ns() // 10**6
        self._all.send(json.dumps({"user": name, "message": message, "timestamp": now}))

    def _check(self, name: Any) -> None:
        if not isinstance(name, str) or not name.strip():
            raise Refused('"user" must be a name: text that is not empty')
        if len(name) > self._name_length:
            raise Refused(f"a name has at most {self._name_length} characters")
        if any(unicodedata.category(each) in UNSEEN or each in TURNING for each in name):
            raise Refused("a name has no characters that cannot be seen")

    def _notice(self, what: str, name: str) -> None:
        self._curious.send(json.dumps({"type": what, "user": name}))
        self._tell_names()

    def _tell_names(self) -> None:
        self._curious.send(json.dumps({"type": "names", "names": sorted(self._names.values())}))


def _alike(name: str) -> str:
    """What is the same for names that look the same, as far as Unicode tells (UAX 15)."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def _parse(data: str | bytes) -> tuple[Any, str]:
    """Read ``{"user": …, "message": …}``.

    Raises:
        Refused: it is something else.
    """
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        raise Refused('send JSON: {"user": "your name", "message": "some text"}') from None
    if not isinstance(said, dict) or not {"user", "message"} <= said.keys():
        raise Refused('send an object with "user" and "message"')
    message = said["message"]
    if not isinstance(message, str):
        raise Refused('"message" must be text')
    return said["user"], message


def serve(
    name_length: int = NAME_LENGTH,
    heartbeat: float = HEARTBEAT,
    limits: Limits = LIMITS,
    **options: Any,
) -> Server:
    """Start the chat room.

    A client sends ``{"user": …, "message": …}``; all, the sender included, get it with a
    ``"timestamp"`` in milliseconds since 1970. The first name a connection uses is its name, and
    nobody else's while it is open. What cannot be taken is answered with ``{"error": …}``. With
    ``?notices=1`` a client is also told who joins and leaves, and the names of all.

    Args:
        name_length: characters that a name may have.
        heartbeat: seconds from one Ping to the next, and to wait for its Pong.
        limits: who may come in, how many, how often.
        options: those of :func:`wsdemo.serve`.
    """
    room = Room(name_length)

    async def handler(connection: ServerConnection) -> None:
        asked = parse_qs(urlsplit(connection.request.path).query)
        try:
            room.enter(connection, curious=asked.get("notices") == ["1"])
            if "user" in asked:
                room.name(connection, asked["user"][0])
            async for data in paced(connection, limits):
                try:
                    user, message = _parse(data)
                    room.say(room.name(connection, user), message)
                except Refused as refused:
                    await connection.send(refusal(str(refused)))
        except Refused as refused:
            await connection.send(refusal(str(refused)))
            await connection.close(POLICY_VIOLATION, "choose another name")
        finally:
            room.leave(connection)

    alive = {"ping_interval": heartbeat or None, "ping_timeout": heartbeat or None}
    options = {"name": "chat", "pages": PAGES, **alive, **options}
    return serve_guarded(handler, limits, **options)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options on the command line."""
    parser.add_argument(
        "--name-length",
        type=int,
        default=NAME_LENGTH,
        metavar="N",
        help="characters that a name may have (%(default)s)",
    )
    parser.add_argument(
        "--heartbeat",
        type=float,
        default=HEARTBEAT,
        metavar="SECONDS",
        help="from one ping to the next, and to wait for its answer (%(default)g); 0: never",
    )
