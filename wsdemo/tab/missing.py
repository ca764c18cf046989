"""What a browser tab cannot do at all, and what to do instead."""

import importlib
from typing import Any, NoReturn

__all__ = ["NotInATab", "install"]

ADVICE = (
    "The lesson's page of this site has the output of this cell; to run it, open the course on "
    "your own machine: see the README."
)


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
