"""The commands ``wsdemo class``, ``wsdemo join`` and ``wsdemo leave``."""

import argparse
import pathlib
import signal
import sys
import threading
import webbrowser

from wsdemo.classroom.joining import join, leave
from wsdemo.classroom.member import NotJoined
from wsdemo.classroom.pages import pages
from wsdemo.classroom.server import ClassServer
from wsdemo.classroom.storage import Storage, default_file
from wsdemo.course import Trouble

__all__ = ["COMMANDS", "add_commands", "run"]

COMMANDS = ("class", "join", "leave")
PORT = 8000


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to a command line.

    Args:
        commands: where they go.
    """
    teaching = commands.add_parser(
        "class",
        help="start a class: votes, and a board that shows who needs help",
        description="Start a class on this machine, for the machines of its network. It prints "
        "the address and the code that learners need, and opens your board in a browser. Ctrl-C "
        "ends the class, and deletes what it has stored. After a crash or a restart, the same "
        "command continues the class.",
    )
    teaching.add_argument(
        "--host",
        default="0.0.0.0",
        help="the address to listen on (%(default)s, all networks); 127.0.0.1: this machine only",
    )
    teaching.add_argument(
        "--port", type=int, help=f"the TCP port ({PORT}, or that of before); 0: a free one"
    )
    teaching.add_argument(
        "--keep",
        action="store_true",
        help="keep the class when it ends, and continue it the next time",
    )
    teaching.add_argument(
        "--no-browser", action="store_true", help="print the board's address, and do not open it"
    )
    joining = commands.add_parser(
        "join",
        help="join a teacher's class",
        description="Join a class: your votes are sent to the teacher's machine, and whether your "
        "answers to exercises are right. Your code is never sent. wsdemo leave ends it.",
    )
    joining.add_argument("address", help="what the board shows, such as 192.168.1.5:8000")
    joining.add_argument("code", help="what the board shows, such as K7QM-3FWD")
    joining.add_argument("name", help="a nickname")
    joining.add_argument(
        "--show-name",
        action="store_true",
        help="let the board show your nickname, if the teacher wants names",
    )
    commands.add_parser("leave", help="leave the class: nothing is sent any more")


def run(chosen: argparse.Namespace) -> int:
    """Run one of the commands; return its exit status.

    Args:
        chosen: the command, and its options.
    """
    if chosen.command == "leave":
        print(leave())
        return 0
    try:
        if chosen.command == "join":
            print(join(chosen.address, chosen.code, chosen.name, chosen.show_name))
            return 0
        return _teach(chosen, default_file())
    except (Trouble, NotJoined, ValueError) as error:
        print(f"wsdemo: {error}", file=sys.stderr)
    except OSError as error:
        print(f"wsdemo: {error.strerror or error}", file=sys.stderr)
    return 1


def _teach(chosen: argparse.Namespace, file: pathlib.Path) -> int:
    storage = Storage.open(file)
    continues = bool(storage.port)
    port = storage.port or PORT if chosen.port is None else chosen.port
    class_server = ClassServer(storage, pages(), host=chosen.host, port=port)
    stopped = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stopped.set())
    board = f"http://127.0.0.1:{class_server.server.port}/board#{storage.key}"
    try:
        if continues:
            count = len(storage.classroom.roster.learners)
            print(f"The class of before continues. Learners: {count}.")
        print(f"Learners open   http://{class_server.place}/")
        print(f"The code        {storage.code}")
        print(f"Your board      {board}")
        print("Only you open the board: its address contains your key. Ctrl-C ends the class.")
        sys.stdout.flush()
        if not chosen.no_browser:
            webbrowser.open(board)
        while not stopped.wait(1):  # Windows lets Ctrl-C through only between waits
            pass
    finally:
        class_server.stop(keep=chosen.keep)
    print("The class has ended." + ("" if chosen.keep else " Nothing of it is stored."))
    return 0
