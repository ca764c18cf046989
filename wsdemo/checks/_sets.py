"""Find which connections are in a learner's sets."""

from typing import Any

from websockets.asyncio.server import ServerConnection

from wsdemo.checks import NotYet
from wsdemo.checks._inbox import Inbox, until
from wsdemo.checks._plain import Plain

__all__ = ["expect_in", "expect_open", "sets_with", "sizes"]


def sets_with(connection: ServerConnection, sets: dict[str, Any]) -> list[str]:
    """Return the names of the sets that a connection is in."""
    return [name for name, each in sets.items() if connection in each]


def sizes(sets: dict[str, Any]) -> dict[str, int]:
    """Return how many connections are in each set."""
    return {name: len(each) for name, each in sets.items()}


def expect_open(inbox: Inbox, request: Any) -> None:
    """Raise a hint if the handler has ended instead of taking a request."""
    if inbox.ended:
        raise NotYet(
            "your handler has ended: loop over the messages of the connection.",
            input=request,
            received=Plain(f"the connection was closed with {inbox.client.close_code}"),
        )


async def expect_in(
    inbox: Inbox, connection: ServerConnection, sets: dict[str, Any], name: str, request: Any
) -> None:
    """Send a request that puts a connection into a set."""
    await inbox.send(request)
    await until(lambda: inbox.ended or connection in sets.get(name, ()))
    if connection not in sets.get(name, ()):
        expect_open(inbox, request)
        raise NotYet(
            f"after this request, the connection must be in the set of {name!r}",
            input=request,
            received=Plain(f"{sizes(sets)} connections, without this one"),
        )
