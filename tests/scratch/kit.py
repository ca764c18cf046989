"""Programs of lesson 21, written to files."""

import sys

from wsdemo import scratch


def written(folder, stage, source=scratch.program_after):
    """Write the two programs into a folder; return the words that start the one of a stage."""
    for side in ("server", "client"):
        (folder / f"{side}.py").write_text(source(stage, side), encoding="utf-8")
    return [sys.executable, str(folder / f"{side_of(stage)}.py")]


def side_of(stage):
    return "client" if stage > 14 else "server"
