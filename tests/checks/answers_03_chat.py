"""Answers to exercise 03.2: mistakes, what is no answer yet, unusual right ones."""

import contextlib
import datetime
import functools
import json
import time

from websockets.asyncio.server import broadcast

ERROR = '{"error": "no"}'


async def does_nothing(connection, room):
    pass


@contextlib.contextmanager
def member(connection, room):
    room.add(connection)
    try:
        yield
    finally:
        room.remove(connection)


def stamp():
    return int(time.time() * 1000)


def named(
    bind_first=True,
    rename_ok=False,
    taken_ok=False,
    fin=True,
    err_all=False,
    no_stamp=False,
    ts=stamp,
    join_late=False,
    close_on_error=False,
    keep_name=False,
    extra=False,
    silent_error=False,
    err_text=False,
    err_also=False,
    case=False,
    lower=False,
    key="timestamp",
    both=False,
):
    async def handler(connection, room):
        if not join_late:
            room[connection] = None

        async def loop():
            async for message in connection:
                data = json.loads(message)
                user = data["user"]
                if lower:
                    user = user.lower()
                mine = room.get(connection)
                wrong = (
                    (mine is not None and mine != user and not rename_ok)
                    or (mine is None and user in room.values() and not taken_ok)
                    or (
                        rename_ok
                        and not taken_ok
                        and user in [n for k, n in room.items() if k is not connection]
                    )
                )
                if wrong:
                    if close_on_error:
                        await connection.close(1008, "no")
                        return
                    if silent_error:
                        continue
                    if err_text:
                        await connection.send("error: name taken")
                        continue
                    if err_all:
                        broadcast(room, ERROR)
                    else:
                        await connection.send(ERROR)
                    if err_also:
                        broadcast(room, message)
                    continue
                room[connection] = user
                out = {"user": user, "message": data["message"], key: ts()}
                if no_stamp:
                    del out[key]
                broadcast(room, json.dumps(out))

        def leave():
            if keep_name:
                pass
            else:
                room.pop(connection, None)

        if not fin:
            await loop()
            leave()
            return
        try:
            await loop()
        finally:
            leave()

    return handler


async def sends_loop(connection, room):
    room[connection] = None
    try:
        async for message in connection:
            data = json.loads(message)
            user = data["user"]
            if room[connection] not in (None, user) or (
                room[connection] is None and user in room.values()
            ):
                await connection.send(ERROR)
                continue
            room[connection] = user
            for each in room:
                await each.send(json.dumps({**data, "timestamp": stamp()}))
    finally:
        del room[connection]


async def spoofer(connection, room):
    room[connection] = connection
    try:
        async for message in connection:
            broadcast(room, json.dumps({**json.loads(message), "timestamp": stamp()}))
    finally:
        del room[connection]


NAMES = {}


async def global_names(connection, room):
    NAMES[connection] = None
    room[connection] = None
    try:
        async for message in connection:
            data = json.loads(message)
            user = data["user"]
            if NAMES[connection] not in (None, user) or (
                NAMES[connection] is None and user in NAMES.values()
            ):
                await connection.send(ERROR)
                continue
            NAMES[connection] = room[connection] = user
            broadcast(NAMES, json.dumps({**data, "timestamp": stamp()}))
    finally:
        del room[connection]
        del NAMES[connection]


async def burns_on_refusal(connection, room):
    room[connection] = None
    try:
        async for message in connection:
            data = json.loads(message)
            user = data["user"]
            taken = user in [n for k, n in room.items() if k is not connection]
            if room[connection] is None:
                room[connection] = user  # binds, although taken
            if taken or room[connection] != user:
                await connection.send(ERROR)
                continue
            broadcast(room, json.dumps({**data, "timestamp": stamp()}))
    finally:
        del room[connection]


async def forces_name(connection, room):
    room[connection] = None
    try:
        async for message in connection:
            data = json.loads(message)
            if room[connection] is None:
                if data["user"] in room.values():
                    await connection.send(ERROR)
                    continue
                room[connection] = data["user"]
            broadcast(
                room,
                json.dumps(
                    {"user": room[connection], "message": data["message"], "timestamp": stamp()}
                ),
            )
    finally:
        del room[connection]


async def substring(connection, room):
    room[connection] = ""
    try:
        async for message in connection:
            data = json.loads(message)
            user = data["user"]
            if room[connection] not in user or (
                not room[connection] and any(user in n for n in room.values())
            ):
                await connection.send(ERROR)
                continue
            room[connection] = user
            broadcast(room, json.dumps({**data, "timestamp": stamp()}))
    finally:
        del room[connection]


async def frees_what_it_tried(connection, room):
    room[connection] = tried = None
    try:
        async for message in connection:
            data = json.loads(message)
            tried = data["user"]
            if room[connection] not in (None, tried) or (
                room[connection] is None and tried in room.values()
            ):
                await connection.send(ERROR)
                continue
            room[connection] = tried
            broadcast(room, json.dumps({**data, "timestamp": stamp()}))
    finally:
        del room[connection]
        for other, name in room.items():
            if name == tried:
                room[other] = None


