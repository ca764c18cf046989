"""The command ``wsdemo``: open the course, keep the learner's copy, run or judge a server."""

import argparse
import dataclasses
import functools
import importlib
import logging
import pathlib
import signal
import sys
import threading
from typing import NoReturn

from wsdemo import lab
from wsdemo.apps import APPS
from wsdemo.apps._app import App
from wsdemo.classroom import command as classroom
from wsdemo.course import command as copy
from wsdemo.course import home

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status.

    Args:
        arguments: the words after ``wsdemo``; those of the command line unless given.
    """
    parser = argparse.ArgumentParser(
        "wsdemo",
        description="Learn WebSockets in Python. Begin with: wsdemo lab",
        epilog="wsdemo COMMAND --help shows more about a command.",
        formatter_class=functools.partial(
            argparse.HelpFormatter, indent_increment=1, max_help_position=32
        ),
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    opening = commands.add_parser(
        "lab",
        help="open your own copy of the lessons in JupyterLab",
        description="Open your own copy of the lessons in JupyterLab. It is made if there is "
        "none, and updated if the lessons have changed; nothing that you wrote is lost. "
        f"{copy.WHERE} Other options are passed on to JupyterLab, such as --port=9999.",
        allow_abbrev=False,  # or it would take an option of JupyterLab's for its own
    )
    opening.add_argument(
        "--in",
        dest="folder",
        type=pathlib.Path,
        metavar="FOLDER",
        help="open this folder as it is, and make no copy",
    )
    copy.add_commands(commands)
    commands.add_parser(
        "progress",
        help="show which exercises you have solved",
        description=f"Show which exercises you have solved. {copy.WHERE}",
    )
    commands.add_parser("doctor", help="check the set-up and say what is missing")
    serve = commands.add_parser(
        "serve",
        help="run one of the finished servers",
        description="Run one of the finished servers. Each tells its own options: "
        "wsdemo serve APP --help",
        add_help=False,  # of the words after APP, --help is one
    )
    serve.add_argument(
        "app", nargs="?", choices=APPS, metavar="APP", help=f"which one: {', '.join(APPS)}"
    )
    _add_wire(commands)
    classroom.add_commands(commands)
    commands.add_parser(
        "judge",
        help="judge your own WebSocket server or client, in any language",
    )
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["judge"]:  # it has words after "--", and the command starts quicker without it
        from wsdemo.judge import command as judging

        return judging.main(words[1:])
    chosen, more = parser.parse_known_args(words)
    if chosen.command == "serve":
        if chosen.app:
            return _serve(chosen.app, more)
        if not {"-h", "--help"} & set(more):
            serve.error("the following arguments are required: APP")
        serve.print_help()
        return 0
    if more and chosen.command != "lab":
        parser.error(f"unknown arguments: {' '.join(more)}")
    if chosen.command == "lab":
        return lab.main(more, chosen.folder)
    if chosen.command == "wire":
        from wsdemo.wire import terminal  # as below

        return terminal.main(chosen.url, chosen.port, chosen.save, chosen.keep)
    if chosen.command in classroom.COMMANDS:
        return classroom.run(chosen)
    if chosen.command in copy.COMMANDS:
        return copy.run(chosen)
    if chosen.command == "progress":
        from wsdemo.checks import progress  # as below

        print(progress(home()))
        return 0
    from wsdemo import doctor  # the command starts quicker without it

    return doctor.main()


def _add_wire(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    wire = commands.add_parser(
        "wire",
        help="show every frame between your own programs, and break their connection",
        description="Stand between clients and your server. It shows each handshake and each "
        "frame as it passes, and breaks the connection when you say so. Start your server first, "
        "then this. Let the client connect to the address that this prints. While it runs, you "
        "can type freeze, thaw, cut, delay SECONDS, throttle RATE, inject, help and "
        "quit.",
    )
    wire.add_argument("url", metavar="URL", help="the server's address: ws://127.0.0.1:8080")
    wire.add_argument(
        "--port",
        type=int,
        default=0,
        help="the TCP port that clients connect to; a free one unless given",
    )
    wire.add_argument(
        "--save",
        type=pathlib.Path,
        metavar="FILE.pcapng",
        help="save what has passed, for Wireshark, at the end; a file that is there is replaced",
    )
    wire.add_argument(
        "--keep",
        type=int,
        default=2**18,
        metavar="BYTES",
        help="bytes of each connection to keep for --save (%(default)s)",
    )


def _serve(name: str, words: list[str]) -> int:
    module = importlib.import_module(f"wsdemo.apps.{name}")
    app: App = module.APP
    about = (module.__doc__ or "").partition("\n")[0]
    chosen = vars(_server_options(name, about, app).parse_args(words))
    allowed = {limit: chosen.pop(limit) for limit in (*app.uses, "origins")}
    try:
        server = app.serve(limits=dataclasses.replace(app.limits, **allowed), **chosen)
    except ValueError as error:  # an option makes no sense
        print(f"wsdemo: {error}", file=sys.stderr)
        return 2
    except (OSError, ModuleNotFoundError) as error:
        text = error.strerror or error if isinstance(error, OSError) else error
        print(f"wsdemo: {text}", file=sys.stderr)
        return 1
    _show_refusals()
    stopped = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stopped.set())
    with server:
        print(f"{name}: {server.url}   its page: {server.url.replace('ws', 'http', 1)}/")
        print("Ctrl-C stops it.", flush=True)
        while not stopped.wait(1):  # Windows lets Ctrl-C through only between waits
            pass
    print("stopped")
    return 0


def _show_refusals() -> None:
    """Write to the terminal which pages were refused: their browsers do not say."""
    terminal = logging.StreamHandler()
    terminal.setFormatter(logging.Formatter("%(message)s"))
    logging.getLogger("wsdemo.refusals").addHandler(terminal)


class _Parser(argparse.ArgumentParser):
    """One that refuses in one line, as the servers themselves do."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"wsdemo: {message}; `{self.prog} --help` shows more\n")


def _server_options(name: str, about: str, app: App) -> argparse.ArgumentParser:
    """The options of a finished server: what all have, its limits, its own."""
    parser = _Parser(f"wsdemo serve {name}", description=about)
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="the address to listen on (%(default)s); 0.0.0.0 lets other machines connect",
    )
    parser.add_argument("--port", type=int, default=8080, help="the TCP port (8080); 0: a free one")
    parser.add_argument(
        "--compression",
        action="store_const",
        const="deflate",
        help="compress messages (permessage-deflate)",
    )
    app.add_options(parser)
    limits = parser.add_argument_group("limits")
    for option, kind, unit, text in (
        ("max_size", int, "BYTES", "of a message; a longer one closes its connection with 1009"),
        ("rate", float, "N", "messages a second from one connection; 0: any number"),
        ("burst", int, "N", "messages that may come at once before the rate is enforced"),
        ("per_address", int, "N", "connections from one IP address; 0: any number"),
    ):
        if option not in app.uses:
            continue
        limits.add_argument(
            f"--{option.replace('_', '-')}",
            type=kind,
            default=getattr(app.limits, option),
            metavar=unit,
            help=f"{text} (%(default)s)",
        )
    limits.add_argument(
        "--origin",
        action="append",
        dest="origins",
        default=[],
        help='a page elsewhere that may connect, such as https://example.com; "*": all; repeatable',
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
