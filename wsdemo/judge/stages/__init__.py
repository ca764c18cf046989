"""All stages, as data that can be read aloud: a module for a few of them."""

from wsdemo.judge.address import Trouble
from wsdemo.judge.model import Stage
from wsdemo.judge.stages import client, control, flow, fragments, limits, messages, opening

__all__ = ["STAGES", "choose"]

STAGES: tuple[Stage, ...] = tuple(
    stage
    for module in (opening, messages, control, fragments, limits, flow, client)
    for stage in module.STAGES
)
"""In their order: those of a server, then those of a client."""


def choose(side: str, number: int | None = None) -> list[Stage]:
    """Return the stages for a program.

    Args:
        side: ``"server"`` or ``"client"``.
        number: of the only one; ``None`` for all of that side.

    Raises:
        Trouble: there is no such stage for such a program.
    """
    stages = [stage for stage in STAGES if stage.side == side]
    found = [stage for stage in stages if number in (None, stage.number)]
    if not found:
        first, last = stages[0].number, stages[-1].number
        other = any(stage.number == number for stage in STAGES)
        advice = {True: " (with --client: those of a client)"}.get(other and side == "server", "")
        raise Trouble(f"the stages of a {side} are {first} to {last}, not {number}{advice}")
    return found
