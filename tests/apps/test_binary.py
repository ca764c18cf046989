"""The finished binary server."""

import pytest
from websockets.sync.client import connect

from wsdemo.apps import binary
from wsdemo.frames import Opcode

pytestmark = pytest.mark.usefixtures("nothing_left_running")


@pytest.mark.parametrize("message", [b"\x00\x7f\x80\xff", b"", "text ☺", "", bytes(2**19)], ids=len)
def test_what_comes_goes_back_and_nobody_is_greeted(message):
    with binary.serve() as server, connect(server.url) as client:
        client.send(message)
        assert client.recv(timeout=5) == message


def test_fragments_come_back_as_one_message(raw):
    with binary.serve() as server, raw(server.url) as client:
        client.upgrade()
        client.send_frame(Opcode.BINARY, b"\0\1", fin=False)
        client.send_frame(Opcode.PING, b"between")
        client.send_frame(Opcode.CONTINUATION, b"\2\3")
        pong, whole = client.frame(), client.frame()
        assert (pong.opcode, pong.payload) == (Opcode.PONG, b"between")
        assert (whole.opcode, whole.payload, whole.fin) == (Opcode.BINARY, b"\0\1\2\3", True)


def test_has_a_page(get):
    with binary.serve() as server:
        assert get(server)[2] == binary.PAGES["/"].read_bytes()
        assert get(server, "/app.js")[1]["Content-Type"].startswith("text/javascript")
