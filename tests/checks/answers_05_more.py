"""An answer to exercise 05.3 that sends more than it was asked for."""

import asyncio


async def sends_the_reason(connection, seconds):
    """A client that sends may take it for its echo; one that only listens has sent nothing."""
    echoed = False
    try:
        async with asyncio.timeout(seconds):
            async for message in connection:
                await connection.send(message)
                echoed = True
    except TimeoutError:
        if not echoed:
            await connection.send("your permission has expired")
        await connection.close(4401, "permission expired")


MISTAKES = [("05.3", sends_the_reason, "a client that had sent nothing received a message")]
