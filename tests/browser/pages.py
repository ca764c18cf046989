"""Servers for the tests of pages: the finished ones with their pages, and one that answers."""

from wsdemo.apps import auth, binary, chat, dashboard, echo, heartbeat, patterns, pong

STARTS = {
    "echo": echo.serve,
    "chat": chat.serve,
    "heartbeat": heartbeat.serve,
    "auth": lambda: auth.serve("sesame"),
    "binary": binary.serve,
    "dashboard": dashboard.serve,
    "patterns": patterns.serve,
    "pong": pong.serve,
}


def page_of(server):
    """The address of a server's page."""
    return server.url.replace("ws", "http", 1)


async def welcome(connection):
    """The server under study."""
    await connection.send("Welcome!")
    async for message in connection:
        if message == "code":
            await connection.close(4001, "lesson over")
        elif isinstance(message, str):
            await connection.send(f"You said: {message}")
        else:
            await connection.send(message)


def choose(connection, offered):
    return "v2" if "v2" in offered else None
