"""What a browser tab cannot do at all, and what to do instead."""

import importlib
import sys
from types import ModuleType
from typing import Any, NoReturn

__all__ = ["ABSENT", "NotInATab", "install"]

ADVICE = (
    "The lesson's page of this site has the output of this cell; to run it, open the course on "
    "your own machine: see the README."
)

ABSENT = ("trustme", "tornado.httpclient", "tornado.websocket")
"""Modules that lessons import and no browser has, because their packages have compiled parts. After
:func:`install` they can be imported, so that the other cells of these lessons run."""


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
    for name in ABSENT:
        sys.modules[name] = _Absent(name)


class _Absent(ModuleType):
    """A module that can be imported, and not used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name.endswith("Error"):
            return type(name, (Exception,), {})

        def refuse(*_: Any, **__: Any) -> NoReturn:
            raise NotInATab(f"{self.__name__} needs what a browser tab does not have")

        return refuse
