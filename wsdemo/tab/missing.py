"""What a browser tab cannot do at all, and what to do instead."""

import importlib
import sys
from types import ModuleType
from typing import Any, NoReturn

__all__ = ["NotInATab", "install"]

ADVICE = (
    "The lesson's page of this site has the output of this cell; to run it, open the course on "
    "your own machine: see the README."
)

PACKAGES = ("trustme", "tornado", "tornado.httpclient", "tornado.websocket")
"""Packages that lessons import, and that are there for no browser: they have compiled parts."""


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
    for name in PACKAGES:
        sys.modules.setdefault(name, _Absent(name))


class _Absent(ModuleType):
    """A package that can be imported, since others of the lesson's cells do without it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name.endswith("Error"):
            return type(name, (Exception,), {})

        def refuse(*_: Any, **__: Any) -> NoReturn:
            raise NotInATab(f"{self.__name__} needs what a browser tab does not have")

        return refuse
