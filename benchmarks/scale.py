"""What it costs to be one room on several servers, each as a ratio or a difference in one run.

Finished chat servers in processes of their own, real brokers, clients in C. What is compared is
measured in short turns, one after the other. Run: python start.py bench scale
"""

import contextlib
import json
import os
import pathlib
import statistics
import sys
import time
from collections.abc import Callable, Iterator

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from _load import connect
from _table import allow_many_files, report, row
from fanout import SERVER, audience, tell
from speed import Program, compiled

import wsdemo
from wsdemo.programs.process import serve_in_process

ROUNDS = 11
TRIPS = 60  # round trips in a turn, the next when the last is back
SIZE = 200  # bytes of a message with its frame, as a client gets it
CLIENTS, MESSAGES = 200, 200
LIMITS = ("--rate", "0", "--per-address", "0", "--heartbeat", "0")
FANOUT = 102  # bytes of a message of the fan-out with its frame


class Speaker:
    """A client that speaks, and waits for its own words; all that it gets have the same size."""

    def __init__(self, port: int) -> None:
        self._socket = connect(port)
        self._shortfall = 0
        self.say()  # its first message tells how long the others are

    def say(self) -> float:
        """Say something; return the seconds until it is back."""
        text = json.dumps({"user": "s", "message": "x" * (60 + self._shortfall)}).encode()
        # A mask of zeros changes nothing.
        frame = b"\x81\xfe" + len(text).to_bytes(2, "big") + bytes(4) + text
        begin = time.perf_counter()
        self._socket.sendall(frame)
        heard = self._socket.recv(2**16)
        took = time.perf_counter() - begin
        assert heard[0] == 0x81, heard
        number = json.loads(heard[4:])["id"].rpartition("-")[2]
        digits = len(str(int(number) + 1)) - len(number)  # the next id may be longer
        self._shortfall += SIZE - len(heard) - digits
        return took

    def close(self) -> None:
        """Leave."""
        self._socket.close()


def chat(stack: contextlib.ExitStack, bus: str) -> wsdemo.programs.process.Program:
    """Start a chat server without limits."""
    return stack.enter_context(serve_in_process("chat", "--bus", bus, *LIMITS))


@contextlib.contextmanager
def cores(count: int) -> Iterator[None]:
    """Let this process, and those that it starts meanwhile, run on so many cores."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def latencies(count: int) -> tuple[float, float, float]:
    """The median delivery on one server without a broker, in ms; what Redis and JetStream add.

    Args:
        count: how many cores all share. On one, this is what a message costs; on several, one core
            wakes another at each step, which takes a virtual machine as long as the step.
    """
    with cores(count), contextlib.ExitStack() as stack:
        buses = ["memory:", *(stack.enter_context(wsdemo.broker(k)).url for k in ("redis", "nats"))]
        speakers = [Speaker(chat(stack, bus).ports[0]) for bus in buses]
        for each in speakers:
            stack.enter_context(contextlib.closing(each))
        turns = [
            [statistics.median(each.say() for _ in range(TRIPS)) for each in speakers]
            for _ in range(ROUNDS)
        ]
    added = [statistics.median(turn[which] - turn[0] for turn in turns) * 1000 for which in (1, 2)]
    return statistics.median(turn[0] for turn in turns) * 1000, *added


def cpu_seconds(pid: int) -> float:
    """The CPU time that a process has used, its own and the system's for it."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cluster(
    stack: contextlib.ExitStack, servers: int, bus: str, clients: int = CLIENTS
) -> Callable[[], float]:
    """Start servers of one room, with clients shared out; give what runs one turn.

    A turn sends messages and returns the CPU seconds of the servers, when all have been delivered.
    """
    programs = [chat(stack, bus) for _ in range(servers)]
    speaker = Speaker(programs[0].ports[0])
    stack.enter_context(contextlib.closing(speaker))
    speaker.say()  # from now on, each message has its size
    share, all_of_it = clients // servers, MESSAGES * SIZE
    listening = [
        stack.enter_context(audience(str(each.ports[0]), share, all_of_it)) for each in programs
    ]

    def turn() -> float:
        before = sum(cpu_seconds(each.pid) for each in programs)
        for _ in range(MESSAGES):
            speaker.say()
        for seconds in listening:
            seconds()
        return sum(cpu_seconds(each.pid) for each in programs) - before

    return turn


def cpu(kind: str) -> tuple[float, float]:
    """CPU of two processes behind a bus, relative to one behind it, and to one without."""
    with contextlib.ExitStack() as stack:
        urls = [stack.enter_context(wsdemo.broker(kind)).url for _ in range(2)]
        alone = cluster(stack, 1, "memory:")
        one, two = cluster(stack, 1, urls[0]), cluster(stack, 2, urls[1])
        turns = [(two(), one(), alone()) for _ in range(ROUNDS)]
    return (
        statistics.median(turn[0] / turn[1] for turn in turns),
        statistics.median(turn[0] / turn[2] for turn in turns),
    )


def growth(sizes: tuple[int, ...] = (100, 1_000, 10_000)) -> list[float]:
    """Microseconds for each client until one message has reached all, by the number of clients."""
    with contextlib.ExitStack() as stack:
        rooms = []
        for clients in sizes:
            server = stack.enter_context(Program(SERVER))
            rooms.append((server, stack.enter_context(audience(server.port, clients, FANOUT))))
        taken: list[list[float]] = [[] for _ in sizes]
        for _ in range(5 * ROUNDS):
            for times, clients, (server, seconds) in zip(taken, sizes, rooms, strict=True):
                assert tell(server, "fanout", 1, 1) == clients
                times.append(seconds() / clients)
    return [statistics.median(times) * 1e6 for times in taken]


def main() -> None:
    """Measure, row by row."""
    if compiled() is None:
        sys.exit("This benchmark needs Linux and a C compiler (cc).")
    allow_many_files()
    for count, where in ((1, "on one core"), (2, "on two")):
        alone, redis, nats = latencies(count)
        row(f"a message until it is back, no broker, {where}", f"{alone:.2f} ms")
        row(f"what the Redis bus adds, {where}", f"{redis:.2f} ms", "< 0.5 ms")
        row(f"what the JetStream bus adds, {where}", f"{nats:.2f} ms", "< 0.8 ms")
    for kind, name in (("redis", "Redis"), ("nats", "JetStream")):
        both, bare = cpu(kind)
        what = f"CPU of two servers on {name}, {CLIENTS} clients"
        row(f"{what}, relative to one on it", both, "≤ 1.6")
        row("the same, relative to one without a broker", bare, "≤ 1.6")
    few, some, many = growth()
    row("fan-out to 100 clients, for each", f"{few:.1f} µs")
    row("for each of 1,000, relative to that", some / few, "≈ 1")
    row("for each of 10,000, relative to that", many / few, "≈ 1")
    row("on paper: to 1,000,000 by one server", f"{many:.0f} s")  # a µs each is a second
    row("on paper: by a hundred, each with its share", f"{many / 100:.2f} s")


if __name__ == "__main__":
    report(main)
