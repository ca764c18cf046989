"""``wsdemo wire ws://…``: from the command line to the saved file."""

import contextlib
import re
import signal
import socket
import subprocess
import sys

import pytest
from websockets.sync.client import connect

import wsdemo
from tests.wire.capture_reader import follow, read, streams
from tests.wire.kit import echo
from wsdemo import __main__ as command
from wsdemo.wire import before_start, terminal
from wsdemo.wire.core import Wire

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")


@contextlib.contextmanager
def started(*words, **options):
    """Start the command; give the process and the address for clients."""
    child = subprocess.Popen(
        [sys.executable, "-m", "wsdemo", "wire", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        **options,
    )
    with child:
        try:
            line = child.stdout.readline()
            yield child, re.fullmatch(r"Connect to (\S+) instead of \S+\n", line)[1]
        finally:
            child.kill()


@POSIX
def test_ctrl_c_saves_what_has_passed(server, tmp_path):
    file = tmp_path / "talk.pcapng"
    with started(f"{server.url}/chat", "--save", str(file)) as (child, url):
        assert url.endswith("/chat")
        told = f"Type help for commands; Ctrl-C stops and saves {file}.\n"
        assert child.stdout.readline() == told
        child.stdin.write("delay 0.001\n")
        child.stdin.flush()
        assert child.stdout.readline() == "wire.delay(0.001)\n"
        with connect(url, compression=None) as client:
            client.send("Hello")
            assert client.recv(timeout=5) == "Hello"
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=10)
    assert (child.returncode, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "── connection 1 ──"
    texts = [line for line in lines if "TEXT 'Hello'" in line]
    assert [line[:15] for line in texts] == ["client → server", "server → client"]
    size = file.stat().st_size
    assert lines[-2:] == [f"saved {file}: 1 connection, {size:,} bytes", "stopped"]
    [segments] = streams(read(file.read_bytes()))
    assert any(b"Hello" in data for data in follow(segments).values())


@POSIX
@pytest.mark.parametrize("signum", [None, signal.SIGTERM, getattr(signal, "SIGHUP", None)])
def test_it_ends_quietly_and_saves_if_nobody_reads_any_more(server, raw, tmp_path, signum):
    file = tmp_path / "talk.pcapng"
    with started(server.url, "--save", str(file)) as (child, url):
        child.stdout.readline()
        child.stdout.close()
        if signum:
            child.send_signal(signum)
        else:  # the next line shows that nobody reads, and how far the client comes is open
            with raw(url) as client:
                client.send(client.request())
                client.drain()
        assert child.wait(10) == 0
        assert child.stderr.read() == ""
    assert bool(read(file.read_bytes()).packets) is (signum is None)


def run(capsys, *words):
    """Run the command here, where it must fail."""
    status = command.main(["wire", *words])
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"wsdemo: .*\n", err), "one line"
    return status, err.removeprefix("wsdemo: ").rstrip()


