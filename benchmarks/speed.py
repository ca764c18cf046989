"""What the course's plumbing costs, each as a ratio to the bare library in the same run.

Prints a table in Markdown, with the aim beside each figure. Run: python start.py bench speed
"""

import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from _table import report, row

HERE = pathlib.Path(__file__).parent
ROUNDS = 5
SECONDS = "1"

# Two programs are compared in short turns, many times: a machine's own ups and downs are longer.
SLICE = "0.25"
SLICES = 41

BARE = """
import asyncio, logging
from websockets.asyncio.server import serve
async def echo(connection):
    async for message in connection:
        await connection.send(message)
async def main():
    server = await serve(echo, "127.0.0.1", 0, compression=None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Future()
logging.disable()
asyncio.run(main())
"""

OURS = """
import sys, threading, wsdemo
async def echo(connection):
    async for message in connection:
        await connection.send(message)
server = wsdemo.serve(echo, compression=None)
if "default" in sys.argv:
    sys.setswitchinterval(0.005)
print(server.port, flush=True)
def compute():
    total = 0
    for number in range(20_000):
        total += number
if "busy" in sys.argv:
    import time
    sys.stdin.readline()
    rounds = 0
    start = time.perf_counter()
    while time.perf_counter() - start < float(sys.argv[-1]):
        compute()
        rounds += 1
    print(rounds, flush=True)
sys.stdin.readline()
"""

RELAY = """
import sys, wsdemo
wire = wsdemo.Wire("ws://127.0.0.1:" + sys.argv[1])
print(wire.url.rpartition(":")[2].strip("/"), flush=True)
sys.stdin.readline()
"""

# The floor of any relay in Python: it passes on bytes, and notes nothing.
FORWARDER = """
import asyncio, sys
class End(asyncio.Protocol):
    def __init__(self, peer=None):
        self.peer, self.waiting = peer, []
    def connection_made(self, transport):
        self.transport = transport
        if self.peer is None:
            self.peer = End(self)
            self.task = asyncio.create_task(self.connect())
        else:
            for data in self.peer.waiting:
                transport.write(data)
    async def connect(self):
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self.peer, "127.0.0.1", int(sys.argv[1]))
    def data_received(self, data):
        if hasattr(self.peer, "transport"):
            self.peer.transport.write(data)
        else:
            self.waiting.append(data)
    def connection_lost(self, error):
        if hasattr(self.peer, "transport"):
            self.peer.transport.close()
async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(End, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Future()
asyncio.run(main())
"""

FIRST_ECHO = {
    "bare": """
import asyncio
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
async def echo(connection):
    async for message in connection:
        await connection.send(message)
async def main():
    async with serve(echo, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        async with connect(f"ws://{host}:{port}") as client:
            await client.send("x")
            await client.recv()
asyncio.run(main())
""",
    "wsdemo": """
import asyncio
import wsdemo
from websockets.asyncio.client import connect
async def echo(connection):
    async for message in connection:
        await connection.send(message)
async def main():
    with wsdemo.serve(echo) as server:
        async with connect(server.url) as client:
            await client.send("x")
            await client.recv()
asyncio.run(main())
""",
}


class Program:
    """A Python program that prints a number, its port, and goes on until it is left."""

    command = (sys.executable, "-c")
    cwd = None

    def __init__(self, source: str, *arguments: str) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        command = [*self.command, source, *arguments]
        self.process = subprocess.Popen(command, cwd=self.cwd, **pipes)
        self.port = self.process.stdout.readline().strip()

    def go(self) -> None:
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *exc: object) -> None:
        self.process.kill()
        self.process.communicate()


def load(*arguments: object) -> float:
    """Run the load generator: the one in C for plain echoes, where it can be built."""
    c = compiled()
    plain = len(arguments) == 4 and c
    program = [c] if plain else [sys.executable, str(HERE / "_load.py")]
    output = subprocess.check_output([*program, *map(str, arguments)], timeout=60)
    return float(output)


