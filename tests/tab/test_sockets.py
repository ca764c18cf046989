"""Sockets in memory behave as the operating system's do: each test holds them to both."""

import errno
import selectors
import socket
import struct
import threading

import pytest

from wsdemo.tab import sockets as in_memory
from wsdemo.tab.selector import Selector
from wsdemo.tab.socket_state import ROOM, getaddrinfo

NO_LINGER = struct.pack("ii", 1, 0)


@pytest.fixture(params=[socket, in_memory], ids=["real", "in memory"])
def net(request):
    """A module with sockets: the real one shows that the test is right."""
    return request.param


@pytest.fixture
def new(net):
    """Make a socket that is closed at the end."""
    made = []

    def new():
        sock = net.socket() if net is socket else net.Socket()
        sock.settimeout(5)
        made.append(sock)
        return sock

    yield new
    for sock in made:
        sock.close()


@pytest.fixture
def listener(new):
    sock = new()
    sock.bind(("127.0.0.1", 0))
    sock.listen()
    return sock


@pytest.fixture
def pair(new, listener):
    """Two ends of a connection."""
    client = new()
    client.connect(listener.getsockname())
    server, address = listener.accept()
    assert address == client.getsockname()
    server.settimeout(5)
    yield client, server
    server.close()


def test_bytes_arrive_in_order(pair):
    client, server = pair
    client.sendall(b"one")
    client.sendall(b"two")
    received = b""
    while len(received) < 6:
        received += server.recv(4)
    assert received == b"onetwo"


def test_addresses_are_those_of_both_ends(pair):
    client, server = pair
    assert client.getpeername() == server.getsockname()
    assert server.getpeername() == client.getsockname()


def test_a_file_reads_lines(pair):
    client, server = pair
    client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
    with server.makefile("rb") as file:
        assert [file.readline(), file.readline()] == [b"GET / HTTP/1.1\r\n", b"Host: x\r\n"]


def test_a_socket_stays_open_until_its_file_is_closed(pair):
    client, server = pair
    file = server.makefile("rb")
    server.close()
    client.sendall(b"still here\n")
    assert file.readline() == b"still here\n"
    file.close()
    assert client.recv(10) == b""


def test_the_end_of_one_direction_leaves_the_other(pair):
    client, server = pair
    client.sendall(b"question")
    client.shutdown(socket.SHUT_WR)
    assert server.recv(100) == b"question"
    assert server.recv(100) == b""
    server.sendall(b"answer")
    assert client.recv(100) == b"answer"
    with pytest.raises(BrokenPipeError):
        client.send(b"more")


def test_close_is_seen_as_the_end(pair):
    client, server = pair
    client.close()
    assert server.recv(10) == b""
    assert client.fileno() == -1
    with pytest.raises(OSError, match=rf"Errno {errno.EBADF}"):
        client.send(b"x")


def test_close_without_lingering_is_a_reset(pair):
    client, server = pair
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    client.close()
    with pytest.raises(ConnectionResetError):
        server.recv(10)
    assert server.recv(10) == b""


def test_close_with_bytes_unread_is_a_reset(pair):
    client, server = pair
    server.sendall(b"unread")
    select_until(client, selectors.EVENT_READ)
    client.close()
    with pytest.raises(ConnectionResetError):
        server.recv(10)


def test_sending_to_a_closed_end_fails_at_the_second_time(pair):
    client, server = pair
    server.close()
    assert client.recv(10) == b""
    client.send(b"the first one is answered with a reset")
    client.settimeout(5)
    with pytest.raises(ConnectionError):
        client.sendall(bytes(8 * ROOM))


def test_a_wait_is_over_when_its_time_is(pair):
    client, _ = pair
    client.settimeout(0.05)
    with pytest.raises(TimeoutError, match="timed out"):
        client.recv(10)


def test_a_socket_that_does_not_block_says_so(pair):
    client, _ = pair
    client.setblocking(False)
    assert not client.getblocking()
    with pytest.raises(BlockingIOError):
        client.recv(10)


