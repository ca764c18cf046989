"""What several test modules share."""

import contextlib
import gc
import http.client
import os
import socket
import struct
import sys
import threading
import urllib.parse

import pytest

from wsdemo.frames import Frame, FrameParser, Handshake
from wsdemo.programs import balancers, brokers

RESET_ON_CLOSE = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)
PATIENCE = 5  # seconds; every wait has a bound, and none needs a tenth of it


# Not by the mark xdist_group: pytest-xdist 3.8 writes it where pytest 9.2 does not look.
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Say which tests stay in one worker; see tests/spread.py."""
    from tests.spread import Groups

    return None if config.getvalue("dist") == "each" else Groups(config, log)


def pytest_addoption(parser):
    """Add ``--weekly``: each change is tested in minutes, and all else each week."""
    parser.addoption("--weekly", action="store_true", help="run the tests marked weekly, too")


def pytest_collection_modifyitems(config, items):
    """Leave out what is marked weekly, unless it is asked for."""
    if config.getoption("--weekly"):
        return
    later = [item for item in items if item.get_closest_marker("weekly")]
    items[:] = [item for item in items if not item.get_closest_marker("weekly")]
    config.hook.pytest_deselected(items=later)


def pytest_collection_finish(session):
    """Leave what was collected out of every garbage collection: it took most of the CPU."""
    gc.collect()
    gc.freeze()


def _skip_without(error):
    """A program that is not installed is a skip that says how to get it; in CI it is a failure."""
    if not os.environ.get("CI") and str(error) in {*brokers.ADVICE.values(), balancers.ADVICE}:
        pytest.skip(str(error))
    raise error


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    """Skip a test whose fixtures lack a program."""
    try:
        return (yield)
    except FileNotFoundError as error:
        _skip_without(error)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Skip a test that lacks a program."""
    try:
        return (yield)
    except FileNotFoundError as error:
        _skip_without(error)


@pytest.fixture
def nothing_left_running():
    """Fail a test that leaves a thread of ours behind."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if thread.name.startswith("wsdemo"):
            thread.join(PATIENCE)
            assert not thread.is_alive(), f"{thread.name} still runs"


@pytest.fixture
def get():
    """GET a page over plain HTTP: (status, headers, body)."""

    def get(server, path="/", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read()

    return get


class Raw:
    """A client that sends exactly the bytes it is told to, however wrong they are."""

    MASK = bytes.fromhex("37fa213d")

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.host = parts.netloc
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE)
        self.parser = FrameParser()
        self.frames = []
        self.handshake = None

    def request(self, start="GET / HTTP/1.1", **changes):
        """Make a handshake; a header that is None is left out."""
        headers = {
            "Host": self.host,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version": "13",
            **{name.replace("_", "-"): value for name, value in changes.items()},
        }
        given = tuple((name, value) for name, value in headers.items() if value is not None)
        return bytes(Handshake(start, given))

    def upgrade(self, **changes):
        """Do the opening handshake; return the response."""
        self.send(self.request(**changes))
        return self.response()

    def response(self):
        """Read an HTTP response's head; what follows are frames or a body."""
        data = b""
        while (parsed := Handshake.parse(data)) is None:
            data += self.chunk()
        self.handshake, rest = parsed
        self.frames += self.parser.feed(rest)
        return self.handshake

    def chunk(self):
        data = self.socket.recv(2**16)
        if not data:
            raise EOFError
        return data

    def send(self, data):
        self.socket.sendall(data)

    def send_frame(self, opcode, payload=b"", fin=True, mask=MASK, **more):
        self.send(bytes(Frame(opcode, payload, fin, mask=mask, **more)))

    def frame(self):
        """The next frame that comes in."""
        while not self.frames:
            self.frames += self.parser.feed(self.chunk())
        return self.frames.pop(0)

    def drain(self):
        """Everything until the other side ends the connection."""
        data = b""
        with contextlib.suppress(EOFError, ConnectionResetError):
            while True:
                data += self.chunk()
        return data

    def last_frames(self):
        """Every frame until the other side ends the connection."""
        self.frames += self.parser.feed(self.drain())
        return self.frames

    def reset(self):
        """Close with RST: lingering for zero seconds does that."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


@pytest.fixture
def raw():
    """Raw(url): see there."""
    return Raw
