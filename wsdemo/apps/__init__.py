"""The finished servers, one module each: ``wsdemo serve APP`` runs them.

Each module has ``PAGES``, what it answers to plain HTTP; ``serve``, which starts it the way a
careful engineer would, for a room of strangers; ``LIMITS``, its default limits; and ``APP``, which
declares all of it for the command line.
"""

import pathlib

APPS = ("echo", "chat", "heartbeat", "auth", "binary", "dashboard", "patterns", "pong")
"""The names of the servers."""

FOLDER = pathlib.Path(__file__).parent


def pages(name: str) -> dict[str, pathlib.Path]:
    """Return a server's pages: its own at ``/``, its script, and the style and script of all.

    Args:
        name: one of :data:`APPS`.
    """
    return {
        "/": FOLDER / f"{name}.html",
        f"/{name}.js": FOLDER / f"{name}.js",
        "/app.css": FOLDER / "app.css",
        "/app.js": FOLDER / "app.js",
    }
