"""The exercise of lesson 17 about a server for a block, by what it leaves behind."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._plain import Plain
from wsdemo.checks._trial import in_time

MANAGER = "your answer is no asynchronous context manager: decorate it with "
MANAGER += "@contextlib.asynccontextmanager, and `yield` the address"


class Wanted(Exception):
    """What the check raises in a block, and expects back."""


@exercise("17.1")
async def running(answer: Any) -> str:
    """Check a context manager that serves a handler, by what it leaves behind."""
    with _closing_what_is_left():
        await _serves(answer)
        await _two_at_once(answer)
        for error in (None, Wanted("the test in the block fails")):
            await _leaves_nothing(answer, error)
    return "each block has a server of its own, and leaves nothing behind, also when it fails."


@contextlib.contextmanager
def _closing_what_is_left() -> Iterator[None]:
    """Close the servers that a learner's code has forgotten."""
    loop = asyncio.get_running_loop()
    create, servers = loop.create_server, []

    async def create_server(*arguments: Any, **options: Any) -> asyncio.Server:
        servers.append(await create(*arguments, **options))
        return servers[-1]

    with mock.patch.object(loop, "create_server", create_server):
        try:
            yield
        finally:
            for server in servers:
                server.close()


def _entered(answer: Any, handler: Any) -> Any:
    manager = answer(handler)
    if hasattr(manager, "__aenter__"):
        return manager
    if hasattr(manager, "__enter__"):
        raise Misconception(
            "this is a context manager for `with`. The server needs `async with`: write "
            "@contextlib.asynccontextmanager and `async def`."
        )
    if hasattr(manager, "close"):
        manager.close()  # a coroutine that nobody awaits
    raise NotYet(MANAGER)


async def _echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(f"yours: {message!s}")


async def _serves(answer: Any) -> None:
    """Connect within the block."""
    async with _entered(answer, _echo) as url:
        if not isinstance(url, str) or not url.startswith("ws://"):
            raise NotYet("`yield` the address, a text such as ws://127.0.0.1:50123", received=url)
        if urlsplit(url).port in (0, None):
            raise NotYet(
                "the address names port 0, which only means: any free port. "
                "server.sockets[0].getsockname() knows which one it became.",
                received=url,
            )
        try:
            async with connect(url) as client:
                await client.send("Hello")
                reply = await in_time(client.recv())
        except ConnectionRefusedError:
            raise NotYet("nothing listens at this address within the block", received=url) from None
        except (OSError, InvalidURI, InvalidHandshake) as error:
            raise NotYet("a client cannot connect to this address", received=error) from None
        if reply != "yours: Hello":
            raise Misconception(
                "this server runs something else, and not your handler's parameter `handler`",
                input="Hello",
                expected="yours: Hello",
                received=reply,
            )
        _listens_here_only(urlsplit(url).port or 0)


def _listens_here_only(port: int) -> None:
    """Look whether other machines could connect: this one has more addresses of its own."""
    with socket.socket() as other:
        try:
            other.bind(("127.0.0.2", port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:  # a system without this address cannot tell
                return
            raise Misconception(
                "your server listens on 0.0.0.0: other machines can connect to it while your "
                'tests run. Give `serve` the address "127.0.0.1".'
            ) from None


async def _two_at_once(answer: Any) -> None:
    async with _entered(answer, _echo) as first:
        try:
            async with _entered(answer, _echo) as second:
                if first == second:
                    raise Misconception(
                        "the two blocks have the same address: one server for both. A test must "
                        "not meet another test's clients.",
                        received=[first, second],
                    )
        except OSError as error:
            raise Misconception(
                "a second server could not start beside the first: your port is always the same. "
                "Port 0 takes a free one each time.",
                received=error.strerror or error,
            ) from None


async def _leaves_nothing(answer: Any, error: Wanted | None) -> None:
    """Leave the block, with an exception or without, while a client is connected."""
    kind = "a block that raised an exception" if error else "the block"
    before = asyncio.all_tasks()
    client = None
    swallowed = error is not None
    try:
        async with _entered(answer, _echo) as url:
            client = await connect(url, close_timeout=0.5)
            if error:
                raise error
    except Wanted:
        swallowed = False
    tasks = {each for each in asyncio.all_tasks() - before if not _is_of(each, client)}
    names = [getattr(each.get_coro(), "__qualname__", "") for each in tasks]
    assert client is not None
    try:
        if swallowed:
            raise Misconception(
                "the exception of the block was swallowed: a test that fails would pass"
            )
        port = urlsplit(url).port or 0
        if "Server._close" in names:
            raise Misconception(
                f"the server was still stopping when {kind} had ended: server.close() only begins. "
                "`async with serve(…)` waits, or `await server.wait_closed()`."
            )
        if await _answers(port):
            raise Misconception(
                f"the server still listens after {kind}",
                expected=Plain("connection refused"),
                received=Plain("a connection"),
            )
        if tasks:
            raise Misconception(f"a task is left after {kind}", received=names)
    finally:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(ConnectionClosed, OSError):
            await client.close()


def _is_of(task: "asyncio.Task[Any]", client: Any) -> bool:
    """Whether a task belongs to the check's own client."""
    return client is not None and task is getattr(client, "keepalive_task", None)


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), 1)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
