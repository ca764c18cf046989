"""Answers to the exercises of lesson 13: mistakes, what is no answer yet, right ones."""

import asyncio

from websockets.asyncio.server import broadcast


class Everything:
    def __init__(self):
        self.queue = asyncio.Queue()

    def put(self, value):
        self.queue.put_nowait(value)

    async def get(self):
        return await self.queue.get()


class Oldest(Everything):
    def put(self, value):
        if self.queue.empty():
            self.queue.put_nowait(value)


class OneAndNoMore(Everything):
    def __init__(self):
        self.queue = asyncio.Queue(1)


class LatestInAQueue(OneAndNoMore):
    def put(self, value):
        if self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(value)


class AgainAndAgain:
    def put(self, value):
        self.value = value

    async def get(self):
        return self.value


async def sends_without_a_deadline(connection, message, seconds):
    await connection.send(message)
    return True


async def sends_and_keeps(connection, message, seconds):
    broadcast([connection], message)
    return True


def evicts(goodbye):
    async def send_or_evict(connection, message, seconds):
        try:
            await asyncio.wait_for(connection.send(message), seconds)
        except TimeoutError:
            await goodbye(connection)
            return False
        return True

    return send_or_evict


async def abort(connection):
    connection.transport.abort()


async def close_in_a_task(connection):
    connection.goodbye = asyncio.create_task(connection.close())


def uploads(*, limits="each", code=1009):
    async def upload(connection, most):
        size = 0
        async for message in connection:
            if message == "end":
                if limits == "at the end" and size > most:
                    await connection.close(code)
                    return
                await connection.send(str(size))
                continue
            size += len(message)
            if (len(message) if limits == "each" else size) > most and limits != "at the end":
                await connection.close(code)
                return

    return upload


MISTAKES = [
    ("13.1", Everything, "further behind with each value"),
    ("13.1", Oldest, "drop what is new"),
    ("13.1", OneAndNoMore, "raised QueueFull"),
    ("13.1", AgainAndAgain, "each value is given once"),
    ("13.2", sends_without_a_deadline, "without a deadline"),
    ("13.2", sends_and_keeps, "to write is not to be taken"),
    ("13.2", evicts(lambda connection: connection.close(1008, "slow")), "wait for its end"),
    ("13.2", evicts(abort), "no code, no reason"),
    ("13.2", evicts(close_in_a_task), "as if all were well"),
    ("13.3", uploads(), "it is the sum"),
    ("13.3", uploads(limits="sum", code=1008), "every client knows"),
    ("13.3", uploads(limits="at the end"), "only after `end`"),
]


RIGHT = [
    ("13.1", LatestInAQueue),
]
