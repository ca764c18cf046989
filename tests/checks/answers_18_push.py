"""Answers to exercise 18.1: mistakes, what is no answer yet, right ones."""

import asyncio
import contextlib

import anyio.from_thread
from fastapi import Body, FastAPI, WebSocket, WebSocketDisconnect


def room_with(announce, method="post", **options):
    """An app with the room of the exercise; `announce(members)` makes the route's function."""
    app, members = FastAPI(), set()

    @app.websocket("/room")
    async def room(socket: WebSocket):
        await socket.accept()
        members.add(socket)
        try:
            async for _ in socket.iter_text():
                pass
        finally:
            members.discard(socket)

    getattr(app, method)("/announce", **options)(announce(members))
    return app


async def send_to_all(members, text):
    reached = 0
    for member in list(members):
        with contextlib.suppress(WebSocketDisconnect):
            await member.send_text(text)
            reached += 1
    return {"reached": reached}


def a_second_loop(members):
    def announce(text: str):
        return asyncio.run(send_to_all(members, text))

    return announce


def a_loop_of_my_own(members):
    def announce(text: str):
        loop = asyncio.new_event_loop()
        with contextlib.closing(loop):
            return loop.run_until_complete(send_to_all(members, text))

    return announce


def a_task_from_a_thread(members):
    def announce(text: str):
        sending = send_to_all(members, text)
        with contextlib.closing(sending):
            asyncio.create_task(sending)  # noqa: RUF006
        return {"reached": len(members)}

    return announce


def without_await(members):
    async def announce(text: str):
        for member in list(members):
            member.send_text(text)
        return {"reached": len(members)}

    return announce


def without_try(members):
    async def announce(text: str):
        for member in list(members):
            await member.send_text(text)
        return {"reached": len(members)}

    return announce


def try_around_the_loop(members):
    async def announce(text: str):
        reached = 0
        try:
            for member in list(members):
                await member.send_text(text)
                reached += 1
        except WebSocketDisconnect:
            pass
        return {"reached": reached}

    return announce


def break_at_the_first(members):
    async def announce(text: str):
        reached = 0
        for member in list(members):
            try:
                await member.send_text(text)
            except WebSocketDisconnect:
                break
            reached += 1
        return {"reached": reached}

    return announce


def over_the_set_itself(members):
    async def announce(text: str):
        reached = 0
        for member in members:
            with contextlib.suppress(WebSocketDisconnect):
                await member.send_text(text)
                reached += 1
        return {"reached": reached}

    return announce


def remove_while_looping(members):
    async def announce(text: str):
        reached = 0
        for member in members:
            try:
                await member.send_text(text)
                reached += 1
            except WebSocketDisconnect:
                members.discard(member)
        return {"reached": reached}

    return announce


def as_json(members):
    async def announce(text: str):
        for member in list(members):
            with contextlib.suppress(WebSocketDisconnect):
                await member.send_json(text)
        return {"reached": len(members)}

    return announce


def with_a_prefix(members):
    async def announce(text: str):
        return await send_to_all(members, f"Announcement: {text}")

    return announce


def count_the_gone(members):
    async def announce(text: str):
        await send_to_all(members, text)
        return {"reached": len(members)}

    return announce


def gather_all(members):
    async def announce(text: str):
        await asyncio.gather(*(member.send_text(text) for member in members))
        return {"reached": len(members)}

    return announce


def to_one(members):
    async def announce(text: str):
        return await send_to_all(list(members)[:1], text)

    return announce


def a_number_alone(members):
    async def announce(text: str):
        return (await send_to_all(members, text))["reached"]

    return announce


def under_another_name(members):
    async def announce(message: str):
        return await send_to_all(members, message)

    return announce


def from_the_body(members):
    async def announce(text: str = Body()):
        return await send_to_all(members, text)

    return announce


def right(members):
    async def announce(text: str):
        return await send_to_all(members, text)

    return announce


def nothing(members):
    async def announce(text: str):
        return {"reached": 0}

    return announce


MISTAKES = [
    ("18.1", room_with(a_second_loop), "second event loop"),
    ("18.1", room_with(a_loop_of_my_own), "second event loop"),
    ("18.1", room_with(a_task_from_a_thread), "where no event loop runs"),
    ("18.1", room_with(without_try), "ended the whole route"),
    ("18.1", room_with(gather_all), "ended the whole route"),
    ("18.1", room_with(try_around_the_loop), "inside of the loop"),
    ("18.1", room_with(break_at_the_first), "inside of the loop"),
    ("18.1", room_with(over_the_set_itself), "a copy"),
    ("18.1", room_with(remove_while_looping), "a copy"),
    ("18.1", room_with(count_the_gone), "counted as reached"),
]

HINTS = [
    ("18.1", room_with(nothing), "no member has received anything"),
    ("18.1", room_with(without_await), "await `send_text`"),
    ("18.1", room_with(as_json), "as it is"),
    ("18.1", room_with(with_a_prefix), "as it is"),
    ("18.1", room_with(to_one), "every member"),
    ("18.1", room_with(a_number_alone), "the key 'reached'"),
    ("18.1", room_with(under_another_name), "must reach your route"),
    ("18.1", room_with(from_the_body), "must reach your route"),
    ("18.1", room_with(right, method="get"), "must reach your route"),
    ("18.1", send_to_all, "give the app"),
]


def gather_and_count(members):
    async def announce(text: str):
        sending = (member.send_text(text) for member in members)
        outcomes = await asyncio.gather(*sending, return_exceptions=True)
        return {"reached": outcomes.count(None)}

    return announce


def from_a_thread_to_the_loop(members):
    def announce(text: str):
        return anyio.from_thread.run(send_to_all, members, text)

    return announce


def in_a_task_group(members):
    async def announce(text: str):
        reached = []

        async def send(member):
            try:
                await member.send_text(text)
            except WebSocketDisconnect:
                members.discard(member)
            else:
                reached.append(member)

        async with asyncio.TaskGroup() as tasks:
            for member in members:
                tasks.create_task(send(member))
        return {"reached": len(reached)}

    return announce


def run_coroutine_threadsafe():
    app, members, loops = FastAPI(), [], []

    @app.websocket("/room")
    async def room(socket: WebSocket):
        loops.append(asyncio.get_running_loop())
        await socket.accept()
        members.append(socket)
        try:
            while True:
                await socket.receive_text()
        except WebSocketDisconnect:
            members.remove(socket)

    @app.post("/announce")
    def announce(text: str):
        sending = send_to_all(members, text)
        return asyncio.run_coroutine_threadsafe(sending, loops[-1]).result(5)

    return app


RIGHT = [
    ("18.1", room_with(gather_and_count)),
    ("18.1", room_with(from_a_thread_to_the_loop)),
    ("18.1", room_with(in_a_task_group)),
    ("18.1", run_coroutine_threadsafe()),
]
