"""What it takes to send one message to many: wsdemo.fanout beside websockets.broadcast.

Both send to the same connections of the same server, in turn. Run: python start.py bench fanout
"""

import contextlib
import importlib.util
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from _table import allow_many_files, report, row
from speed import BARE, SLICE, Program, compiled, load, median_ratio

ROUNDS = 7
PAYLOAD = 100
FRAME = PAYLOAD + 2

SERVER = """
import asyncio, logging, sys
from websockets.asyncio.server import broadcast, serve
from wsdemo.server.fanout import Fanout

fanout, members = Fanout(), set()

async def handler(connection):
    members.add(connection)
    fanout.add(connection)
    try:
        await connection.wait_closed()
    finally:
        members.discard(connection)
        fanout.discard(connection)

def send_broadcast(message):
    broadcast(members, message)

WAYS = {"broadcast": send_broadcast, "fanout": fanout.send}

async def main():
    options = dict(compression=None, ping_interval=None, open_timeout=60, backlog=4096)
    server = await serve(handler, "127.0.0.1", 0, **options)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        way, turns, burst, size = line.split()
        send, message = WAYS[way], "x" * int(size)
        for _ in range(int(turns)):
            for _ in range(int(burst)):
                send(message)
            await asyncio.sleep(0)
        print(len(members), flush=True)

logging.disable()
asyncio.run(main())
"""


AIOHTTP = """
import asyncio, sys
from aiohttp import web

members = set()

async def handler(request):
    ws = web.WebSocketResponse(compress=False)
    await ws.prepare(request)
    members.add(ws)
    async for _ in ws:
        pass
    return ws

async def main():
    app = web.Application()
    app.router.add_get("/", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4096)
    await site.start()
    print(site._server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        _, turns, burst, size = line.split()
        for _ in range(int(turns) * int(burst)):
            for ws in members:
                await ws.send_str("x" * int(size))
        print(len(members), flush=True)

asyncio.run(main())
"""

NODE = """
const WebSocket = require('ws');
const wss = new WebSocket.Server({port: 0, host: '127.0.0.1', backlog: 4096});
wss.on('listening', () => console.log(wss.address().port));
require('readline').createInterface({input: process.stdin}).on('line', (line) => {
  const [, turns, burst, size] = line.split(' ');
  for (let i = 0; i < turns * burst; i++) {
    wss.clients.forEach((client) => client.send('x'.repeat(size)));
  }
  console.log(wss.clients.size);
});
"""


class NodeProgram(Program):
    """A program for Node, which finds npm's ws where the lessons have it."""

    command = ("node", "-e")
    cwd = pathlib.Path(__file__).parent.parent / "notebooks" / "javascript"


