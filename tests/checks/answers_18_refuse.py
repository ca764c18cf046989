"""Answers to exercise 18.3: mistakes, what is no answer yet, right ones."""

import contextlib

from fastapi import HTTPException, WebSocketDisconnect, WebSocketException
from fastapi.responses import PlainTextResponse
from starlette.websockets import WebSocketState


def token_of(socket):
    scheme, _, token = socket.headers.get("authorization", "").partition(" ")
    return token if scheme == "Bearer" else ""


async def welcome(socket, names, token):
    await socket.accept()
    await socket.send_text(f"Welcome, {names[token]}")
    async for _ in socket.iter_text():
        pass


async def accept_everyone(socket, names):
    await socket.accept()


async def accept_then_close(socket, names):
    await socket.accept()
    if token_of(socket) not in names:
        await socket.close(1008)
        return
    await socket.send_text(f"Welcome, {names[token_of(socket)]}")
    async for _ in socket.iter_text():
        pass


async def refuse_after_accept(socket, names):
    await socket.accept()
    if token_of(socket) not in names:
        raise HTTPException(401)
    await socket.send_text(f"Welcome, {names[token_of(socket)]}")
    async for _ in socket.iter_text():
        pass


async def go_on_after_close(socket, names):
    if token_of(socket) not in names:
        await socket.close(1008)
    await socket.accept()
    await socket.send_text(f"Welcome, {names[token_of(socket)]}")
    async for _ in socket.iter_text():
        pass


async def return_only(socket, names):
    if token_of(socket) in names:
        await welcome(socket, names, token_of(socket))


async def missing_header(socket, names):
    token = socket.headers["authorization"].removeprefix("Bearer ")
    if token not in names:
        return await socket.close()
    await welcome(socket, names, token)


async def split_too_little(socket, names):
    scheme, token = socket.headers.get("authorization", "").split()
    if scheme != "Bearer" or token not in names:
        return await socket.close()
    await welcome(socket, names, token)


async def permission_error(socket, names):
    if token_of(socket) not in names:
        raise PermissionError("who are you?")
    await welcome(socket, names, token_of(socket))


async def any_scheme(socket, names):
    token = socket.headers.get("authorization", "").rpartition(" ")[2]
    if token not in names:
        return await socket.close()
    await welcome(socket, names, token)


async def by_beginning(socket, names):
    given = token_of(socket)
    found = [each for each in names if given and each.startswith(given)]
    if not found:
        return await socket.close()
    await welcome(socket, names, found[0])


async def by_substring(socket, names):
    header = socket.headers.get("authorization", "")
    for token in names:
        if token in header:
            return await welcome(socket, names, token)
    await socket.close()


async def by_name(socket, names):
    token = token_of(socket)
    if token not in names and token not in names.values():
        return await socket.close()
    await welcome(socket, names | {name: name for name in names.values()}, token)


async def not_found(socket, names):
    if token_of(socket) not in names:
        raise HTTPException(404)
    await welcome(socket, names, token_of(socket))


async def refuse_everyone(socket, names):
    await socket.close(1008)


async def end_after_welcome(socket, names):
    if token_of(socket) not in names:
        return await socket.close()
    await socket.accept()
    await socket.send_text(f"Welcome, {names[token_of(socket)]}")


async def receive_one_message(socket, names):
    await end_after_welcome(socket, names)
    if token_of(socket) in names:
        await socket.receive()


async def welcome_by_token(socket, names):
    await welcome(socket, {token: token for token in names}, token_of(socket))


async def send_before_accept(socket, names):
    if token_of(socket) not in names:
        return await socket.close()
    await socket.send_text(f"Welcome, {names[token_of(socket)]}")


async def by_exception(socket, names):
    if token_of(socket) not in names:
        raise WebSocketException(1008)
    await welcome(socket, names, token_of(socket))


async def with_401(socket, names):
    try:
        scheme, token = socket.headers["authorization"].split()
        assert scheme == "Bearer"
        name = names[token]
    except (KeyError, ValueError, AssertionError):
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"}) from None
    await socket.accept()
    await socket.send_text(f"Welcome, {name}")
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.receive()
            if socket.client_state == WebSocketState.DISCONNECTED:
                return


async def denial_response(socket, names):
    if token_of(socket) not in names:
        refusal = PlainTextResponse("Who are you?\n", 401)
        await socket.send_denial_response(refusal)
    else:
        await welcome(socket, names, token_of(socket))


class Door:
    """Compares whole headers."""

    async def __call__(self, socket, names):
        given = socket.headers.get("authorization")
        for token in names:
            if given == f"Bearer {token}":
                await welcome(socket, names, token)
                return
        await socket.send({"type": "websocket.close", "code": 4401})


MISTAKES = [
    ("18.3", accept_then_close, "accepted first"),
    ("18.3", refuse_after_accept, "accepted first"),
    ("18.3", go_on_after_close, "went on after `close`"),
    ("18.3", return_only, "without accept and without close"),
    ("18.3", missing_header, "raised an exception"),
    ("18.3", split_too_little, "raised an exception"),
    ("18.3", permission_error, "raised an exception"),
    ("18.3", any_scheme, "was accepted"),
    ("18.3", by_beginning, "was accepted"),
    ("18.3", by_substring, "was accepted"),
    ("18.3", by_name, "was accepted"),
]

HINTS = [
    ("18.3", accept_everyone, "greet"),
    ("18.3", not_found, "401 or 403"),
    ("18.3", refuse_everyone, "accept a client with a valid token"),
    ("18.3", end_after_welcome, "your handler ended"),
    ("18.3", receive_one_message, "your handler ended"),
    ("18.3", welcome_by_token, "greet"),
    ("18.3", send_before_accept, "accept a client with a valid token"),
]

RIGHT = [
    ("18.3", by_exception),
    ("18.3", with_401),
    ("18.3", denial_response),
    ("18.3", Door()),
]
