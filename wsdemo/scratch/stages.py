"""The worked answers of the stages: what each one brings, and the whole program after it."""

import functools

from wsdemo.judge.stages import STAGES as JUDGED
from wsdemo.scratch.files import OwnProgram, begin, published, set_aside
from wsdemo.scratch.growing import grow

__all__ = ["STAGES", "part", "program_after", "take"]

STAGES = range(1, len(JUDGED) + 1)
"""The numbers of the stages."""

CLIENT = tuple(stage.number for stage in JUDGED if stage.side == "client")
"""The numbers of those of a client."""


def part(stage: int, side: str = "server") -> str:
    """Return what the worked answer of a stage brings, as source in Python; it may be nothing.

    Args:
        stage: its number.
        side: ``"server"`` or ``"client"``: of which of the two programs.
    """
    file = published(f"stage_{stage:02}_{side}.py")
    return file.read_text(encoding="utf-8") if file.exists() else ""


@functools.cache
def program_after(stage: int, side: str = "server") -> str:
    """Return a whole program, as it is after the worked answer of a stage.

    Args:
        stage: its number; 0 for the program that the reader begins with.
        side: ``"server"`` or ``"client"``: which of the two programs.
    """
    if stage == 0:
        return published(f"start_{side}.py").read_text(encoding="utf-8")
    program, added = program_after(stage - 1, side), part(stage, side)
    return grow(program, added) if added else program


def take(stage: int) -> None:
    """Put the worked program after a stage into the reader's files, and keep what was there.

    Args:
        stage: its number; 0 for the program that the reader begins with.

    Raises:
        ValueError: there is no such stage.
    """
    if stage not in (0, *STAGES):
        raise ValueError(f"the stages are {STAGES[0]} to {STAGES[-1]}, not {stage}")
    for side in ("server", "client") if stage in CLIENT else ("server",):
        own = begin(f"{side}.py")
        text = program_after(stage, side)
        kept = _keep(own, text)
        own.file.write_text(text, encoding="utf-8")
        what = f"the worked program after stage {stage}" if stage else "as it was at the beginning"
        print(f"{own.name} is now {what}.{kept}")


def _keep(own: OwnProgram, text: str) -> str:
    """Keep the reader's program under another name, if it is theirs; say so."""
    worked = (program_after(each, own.file.stem) for each in STAGES)
    if not own.is_begun or own.file.read_text(encoding="utf-8") in (text, *worked):
        return ""
    return f" Yours is kept as {set_aside(own.file).name}."
