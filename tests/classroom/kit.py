"""Learners and a teacher as plain clients, for the tests of the class's server."""

import asyncio
import contextlib
import json

from websockets.asyncio.client import connect

PATIENCE = 10


class Member:
    """A connection that keeps the newest state."""

    def __init__(self, connection):
        self.connection, self.state = connection, None

    async def say(self, **message):
        await self.connection.send(json.dumps(message))

    async def hear(self):
        message = json.loads(await asyncio.wait_for(self.connection.recv(), PATIENCE))
        if message.get("type") in ("state", "board"):
            self.state = message
        return message

    async def until(self, condition):
        """Read until a message fulfils a condition, and return it."""
        while not condition(message := await self.hear()):
            pass
        return message

    async def ask(self, **message):
        """Send, and return the answer to it: a confirmation or an error."""
        await self.say(**message)
        return await self.until(lambda each: each.get("type") in ("taken", "csv", None))


@contextlib.asynccontextmanager
async def learner(server, name="Ana", identifier=None, shows_name=False, code=None):
    async with connect(f"{server.server.url}/learn") as connection:
        member = Member(connection)
        await member.say(
            type="join",
            code=server.storage.code if code is None else code,
            learner=identifier or name.encode().hex().zfill(32),
            name=name,
            shows_name=shows_name,
            page=True,
        )
        await member.hear()
        yield member


@contextlib.asynccontextmanager
async def teacher(server, key=None):
    async with connect(f"{server.server.url}/teach") as connection:
        member = Member(connection)
        await member.say(type="teach", key=server.storage.key if key is None else key)
        await member.hear()
        yield member
