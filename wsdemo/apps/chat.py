"""The chat room of lesson 03, for a room of strangers; on several servers, if there is a bus."""

import argparse
import contextlib
import json
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from wsdemo.apps import pages
from wsdemo.apps._app import App
from wsdemo.apps._messages import Refused, now_ms, query_of, read_json, refusal
from wsdemo.apps.chat_room import NAME_LENGTH, Room, Taken
from wsdemo.bus.core import Bus, BusDown, open_bus
from wsdemo.options import check_number
from wsdemo.server.core import Server
from wsdemo.server.limits import Limits, rate_limited, serve_limited

__all__ = ["APP", "LIMITS", "PAGES", "Room", "serve"]

PAGES = pages("chat")
LIMITS = Limits(max_size=2**16, rate=10, burst=60)
HEARTBEAT = 20.0
HISTORY = 1000


def _parse(data: str | bytes) -> tuple[Any, str]:
    """Read ``{"user": …, "message": …}``.

    Raises:
        Refused: it is something else.
    """
    said = read_json(data, '{"user": "your name", "message": "some text"}')
    if not isinstance(said, dict) or not {"user", "message"} <= said.keys():
        raise Refused('send an object with "user" and "message"')
    message = said["message"]
    if not isinstance(message, str):
        raise Refused('"message" must be text')
    return said["user"], message


def _spoken(name: str, message: str) -> str:
    """Return a message as all clients receive it."""
    return json.dumps({"user": name, "message": message, "timestamp": now_ms()})


def _with_id(text: str, name: str) -> str:
    """Add the id that the bus has given to a message.

    Raises:
        ValueError: it is not a message of a chat: other programs can write into the stream, too.
    """
    try:
        match json.loads(text):
            case {"user": str(user), "message": str(message), "timestamp": int(timestamp)}:
                said = {"user": user, "message": message, "timestamp": timestamp}
                return json.dumps({**said, "id": name})
    except RecursionError:
        pass
    raise ValueError("it is not a message of this chat")


async def _catch_up(connection: ServerConnection, bus: Bus, last: str) -> None:
    """Send the messages after a given one. None is missed between them and those that come next.

    Raises:
        Refused: the client's id is not valid.
    """
    while True:
        try:
            missed = bus.history.since(last)
        except ValueError as error:
            raise Refused(str(error)) from None
        if missed.gap:
            await connection.send(json.dumps({"type": "gap"}))
        for name, text in missed.messages:
            await connection.send(_with_id(text, name))
            last = name
        if not missed.messages:  # while those were sent, others may have come
            return


def serve(
    name_length: int = NAME_LENGTH,
    heartbeat: float = HEARTBEAT,
    bus: str | None = None,
    history: int = HISTORY,
    limits: Limits = LIMITS,
    **options: Any,
) -> Server:
    """Start the chat room.

    A client sends ``{"user": …, "message": …}``; all clients, also the sender, get it with a
    ``"timestamp"`` in milliseconds since 1970. The first name a connection uses is its name, and no
    other connection can use it while this one is open. A message that is not valid is answered with
    ``{"error": …}``. With ``?notices=1`` a client also learns who joins and leaves, and the names
    of all.

    ``?user=NAME`` takes the name at once. If it is not available, the error is followed by a close:
    1008 for what can never be a name, 1013 (try again later) for a name that is taken. The owner
    may be the same person, on a connection that is dead. The server finds that out within two
    heartbeats, and frees the name when everything that the connection had sent was broadcast.
    :class:`wsdemo.ReconnectingClient` tries again until then.

    With a bus, all servers on it are one room, but each server checks only the names of its own
    clients. Messages have an ``"id"``, and ``?since=ID`` asks for those after it;
    ``{"type": "gap"}`` comes first if some are no longer kept. A message that the bus has not
    stored is answered with ``{"error": …}``, which repeats the broker's answer if there was one.
    With ``?notices=1`` a client learns when the bus is lost and back:
    ``{"type": "bus", "state": "down"}``.

    Args:
        name_length: characters that a name may have.
        heartbeat: seconds from one Ping to the next, and to wait for its Pong.
        bus: the address of a bus, as for :func:`wsdemo.bus.open_bus`; ``None`` for no bus.
        history: how many messages the bus keeps.
        limits: which clients may connect, how many, and how often they may send.
        options: those of :func:`wsdemo.serve`.

    Raises:
        BusDown: the bus cannot be reached.
        ValueError: there is no such bus, or a number is not valid.
        ModuleNotFoundError: its client library is not installed.
    """
    check_number("name_length", name_length, least=1, whole=True)
    check_number("heartbeat", heartbeat or 0, "s", least=0)
    check_number("history", history, least=1, most=10**6, whole=True)
    room = Room(name_length)
    shared = open_bus(bus, keep=history) if bus else None

    async def publish(name: str, message: str) -> None:
        if shared is None:
            room.send(_spoken(name, message))
            return
        try:
            await shared.publish(_spoken(name, message))
        except BusDown as down:
            if down.refusal:
                raise Refused(f"not sent: the bus refuses it: {down.refusal}") from None
            raise Refused("not sent: the bus is down; send it again when it is back") from None

    def receive(name: str, text: str) -> None:
        room.send(_with_id(text, name))

    def notify(state: str) -> None:
        room.notify(**({"type": "gap"} if state == "gap" else {"type": "bus", "state": state}))

    async def chat(connection: ServerConnection) -> None:
        asked = query_of(connection)
        try:
            if shared is not None:
                await shared.opened()  # a server listens a moment before its bus is open
                if "since" in asked:
                    await _catch_up(connection, shared, asked["since"])
            room.enter(connection, curious=asked.get("notices") == "1")
            if "user" in asked:
                room.claim_name(connection, asked["user"])
            async for data in rate_limited(connection, limits):
                try:
                    user, message = _parse(data)
                    await publish(room.claim_name(connection, user), message)
                except Refused as refused:
                    # A sender that has left may have messages waiting for their turn.
                    with contextlib.suppress(ConnectionClosed):
                        await connection.send(refusal(refused))
        except Taken as taken:
            await connection.send(refusal(taken))
            await connection.close(
                CloseCode.TRY_AGAIN_LATER, "this name is taken; it may be free later"
            )
        except Refused as refused:
            await connection.send(refusal(refused))
            await connection.close(
                CloseCode.POLICY_VIOLATION, "the address asks for something that is not available"
            )
        finally:
            room.leave(connection)

    alive = {"ping_interval": heartbeat or None, "ping_timeout": heartbeat or None}
    options = {"pages": PAGES, **alive, **options}
    server = serve_limited(chat, limits, **options)
    if shared is not None:
        try:
            server.run(shared.start(receive, notify))
        except BaseException:
            server.stop()
            raise
    return server


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this server to a command line."""
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
    parser.add_argument(
        "--bus",
        metavar="URL",
        help="let several servers share one room: redis://HOST:PORT or nats://HOST:PORT",
    )
    parser.add_argument(
        "--history",
        type=int,
        default=HISTORY,
        metavar="N",
        help="messages that the bus keeps for clients that reconnect (%(default)s)",
    )


APP = App(serve, LIMITS, add_options=add_options)
