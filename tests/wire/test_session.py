"""A wire in a terminal, with a keyboard and a screen that are objects."""

import contextlib
import io
import queue
import threading

import pytest

from tests.wire.kit import client, until
from wsdemo.wire.commands import HELP
from wsdemo.wire.session import QUIT, Session

pytestmark = pytest.mark.usefixtures("nothing_left_running")


class Screen(io.StringIO):
    """What a session has written."""

    def wait_for(self, text):
        until(lambda: text in self.getvalue())


@pytest.fixture
def screen():
    return Screen()


@pytest.fixture
def typing(wire, screen):
    """Let a session run; give what types a line."""
    lines = queue.SimpleQueue()
    with running(Session(wire, screen, colours=False), lines):
        yield lambda line: lines.put(f"{line}\n")


@contextlib.contextmanager
def running(session, lines):
    thread = threading.Thread(target=session.run, args=(lines,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        lines.put(QUIT)
        thread.join(5)
    assert not thread.is_alive(), "quit ends it"


def test_lines_appear_as_frames_pass(wire, screen, typing):
    with client(wire) as connection:
        screen.wait_for("HTTP/1.1 101 Switching Protocols")
        for text in ("one", "two"):
            connection.send(text)
            screen.wait_for(f"client → server  TEXT '{text}'")
            screen.wait_for(f"server → client  TEXT '{text}'")
    screen.wait_for("server → client  CLOSE 1000")
    assert "\x1b" not in screen.getvalue()
    assert screen.getvalue().count("TEXT 'one'") == 2, "each line once"


def test_a_command_breaks_the_connection_and_shows_its_python(wire, screen, typing):
    with client(wire) as connection:
        typing("freeze to client")
        screen.wait_for('wire.freeze("to client")\n')
        connection.send("Hello")
        screen.wait_for("TEXT 'Hello'" + " " * 33 + "2 + 5 bytes, held on the wire")
        with pytest.raises(TimeoutError):
            connection.recv(timeout=0.05)
        typing("thaw")
        assert connection.recv(timeout=5) == "Hello"
        screen.wait_for("wire.thaw()\n")
        typing("cut")
        with contextlib.suppress(Exception):
            connection.recv(timeout=5)
        screen.wait_for("wire.cut()\n")
        screen.wait_for("~  cut\n")


def test_a_frame_is_injected(wire, screen, typing):
    typing("inject text Hello to client")
    screen.wait_for("no connection is open: connect a client to wire.url, then inject\n")
    with client(wire) as connection:
        typing("inject text Hello to client")
        assert connection.recv(timeout=5) == "Hello"
        screen.wait_for('wire.inject("Hello", "to client")\n')
        screen.wait_for("server → client  TEXT 'Hello'" + " " * 33 + "2 + 5 bytes, injected\n")


def test_a_mistake_is_told_and_changes_nothing(screen, typing):
    for line, told in (("melt", "there is no command"), ("delay -1", "delay is a finite number")):
        typing(line)
        screen.wait_for(told)
    typing("")
    typing("help")
    screen.wait_for(HELP)
    assert "wire.delay(-1" not in screen.getvalue()


def test_colours_are_for_a_terminal(wire, screen):
    lines = queue.SimpleQueue()
    with running(Session(wire, screen, colours=True), lines), client(wire) as connection:
        connection.send("Hello")
        connection.recv(timeout=5)
        lines.put("freeze\n")
        screen.wait_for("\x1b[33m~ ~ ~ ~ ~ ~ ~ ~  frozen\x1b[0m\n")
        lines.put("thaw\n")
    shown = screen.getvalue()
    for line in ("\x1b[36mclient → server  TEXT", "\x1b[35mserver → client  TEXT"):
        assert line in shown
    assert "\x1b[1mwire.freeze()\x1b[0m\n" in shown
    assert "\x1b[2m── connection 1 ──\x1b[0m\n" in shown


def test_what_passes_is_not_kept(wire, screen, typing):
    with client(wire) as connection:
        for _ in range(50):
            connection.send("x")
            connection.recv(timeout=5)
        until(lambda: screen.getvalue().count("TEXT 'x'") == 100)
        assert wire.frames == []


def test_a_screen_that_is_gone_is_an_error(wire):
    class Gone(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    lines = queue.SimpleQueue()
    lines.put("help")
    with pytest.raises(BrokenPipeError):
        Session(wire, Gone(), colours=False).run(lines)
