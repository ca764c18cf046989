"""What a finished server is, declared as one object: ``wsdemo serve`` reads it."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from wsdemo.server.core import Server
from wsdemo.server.limits import Limits

__all__ = ["App"]


def _no_options(parser: argparse.ArgumentParser) -> None:
    pass


@dataclass(frozen=True)
class App:
    """A finished server.

    Attributes:
        serve: starts it: ``serve(limits=…, **options)``.
        limits: what it allows unless told otherwise.
        uses: the limits that mean something to it, by the names of their fields.
        add_options: adds its own options to a command line; each is an argument of ``serve``.
    """

    serve: Callable[..., Server]
    limits: Limits
    uses: tuple[str, ...] = ("max_size", "rate", "burst", "per_address")
    add_options: Callable[[argparse.ArgumentParser], None] = _no_options
