"""Answers to exercise 18.4: mistakes, what is no answer yet, right ones."""

import asyncio
import contextlib

import anyio
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

SHARED = set()


async def send_to_all(members, text):
    for member in list(members):
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await member.send_text(text)


async def stop_at_the_first_error(members, text):
    for member in list(members):
        await member.send_text(text)


async def as_json(members, text):
    for member in list(members):
        await member.send_json(text)


def worker(
    take=lambda bus, members, text: bus.publish(text),
    deliver=lambda bus, members, text: send_to_all(members, text),
    members_of=set,
    listens=True,
):
    """`make_app`, wrong in one way or another."""

    def make_app(bus):
        members = members_of()

        async def follow():
            async for text in bus.listen():
                await deliver(bus, members, text)

        @contextlib.asynccontextmanager
        async def lifespan(app):
            following = asyncio.create_task(follow()) if listens else None
            yield
            if following:
                following.cancel()

        app = FastAPI(lifespan=lifespan)

        @app.websocket("/room")
        async def room(socket: WebSocket):
            await socket.accept()
            members.add(socket)
            try:
                async for text in socket.iter_text():
                    await take(bus, members, text)
            finally:
                members.discard(socket)

        return app

    return make_app


async def only_my_own(bus, members, text):
    await send_to_all(members, text)


async def both(bus, members, text):
    await send_to_all(members, text)
    await bus.publish(text)


async def publish_again(bus, members, text):
    await bus.publish(text)
    await send_to_all(members, text)


async def not_to_all(bus, members, text):
    await send_to_all(list(members)[:1], text)


async def in_capitals(bus, members, text):
    await bus.publish(text.upper())


async def publish_twice(bus, members, text):
    await bus.publish(text)
    await bus.publish(text)


def seen_once():
    seen = set()

    async def deliver(bus, members, text):
        if (id(members), text) not in seen:
            seen.add((id(members), text))
            await send_to_all(members, text)

    return deliver


def listen_for_each_client(bus):
    app = FastAPI()

    @app.websocket("/room")
    async def room(socket: WebSocket):
        await socket.accept()

        async def follow():
            async for text in bus.listen():
                await socket.send_text(text)

        following = asyncio.create_task(follow())
        try:
            async for text in socket.iter_text():
                await bus.publish(text)
        finally:
            following.cancel()

    return app


def listen_before_receiving(bus):
    app = FastAPI()

    @app.websocket("/room")
    async def room(socket: WebSocket):
        await socket.accept()
        async for text in bus.listen():
            await socket.send_text(text)
            await bus.publish(await socket.receive_text())

    return app


def no_app(bus):
    return None


def no_route(bus):
    return FastAPI()


THE_APP = FastAPI()

MISTAKES = [
    ("18.4", worker(take=only_my_own), "nothing was published"),
    ("18.4", worker(take=both), "a message twice"),
    ("18.4", worker(members_of=lambda: SHARED), "a message twice"),
    ("18.4", worker(deliver=publish_again), "never ends"),
    ("18.4", worker(take=publish_twice), "Publish a message when"),
    ("18.4", listen_for_each_client, "Listen once in each worker"),
    (
        "18.4",
        worker(deliver=lambda _, members, text: stop_at_the_first_error(members, text)),
        "Catch it for each member",
    ),
]

HINTS = [
    ("18.4", no_app, "give the app"),
    ("18.4", no_route, "there must be a WebSocket at /room"),
    ("18.4", lambda bus: THE_APP, "a new app at each call"),
    ("18.4", worker(listens=False), "no client received it"),
    ("18.4", worker(take=in_capitals), "as it is"),
    ("18.4", listen_before_receiving, "nothing was published"),
    ("18.4", worker(deliver=not_to_all), "not every client"),
    ("18.4", worker(deliver=seen_once()), "not every client"),
    ("18.4", worker(deliver=lambda _, members, text: as_json(members, text)), "not every client"),
]


def task_at_once(bus):
    app, members, tasks = FastAPI(), [], []

    async def follow():
        async for text in bus.listen():
            await send_to_all(members, text)

    tasks.append(asyncio.create_task(follow()))
    app.state.tasks = tasks

    @app.websocket("/room")
    async def room(socket: WebSocket):
        await socket.accept()
        members.append(socket)
        try:
            while True:
                await bus.publish(await socket.receive_text())
        except WebSocketDisconnect:
            members.remove(socket)

    return app


class Worker:
    """An object with methods, and anyio's task group."""

    def __init__(self, bus):
        self.bus, self.members = bus, {}
        self.app = FastAPI(lifespan=self.lifespan)
        self.app.add_api_websocket_route("/room", self.room)

    @contextlib.asynccontextmanager
    async def lifespan(self, app):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.follow)
            yield
            tasks.cancel_scope.cancel()

    async def follow(self):
        async for text in self.bus.listen():
            sending = [each.send_text(text) for each in self.members.values()]
            await asyncio.gather(*sending, return_exceptions=True)

    async def room(self, socket: WebSocket):
        await socket.accept()
        self.members[id(socket)] = socket
        try:
            while (message := await socket.receive())["type"] == "websocket.receive":
                await self.bus.publish(message["text"])
        finally:
            del self.members[id(socket)]


def a_queue_for_each_member(bus):
    queues = set()

    async def follow():
        async for text in bus.listen():
            for queue in queues:
                queue.put_nowait(text)

    @contextlib.asynccontextmanager
    async def lifespan(app):
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(follow())
            yield
            following.cancel()

    app = FastAPI(lifespan=lifespan)

    @app.websocket("/room")
    async def room(socket: WebSocket):
        await socket.accept()
        queue = asyncio.Queue()
        queues.add(queue)

        async def send():
            with contextlib.suppress(WebSocketDisconnect):
                while True:
                    await socket.send_text(await queue.get())

        sending = asyncio.create_task(send())
        try:
            async for text in socket.iter_text():
                await bus.publish(text)
        finally:
            queues.discard(queue)
            sending.cancel()

    return app


RIGHT = [
    ("18.4", worker()),
    ("18.4", task_at_once),
    ("18.4", lambda bus: Worker(bus).app),
    ("18.4", a_queue_for_each_member),
]
