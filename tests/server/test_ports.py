"""A server's name and port, and whom it replaces."""

import contextlib
import errno
import functools
import socket
import ssl
import threading

import pytest
from websockets.sync.client import connect

import wsdemo
import wsdemo.apps.echo
from tests.server.kit import close_code, echo, is_listening, says

pytestmark = pytest.mark.usefixtures("nothing_left_running")


def test_a_server_replaces_the_one_of_its_given_name():
    first = wsdemo.serve(echo, name="mine")
    with connect(first.url) as client, wsdemo.serve(echo, name="mine") as second:
        assert close_code(client) == 1001
        assert not is_listening(first.port)
        assert says(second.url) == "Hello"
        first.stop()  # it must not take the second down
        assert says(second.url) == "Hello"


def test_a_server_replaces_the_one_of_its_given_name_on_the_same_port():
    with (
        wsdemo.serve(echo, name="mine") as first,
        wsdemo.serve(echo, name="mine", port=first.port) as second,
    ):
        assert second.port == first.port
        assert repr(first) == "<Server 'mine' stopped>"
        assert says(second.url) == "Hello"


def made(number):
    async def tell(connection):
        async for _ in connection:
            await connection.send(str(number))

    return tell


class Room:
    async def handler(self, connection):
        await echo(connection)


@pytest.mark.parametrize(
    "handlers",
    [
        [echo, echo],
        [Room().handler, Room().handler],
        [functools.partial(echo), functools.partial(echo)],
        [made(1), made(2)],
        [lambda connection: echo(connection), lambda connection: echo(connection)],
    ],
    ids=["one handler", "methods", "partials", "closures", "lambdas"],
)
def test_servers_live_side_by_side(handlers):
    with contextlib.ExitStack() as running:
        servers = [running.enter_context(wsdemo.serve(each)) for each in handlers]
        assert len({server.port for server in servers}) == 2
        for server in servers:
            with connect(server.url) as client:
                client.send("Hello")
                assert client.recv(timeout=5)


def test_two_finished_servers_live_side_by_side():
    with wsdemo.apps.echo.serve() as one, wsdemo.apps.echo.serve() as two:
        assert [server.name for server in (one, two)] == ["echo", "echo"]
        for server in (one, two):
            with connect(server.url) as client:
                assert client.recv(timeout=5) == "Welcome!"


class Callable:
    async def __call__(self, connection):
        pass


@pytest.mark.parametrize(
    ("handler", "name", "expected"),
    [
        (echo, None, "echo"),
        (echo, "mine", "mine"),
        (made(1), None, "tell"),
        (Room().handler, None, "Room.handler"),
        (Callable(), None, "Callable"),
        (functools.partial(functools.partial(echo)), None, "echo"),
    ],
)
def test_is_named_after_its_handler_unless_named(handler, name, expected):
    with wsdemo.serve(handler, name=name) as server:
        assert server.name == expected


@pytest.mark.parametrize(
    ("options", "error"),
    [({"host": "203.0.113.1"}, OSError), ({"no_such_option": 1}, TypeError)],
    ids=["an address of others", "an unknown option"],
)
def test_a_server_that_fails_leaves_the_old_one_running(options, error):
    with wsdemo.serve(echo, name="mine") as server:
        before = threading.active_count()
        with pytest.raises(error):
            wsdemo.serve(echo, name="mine", **options)
        assert threading.active_count() == before
        assert says(server.url) == "Hello"
        with wsdemo.serve(echo, name="mine"):  # and it can still be replaced
            assert not is_listening(server.port)


def test_a_port_of_another_program_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        sentence = f"port {port} is taken by another program: choose another; port=0 takes"
        with pytest.raises(OSError, match=sentence) as taken:
            wsdemo.serve(echo, port=port)
        assert taken.value.errno == errno.EADDRINUSE


def test_a_port_of_another_server_here_is_taken():
    with wsdemo.serve(echo, name="mine") as server:
        sentence = f"port {server.port} is taken by server 'mine' of this notebook: stop\\(\\) it"
        with pytest.raises(OSError, match=sentence):
            wsdemo.serve(echo, name="other", port=server.port)
        assert says(server.url) == "Hello"


@pytest.mark.parametrize("port", [-1, 70000, 80.5])
def test_a_port_that_cannot_be_is_refused(port):
    with pytest.raises(ValueError, match=f"port is a whole number, from 0 to 65535, not {port}"):
        wsdemo.serve(echo, port=port)


def test_an_address_of_others_cannot_be_used():
    with pytest.raises(OSError, match=r"203\.0\.113\.1:0 cannot be used"):
        wsdemo.serve(echo, host="203.0.113.1")


def test_tells_others_in_a_workshop_the_address(capsys):
    with wsdemo.serve(echo, host="0.0.0.0") as server:
        assert capsys.readouterr().out == (
            f"Others on this network can connect to {server.lan_url}\n"
        )
        assert server.url == f"ws://127.0.0.1:{server.port}"
        assert server.lan_url.endswith(f":{server.port}")
        assert says(server.url) == says(server.lan_url) == "Hello"


def test_a_telephone_is_told_the_address_of_the_page(capsys):
    with wsdemo.serve(echo, host="0.0.0.0", pages={"/": "<p>Hello</p>"}) as server:
        page = server.lan_url.replace("ws", "http", 1) + "/"
        assert capsys.readouterr().out == (
            f"Others on this network can open {page} (programs: {server.lan_url})\n"
        )


def test_prints_nothing_on_this_machine_alone(capsys):
    with wsdemo.serve(echo) as server:
        assert server.lan_url is None
    assert capsys.readouterr() == ("", "")


def test_an_address_of_ipv6_stands_in_brackets():
    try:
        with wsdemo.serve(echo, host="::1") as server:
            assert server.url == f"ws://[::1]:{server.port}"
            assert says(server.url) == "Hello"
    except OSError:
        pytest.skip("no IPv6 here")


def test_over_tls_the_url_is_wss():
    with wsdemo.serve(echo, ssl=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)) as server:
        assert server.url == f"wss://127.0.0.1:{server.port}"
