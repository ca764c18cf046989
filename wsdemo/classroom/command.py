"""The commands ``wsdemo class``, ``wsdemo join``, ``wsdemo leave`` and ``wsdemo questions``."""

import argparse
import pathlib
import signal
import sys
import threading
import webbrowser

from websockets.asyncio.server import ServerConnection

from wsdemo.classroom.joining import join, leave
from wsdemo.classroom.member import NotJoined
from wsdemo.classroom.pages import pages, twenty_questions
from wsdemo.classroom.server import ClassServer
from wsdemo.classroom.storage import Storage, default_file
from wsdemo.course import Trouble
from wsdemo.server.core import serve

__all__ = ["COMMANDS", "add_commands", "run"]

COMMANDS = ("class", "join", "leave", "questions")
PORT = 8000
QUESTIONS_PORT = 8017
"""It stays the same, or the browser would not find the answers of before."""


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
    asking = commands.add_parser(
        "questions",
        help="twenty questions to answer before and after the course",
        description="Open a page with twenty questions, for one who learns alone. Answer them "
        "before the course and after it: then it shows what has changed, and which lesson is "
        "about each wrong idea. The answers stay in your browser.",
    )
    asking.add_argument(
        "--port",
        type=int,
        default=QUESTIONS_PORT,
        help="the TCP port (%(default)s); at another one the browser does not find your answers",
    )
    asking.add_argument(
        "--no-browser", action="store_true", help="print the page's address, and do not open it"
    )


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
        if chosen.command == "questions":
            return _ask(chosen.port, not chosen.no_browser)
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
    stopped = _ending()
    class_server = ClassServer(storage, pages(), host=chosen.host, port=port)
    board = f"http://127.0.0.1:{class_server.server.port}/board#{storage.key}"
    try:
        if continues:
            count = len(storage.classroom.roster.learners)
            print(f"The class of before continues. Learners: {count}.")
        print(f"Learners open   http://{class_server.place}/")
        print(f"The code        {storage.code}")
        print(f"Your board      {board}")
        print("Only you open the board: its address contains your key. Ctrl-C ends the class.")
        _wait(stopped, board if not chosen.no_browser else None)
    finally:
        class_server.stop(keep=chosen.keep)
    print("The class has ended." + ("" if chosen.keep else " Nothing of it is stored."))
    return 0


def _ask(port: int, opens: bool) -> int:
    async def no_messages(connection: ServerConnection) -> None:
        """This server has a page, and nothing to say over a WebSocket."""

    stopped = _ending()
    with serve(no_messages, name="questions", port=port, pages={"/": twenty_questions()}) as server:
        page = server.url.replace("ws", "http", 1)
        print(f"The questions are at {page}/   Ctrl-C ends this.")
        _wait(stopped, f"{page}/" if opens else None)
    return 0


def _ending() -> threading.Event:
    """Return an event that Ctrl-C sets from now on, and a request of the system to end, too."""
    stopped = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stopped.set())
    return stopped


def _wait(stopped: threading.Event, page: str | None) -> None:
    """Open a page in a browser, if there is one to open, and wait for the end."""
    sys.stdout.flush()
    if page:
        webbrowser.open(page)
    while not stopped.wait(1):  # Windows lets Ctrl-C through only between waits
        pass
