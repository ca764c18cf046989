"""What a person types to break a connection, and the Python that it stands for."""

import json
from dataclasses import dataclass

from wsdemo.wire.core import Wire
from wsdemo.wire.link import DIRECTIONS

__all__ = ["HELP", "Call", "parse"]

HELP = """\
freeze               let nothing through                        wire.freeze()
thaw                 let everything through again               wire.thaw()
cut                  reset the TCP connections that are open    wire.cut()
delay SECONDS        delay each byte; 0 ends it                 wire.delay(0.5)
throttle RATE        bytes a second; off ends it                wire.throttle(1000)
help                 show this list
quit                 stop, as Ctrl-C does
All but the last two can end with a direction: freeze to server, delay 0.5 to client."""
"""The commands, each with an example of its Python."""

NUMBERS = {"delay": "seconds", "throttle": "bytes a second"}
"""The commands with a number, and what it is measured in."""

EXAMPLES = {"delay": "0.5", "throttle": "1000, or throttle off"}
"""What to type after the commands with a number."""

COMMANDS = ("freeze", "thaw", "cut", *NUMBERS)


@dataclass(frozen=True)
class Call:
    """A call of one of the methods of a :class:`~wsdemo.wire.core.Wire`.

    Attributes:
        method: its name.
        arguments: what it is given.
    """

    method: str
    arguments: tuple[float | str | None, ...] = ()

    def __str__(self) -> str:
        """The call as Python."""
        told = (
            json.dumps(each) if isinstance(each, str) else repr(each) for each in self.arguments
        )
        return f"wire.{self.method}({', '.join(told)})"

    def make(self, wire: Wire) -> None:
        """Make the call.

        Args:
            wire: whose method is called.

        Raises:
            ValueError: a number makes no sense.
        """
        getattr(wire, self.method)(*self.arguments)


def parse(typed: str) -> Call:
    """Read a command.

    Args:
        typed: what was typed, such as ``"delay 0.5 to client"``.

    Returns:
        The call that it stands for.

    Raises:
        ValueError: it is not a command; the message says what to type.
    """
    words = typed.lower().split()
    name, rest = words[0], words[1:]
    if name not in COMMANDS:
        raise ValueError(f"there is no command {name!r}: type help for the list")
    direction: tuple[str, ...] = ()
    if " ".join(rest[-2:]) in DIRECTIONS:
        direction, rest = (" ".join(rest[-2:]),), rest[:-2]
    if name not in NUMBERS:
        if rest:
            raise ValueError(
                f"after {name} there can be a direction only: {name} {DIRECTIONS[0]}, "
                f"or {name} {DIRECTIONS[1]}"
            )
        return Call(name, direction)
    if name == "throttle" and rest == ["off"]:
        return Call(name, (None, *direction))
    return Call(name, (_number(name, rest), *direction))


def _number(name: str, words: list[str]) -> float:
    try:
        [word] = words
        number = float(word)
    except ValueError:
        raise ValueError(f"{name} takes {NUMBERS[name]}: {name} {EXAMPLES[name]}") from None
    return int(number) if number.is_integer() else number
