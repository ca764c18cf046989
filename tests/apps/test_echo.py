"""The finished echo server."""

import pytest
from websockets.sync.client import connect

from wsdemo.apps import echo

pytestmark = pytest.mark.usefixtures("nothing_left_running")


@pytest.mark.parametrize("message", ["Hello", "", "grüß dich ☺", b"\0\1", b"", "x" * 2**19])
def test_greets_and_repeats(message):
    with echo.serve() as server, connect(server.url) as client:
        assert client.recv(timeout=5) == "Welcome!"
        client.send(message)
        answer = f"You said: {message}" if isinstance(message, str) else message
        assert client.recv(timeout=5) == answer


def test_compresses_only_if_asked():
    with echo.serve() as server, connect(server.url) as client:
        assert client.protocol.extensions == []
    with echo.serve(compression="deflate") as server, connect(server.url) as client:
        assert [each.name for each in client.protocol.extensions] == ["permessage-deflate"]


def test_has_a_page(get):
    with echo.serve() as server:
        status, headers, body = get(server)
        assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert body == echo.PAGES["/"].read_bytes()


def test_is_replaced_by_the_next_of_its_given_name_only():
    with echo.serve() as first, echo.serve(name="another") as second:
        assert repr(first) == "<Server 'echo' running>"
        with echo.serve(name="another"):
            assert repr(second) == "<Server 'another' stopped>"
