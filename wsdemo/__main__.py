"""The command ``wsdemo``: open the course, run a finished server, check the set-up."""

import argparse
import importlib
import pathlib
import runpy
import signal
import subprocess
import sys
import threading

from wsdemo.apps import APPS

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status.

    Args:
        arguments: the words after ``wsdemo``; those of the command line unless given.
    """
    parser = argparse.ArgumentParser("wsdemo", description="Learn WebSockets in Python.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("lab", help="open the course in JupyterLab")
    commands.add_parser("doctor", help="check the set-up and say what is missing")
    serve = commands.add_parser("serve", help="run one of the finished servers")
    serve.add_argument("app", choices=APPS, metavar="APP", help=f"which one: {', '.join(APPS)}")
    serve.add_argument(
        "--host",
        default="127.0.0.1",
        help="the address to listen on (127.0.0.1); 0.0.0.0 lets the whole network in",
    )
    serve.add_argument("--port", type=int, default=8080, help="the TCP port (8080); 0: a free one")
    serve.add_argument(
        "--compression",
        action="store_const",
        const="deflate",
        help="compress messages (permessage-deflate)",
    )
    chosen, more = parser.parse_known_args(arguments)
    if more and chosen.command != "lab":
        parser.error(f"unknown arguments: {' '.join(more)}")
    if chosen.command == "serve":
        return _serve(chosen)
    if chosen.command == "lab":
        return _lab(more)
    return importlib.import_module("wsdemo.doctor").main()


def _lab(more: list[str]) -> int:
    """Open the course from the checkout that the package was installed from."""
    start = pathlib.Path(__file__).parent.parent / "start.py"
    if not start.is_file():
        print("wsdemo: the lessons are not part of the package: clone the project, and there run")
        print("        python start.py")
        return 1
    # Not `start.py lab`, which would set up a second environment beside conda's or yours.
    options = runpy.run_path(str(start))["lab_options"]()
    return subprocess.call([sys.executable, "-m", "jupyterlab", *options, *more])


def _serve(chosen: argparse.Namespace) -> int:
    app = importlib.import_module(f"wsdemo.apps.{chosen.app}")
    try:
        server = app.serve(host=chosen.host, port=chosen.port, compression=chosen.compression)
    except (OSError, OverflowError) as error:
        print(f"wsdemo: {error.strerror if isinstance(error, OSError) else error}", file=sys.stderr)
        return 1
    stopped = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stopped.set())
    with server:
        print(f"{chosen.app}: {server.url}   its page: {server.url.replace('ws', 'http', 1)}/")
        print("Ctrl-C stops it.", flush=True)
        while not stopped.wait(1):  # Windows lets Ctrl-C through only between waits
            pass
    print("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
