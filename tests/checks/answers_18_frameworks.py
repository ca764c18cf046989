"""Answers to exercise 18.2: mistakes, what is no answer yet, right ones."""

import asyncio
import contextlib

import anyio
from fastapi import WebSocketDisconnect
from starlette.websockets import WebSocketState


async def accept_only(socket, next_price):
    await socket.accept()


async def never_accept(socket, next_price):
    await socket.send_text(await next_price())


async def send_for_ever(socket, next_price):
    await socket.accept()
    while True:
        await socket.send_text(await next_price())


async def catch_around_send(socket, next_price):
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.send_text(await next_price())


async def look_at_the_state(socket, next_price):
    await socket.accept()
    while socket.client_state == WebSocketState.CONNECTED:
        await socket.send_text(await next_price())


async def receive_before_each(socket, next_price):
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.receive_text()
            await socket.send_text(await next_price())


async def take_then_receive(socket, next_price):
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            price = await next_price()
            await socket.receive_text()
            await socket.send_text(price)


async def look_between_prices(socket, next_price):
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.send_text(await next_price())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(socket.receive_text(), 0.01)


async def send_all(socket, next_price):
    while True:
        await socket.send_text(await next_price())


async def receive_all(socket):
    while True:
        await socket.receive_text()


async def gather_both(socket, next_price):
    await socket.accept()
    await asyncio.gather(send_all(socket, next_price), receive_all(socket))


async def gather_and_catch(socket, next_price):
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        await asyncio.gather(send_all(socket, next_price), receive_all(socket))


async def wait_without_cancel(socket, next_price):
    await socket.accept()
    tasks = [
        asyncio.create_task(send_all(socket, next_price)),
        asyncio.create_task(receive_all(socket)),
    ]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


async def sender_is_left(socket, next_price):
    await socket.accept()
    sender = asyncio.create_task(send_all(socket, next_price))
    try:
        async for _ in socket.iter_text():
            if sender.done():
                return
    finally:
        assert sender


async def receive_once(socket, next_price):
    await socket.accept()
    sender = asyncio.create_task(send_all(socket, next_price))
    try:
        with contextlib.suppress(WebSocketDisconnect):
            await socket.receive_text()
    finally:
        sender.cancel()


async def group_without_except(socket, next_price):
    await socket.accept()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(send_all(socket, next_price))
        tasks.create_task(receive_all(socket))


async def only_the_reader_is_watched(socket, next_price):
    await socket.accept()
    sender = asyncio.create_task(send_all(socket, next_price))
    async for _ in socket.iter_text():
        pass
    sender.cancel()


async def as_json(socket, next_price):
    await socket.accept()
    while True:
        await socket.send_json(await next_price())


# 18.2, right


async def group_with_except(socket, next_price):
    await socket.accept()
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(send_all(socket, next_price))
            tasks.create_task(receive_all(socket))
    except* WebSocketDisconnect:
        pass


async def cancel_scope(socket, next_price):
    await socket.accept()

    async with anyio.create_task_group() as tasks:

        async def until_it_ends(function, *arguments):
            with contextlib.suppress(WebSocketDisconnect):
                await function(*arguments)
            tasks.cancel_scope.cancel()

        tasks.start_soon(until_it_ends, send_all, socket, next_price)
        tasks.start_soon(until_it_ends, receive_all, socket)


async def race_for_each_price(socket, next_price):
    await socket.accept()
    left = asyncio.ensure_future(receive_all(socket))
    price = None
    try:
        while True:
            price = asyncio.ensure_future(next_price())
            await asyncio.wait({left, price}, return_when=asyncio.FIRST_COMPLETED)
            if left.done():
                return
            await socket.send_text(price.result())
    except WebSocketDisconnect:
        return
    finally:
        left.cancel()
        price.cancel()
        await asyncio.wait({left, price})
        left.cancelled() or left.exception()


class Prices:
    """The receiver is the task that cancels the sender."""

    async def __call__(self, socket, next_price):
        await socket.accept()
        me = asyncio.current_task()
        receiver = asyncio.create_task(self.receive(socket, me))
        try:
            while True:
                await socket.send({"type": "websocket.send", "text": await next_price()})
        except (WebSocketDisconnect, asyncio.CancelledError):
            me.uncancel()
        finally:
            receiver.cancel()

    async def receive(self, socket, sender):
        while (await socket.receive())["type"] != "websocket.disconnect":
            pass
        sender.cancel()


MISTAKES = [
    ("18.2", send_for_ever, "still waits for the next price"),
    ("18.2", catch_around_send, "still waits for the next price"),
    ("18.2", look_at_the_state, "still waits for the next price"),
    ("18.2", receive_before_each, "waits for a message of the client"),
    ("18.2", take_then_receive, "waits for the client to send"),
    ("18.2", look_between_prices, "still waits for the next price"),
    ("18.2", gather_both, "ended with an exception"),
    ("18.2", gather_and_catch, "a task of it still waits"),
    ("18.2", wait_without_cancel, "a task of it still waits"),
    ("18.2", sender_is_left, "a task of it still waits"),
    ("18.2", receive_once, "A message is not a disconnect"),
    ("18.2", group_without_except, "ended with an exception"),
    ("18.2", only_the_reader_is_watched, "still running"),
]

HINTS = [
    ("18.2", accept_only, "ended while its client was there"),
    ("18.2", never_accept, "first `await socket.accept()`"),
    ("18.2", as_json, "as it is"),
]

RIGHT = [
    ("18.2", group_with_except),
    ("18.2", cancel_scope),
    ("18.2", race_for_each_price),
    ("18.2", Prices()),
]
