"""How far the reader's program is, and a server of theirs that runs beside the notebook."""

from collections.abc import Sequence
from dataclasses import dataclass

from wsdemo.judge import Trouble, judge
from wsdemo.judge.stages import choose
from wsdemo.programs import Program
from wsdemo.programs.process import free_ports
from wsdemo.scratch.files import begin, command_for
from wsdemo.scratch.stages import program_after

__all__ = ["Standing", "run", "standing"]

ENOUGH = 7
"""A browser needs a server that has passed the stages up to this one."""

PATIENCE = 1.0
"""Seconds that a program has for each answer."""

WORKED = 16
"""The stage whose worked server runs where the reader's is not ready."""


@dataclass(frozen=True)
class Standing:
    """How many stages a program passes.

    Attributes:
        first: the number of the first stage of such a program.
        passed: the number of the last stage that passes, and all before it.
        next: what the stage after it is about; empty after the last one.
    """

    first: int
    passed: int
    next: str = ""

    def __repr__(self) -> str:
        if not self.next:
            return f"✓ all stages up to {self.passed} pass"
        done = "no stage passes yet" if self.passed < self.first else f"✓ up to {self.passed}"
        return f"{done}; next: stage {self.passed + 1}, {self.next}"


def standing(program: str | Sequence[str], client: bool = False) -> Standing:
    """Judge a program from its first stage on, up to the first case that fails.

    Args:
        program: as for :func:`wsdemo.scratch.command_for`.
        client: whether it is a client.
    """
    stages = choose("client" if client else "server")
    first = stages[0].number
    nothing = Standing(first, first - 1, stages[0].title)
    if isinstance(program, str) and not begin(program).is_begun:
        return nothing
    try:
        report = judge(command_for(program), client=client, patience=PATIENCE)
    except Trouble as trouble:
        print(trouble)
        return nothing
    if report.passed:
        return Standing(first, stages[-1].number)
    failed = int(report.failures[0].number.partition(".")[0])
    return Standing(first, failed - 1, stages[failed - first].title)


def run(program: str | Sequence[str]) -> Program:
    """Run the reader's server beside the notebook; a worked one, if theirs is not ready.

    Args:
        program: as for :func:`wsdemo.scratch.command_for`.

    Returns:
        The program, whose ``url`` a client can open. ``wsdemo.stop_all()`` ends it.
    """
    now = standing(program)
    [port] = free_ports(1)
    variables = {"PORT": port}
    if now.passed >= ENOUGH:
        print(f"your own server runs: it passes the stages up to {now.passed}")
        return Program("your server", command_for(program), [port], variables=variables)
    print(f"the worked server runs, because yours does not pass stage {ENOUGH} yet")
    files = {"server.py": program_after(WORKED)}
    command = [*command_for("server.py")[:1], "FOLDER/server.py"]
    return Program("the worked server", command, [port], files, variables=variables)
