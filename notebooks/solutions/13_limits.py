"""One worked answer for each exercise of lesson 13."""

import asyncio


class Latest:
    """Keep the newest value, and return it once."""

    def __init__(self):
        self.value, self.new = None, asyncio.Event()

    def put(self, value):
        """Replace what is there."""
        self.value = value
        self.new.set()

    async def get(self):
        """Wait for a value that is new."""
        await self.new.wait()
        self.new.clear()
        return self.value


closing = set()  # the event loop keeps only a weak reference to a task


async def send_or_evict(connection, message, seconds):
    """Send with a deadline; close with a reason if the client misses it."""
    try:
        await asyncio.wait_for(connection.send(message), seconds)
    except TimeoutError:
        task = asyncio.create_task(close(connection))
        closing.add(task)
        task.add_done_callback(closing.discard)
        return False
    return True


async def close(connection):
    """Close with a reason, and abort if the client does not take even that."""
    try:
        await asyncio.wait_for(connection.close(1008, "you read too slowly"), 2)
    except TimeoutError:
        connection.transport.abort()


async def upload(connection, most):
    """Add up the sizes of the pieces, and check the sum before keeping a piece."""
    pieces, size = [], 0
    async for message in connection:
        if message == "end":
            await connection.send(str(size))
            pieces, size = [], 0
            continue
        size += len(message)
        if size > most:
            await connection.close(1009, f"more than {most} bytes")
            return
        pieces.append(message)


answers = {"13.1": Latest, "13.2": send_or_evict, "13.3": upload}
