"""The finished servers' pages: where they are, and how each server is started."""

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
