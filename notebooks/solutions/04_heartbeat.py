"""One worked answer for each exercise of lesson 04."""

import asyncio
import json
import random

from websockets.asyncio.server import broadcast


async def watch(connection):
    """Abort the connection at most 0.3 + 0.5 s after its peer has died."""
    while True:
        try:
            async with asyncio.timeout(0.5):
                await (await connection.ping())
        except TimeoutError:
            connection.transport.abort()
            return
        await asyncio.sleep(0.3)


def is_heartbeat(message):
    """Return whether a message is a JSON object of this type."""
    try:
        data = json.loads(message)
    except (ValueError, RecursionError):
        return False
    return isinstance(data, dict) and data.get("type") == "heartbeat"


clients = set()


async def chat(connection):
    """Answer each heartbeat to its sender; send everything else to all clients."""
    clients.add(connection)
    try:
        async for message in connection:
            if is_heartbeat(message):
                await connection.send(json.dumps({"type": "heartbeat"}))
            else:
                broadcast(clients, message)
    finally:
        clients.discard(connection)


def phases(count, interval):
    """Choose a moment within one interval for each connection's first ping."""
    return [random.uniform(0, interval) for _ in range(count)]


answers = {"04.1": watch, "04.2": chat, "04.3": phases}