def keeps_names(tried_by="nobody", own=False):
    """Make a handler that refuses names which were tried before, or are the client's own."""

    async def handler(connection, room):
        names = room.setdefault("names", {})
        names[connection] = None
        tried = room.setdefault("tried", set()) if tried_by == "anybody" else set()
        try:
            async for message in connection:
                data = json.loads(message)
                mine, user = names[connection], data["user"]
                taken = user in names.values() and (own or mine is None)
                if taken or mine not in (None, user) or (mine is None and user in tried):
                    if tried_by != "nobody":
                        tried.add(user)
                    await connection.send(ERROR)
                    continue
                names[connection] = user
                broadcast(names, json.dumps({**data, "timestamp": stamp()}))
        finally:
            del names[connection]

    return handler


async def forgets_its_name(connection, room):
    room[connection] = None
    refused = False
    try:
        async for message in connection:
            data = json.loads(message)
            mine, user = room[connection], data["user"]
            taken = mine is None and user in room.values()
            if (refused and mine) or taken or mine not in (None, user):
                refused = True
                await connection.send(ERROR)
                continue
            room[connection] = user
            broadcast(room, json.dumps({**data, "timestamp": stamp()}))
    finally:
        del room[connection]


async def refuses_everybody(connection, room):
    async for _ in connection:
        await connection.send(ERROR)


class ByAttr:
    async def __call__(self, connection, room):
        connection.name = None
        room[id(connection)] = connection
        try:
            async for message in connection:
                data = json.loads(message)
                taken = {x.name for x in room.values() if x is not connection}
                if connection.name in (None, data["user"]) and data["user"] not in taken:
                    connection.name = data["user"]
                    broadcast(tuple(room.values()), json.dumps(data | {"timestamp": time.time()}))
                else:
                    await connection.send(json.dumps({"error": "name", "hint": connection.name}))
        finally:
            del room[id(connection)]


async def two_tables(connection, room):
    members, names = room.setdefault("members", set()), room.setdefault("names", {})
    members.add(connection)
    try:
        async for message in connection:
            data = json.loads(message)
            user = data["user"]
            if names.setdefault(user, connection) is not connection or [
                k for k, v in names.items() if v is connection
            ] != [user]:
                if names[user] is connection:
                    del names[user]
                await connection.send(json.dumps({"error": f"{user}?"}))
                continue
            data["timestamp"] = datetime.datetime.now(datetime.UTC).isoformat()
            broadcast(members, json.dumps(data))
    finally:
        members.discard(connection)
        for k in [k for k, v in names.items() if v is connection]:
            del names[k]


async def p(send, connection, room):
    await named()(connection, room)


MISTAKES = [
    ("03.2", spoofer, "Eve wrote 'ana' into a message, and the"),
    ("03.2", named(rename_ok=True), "Eve could not be Ana, but she was Eve, and"),
    ("03.2", named(taken_ok=True), "Zoe's first name was 'ana', and now there"),
    ("03.2", named(fin=False), "Ana was cut off, came back, and could not"),
    ("03.2", named(err_all=True), "ana received a message that was not for"),
    ("03.2", named(keep_name=True), "Ana closed her connection, came back, and"),
    ("03.2", named(err_also=True), "a message was refused with an error, and"),
    ("03.2", sends_loop, "your loop waited for a member that does not"),
    ("03.2", global_names, "the name 'ana' is taken in one room, and"),
    ("03.2", frees_what_it_tried, "Mia tried the name"),
    ("03.2", burns_on_refusal, "Only an accepted name is bound"),
    ("03.2", keeps_names(tried_by="anybody"), "do not keep names that were refused"),
    ("03.2", keeps_names(tried_by="oneself"), "do not keep what a client has tried"),
    ("03.2", keeps_names(own=True), "Compare a name with the connection's own first"),
    ("03.2", forgets_its_name, "who had meanwhile tried others"),
    ("03.2", refuses_everybody, "it is the first name of Ana: accept it"),
    ("03.2", substring, "Eve could not be Ana, but she was Eve, and"),
]

HINTS = [
    ("03.2", named(ts=lambda: 1700000000000), "a message needs a timestamp that says when"),
    ("03.2", named(ts=lambda: True), "a message needs a timestamp that says when"),
    ("03.2", named(ts=lambda: "now"), "a message needs a timestamp that says when"),
    ("03.2", named(join_late=True), "eve did not receive a message of ana"),
    ("03.2", named(close_on_error=True), "the connection of eve was closed, and the"),
    ("03.2", named(err_text=True), "the server sent a message that is not a"),
    ("03.2", named(lower=True), "zoe received something other than the"),
    ("03.2", forces_name, "a message was passed on under another name"),
    ("03.2", does_nothing, "the connection of ana was closed, and the"),
]

RIGHT = [
    ("03.2", named()),
    ("03.2", named(ts=time.time)),
    ("03.2", named(ts=lambda: datetime.datetime.now(datetime.UTC).isoformat())),
    ("03.2", ByAttr()),
    ("03.2", two_tables),
    ("03.2", functools.partial(p, None)),
    ("03.2", named(ts=lambda: str(stamp()))),
]
