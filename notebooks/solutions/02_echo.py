"""One worked answer for each exercise of lesson 02."""

import asyncio


async def greeting_echo(connection):
    """Greet once, then repeat every message."""
    await connection.send("Welcome!")
    async for message in connection:
        await connection.send(f"You said: {message}")


async def slow_handler(connection):
    """Work half a second on each message, while others are served."""
    async for message in connection:
        await asyncio.sleep(0.5)
        await connection.send(f"done: {message}")


async def receive(connection, seconds):
    """Return the next message, or None when there is none in time."""
    try:
        async with asyncio.timeout(seconds):
            return await connection.recv()
    except TimeoutError:
        return None


answers = {"02.1": greeting_echo, "02.2": slow_handler, "02.3": receive}
