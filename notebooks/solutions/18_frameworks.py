"""One worked answer for each exercise of lesson 18."""

import asyncio
import contextlib

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app, members = FastAPI(), set()


@app.websocket("/room")
async def room(socket: WebSocket):
    """Keep a member as long as its client is connected."""
    await socket.accept()
    members.add(socket)
    try:
        async for _ in socket.iter_text():
            pass
    finally:
        members.discard(socket)


@app.post("/announce")
async def announce(text: str):
    """Send a text to each member; one that is gone does not stop the others."""
    reached = 0
    for member in list(members):
        try:
            await member.send_text(text)
            reached += 1
        except WebSocketDisconnect:
            pass  # its own handler removes it
    return {"reached": reached}


async def prices(socket, next_price):
    """Send prices in one task, and wait for the disconnect in another."""
    await socket.accept()

    async def send():
        while True:
            await socket.send_text(await next_price())

    async def receive():
        async for _ in socket.iter_text():
            pass

    tasks = {asyncio.create_task(send()), asyncio.create_task(receive())}
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def door(socket, names):
    """Refuse before the handshake is complete; a client then gets 403."""
    scheme, _, token = socket.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or token not in names:
        await socket.close()
        return
    await socket.accept()
    await socket.send_text(f"Welcome, {names[token]}")
    async for _ in socket.iter_text():
        pass


def make_app(bus):
    """Make the app of one worker: it publishes what comes in, and sends what the bus brings."""
    members = set()

    async def follow():
        async for text in bus.listen():
            for member in list(members):
                with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                    await member.send_text(text)

    @contextlib.asynccontextmanager
    async def lifespan(app):
        following = asyncio.create_task(follow())
        yield
        following.cancel()

    app = FastAPI(lifespan=lifespan)

    @app.websocket("/room")
    async def room(socket: WebSocket):
        await socket.accept()
        members.add(socket)
        try:
            async for text in socket.iter_text():
                await bus.publish(text)
        finally:
            members.discard(socket)

    return app


answers = {"18.1": app, "18.2": prices, "18.3": door, "18.4": make_app}
