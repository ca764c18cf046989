"""The server of lesson 12: requests and answers, subscriptions, rooms."""

import argparse
import contextlib
import hmac
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.apps import pages
from wsdemo.apps._app import App
from wsdemo.apps._messages import Refused, now_ms, read_json
from wsdemo.server.core import Server
from wsdemo.server.fanout import Fanout
from wsdemo.server.limits import Limits, rate_limited, serve_limited

__all__ = ["APP", "LIMITS", "PAGES", "Groups", "serve"]

PAGES = pages("patterns")
LIMITS = Limits(max_size=2**16, rate=50, burst=200)
TOPICS = ("sensor-1", "sensor-2", "news")
ROOMS = {"lobby": None}

Message = dict[str, Any]


class Groups:
    """Connections in groups with names: the subscribers of topics, or the members of rooms.

    Its methods are called on the server's loop.

    Args:
        noun: the word for a group in a refusal.
        names: the names of all groups. Strangers cannot add groups, so the memory is limited.
    """

    def __init__(self, noun: str, names: Iterable[str]) -> None:
        self._noun = noun
        self._groups = {name: Fanout() for name in names}
        self._joined: dict[ServerConnection, set[str]] = defaultdict(set)

    @property
    def names(self) -> list[str]:
        """Return the names of all groups."""
        return list(self._groups)

    def add(self, connection: ServerConnection, name: str) -> None:
        """Add a connection to a group, whose messages it then receives.

        Raises:
            Refused: there is no such group.
        """
        self._group(name).add(connection)
        self._joined[connection].add(name)

    def remove(self, connection: ServerConnection, name: str) -> None:
        """Take a connection out of a group, whether it was in it or not.

        Raises:
            Refused: there is no such group.
        """
        self._group(name).discard(connection)
        self._joined[connection].discard(name)

    def forget(self, connection: ServerConnection) -> None:
        """Take a connection out of all groups: it has ended."""
        for name in self._joined.pop(connection, ()):
            self._groups[name].discard(connection)

    def has(self, connection: ServerConnection, name: str) -> bool:
        """Return whether a connection is in a group."""
        return name in self._joined[connection]

    def send(self, name: str, message: Message) -> None:
        """Send to all connections of a group, without waiting for any of them.

        Raises:
            Refused: there is no such group.
        """
        self._group(name).send(json.dumps(message))

    def _group(self, name: str) -> Fanout:
        if name not in self._groups:
            known = ", ".join(self._groups)
            raise Refused(f"no {self._noun} with that name; the {self._noun}s are: {known}")
        return self._groups[name]


def serve(
    topics: Iterable[str] = TOPICS,
    rooms: Mapping[str, str | None] = ROOMS,
    limits: Limits = LIMITS,
    **options: Any,
) -> Server:
    """Start the server.

    Clients send ``{"action": "getData"}``; ``subscribe`` and ``unsubscribe`` with a ``"topic"``,
    ``publish`` with ``"data"``, too; ``join`` and ``leave`` with a ``"room"`` (and its ``"key"``),
    ``message`` with a ``"message"``, too. A request with an ``"id"`` is answered with the same id
    and ``"data"`` or ``"error"``; without one, only if it asks for data, or cannot be done.

    Args:
        topics: what can be subscribed to.
        rooms: by name, the key that opens the room; ``None`` for one that is open to all.
        limits: which clients may connect, how many, and how often they may send.
        options: those of :func:`wsdemo.serve`.
    """
    subscribers, members = Groups("topic", topics), Groups("room", rooms)

    def admit(connection: ServerConnection, room: str, key: object) -> None:
        wanted = rooms.get(room)
        if wanted is not None:
            given = key if isinstance(key, str) else ""
            # Surrogates are not valid UTF-8, but JSON allows them.
            if not hmac.compare_digest(*(_as_bytes(key) for key in (given, wanted))):
                raise Refused("wrong key for this room")
        members.add(connection, room)

    def act(connection: ServerConnection, request: Message) -> Any:
        match request:
            case {"action": "getData"}:
                return {"time": now_ms(), "topics": subscribers.names, "rooms": members.names}
            case {"action": "subscribe", "topic": str(topic)}:
                subscribers.add(connection, topic)
            case {"action": "unsubscribe", "topic": str(topic)}:
                subscribers.remove(connection, topic)
            case {"action": "publish", "topic": str(topic), "data": data}:
                subscribers.send(topic, {"topic": topic, "data": data})
            case {"action": "join", "room": str(room)}:
                admit(connection, room, request.get("key"))
            case {"action": "leave", "room": str(room)}:
                members.remove(connection, room)
            case {"action": "message", "room": str(room), "message": str(message)}:
                if not members.has(connection, room):
                    raise Refused("join the room before you send to it")
                members.send(room, {"room": room, "message": message})
            case _:
                raise Refused(
                    'no such "action", or a part of it is missing: getData; subscribe and '
                    "unsubscribe (topic), publish (topic, data); join and leave (room), message "
                    "(room, message)"
                )
        return None

    async def patterns(connection: ServerConnection) -> None:
        try:
            async for text in rate_limited(connection, limits):
                answer: Message = {}
                try:
                    request = _parse(text)
                    if "id" in request:
                        answer["id"] = request["id"]
                    data = act(connection, request)
                    if answer or data is not None:
                        answer["data"] = data
                except Refused as refused:
                    answer["error"] = str(refused)
                if answer:
                    # A sender that has left may have requests waiting for their turn.
                    with contextlib.suppress(ConnectionClosed):
                        await connection.send(json.dumps(answer))
        finally:
            subscribers.forget(connection)
            members.forget(connection)

    return serve_limited(patterns, limits, **{"pages": PAGES, **options})


def _parse(text: str | bytes) -> Message:
    """Read a request.

    Raises:
        Refused: it is not a request.
    """
    request = read_json(text, '{"id": 123, "action": "getData"}')
    if not isinstance(request, dict):
        raise Refused('send an object with an "action"')
    if not isinstance(request.get("id", 0), str | int) or isinstance(request.get("id"), bool):
        raise Refused('"id" is a number or a text of your own choice')
    return request


def _as_bytes(key: str) -> bytes:
    return key.encode(errors="surrogatepass")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this server to a command line."""
    parser.add_argument(
        "--topic",
        action=_Names,
        dest="topics",
        default=TOPICS,
        metavar="NAME",
        help=f"what can be subscribed to; repeatable ({', '.join(TOPICS)})",
    )
    parser.add_argument(
        "--room",
        action=_Keys,
        dest="rooms",
        default=ROOMS,
        metavar="NAME[=KEY]",
        help=f"a room, and the key that opens it; repeatable ({', '.join(ROOMS)})",
    )


class _Names(argparse.Action):
    """Collect words; the first one replaces the default."""

    def __call__(self, parser: Any, namespace: Any, word: Any, option: Any = None) -> None:
        before = getattr(namespace, self.dest)
        setattr(namespace, self.dest, [*(() if before is self.default else before), word])


class _Keys(argparse.Action):
    """Collect NAME=KEY; the first one replaces the default."""

    def __call__(self, parser: Any, namespace: Any, word: Any, option: Any = None) -> None:
        before = getattr(namespace, self.dest)
        name, _, key = word.partition("=")
        setattr(
            namespace, self.dest, {**({} if before is self.default else before), name: key or None}
        )


APP = App(serve, LIMITS, add_options=add_options)
