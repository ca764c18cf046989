"""The binary server of lesson 06: bytes come back as bytes, text as text, fragments as one."""

import argparse
from typing import Any

from websockets.asyncio.server import ServerConnection

from wsdemo.apps import pages
from wsdemo.gate import Limits, paced, serve_guarded
from wsdemo.server import Server

__all__ = ["LIMITS", "PAGES", "add_arguments", "serve"]

PAGES = pages("binary")
LIMITS = Limits()


def serve(limits: Limits = LIMITS, **options: Any) -> Server:
    """Start the binary server: a plain echo, which greets nobody.

    Args:
        limits: who may come in, how many, how often.
        options: those of :func:`wsdemo.serve`.
    """

    async def binary(connection: ServerConnection) -> None:
        async for message in paced(connection, limits):
            await connection.send(message)

    return serve_guarded(binary, limits, **{"pages": PAGES, **options})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has no options of its own."""
