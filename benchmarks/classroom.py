"""How soon the board of a class shows a choice, and what a long day costs the teacher's machine.

Prints a table in Markdown. The server is `wsdemo class` in a process of its own; the learners are
programs; three JupyterLabs in Chromium run a lesson again and again beside them. Run: python
start.py bench classroom
"""

import asyncio
import contextlib
import json
import pathlib
import random
import re
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(ROOT)]
from _table import report, row  # noqa: E402
from websockets.asyncio.client import ClientConnection, connect  # noqa: E402

from tests.browser.lab import chromium, jupyter, notebook, run_all  # noqa: E402
from tests.classroom.kit import RunningClass  # noqa: E402

QUESTION = "03.p1"
LESSON = "02_echo.ipynb"
"""What the JupyterLabs run meanwhile."""
SECONDS = 10.0
"""How long the learners take to choose, all together."""
DAY = 20_000
"""Messages of a long day: 40 learners, one a minute for eight hours."""


def memory(made: RunningClass) -> float:
    """What the process occupies, in MiB (Linux)."""
    status = pathlib.Path(f"/proc/{made.program.pid}/status").read_text("utf-8")
    [kilobytes] = re.findall(r"VmRSS:\s+(\d+) kB", status)
    return int(kilobytes) / 1024


@contextlib.contextmanager
def running() -> Iterator[RunningClass]:
    """A class that ends with the block."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / ".wsdemo").mkdir()
        made = RunningClass(folder, "--port", "0")
        try:
            yield made
        finally:
            made.end()


async def join(made: RunningClass, number: int) -> ClientConnection:
    """Let a learner in."""
    connection = await connect(f"ws://{made.place}/learn")
    join = {"type": "join", "code": made.code, "learner": f"{number:032x}", "name": f"n{number}"}
    await connection.send(json.dumps({**join, "shows_name": False, "page": True}))
    await connection.recv()
    return connection


async def drain(connection: ClientConnection) -> None:
    """Read what the server sends, as a page does."""
    async for _ in connection:
        pass


@contextlib.asynccontextmanager
async def room(made: RunningClass, count: int) -> AsyncIterator[list[ClientConnection]]:
    """Learners who have joined, and who read."""
    learners = [await join(made, number) for number in range(count)]
    reading = [asyncio.create_task(drain(each)) for each in learners]
    try:
        yield learners
    finally:
        for each in reading:
            each.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
        await asyncio.gather(*(each.close() for each in learners))


async def delays(made: RunningClass, count: int) -> list[float]:
    """Let each learner choose once, at random times, and return how late the board showed it.

    Args:
        made: the class.
        count: how many learners.

    Returns:
        Seconds from each choice until the board's count includes it.
    """
    chosen: list[float] = []
    late: list[float] = []
    async with room(made, count) as learners, connect(f"ws://{made.place}/teach") as board:
        await board.send(json.dumps({"type": "teach", "key": made.key}))
        await board.send(json.dumps({"type": "open", "question": QUESTION}))

        async def choose(learner: ClientConnection) -> None:
            await asyncio.sleep(random.uniform(0, SECONDS))
            chosen.append(time.perf_counter())
            choice = {"type": "vote", "question": QUESTION, "option": random.choice("abc")}
            await learner.send(json.dumps({**choice, "round": 1}))

        choosing = [asyncio.create_task(choose(each)) for each in learners]
        async with asyncio.timeout(SECONDS + 30):
            while len(late) < count:
                vote = json.loads(await board.recv()).get("vote")
                now = time.perf_counter()
                shown = vote["chosen"] if vote else 0
                late += [now - each for each in chosen[len(late) : shown]]
        await asyncio.gather(*choosing)
    return late


async def live_through_a_day(made: RunningClass) -> float:
    """Send the messages of a day as fast as they are taken; return what the server grew by, in MiB.

    The first tenth is not counted: until then the interpreter's own memory grows.
    """
    exercises = [f"{lesson:02}.{number}" for lesson in range(21) for number in (1, 2, 3)]
    before = 0.0
    async with room(made, 40) as learners:

        async def say(learner: ClientConnection, number: int) -> None:
            verdict = {"type": "verdict", "exercise": exercises[number % len(exercises)]}
            text = f"a wrong idea, number {number % 50}"
            await learner.send(json.dumps({**verdict, "right": False, "diagnosis": text}))

        for number in range(DAY // 40):
            await asyncio.gather(*(say(each, number) for each in learners))
            if number == DAY // 400:
                before = memory(made)
        await asyncio.sleep(1)
    return memory(made) - before


def quantile(late: list[float]) -> str:
    """The delay that 95 % do not exceed, in words."""
    return f"{1000 * statistics.quantiles(late, n=20)[-1]:.0f} ms"


def beside_labs(count: int, measure: Callable[[], list[float]]) -> list[float]:
    """Measure in a thread while JupyterLabs, each with a server of its own, run a lesson."""
    result: list[float] = []
    with contextlib.ExitStack() as stack:
        browser = stack.enter_context(chromium())
        pages = []
        for _ in range(count):
            server = stack.enter_context(jupyter())
            shutil.copy(ROOT / "notebooks" / LESSON, server.root)
            pages.append(stack.enter_context(notebook(browser.new_context(), server, LESSON)))
        thread = threading.Thread(target=lambda: result.extend(measure()))
        thread.start()
        while thread.is_alive():
            for page in pages:
                run_all(page)
        thread.join()
    return result


def main() -> None:
    """Measure all rows."""
    with running() as made:
        late = beside_labs(3, lambda: asyncio.run(delays(made, 40)))
        row(
            "from a choice to the board, 40 learners and 3 JupyterLabs, 95 %",
            quantile(late),
            "< 300 ms",
        )
    with running() as made:
        row("the same, 200 learners", quantile(asyncio.run(delays(made, 200))), "< 300 ms")
    with running() as made:
        grown = asyncio.run(live_through_a_day(made))
        row(f"what the server grows by in {DAY:,} messages", f"{grown:.1f} MiB", "< 10 MiB")


if __name__ == "__main__":
    report(main)
