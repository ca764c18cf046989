"""A running `wsdemo class`, and learners and a teacher as plain clients."""

import asyncio
import contextlib
import json
import re
import signal
import subprocess
import sys

from websockets.asyncio.client import connect

PATIENCE = 10


class RunningClass:
    """`wsdemo class`, in a process of its own.

    Args:
        folder: where it runs.
        options: more words for the command.

    Attributes:
        program: the process.
        said: what it printed when it started.
        place: the host and port for learners.
        code: their code.
        key: the teacher's key.
    """

    def __init__(self, folder, *options):
        command = [sys.executable, "-m", "wsdemo", "class", "--host", "127.0.0.1", "--no-browser"]
        self.program = subprocess.Popen(
            [*command, *options],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""
        for line in self.program.stdout:
            self.said += line
            if "Ctrl-C" in line:
                break
        self.code = self._find(r"The code +(\S+)")
        self.place = self._find(r"Learners open +http://(\S+)/")
        self.key = self._find(r"/board#(\S+)")

    def _find(self, pattern):
        found = re.search(pattern, self.said)
        assert found, self.said
        return found[1]

    @property
    def board(self):
        """The board's address."""
        return f"http://{self.place}/board#{self.key}"

    def end(self, signum=signal.SIGINT):
        """End it as Ctrl-C does, or by another signal; return its last words."""
        self.program.send_signal(signum)
        rest, _ = self.program.communicate(timeout=20)
        return rest


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
