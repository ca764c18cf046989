"""What a person types to break a connection, and the Python that it stands for."""

import re
from dataclasses import dataclass

from wsdemo.text import visible
from wsdemo.wire.core import Wire
from wsdemo.wire.injection import KINDS
from wsdemo.wire.link import DIRECTIONS

__all__ = ["HELP", "Call", "parse"]

HELP = """\
freeze               let nothing through                        wire.freeze()
thaw                 let everything through again               wire.thaw()
cut                  reset the TCP connections that are open    wire.cut()
delay SECONDS        delay each byte; 0 ends it                 wire.delay(0.5)
throttle RATE        bytes a second; off ends it                wire.throttle(1000)
inject KIND DATA     send a frame of your own                   wire.inject("Hello", "to client")
help                 show this list
quit                 stop, as Ctrl-C does
The first five can end with a direction: freeze to server, delay 0.5 to client. inject needs one:
  inject text Hello to client          inject close 1001 going away to client
  inject binary 00 ff to server        inject raw 81 05 48 to client: as it is, at once
  inject ping alive? to client         inject text Hi to client on 2: connection 2 only"""
"""The commands, each with an example of its Python."""

NUMBERS = {"delay": "seconds", "throttle": "bytes a second"}
"""The commands with a number, and what it is measured in."""

EXAMPLES = {"delay": "0.5", "throttle": "1000, or throttle off"}
"""What to type after the commands with a number."""

COMMANDS = ("freeze", "thaw", "cut", *NUMBERS, "inject")

INJECT = re.compile(
    rf"inject +(?P<kind>{'|'.join(KINDS)})(?: (?P<data>.*?))?? (?P<direction>to server|to client)"
    r"(?: on (?P<connection>\d{1,9}))?",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Call:
    """A call of one of the methods of a :class:`~wsdemo.wire.core.Wire`.

    Attributes:
        method: its name.
        arguments: what it is given.
        options: what it is given by name.
    """

    method: str
    arguments: tuple[float | str | bytes | None, ...] = ()
    options: tuple[tuple[str, float | str], ...] = ()

    def __str__(self) -> str:
        """The call as Python."""
        told = [_as_python(each) for each in self.arguments]
        told += [f"{name}={_as_python(each)}" for name, each in self.options]
        return f"wire.{self.method}({', '.join(told)})"

    def make(self, wire: Wire) -> None:
        """Make the call.

        Args:
            wire: whose method is called.

        Raises:
            LookupError: there is no connection for it.
            ValueError: a number makes no sense.
        """
        getattr(wire, self.method)(*self.arguments, **dict(self.options))


def _as_python(value: float | str | bytes | None) -> str:
    if not isinstance(value, str):
        return repr(value)
    escaped = value.replace("\\", r"\\").replace('"', r"\"")
    return f'"{visible(escaped)}"'


def parse(typed: str) -> Call:
    """Read a command.

    Args:
        typed: what was typed, such as ``"delay 0.5 to client"``.

    Returns:
        The call that it stands for.

    Raises:
        ValueError: it is not a command; the message says what to type.
    """
    name, *rest = typed.lower().split() or [""]
    if name not in COMMANDS:
        raise ValueError(f"there is no command {name!r}: type help for the list")
    if name == "inject":
        return _parse_inject(typed.lstrip())
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


def _parse_inject(typed: str) -> Call:
    found = INJECT.fullmatch(typed)
    if found is None:
        raise ValueError(
            f"inject takes {', '.join(KINDS[:-1])} or {KINDS[-1]}, data and a direction: "
            f"inject text Hello {DIRECTIONS[1]}"
        )
    kind, data = found["kind"].lower(), found["data"] or ""
    options: list[tuple[str, float | str]] = [] if kind in ("text", "binary") else [("kind", kind)]
    shown: str | bytes = data
    if kind in ("binary", "raw"):
        shown = _bytes(kind, data)
    elif kind == "close":
        code, _, shown = data.partition(" ")
        options.append(("code", _code(code)))
    if found["connection"]:
        options.append(("connection", int(found["connection"])))
    return Call("inject", (shown, found["direction"].lower()), tuple(options))


def _bytes(kind: str, text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        example = f"inject {kind} 00 ff {DIRECTIONS[1]}"
        raise ValueError(f"{kind} takes bytes in hexadecimal: {example}") from None


def _code(text: str) -> int:
    if not text:
        return 1000
    if not text.isdecimal():
        example = f"inject close 1001 going away {DIRECTIONS[1]}"
        raise ValueError(f"close takes a code, and then a reason: {example}")
    return int(text)


def _number(name: str, words: list[str]) -> float:
    try:
        [word] = words
        number = float(word)
    except ValueError:
        raise ValueError(f"{name} takes {NUMBERS[name]}: {name} {EXAMPLES[name]}") from None
    return int(number) if number.is_integer() else number
