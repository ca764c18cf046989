"""The commands on the learner's copy: ``wsdemo update``, ``reset`` and ``solutions``."""

import argparse
import pathlib
import sys
from typing import TYPE_CHECKING

from wsdemo.course.changes import reset, solutions, update
from wsdemo.course.places import Trouble

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

__all__ = ["COMMANDS", "WHERE", "add_commands", "run"]

COMMANDS = ("update", "reset", "solutions")

WHERE = (
    "Your copy is the one that the current folder is in. Elsewhere it is the folder course in a "
    "clone of the project, and wsdemo-course in the current folder if wsdemo was installed with "
    "pip."
)
"""Where a person finds their copy, for the help of a command."""


def add_commands(commands: "Subparsers") -> None:
    """Declare the commands.

    Args:
        commands: where those of ``wsdemo`` are declared.
    """
    updating = commands.add_parser(
        "update",
        help="bring what is new in the lessons into your copy",
        description="Bring what is new in the lessons into your copy, or make one. Cells that "
        "you have changed stay as they are. If the lessons have changed such a cell, too, the "
        f"new version is put below yours and named here. {WHERE}",
    )
    updating.add_argument(
        "folder", nargs="?", type=pathlib.Path, metavar="FOLDER", help="another place for the copy"
    )
    resetting = commands.add_parser(
        "reset",
        help="start a lesson again; your old notebook is kept",
        description="Start a lesson again. Your old notebook is kept beside the new one, as "
        f"03_chat.old.ipynb. {WHERE}",
        epilog="LESSON can also be another file, such as javascript/03_chat_server.mjs.",
    )
    answering = commands.add_parser(
        "solutions",
        help="copy the worked answers of a lesson into your copy",
        description="Copy the worked answers of a lesson into the folder solutions of your copy. "
        f"{WHERE}",
    )
    for each in (resetting, answering):
        each.add_argument("lesson", metavar="LESSON", help="the lesson's number, such as 03")


def run(chosen: argparse.Namespace) -> int:
    """Run one of the commands; return its exit status.

    Args:
        chosen: the command and its arguments.
    """
    try:
        if chosen.command == "reset":
            print(reset(chosen.lesson))
            return 0
        if chosen.command == "solutions":
            report = solutions(chosen.lesson)
            answers = [report.folder / name for name in report.changed]
            print("The worked answers:", *answers, sep="\n  " if len(answers) > 1 else " ")
            print(*report.notes, sep="\n", end="\n" if report.notes else "")
        else:
            report = update(chosen.folder)
            print(report)
    except Trouble as trouble:
        print(f"wsdemo: {trouble}", file=sys.stderr)
        return 1
    return 1 if report.failed else 0
