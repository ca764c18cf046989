"""How a connection on a Wire ends: what is passed on, and what the log says of it."""

import socket

import pytest
from websockets.exceptions import WebSocketException

import wsdemo
from tests.conftest import RESET_ON_CLOSE
from tests.wire.kit import SYMBOL, client, remarks, two_ends, until

pytestmark = pytest.mark.usefixtures("nothing_left_running")


def test_without_a_server_it_says_why():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"ws://127.0.0.1:{listener.getsockname()[1]}"
    with wsdemo.Wire(url) as wire:
        with pytest.raises((WebSocketException, OSError)), client(wire):
            pass
        assert wire.log() == SYMBOL + "no connection to the server: connection refused"
        assert wire.handshakes == [(None, None)]


def test_who_leaves_without_a_close_frame_is_named(wire, raw):
    with raw(wire.url) as connection:
        connection.upgrade()
        connection.socket.shutdown(socket.SHUT_WR)
        connection.drain()
    assert remarks(wire) == [
        "the client ended the TCP connection without a Close frame",
        "the server ended the TCP connection without a Close frame",
    ]


def test_a_reset_is_passed_on_and_named(wire, server, raw):
    with raw(wire.url) as connection:
        connection.upgrade()
        connection.reset()
        until(lambda: not server.connections)
    assert remarks(wire) == ["the client reset the TCP connection without a Close frame"]


def test_a_reset_arrives_as_a_reset():
    with two_ends() as (_, near, far):
        near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        near.close()
        with pytest.raises(ConnectionResetError):
            far.recv(1)


def test_an_end_of_one_direction_leaves_the_other_open():
    """TCP can be closed on one side alone; HTTP/1.0 clients do that after a request."""
    with two_ends() as (_, near, far):
        near.shutdown(socket.SHUT_WR)
        assert far.recv(1) == b""
        far.sendall(b"still here")
        assert near.recv(100) == b"still here"
        far.shutdown(socket.SHUT_WR)
        assert near.recv(1) == b""


def test_what_waits_in_a_buffer_when_both_have_ended_is_delivered():
    with two_ends() as (wire, near, far):
        far.shutdown(socket.SHUT_WR)
        assert near.recv(1) == b""
        [link] = wire._relay.open_links
        sink, sent = link.flows["to server"].sink, 0
        while not sink.get_write_buffer_size():  # until the system's own buffers are full
            near.sendall(bytes(2**16))
            sent += 2**16
            until(lambda sent=sent: wire.bytes_to_server == sent)
        near.shutdown(socket.SHUT_WR)
        until(lambda: link.flows["to server"].finished)
        received = 0
        while data := far.recv(2**20):
            received += len(data)
        assert received == sent


def test_a_client_that_has_gone_after_its_end_is_noticed_and_passed_on():
    with two_ends() as (_, near, far):
        near.shutdown(socket.SHUT_WR)
        assert far.recv(1) == b""
        near.close()

        def is_told():
            try:
                far.sendall(b"anyone?")  # only what is sent meets a reset
            except OSError:
                return True
            return False

        until(is_told)
