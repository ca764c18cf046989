"""Answers to exercise 03.3: mistakes, what is no answer yet, unusual right ones."""

import contextlib
import datetime
import functools
import json
import time

from websockets.asyncio.server import broadcast
from websockets.exceptions import ConnectionClosed

from tests.checks.answers_03_relay import relay

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


def read(message):
    data = json.loads(message)
    return data["user"], data["message"]


def stamp():
    return int(time.time() * 1000)


def readc(message):
    try:
        data = json.loads(message)
    except (ValueError, RecursionError):
        return None
    if (
        isinstance(data, dict)
        and isinstance(data.get("user"), str)
        and isinstance(data.get("message"), str)
    ):
        return data


def chat(
    read=readc,
    out=lambda data: json.dumps(
        {"user": data["user"], "message": data["message"], "timestamp": stamp()}
    ),
    err=ERROR,
    err_all=False,
    close=False,
    silent=False,
    stop=False,
    to=lambda room, connection: room,
    fin=True,
    catch=(),
):
    async def handler(connection, room):
        room.add(connection)

        async def loop():
            async for message in connection:
                try:
                    data = read(message)
                except catch:
                    data = None
                if data is None:
                    if silent:
                        continue
                    if close:
                        await connection.close(1007)
                        return
                    if err_all:
                        broadcast(room, err)
                    else:
                        await connection.send(err)
                    if stop:
                        return
                else:
                    broadcast(to(room, connection), out(data))

        if not fin:
            await loop()
            room.discard(connection)
            return
        try:
            await loop()
        finally:
            room.discard(connection)

    return handler


def reading(check, catch=(ValueError, RecursionError)):
    def read(message):
        try:
            data = json.loads(message)
        except catch:
            return None
        return data if check(data) else None

    return read


def by_hand(data):
    template = '{"user": "USER", "message": "MESSAGE", "timestamp": NOW}'
    text = template.replace("USER", data["user"]).replace("MESSAGE", data["message"])
    return text.replace("NOW", str(stamp()))


def both(data):
    return isinstance(data.get("user"), str) and isinstance(data.get("message"), str)


def is_dict(data):
    return isinstance(data, dict)


async def asloop(connection, room):
    room.add(connection)
    try:
        async for message in connection:
            data = readc(message)
            if data is None:
                await connection.send(ERROR)
            else:
                for each in room:
                    await each.send(
                        json.dumps(
                            {"user": data["user"], "message": data["message"], "timestamp": stamp()}
                        )
                    )
    finally:
        room.discard(connection)


async def match_(connection, room):
    room.add(connection)
    try:
        while True:
            message = await connection.recv()
            try:
                data = json.loads(message)
            except Exception:
                data = None
            match data:
                case {"user": str(user), "message": str(t)}:
                    broadcast(
                        room, json.dumps({"user": user, "message": t, "timestamp": time.time()})
                    )
                case _:
                    await connection.send(json.dumps({"error": "say who you are", "code": 7}))
    except ConnectionClosed:
        pass
    finally:
        room.remove(connection)


class Any:
    async def __call__(self, connection, room):
        await chat(err=b"x" and '{"error": null}')(connection, room)


async def sorted_(dumps, connection, room):
    await chat(
        out=lambda data: dumps(
            {
                "timestamp": datetime.datetime.now().astimezone().isoformat(),
                "user": data["user"],
                "message": data["message"],
            }
        )
    )(connection, room)


async def wants_more_than_nothing(connection, room):
    """An empty text is false, but it is text."""
    room.add(connection)
    try:
        async for text in connection:
            try:
                user, message = right_fields(text)
                if not user or not message:
                    raise ValueError
            except (ValueError, RecursionError):
                await connection.send('{"error": "no"}')
                continue
            stamp = time.time()
            broadcast(room, json.dumps({"user": user, "message": message, "timestamp": stamp}))
    finally:
        room.discard(connection)


def right_fields(text):
    data = json.loads(text)
    if not isinstance(data, dict):
        raise ValueError
    user, message = data.get("user"), data.get("message")
    if not isinstance(user, str) or not isinstance(message, str):
        raise ValueError
    return user, message


MISTAKES = [
    ("03.3", wants_more_than_nothing, "An empty text is text as well"),
    (
        "03.3",
        chat(out=lambda data: json.dumps({**data, "timestamp": stamp()})),
        "the object that came in was passed on with",
    ),
    (
        "03.3",
        chat(reading(lambda data: is_dict(data) and both(data), ValueError)),
        "one bad message ended the connection:",
    ),
    (
        "03.3",
        chat(
            reading(
                lambda data: is_dict(data) and both(data), (json.JSONDecodeError, RecursionError)
            )
        ),
        "one bad message ended the connection:",
    ),
    ("03.3", chat(reading(both)), "one bad message ended the connection:"),
    (
        "03.3",
        chat(reading(lambda data: is_dict(data) and "user" in data and "message" in data)),
        "something that is not a message was passed",
    ),
    (
        "03.3",
        chat(
            reading(
                lambda data: (
                    is_dict(data) and isinstance(data.get("message"), str) and "user" in data
                )
            )
        ),
        "something that is not a message was passed",
    ),
    ("03.3", chat(err_all=True), "ana received a message that was not for"),
    ("03.3", chat(close=True), "one bad message ended the connection:"),
    ("03.3", chat(silent=True), "a bad message was not answered. Its sender"),
    ("03.3", chat(stop=True), "one bad message ended the connection:"),
    ("03.3", chat(fin=False), "a member whose connection was cut stays in"),
    (
        "03.3",
        chat(
            out=lambda data: json.dumps(
                {"user": str(data["user"]), "message": str(data["message"]), "timestamp": stamp()}
            ),
            read=reading(lambda data: is_dict(data) and "user" in data and "message" in data),
        ),
        "something that is not a message was passed",
    ),
    (
        "03.3",
        chat(
            out=lambda data: json.dumps(
                {"user": data["user"], "message": data["message"], "timestamp": stamp()},
                ensure_ascii=False,
            )
        ),
        "text that UTF-8 cannot encode was not",
    ),
    ("03.3", asloop, "your loop waited for a member that does not"),
    ("03.3", chat(read=json.loads), "one bad message ended the connection:"),
]

HINTS = [
    (
        "03.3",
        chat(out=lambda data: json.dumps({"user": data["user"], "message": data["message"]})),
        "a message needs a timestamp that says when",
    ),
    ("03.3", chat(err="error"), "the server sent a message that is not a"),
    (
        "03.3",
        chat(out=by_hand),
        "the server sent a message that is not a",
    ),
    ("03.3", relay(), "a message needs a timestamp that says when"),
    ("03.3", does_nothing, "the connection of eve was closed, and the"),
]

RIGHT = [
    ("03.3", chat(reading(lambda data: is_dict(data) and both(data) and len(data) == 2))),
    ("03.3", chat()),
    ("03.3", match_),
    ("03.3", Any()),
    ("03.3", functools.partial(sorted_, json.dumps)),
    (
        "03.3",
        chat(
            catch=Exception,
            read=lambda m: {
                k: (lambda v: v if type(v) is str else 1 / 0)(json.loads(m)[k])
                for k in ("user", "message")
            },
        ),
    ),
]
