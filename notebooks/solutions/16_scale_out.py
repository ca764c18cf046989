"""One worked answer for each exercise of lesson 16."""

import asyncio

from websockets.asyncio.server import broadcast


class Room:
    """One room on all servers of a bus."""

    def __init__(self, bus):
        self.bus, self.members = bus, set()

    async def handler(self, connection):
        """Publish each message; deliver nothing here."""
        self.members.add(connection)
        try:
            async for message in connection:
                await self.bus.publish(message)
        finally:
            self.members.discard(connection)

    def deliver(self, text):
        """Deliver what comes out of the bus."""
        broadcast(self.members, text)


async def drain(connections, underway, bus):
    """Stop a server so that nothing under way is lost."""
    while underway:
        await asyncio.wait(set(underway))
    await asyncio.gather(*(connection.close(1001) for connection in connections))
    await bus.stop()


async def keep(connection, idle):
    """Ping more often than the proxy's idle timeout, until the connection ends."""
    while True:
        await connection.ping()
        await asyncio.sleep(idle / 3)


answers = {"16.1": Room, "16.2": drain, "16.3": keep}