def test_a_thread_that_waits_is_woken(pair):
    client, server = pair
    received = []
    thread = threading.Thread(target=lambda: received.append(server.recv(10)))
    thread.start()
    client.sendall(b"wake up")
    thread.join(5)
    assert received == [b"wake up"]


def test_a_full_connection_makes_the_sender_wait(pair):
    client, server = pair
    data = bytes(8 * ROOM)
    sending = threading.Thread(target=client.sendall, args=[data])
    sending.start()
    sending.join(0.1)
    assert sending.is_alive()
    received = 0
    while received < len(data):
        received += len(server.recv(ROOM))
    sending.join(5)
    assert not sending.is_alive()


def test_peeking_takes_nothing(pair):
    client, server = pair
    client.sendall(b"abc")
    assert server.recv(2, socket.MSG_PEEK) == b"ab"
    assert server.recv(3) == b"abc"


def test_nobody_listens(new):
    sock = new()
    sock.bind(("127.0.0.1", 0))
    with pytest.raises(ConnectionRefusedError):
        new().connect(sock.getsockname())


def test_nobody_listens_and_the_caller_does_not_wait(new):
    free = new()
    free.bind(("127.0.0.1", 0))
    sock = new()
    sock.setblocking(False)
    assert sock.connect_ex(free.getsockname()) == errno.EINPROGRESS
    select_until(sock, selectors.EVENT_WRITE)
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED


def test_a_port_that_is_taken(new, listener):
    with pytest.raises(OSError, match="Address already in use") as caught:
        new().bind(listener.getsockname())
    assert caught.value.errno == errno.EADDRINUSE


def test_a_closed_listener_resets_what_it_has_not_accepted(new, listener):
    client = new()
    client.connect(listener.getsockname())
    listener.close()
    with pytest.raises(ConnectionResetError):
        client.recv(1)


def test_a_port_is_free_after_close(new, listener):
    address = listener.getsockname()
    listener.close()
    with pytest.raises(ConnectionRefusedError):
        new().connect(address)


def test_what_is_not_connected_has_no_peer(new):
    with pytest.raises(OSError, match=rf"Errno {errno.ENOTCONN}"):
        new().getpeername()


def test_a_pair_is_connected(net):
    one, other = net.socketpair()
    with one, other:
        one.sendall(b"ping")
        assert other.recv(4) == b"ping"


def select_until(sock, event):
    """Wait until a socket is ready, by the selector that fits it."""
    ours = isinstance(sock, in_memory.Socket)
    selector = Selector() if ours else selectors.DefaultSelector()
    with selector:
        selector.register(sock, event)
        assert selector.select(5)


# Names, which are this machine's own only


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_this_machine_has_a_name(name):
    [(family, kind, _, _, address)] = getaddrinfo(name, 80)
    assert (family, kind, address) == (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 80))


def test_an_ipv6_address_is_one():
    [(family, *_, address)] = getaddrinfo("::1", "80")
    assert (family, address) == (socket.AF_INET6, ("::1", 80, 0, 0))


def test_other_names_are_not_known():
    with pytest.raises(socket.gaierror, match="not known"):
        getaddrinfo("example.org", 443)


def test_an_address_of_another_family_does_not_fit():
    with pytest.raises(socket.gaierror, match="not supported"):
        getaddrinfo("127.0.0.1", 80, socket.AF_INET6)


@pytest.mark.parametrize("timeout", [5, 0], ids=["waiting", "not waiting"])
def test_in_memory_there_is_no_other_machine(timeout):
    sock = in_memory.Socket()
    sock.settimeout(timeout)
    with pytest.raises(OSError, match=r"unreachable|in progress") as raised:
        sock.connect(("192.0.2.1", 80))
    if timeout:
        assert raised.value.errno == errno.ENETUNREACH
    else:
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ENETUNREACH
    sock.close()
