"""How a Wire begins and ends."""

import contextlib
import gc
import socket
import warnings
import weakref
from urllib.parse import urlsplit

import pytest

import wsdemo
from tests.wire.kit import converse, remarks, until

pytestmark = pytest.mark.usefixtures("nothing_left_running")


def test_stopping_ends_connections_and_may_be_done_twice(server, raw):
    wire = wsdemo.Wire(server.url)
    assert repr(wire) == "<Wire open>"
    with raw(wire.url) as connection:
        connection.upgrade()
        wire.stop()
        wire.stop()
        assert connection.drain() == b""
        assert repr(wire) == "<Wire stopped>"
        assert remarks(wire) == []
        assert wire.handshakes[0][1].status == 101
        assert wire.bytes_to_server > 0
        until(lambda: not server.connections)
    with pytest.raises(ConnectionRefusedError):
        raw(wire.url)


def test_clients_that_come_while_it_stops_leave_no_socket_open(server):
    """asyncio takes two steps of its loop to make a connection that it has accepted."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for _ in range(20):
            wire = wsdemo.Wire(server.url)
            place = "127.0.0.1", urlsplit(wire.url).port
            with contextlib.ExitStack() as clients:
                for _ in range(3):
                    clients.enter_context(socket.create_connection(place, timeout=5))
                wire.stop()
        gc.collect()
    assert [str(warning.message) for warning in seen] == []


@pytest.mark.parametrize("waits", [False, True], ids=["idle", "waiting to freeze"])
def test_a_wire_that_nobody_refers_to_ends(server, waits):
    wire = wsdemo.Wire(server.url)
    if waits:
        wire.freeze(after=10)
    thread, gone = wire._thread, weakref.ref(wire)
    del wire
    gc.collect()
    assert gone() is None
    until(lambda: not thread.running)


def test_a_wire_may_be_collected_on_its_own_thread(server, capsys):
    """The garbage collector runs wherever it likes."""
    wire = wsdemo.Wire(server.url)
    wire.itself, thread = wire, wire._thread
    gc.disable()
    try:
        del wire
        thread.call(gc.collect)
        until(lambda: not thread.running)
    finally:
        gc.enable()
    assert capsys.readouterr().err == ""


def test_a_line_may_be_broken_before_anyone_connects(wire):
    assert wire.log() == ""
    assert (wire.frames, wire.handshakes, wire.bytes_to_server, wire.bytes_to_client) == (
        [],
        [],
        0,
        0,
    )
    wire.cut()
    wire.freeze()
    wire.thaw()
    converse(wire.url)
    assert remarks(wire) == []


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("ws://server.example", 80),
        ("http://server.example/chat", 80),
        ("wss://server.example", 443),
        ("https://server.example", 443),
        ("wss://server.example:8443", 8443),
    ],
)
def test_without_a_port_it_is_the_one_of_the_scheme(url, port):
    with wsdemo.Wire(url) as wire:
        assert wire._relay._target == ("server.example", port)
