"""Fixtures for tests of WebSocket code; pytest finds them wherever wsdemo is installed.

>>> def test_a_message_comes_back(serve):
...     server = serve(echo)
...     with connect(server.url) as client:
...         client.send("Hello")
...         assert client.recv(timeout=1) == "Hello"

``serve`` starts servers, ``wire`` starts wires that show and break connections. Both take free
ports of 127.0.0.1, and stop what they started when the test ends, also if it fails.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # whoever tests something else does not wait for these
    from wsdemo.server import Server
    from wsdemo.wire import Wire

__all__ = ["serve", "wire"]


@pytest.fixture
def serve() -> Iterator[Callable[..., "Server"]]:
    """Start servers: ``serve(handler, **options)`` as :func:`wsdemo.serve`, for one test.

    A handler that raises an exception fails the test, though its client only sees the close code
    1011. A test that expects the exception takes it out of ``server.errors``.

    Raises:
        ExceptionGroup: at the end of the test, with the exceptions of the handlers.
    """
    from wsdemo.server import serve as start

    servers: list[Server] = []

    with contextlib.ExitStack() as stack:

        def serve(handler: Callable[..., Any], **options: Any) -> "Server":
            server = stack.enter_context(start(handler, **options))
            servers.append(server)
            return server

        yield serve
    if errors := [error for server in servers for error in server.errors]:
        raise BaseExceptionGroup("a handler raised an exception", errors)


@pytest.fixture
def wire() -> Iterator[Callable[..., "Wire"]]:
    """Start wires: ``wire(url)`` as :class:`wsdemo.Wire`, for one test."""
    from wsdemo.wire import Wire

    with contextlib.ExitStack() as stack:
        yield lambda url, **options: stack.enter_context(Wire(url, **options))
