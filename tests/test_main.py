"""The command wsdemo, run as its users run it."""

import contextlib
import importlib
import inspect
import pathlib
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from wsdemo import __main__ as command
from wsdemo.apps import APPS, echo


@contextlib.contextmanager
def started(*words):
    """Start the command and read the line with its addresses; in the end it must not be running."""
    child = subprocess.Popen(
        [sys.executable, "-m", "wsdemo", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with child:
        try:
            yield child, child.stdout.readline()
        finally:
            child.kill()


@contextlib.contextmanager
def serving(*words):
    with started("serve", "echo", "--port", "0", *words) as (child, line):
        shown = re.fullmatch(r"echo: (ws://127\.0\.0\.1:\d+)   its page: (http://\S+/)\n", line)
        assert shown, line
        assert child.stdout.readline() == "Ctrl-C stops it.\n"
        yield child, *shown.groups()


def run(*words):
    done = subprocess.run(
        [sys.executable, "-m", "wsdemo", *words],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_serves_an_echo_and_its_page():
    with serving() as (_, url, page):
        with connect(url) as client:
            assert client.recv(timeout=5) == "Welcome!"
            client.send("Hello")
            assert client.recv(timeout=5) == "You said: Hello"
            client.send(b"\0\1")
            assert client.recv(timeout=5) == b"\0\1"
            assert client.protocol.extensions == []
        assert client.close_code == 1000
        with urllib.request.urlopen(page, timeout=5) as response:
            assert response.headers["Content-Type"] == "text/html; charset=utf-8"
            assert response.read() == echo.PAGES["/"].read_bytes()


def test_compresses_if_asked():
    with serving("--compression") as (_, url, _), connect(url) as client:
        assert [each.name for each in client.protocol.extensions] == ["permessage-deflate"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_and_tells_its_clients(signum):
    with serving() as (child, url, _), connect(url) as client:
        assert client.recv(timeout=5) == "Welcome!"
        child.send_signal(signum)
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=5)
        assert closed.value.rcvd.code == 1001
        assert child.wait(timeout=5) == 0
        assert (child.stdout.read(), child.stderr.read()) == ("stopped\n", "")


def test_others_are_told_the_address():
    words = ("serve", "echo", "--port", "0", "--host", "0.0.0.0")
    with started(*words) as (child, line):
        told = r"Others on this network can open http://([\d.]+:\d+)/ \(programs: ws://\1\)\n"
        assert re.fullmatch(told, line)
        assert child.stdout.readline().startswith("echo: ws://127.0.0.1:")


def test_a_taken_port_is_told_in_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        status, out, err = run("serve", "echo", "--port", str(port))
    assert (status, out) == (1, "")
    assert err.startswith(f"wsdemo: port {port} is taken by another program")
    assert err.count("\n") == 1


def test_a_port_that_does_not_exist_is_told_in_a_sentence():
    status, out, err = run("serve", "echo", "--port", "70000")
    assert (status, out) == (2, "")
    assert err == "wsdemo: port is a whole number, from 0 to 65535, not 70000\n"


def test_helps():
    status, out, err = run("--help")
    assert (status, err) == (0, "")
    known = "lab update reset solutions progress doctor serve wire judge"
    for word in known.split():
        assert re.search(rf"^ +{word} ", out, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "required: COMMAND"),
        (["dance"], "invalid choice: 'dance'"),
        (["serve"], "required: APP"),
        (["serve", "dance"], "invalid choice: 'dance' (choose from "),
        (["serve", "echo", "--port", "x"], "wsdemo: argument --port: invalid int value: 'x'; "),
        (["serve", "echo", "and", "more"], "unrecognized arguments: and more"),
        (["doctor", "now"], "unknown arguments: now"),
        (["update", "here", "now"], "unknown arguments: now"),
        (["reset"], "required: LESSON"),
        (["solutions"], "required: LESSON"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_not_understood_is_told(words, told, capsys):
    with pytest.raises(SystemExit) as refused:
        command.main(words)
    assert refused.value.code == 2
    assert told in capsys.readouterr().err


def test_every_app_is_named(capsys):
    assert command.main(["serve", "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())  # it wraps its lines
    assert ", ".join(APPS) in told


def test_an_option_that_would_do_nothing_is_not_taken(capsys):
    with pytest.raises(SystemExit) as refused:
        command.main(["serve", "dashboard", "--burst", "5"])
    assert refused.value.code == 2
    assert "unrecognized arguments: --burst" in capsys.readouterr().err


@pytest.mark.parametrize("name", APPS)
def test_an_app_uses_the_limits_that_it_declares(name):
    module = importlib.import_module(f"wsdemo.apps.{name}")
    uses_rate = "rate_limited(" in pathlib.Path(module.__file__).read_text(encoding="utf-8")
    assert ("burst" in module.APP.uses) is uses_rate
    own = inspect.signature(module.serve).parameters
    assert not set(module.APP.uses) & set(own), "two options of one name"


@pytest.mark.parametrize("app", APPS)
def test_every_app_tells_its_options(app, capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(["serve", app, "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    for option in ("--host", "--port", "--compression", "--max-size", "--rate", "--origin"):
        assert option in told
    assert {"chat": "--name-length", "heartbeat": "--interval", "auth": "--token"}.get(
        app, ""
    ) in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["auth", "--token", ""], "an empty token would let everybody in"),
        (["chat", "--bus", "carrier-pigeon://roof"], "carrier-pigeon"),
        (["chat", "--name-length", "0"], "name_length is a whole number, 1 or more, not 0"),
        (["chat", "--heartbeat", "-1"], "heartbeat is a finite number, 0 s or more, not -1.0"),
        (["chat", "--heartbeat", "inf"], "heartbeat is a finite number, 0 s or more, not inf"),
        (["chat", "--history", "0"], "history is a whole number, from 1 to 1000000, not 0"),
        (["heartbeat", "--interval", "0"], "interval is a finite number, more than 0 s, not 0.0"),
        (["dashboard", "--rate", "0"], "rate is a finite number, more than 0 readings/s, not 0.0"),
        (["dashboard", "--rate", "inf"], "more than 0 readings/s, not inf"),
        (["echo", "--rate", "-1"], "rate is a finite number, 0 or more, not -1.0"),
        (["echo", "--rate", "nan"], "rate is a finite number, 0 or more, not nan"),
        (["pong", "--steps", "nan"], "steps is a finite number, more than 0 a second, not nan"),
        (["pong", "--steps", "-50"], "steps is a finite number, more than 0 a second, not -50.0"),
        *(
            ([app, option, value], f"{told}, not {value}")
            for app in APPS
            for option, value, told in (
                ("--port", "70000", "port is a whole number, from 0 to 65535"),
                ("--port", "-1", "port is a whole number, from 0 to 65535"),
                ("--max-size", "0", "max_size is a whole number, 1 or more"),
                ("--burst", "0", "burst is a whole number, 1 or more"),
                ("--burst", "9" * 400, "burst is a whole number, 1 or more"),
                ("--per-address", "-1", "per_address is a whole number, 0 or more"),
            )
            if (app, option) != ("dashboard", "--burst")
        ),
        (["echo", "--origin", "example.com"], "write https://example.com or http://example.com"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else "",
)
def test_a_value_that_makes_no_sense_is_refused_in_one_line(words, told, capsys):
    assert command.main(["serve", words[0], "--port", "0", *words[1:]]) == 2
    refused = capsys.readouterr().err
    assert refused.startswith("wsdemo: ")
    assert told in refused
    assert refused.index("\n") == len(refused) - 1


def test_options_reach_the_app():
    words = ("serve", "auth", "--port", "0", "--token", "sesame", "--refuse-after-open")
    with started(*words, "--max-size", "10") as (_, line):
        url = re.search(r"ws://\S+", line)[0]
        with connect(url + "?token=wrong") as client, pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=5)
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "Invalid token")
        with connect(url + "?token=sesame") as client:
            assert client.recv(timeout=5) == "Welcome!"
            client.send("x" * 11)
            with pytest.raises(ConnectionClosed) as closed:
                client.recv(timeout=5)
        assert closed.value.rcvd.code == 1009


def test_a_refused_page_is_told_on_the_terminal():
    with serving("--origin", "https://Example.com/") as (child, url, _):
        for origin in ("https://evil.example", "https://evil.example", "https://example.com"):
            with contextlib.suppress(InvalidStatus), connect(url, origin=origin) as client:
                assert origin == "https://example.com"
                assert client.recv(timeout=5) == "Welcome!"
        assert child.stderr.readline() == (
            "refused a connection from a page of https://evil.example: "
            "add --origin https://evil.example if it is yours\n"
        )
        child.terminate()
        assert child.stderr.read() == ""