@contextlib.contextmanager
def audience(port: str, count: int, bytes_each: int):
    """Clients that read what comes; yields a function that gives the seconds of the next phase."""
    command = [compiled(), port, str(count), str(bytes_each), "drain"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        try:
            yield lambda: float(process.stdout.readline())
        finally:
            process.kill()


def tell(server: Program, way: str, turns: int, burst: int, size: int = PAYLOAD) -> int:
    """Have the server send; return how many connections it has after that."""
    server.process.stdin.write(f"{way} {turns} {burst} {size}\n")
    server.process.stdin.flush()
    return int(server.process.stdout.readline())


def gain(clients: int, turns: int, burst: int) -> float:
    """How many times as fast as broadcast."""
    with (
        Program(SERVER) as server,
        audience(server.port, clients, turns * burst * FRAME) as seconds,
    ):
        taken: dict[str, list[float]] = {"broadcast": [], "fanout": []}
        for _ in range(ROUNDS):
            for way, times in taken.items():
                tell(server, way, turns, burst)
                times.append(seconds())
    ratios = [a / b for a, b in zip(taken["broadcast"], taken["fanout"], strict=True)]
    return statistics.median(ratios)


def others(clients: int, program: Program) -> float:
    """How many times as fast as broadcast another library's own loop is."""
    with (
        Program(SERVER) as server,
        program as other,
        audience(server.port, clients, 20 * FRAME) as ours,
        audience(other.port, clients, 20 * FRAME) as theirs,
    ):
        ratios = []
        for _ in range(ROUNDS):
            tell(server, "broadcast", 20, 1)
            seconds = ours()
            tell(other, "loop", 20, 1)
            ratios.append(seconds / theirs())
    return statistics.median(ratios)


def with_stalled(clients: int = 500, size: int = 2**14) -> tuple[float, float]:
    """With 1 % of the clients stalled: what the others keep of the rate; growth in MiB.

    The time counts from when the stalled ones still take bytes until well after they are dropped.
    """
    turns, again = 100, 5

    def run(stalled: int) -> tuple[float, float]:
        frame = size + 4
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(Program(SERVER))
            deaf = [stack.enter_context(connect_deaf(int(server.port))) for _ in range(stalled)]
            hearing = clients - len(deaf)
            seconds = stack.enter_context(audience(server.port, hearing, turns * frame))
            before = peak_mib(server)
            taken = 0.0
            for _ in range(again):
                left = tell(server, "fanout", turns, 1, size)
                taken += seconds()
            assert left == hearing, "the stalled ones are still there"
            return hearing / taken, peak_mib(server) - before

    kept, grown = [], []
    for _ in range(ROUNDS):
        alone, _ = run(0)
        beside, growth = run(clients // 100)
        kept.append(beside / alone)
        grown.append(growth)
    return statistics.median(kept), max(grown)


def connect_deaf(port: int):
    """A client that shakes hands and never reads again."""
    from _load import connect

    return contextlib.closing(connect(port))


def peak_mib(program: Program) -> float:
    """The most memory that a program has had, in MiB."""
    status = pathlib.Path(f"/proc/{program.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


CHAT = """
import resource, sys
from wsdemo.apps import chat
from wsdemo.server.limits import Limits
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
server = chat.serve(limits=Limits(max_size=2**16, per_address=0), heartbeat=0, backlog=4096,
                    open_timeout=60)
print(server.port, flush=True)
sys.stdin.readline()
"""


def idle_mib(clients: int) -> float:
    """What so many idle chat connections take."""
    with Program(CHAT) as server:
        before = peak_mib(server)
        with audience(server.port, clients, 1):
            return peak_mib(server) - before


def app_echo() -> float:
    """The finished echo server beside a bare one with the same options; the greeting apart."""
    ours = """
import sys
from wsdemo.apps import binary
print(binary.serve().port, flush=True)
sys.stdin.readline()
"""
    with Program(BARE) as plain, Program(ours) as app:
        return median_ratio(
            lambda: load(app.port, 20, 32, SLICE), lambda: load(plain.port, 20, 32, SLICE)
        )


def main() -> None:
    """Measure, row by row."""
    if compiled() is None:
        sys.exit("This benchmark needs Linux and a C compiler (cc).")
    allow_many_files()
    row("echo of a finished server, relative to bare", app_echo(), "≥ 0.95")
    row("one message to 1,000, times as fast as `broadcast`", gain(1000, 20, 1), "≥ 1.15")
    row("the same in bursts of 16", f"{gain(1000, 4, 16):.1f}", "≥ 4")
    if importlib.util.find_spec("aiohttp"):
        row("aiohttp, a loop of `await send_str`", others(1000, Program(AIOHTTP)))
    if (NodeProgram.cwd / "node_modules").is_dir():
        row("Node's ws, a loop of `send`", others(1000, NodeProgram(NODE)))
    kept, grown = with_stalled()
    row("rate that 495 clients keep beside 5 that do not read", kept, "≥ 0.9")
    row("what the server grows by meanwhile", f"{grown:.0f} MiB", "< 64 MiB")
    few, many = idle_mib(2_500), idle_mib(10_000)
    row("10,000 idle chat connections", f"{many:.0f} MiB", "< 200 MB")
    row("10,000 relative to four times 2,500", many / (4 * few), "≈ 1")


if __name__ == "__main__":
    report(main)
