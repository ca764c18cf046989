"""Judge a WebSocket program in any language from outside, stage by stage (RFC 6455).

>>> from wsdemo.judge import judge
>>> judge("ws://127.0.0.1:8000")                 # a server that runs
>>> judge(["node", "server.js"], stage=3)        # a server that the judge starts, told its PORT
>>> judge(["python", "client.py"], client=True)  # a client, told its WS_URL
"""

from collections.abc import Sequence

from wsdemo.judge.address import Trouble
from wsdemo.judge.candidate import candidate_for
from wsdemo.judge.report import Report
from wsdemo.judge.run import PATIENCE, run
from wsdemo.judge.stages import choose
from wsdemo.loop import LoopThread

__all__ = ["Report", "Trouble", "judge"]


def judge(
    program: str | Sequence[str],
    stage: int | None = None,
    client: bool = False,
    go_on: bool = False,
    patience: float = PATIENCE,
) -> Report:
    """Judge a program, and wait for the report.

    Args:
        program: the address of a server that runs; or a program and its arguments. A server is
            told its port in the environment variable PORT, a client the address in WS_URL.
        stage: try this stage only; else all of them, up to the first case that fails.
        client: whether the program is a client.
        go_on: whether to go on after a case that failed.
        patience: seconds that the program has for each answer.

    Returns:
        The report, which a notebook shows with pictures.

    Raises:
        Trouble: the program cannot be judged; the text says what to do.
    """
    stages = choose("client" if client else "server", stage)
    candidate = candidate_for(program, client)
    thread = LoopThread("judge")

    async def run_and_stop() -> Report:
        try:
            return await run(stages, candidate, patience, go_on)
        finally:
            await candidate.stop()

    try:
        return thread.run(run_and_stop(), timeout=None)
    finally:
        thread.stop()
