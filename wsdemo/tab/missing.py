"""What a browser tab cannot do at all, and what to do instead."""

import importlib
from collections.abc import Callable
from typing import Any, NoReturn

__all__ = ["ABSENT", "STUB", "NotInATab", "absent", "install"]

ADVICE = (
    "The lesson's page of this site has the output of this cell; to run it, open the course on "
    "your own machine: see the README."
)

ABSENT = ("trustme.py", "tornado/__init__.py", "tornado/httpclient.py", "tornado/websocket.py")
"""Packages that lessons import and no browser has, because parts of them are compiled. The build
puts a file with :data:`STUB` in each place, so that the other cells of these lessons run."""

STUB = "from wsdemo.tab.missing import absent\n\n__getattr__ = absent(__name__)\n"


class NotInATab(OSError):
    """A cell needs what a browser tab does not have; the text says what, and what to do."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}. {ADVICE}")


def install() -> None:
    """Let what is missing say so."""
    for name, attribute, what in (
        ("subprocess", "Popen", "A browser tab cannot start another program"),
        ("asyncio", "create_subprocess_exec", "A browser tab cannot start another program"),
        ("asyncio", "create_subprocess_shell", "A browser tab cannot start another program"),
        ("ssl", "create_default_context", "A browser tab leaves TLS to the browser"),
    ):

        def refuse(*_: Any, what: str = what, **__: Any) -> NoReturn:
            raise NotInATab(what)

        setattr(importlib.import_module(name), attribute, refuse)


def absent(module: str) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a module that can be imported, and not used (PEP 562).

    Args:
        module: its name.
    """

    def find(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name.endswith("Error"):
            return type(name, (Exception,), {})

        def refuse(*_: Any, **__: Any) -> NoReturn:
            raise NotInATab(f"{module} needs what a browser tab does not have")

        return refuse

    return find
