"""Show a built site at an address of this machine: `python start.py site --serve`."""

import contextlib
import functools
import http.server
import sys
from pathlib import Path
from typing import Any

PORT = 8800
"""Always the same: a browser keeps a learner's edits for one address."""


class Handler(http.server.SimpleHTTPRequestHandler):
    """A static server that names the types which browsers insist on, and keeps no log."""

    # One connection for many files.
    protocol_version = "HTTP/1.1"
    # Windows may have other ones in its registry.
    extensions_map = {  # noqa: RUF012 - the base class has it so
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".css": "text/css",
        ".html": "text/html",
        ".js": "text/javascript",
        ".json": "application/json",
        ".mjs": "text/javascript",
        ".svg": "image/svg+xml",
        ".wasm": "application/wasm",
    }

    def end_headers(self) -> None:
        """Let the browser ask each time whether a file has changed: a site is built again."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Write nothing."""


class Server(http.server.ThreadingHTTPServer):
    """The server; its threads end with it."""

    daemon_threads = True
    # Else Windows would share a port that another program uses.
    allow_reuse_address = sys.platform != "win32"

    def handle_error(self, *_: Any) -> None:
        """Ignore a browser that closes a connection early."""


def start(folder: Path, port: int) -> Server:
    """Return a server for a folder that listens on 127.0.0.1.

    Args:
        folder: the site.
        port: 0 for a free one.

    Raises:
        OSError: the port is taken, or not allowed.
        OverflowError: there is no such port.
    """
    return Server(("127.0.0.1", port), functools.partial(Handler, directory=str(folder)))


def serve(folder: Path, port: int) -> int:
    """Show a site until Ctrl+C; return the exit status.

    Args:
        folder: the site.
        port: where to listen.
    """
    try:
        server = start(folder, port)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        other = port + 1 if port < 65_535 else PORT
        print(f"port {port}: {reason}. Choose another one: --serve {other}", file=sys.stderr)
        return 1
    with server, contextlib.suppress(KeyboardInterrupt):
        print(f"The site is at http://127.0.0.1:{server.server_port}/", flush=True)
        if not (folder / "run").is_dir():
            print("It is for reading only. Delete its folder to build it with the lessons to run.")
        print("Press Ctrl+C to end.", flush=True)
        server.serve_forever()
    print("\nStopped.")
    return 0