def compiled(built: dict = {}) -> str | None:  # noqa: B006 - built once
    if "path" not in built:
        compiler = shutil.which("cc") if sys.platform == "linux" else None
        built["path"] = None
        if compiler:
            path = pathlib.Path(tempfile.mkdtemp()) / "load"
            subprocess.check_call([compiler, "-O2", "-o", str(path), str(HERE / "load.c")])
            built["path"] = str(path)
    return built["path"]


def median_ratio(
    first: Callable[[], float], second: Callable[[], float], rounds: int = SLICES
) -> float:
    """Take the two in turn; the median of the ratios."""
    return statistics.median(first() / second() for _ in range(rounds))


def start_up() -> float:
    # Everybody's second start finds compiled modules, unless the environment forbids to write them.
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)

        def seconds(which: str) -> float:
            start = time.perf_counter()
            subprocess.check_call([sys.executable, "-c", FIRST_ECHO[which]], env=environment)
            return time.perf_counter() - start

        for which in FIRST_ECHO:
            seconds(which)
        ours = [(seconds("wsdemo"), seconds("bare")) for _ in range(15)]
    return statistics.median(a for a, _ in ours) / statistics.median(b for _, b in ours)


def echo() -> float:
    with Program(BARE) as bare, Program(OURS) as ours:
        return median_ratio(
            lambda: load(ours.port, 20, 32, SLICE),
            lambda: load(bare.port, 20, 32, SLICE),
        )


def relay(connections: int, size: int, source: str = RELAY) -> float:
    """The echo rate through a relay, relative to the direct one."""
    with Program(BARE) as bare, Program(source, bare.port) as between:
        return median_ratio(
            lambda: load(between.port, connections, size, SLICE),
            lambda: load(bare.port, connections, size, SLICE),
        )


def beside_forwarder(connections: int, size: int) -> float:
    """The echo rate through a wire, relative to that through a relay that notes nothing."""
    with (
        Program(BARE) as bare,
        Program(RELAY, bare.port) as wire,
        Program(FORWARDER, bare.port) as forwarder,
    ):
        return median_ratio(
            lambda: load(wire.port, connections, size, SLICE),
            lambda: load(forwarder.port, connections, size, SLICE),
        )


def alive(*interval: str) -> float:
    """The echo rate beside a cell that computes, relative to one beside an idle cell."""

    def busy() -> float:
        with Program(OURS, "busy", *interval, "3") as program:
            program.go()
            return load(program.port, 1, 32, SECONDS)

    def idle() -> float:
        with Program(OURS) as program:
            return load(program.port, 1, 32, SECONDS)

    return median_ratio(busy, idle, ROUNDS)


def steady() -> tuple[float, float]:
    """The median round trip in ms at 200 messages/s, and what the cell keeps of its speed."""
    trips, kept = [], []
    for _ in range(ROUNDS):
        with Program(OURS, "busy", "3") as program:
            program.go()
            trips.append(load(program.port, 20, 32, "2.8", "200"))
            loaded = int(program.process.stdout.readline())
        with Program(OURS, "busy", "3") as program:
            program.go()
            kept.append(loaded / int(program.process.stdout.readline()))
    return statistics.median(trips), statistics.median(kept)


def main() -> None:
    """Measure, row by row."""
    row("import to first echo, relative to bare `websockets`", start_up(), "≤ 1.2")
    row("echo through `wsdemo.serve`, relative to bare", echo(), "≥ 0.95")
    row("echo beside a computing cell, relative to an idle one", alive(), "≥ 0.25")
    row("the same at Python's own switch interval", alive("default"))
    trip, kept = steady()
    row("round trip at 200 messages/s, 20 connections, cell computing", f"{trip:.2f} ms", "< 2 ms")
    row("what the cell keeps of its speed meanwhile", kept, "> 0.95")
    row("through a wire: 1 connection, 32 bytes", relay(1, 32), "≥ 0.39")
    row("through a wire: 100 connections, 32 bytes", relay(100, 32))
    row("the same through a relay that notes nothing", relay(100, 32, FORWARDER))
    row("through a wire, relative to such a relay", beside_forwarder(100, 32), "≥ 0.85")
    row("through a wire: 1 connection, 64 KiB", relay(1, 65536), "≥ 0.55")


if __name__ == "__main__":
    report(main)
