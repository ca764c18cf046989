"""Answers to exercise 12.3: mistakes, what is no answer yet, right ones."""

import asyncio
import contextlib
import functools
import hashlib
import hmac
import json

from websockets.asyncio.server import broadcast


def same(one, other):
    return isinstance(one, str) and hmac.compare_digest(one.encode(), other.encode())


def has_key(request, keys):
    return request["room"] in keys and same(request.get("key"), keys[request["room"]])


def is_member(connection, members, room):
    return connection in members.get(room, ())


def to_the_room(connection, members, room, text):
    broadcast(members[room], text)


def room_that(
    admits=has_key, may_send=is_member, send=to_the_room, *, tidy=True, errors="each", confirms=""
):
    """An answer to 12.3.

    Args:
        admits: whether a join is allowed, given the request and the keys.
        may_send: whether a message is allowed, given the connection, the members and the room.
        send: passes a message on.
        tidy: whether the connection is removed in the end.
        errors: to which requests that are not allowed an error is sent: each, joins, messages;
            or that the first one ends the connection.
        confirms: the reply to a join.
    """

    async def handler(connection, members, keys):
        async def refuse(kind):
            if errors in ("each", kind, "the end"):
                await connection.send(json.dumps({"error": "not allowed"}))

        try:
            async for text in connection:
                request = json.loads(text)
                room = request["room"]
                if request["action"] == "join":
                    if admits(request, keys):
                        members.setdefault(room, set()).add(connection)
                        if confirms:
                            await connection.send(confirms)
                        continue
                    await refuse("joins")
                elif may_send(connection, members, room):
                    send(connection, members, room, text)
                    continue
                else:
                    await refuse("messages")
                if errors == "the end":
                    break
        finally:
            if tidy:
                for each in members.values():
                    each.discard(connection)

    return handler


def any_rooms_key(request, keys):
    return any(same(request.get("key"), key) for key in keys.values()) and request["room"] in keys


def none_is_none(request, keys):
    given, wanted = request.get("key"), keys.get(request["room"])
    return given is wanted or same(given, wanted or "")


def with_equals(request, keys):
    return request["room"] in keys and request.get("key") == keys[request["room"]]


def begins_right(request, keys):
    key = request.get("key")
    return isinstance(key, str) and keys.get(request["room"], " ").startswith(key)


def is_part_of_it(request, keys):
    key = request.get("key")
    return isinstance(key, str) and key in keys.get(request["room"], "")


def trusts_that_room_and_key_are_there(request, keys):
    return same(request["key"], keys[request["room"]])


def trusts_that_the_room_is_there(request, keys):
    return same(request.get("key"), keys[request["room"]])


def trusts_that_the_key_is_ascii(request, keys):
    return request["room"] in keys and hmac.compare_digest(
        str(request.get("key")), keys[request["room"]]
    )


def member_of_any(connection, members, room):
    return room in members and any(connection in each for each in members.values())


def to_all_rooms(connection, members, room, text):
    broadcast(set.union(*members.values()), text)


def to_the_others(connection, members, room, text):
    broadcast(members[room] - {connection}, text)


def back_to_the_sender(connection, members, room, text):
    broadcast([connection], text)


async def reads_one_message(connection, members, keys):
    request = json.loads(await connection.recv())
    if has_key(request, keys):
        members[request["room"]].add(connection)


async def one_flag_for_all_rooms(connection, members, keys):
    joined = False
    try:
        async for text in connection:
            request = json.loads(text)
            if request["action"] == "join" and has_key(request, keys):
                joined = True
                members[request["room"]].add(connection)
            elif request["action"] == "message" and joined and request["room"] in members:
                broadcast(members[request["room"]], text)
            else:
                await connection.send(json.dumps({"error": "not allowed"}))
    finally:
        for each in members.values():
            each.discard(connection)


async def only_the_last_room(connection, members, keys):
    mine = None
    try:
        async for text in connection:
            request = json.loads(text)
            if request["action"] == "join" and has_key(request, keys):
                mine = request["room"]
                members[mine].add(connection)
            elif request["action"] == "message" and request["room"] == mine:
                broadcast(members[mine], text)
            else:
                await connection.send(json.dumps({"error": "not allowed"}))
    finally:
        for each in members.values():
            each.discard(connection)


