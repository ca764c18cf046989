"""A wire in a terminal: what passes is written line by line, what is typed is done."""

import queue
from typing import TextIO

from wsdemo.wire.commands import HELP, parse
from wsdemo.wire.core import Wire
from wsdemo.wire.transcript import ARROWS, REMARK

__all__ = ["QUIT", "Session"]

PAUSE = 0.05
"""Seconds between two looks at the wire."""

QUIT = "quit"
"""What ends a session; a signal stands for it."""

RESET = "\x1b[0m"
COLOURS = {
    **dict(zip(ARROWS.values(), ("\x1b[36m", "\x1b[35m"), strict=True)),  # cyan, magenta
    REMARK: "\x1b[33m",  # yellow
    "── connection": "\x1b[2m",  # faint
    "wire.": "\x1b[1m",  # bold
}
"""The colour of a line, by its beginning; they are readable on light and on dark."""


class Session:
    """Show what passes on a wire, and do what is typed.

    Args:
        wire: the wire.
        out: where to write.
        colours: whether to write in colours.
    """

    def __init__(self, wire: Wire, out: TextIO, colours: bool) -> None:
        self._wire, self._out, self._colours = wire, out, colours

    def run(self, typed: "queue.SimpleQueue[str]") -> None:
        """Write new lines as they come, until somebody types ``quit``.

        Args:
            typed: the lines that are typed.

        Raises:
            OSError: nobody reads what is written any more.
        """
        while True:
            try:
                line = typed.get(timeout=PAUSE).strip()
            except queue.Empty:
                line = ""
            self.show()
            if line == QUIT:
                return
            if line:
                self.write(*self._obey(line))

    def show(self) -> None:
        """Write what has passed since the last time."""
        self.write(*self._wire.take_log())

    def write(self, *lines: str) -> None:
        """Write some lines at once."""
        if lines:
            self._out.write("".join(f"{self._coloured(line)}\n" for line in lines))
            self._out.flush()

    def _obey(self, line: str) -> list[str]:
        """Do what a line asks for; return the Python that it stands for, or what is wrong."""
        if line == "help":
            return HELP.splitlines()
        try:
            call = parse(line)
            call.make(self._wire)
        except (LookupError, ValueError) as error:
            return [str(error)]
        return [str(call)]

    def _coloured(self, line: str) -> str:
        if self._colours:
            for beginning, colour in COLOURS.items():
                if line.startswith(beginning):
                    return f"{colour}{line}{RESET}"
        return line