@pytest.fixture
def nowhere():
    """The address of a port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("wss://chat.example", "with TLS a wire sees only ciphertext, .* without TLS"),
        ("https://chat.example", "with TLS a wire sees only ciphertext"),
        ("localhost:8080", r"'localhost:8080' is not the address .*: wsdemo wire ws://127"),
        ("ws://", "is not the address of a WebSocket server"),
        ("ws://127.0.0.1:port", "is not an address .*: wsdemo wire ws://127.0.0.1:8080"),
        ("ws://127.0.0.1:99999", "is not an address .*: wsdemo wire ws://127.0.0.1:8080"),
    ],
)
def test_a_wrong_address_is_told(capsys, url, told):
    status, error = run(capsys, url)
    assert status == 2
    assert re.search(told, error)


def test_a_server_that_is_not_there_is_told(capsys, nowhere):
    advice = f"nothing listens on {nowhere}: start the server first, or correct the port"
    assert run(capsys, f"ws://{nowhere}") == (1, advice)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (socket.gaierror(-2, "?"), "there is no host 'chat.example': correct the address"),
        (TimeoutError(), "chat.example:80 does not answer within 5 s: correct the address"),
        (OSError(101, "Network is unreachable"), "chat.example:80 cannot be reached: Network is"),
    ],
)
def test_a_host_that_cannot_be_reached_is_told(capsys, monkeypatch, error, told):
    def fail(address, timeout):
        raise error

    monkeypatch.setattr(before_start.socket, "create_connection", fail)
    status, shown = run(capsys, "ws://chat.example")
    assert status == 1
    assert told in shown


def test_a_taken_port_is_told(capsys, server):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        status, error = run(capsys, server.url, "--port", str(port))
    assert status == 1
    told = f"port {port} is taken by another program: choose another; --port 0: a free one"
    assert error == told


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--port", "70000"), "port is a whole number, from 0 to 65535, not 70000"),
        (("--keep", "-1"), "keep is a whole number, 0 bytes or more, not -1"),
        (("--save", "talk.pcap"), "--save writes a capture for Wireshark: --save talk.pcapng, not"),
    ],
)
def test_an_option_that_makes_no_sense_is_told(capsys, server, options, told):
    status, error = run(capsys, server.url, *options)
    assert status == 2
    assert told in error


def test_a_file_that_cannot_be_written_is_told_before_the_start(capsys, nowhere, tmp_path):
    folder = tmp_path / "none" / "talk.pcapng"
    status, error = run(capsys, f"ws://{nowhere}", "--save", str(folder))
    assert (status, error) == (1, f"{folder} cannot be written: No such file or directory")


def test_to_try_a_file_changes_nothing(tmp_path, server):
    for name, before in (("new.pcapng", None), ("old.pcapng", b"old")):
        if before:
            (tmp_path / name).write_bytes(before)
        before_start.check(server.url, tmp_path / name, 0)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [
        ("old.pcapng", b"old")
    ]


def test_a_file_that_can_no_longer_be_written_at_the_end_is_told(
    capsys, server, tmp_path, monkeypatch
):
    def write(self, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Wire, "save", write)
    monkeypatch.setattr(terminal, "_listen", quits)
    file = tmp_path / "talk.pcapng"
    assert command.main(["wire", server.url, "--save", str(file)]) == 1
    assert capsys.readouterr().err == (
        f"wsdemo: {file} cannot be written: No space left on device\n"
    )


@pytest.mark.parametrize(("options", "first"), [((), 0), (("--save", "talk.pcapng"), 500)])
def test_bytes_are_kept_only_for_a_file(server, monkeypatch, tmp_path, options, first):
    monkeypatch.chdir(tmp_path)
    made = []
    monkeypatch.setattr(
        terminal, "Wire", lambda url, **options: made.append(options) or Wire(url, **options)
    )
    monkeypatch.setattr(terminal, "_listen", quits)
    assert command.main(["wire", server.url, "--keep", "500", *options]) == 0
    assert made == [{"first": first, "port": 0}]


def quits():
    """A keyboard on which somebody has typed quit."""
    typed = terminal.queue.SimpleQueue()
    typed.put("quit")
    return typed


def test_it_says_how_much_is_not_in_the_file(server, tmp_path):
    with wsdemo.serve(echo) as server, wsdemo.Wire(server.url, first=100) as wire:
        with connect(wire.url) as client:
            client.send("Hello")
            client.recv(timeout=5)
        saved, missing = terminal._save(wire, tmp_path / "talk.pcapng")
        count = wire.bytes_to_server + wire.bytes_to_client - 100
    assert saved.endswith(f"{(tmp_path / 'talk.pcapng').stat().st_size:,} bytes")
    assert missing == f"not saved: {count:,} later bytes; --keep BYTES keeps more"


@pytest.mark.parametrize(
    ("is_terminal", "environment", "colours"),
    [(True, {}, True), (False, {}, False), (True, {"NO_COLOR": "1"}, False)],
)
def test_colours_are_for_terminals(monkeypatch, is_terminal, environment, colours):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    class Out:
        def isatty(self):
            return is_terminal

    assert terminal._wants_colours(Out()) is colours


def test_the_help_names_each_option(capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(["wire", "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    for word in ("--port", "--save", "--keep", "ws://127.0.0.1:8080", "freeze, thaw, cut, delay"):
        assert word in shown