async def adds_before_it_looks(connection, members, keys):
    async for text in connection:
        request = json.loads(text)
        if request["action"] == "join":
            members[request["room"]].add(connection)
            if not has_key(request, keys):
                await connection.send(json.dumps({"error": "wrong key"}))
        else:
            broadcast(members[request["room"]], text)


async def with_match(connection, members, keys):
    """One with a stack of what to undo, that sends in tasks and confirms with the room's name."""
    async with contextlib.AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        async for text in connection:
            match json.loads(text):
                case {"action": "join", "room": room, "key": str(key)} if room in keys and same(
                    key, keys[room]
                ):
                    members[room].add(connection)
                    stack.callback(lambda room=room: members[room].discard(connection))
                    await connection.send(json.dumps({"joined": room}))
                case {"action": "message", "room": room, "message": message} if (
                    connection in members.get(room, ())
                ):
                    for each in members[room]:
                        tasks.create_task(each.send(json.dumps({"room": room, "text": message})))
                case _:
                    await connection.send(json.dumps({"error": "not allowed"}))


class Door:
    """Compares digests of the keys, and keeps the rooms of each connection as well."""

    def digest(self, key):
        return hashlib.sha256(json.dumps(key).encode()).digest()

    async def __call__(self, connection, members, keys):
        mine = set()
        try:
            while True:
                request = json.loads(await connection.recv())
                room = request.get("room")
                if request.get("action") == "join":
                    key = keys.get(room)
                    allowed = key and self.digest(key) == self.digest(request.get("key"))
                    if allowed:
                        mine.add(room)
                        members[room] = members[room] | {connection}
                elif allowed := room in mine:
                    sends = [each.send(request["message"]) for each in members[room]]
                    await asyncio.gather(*sends, return_exceptions=True)
                if not allowed:
                    await connection.send('{"error": true, "request": 1}')
        finally:
            for room in mine:
                members[room] = members[room] - {connection}


MISTAKES = [
    ("12.3", room_that(lambda request, keys: request["room"] in keys), "wrong key"),
    ("12.3", room_that(any_rooms_key), "key of another room"),
    ("12.3", room_that(none_is_none), "without a key"),
    ("12.3", room_that(begins_right), "key"),
    ("12.3", room_that(is_part_of_it), "key"),
    ("12.3", room_that(with_equals), "=="),
    ("12.3", room_that(trusts_that_room_and_key_are_there), "without a key ended"),
    ("12.3", room_that(trusts_that_the_room_is_there), "does not exist, without a key ended"),
    ("12.3", room_that(trusts_that_the_key_is_ascii), "not ASCII ended"),
    ("12.3", room_that(may_send=lambda connection, members, room: room in members), "is not in"),
    ("12.3", room_that(may_send=member_of_any), "is not in"),
    ("12.3", one_flag_for_all_rooms, "is not in"),
    ("12.3", adds_before_it_looks, "wrong key"),
    ("12.3", room_that(send=to_all_rooms), "not a member of this room"),
    ("12.3", only_the_last_room, "two rooms"),
    ("12.3", room_that(tidy=False), "still in"),
    ("12.3", room_that(errors="the end"), "ended"),
]

HINTS = [
    ("12.3", room_that(send=to_the_others), "sender"),
    ("12.3", room_that(send=back_to_the_sender), "all members"),
    ("12.3", room_that(errors="joins"), '{"error": …}'),
    ("12.3", room_that(errors="messages"), '{"error": …}'),
    ("12.3", room_that(errors="none"), '{"error": …}'),
    ("12.3", reads_one_message, "has ended"),
]

RIGHT = [
    ("12.3", room_that()),
    ("12.3", room_that(confirms='{"id": 1, "data": null}')),
    ("12.3", with_match),
    ("12.3", functools.partial(Door().__call__)),
    ("12.3", Door()),
]
