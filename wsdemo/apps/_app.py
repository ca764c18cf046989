"""A finished server, declared as one object: ``wsdemo serve`` reads it."""

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
        limits: its default limits.
        uses: the limits that it uses, by the names of their fields.
        add_options: adds the server's options to a command line; each is an argument of ``serve``.
    """

    serve: Callable[..., Server]
    limits: Limits
    uses: tuple[str, ...] = ("max_size", "rate", "burst", "per_address")
    add_options: Callable[[argparse.ArgumentParser], None] = _no_options
