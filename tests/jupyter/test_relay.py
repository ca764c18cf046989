"""The relay in the Jupyter server, over real sockets: what goes through, and how it ends."""

import asyncio
import contextlib
import os
import socket
import threading

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

import wsdemo
from tests.jupyter.kit import BASE, authorised_get, joined, via


def test_text_binary_fragments_and_large_messages_arrive_as_sent(lab, study):
    async def client():
        async with joined(lab, study) as connection:
            for message in ("Grüße", b"\x00\xff", os.urandom(2**21)):
                await connection.send(message)
                assert await connection.recv() == message
            await connection.send("fragments")
            assert [part async for part in connection.recv_streaming()] == ["a", "b", "c", ""]

    asyncio.run(client())


def test_the_server_chooses_the_subprotocol_and_the_extensions(lab, study):
    async def client():
        async with joined(lab, study, subprotocols=["v1", "v2"]) as connection:
            assert connection.subprotocol == "v2"
            assert [each.name for each in connection.protocol.extensions] == ["permessage-deflate"]
        async with joined(lab, study, subprotocols=["v2"], compression=None) as connection:
            assert connection.protocol.extensions == []

    asyncio.run(client())


def test_the_servers_close_code_and_reason_reach_the_client(lab, study):
    async def client():
        async with joined(lab, study) as connection:
            await connection.send("close")
            await connection.wait_closed()
            assert (connection.close_code, connection.close_reason) == (4001, "lesson over")

    asyncio.run(client())


def test_the_clients_close_code_and_reason_reach_the_server(lab, study):
    async def client():
        async with joined(lab, study) as connection:
            await connection.close(4009, "bye")

    asyncio.run(client())
    assert study.gone.wait(5)
    assert study.left == [(4009, "bye")]


def test_a_message_too_big_for_the_server_closes_with_1009(lab, study):
    async def client():
        async with joined(lab, study) as connection:
            with contextlib.suppress(ConnectionClosed):
                await connection.send(os.urandom(2**23))
            await connection.wait_closed()
            assert connection.close_code == 1009

    asyncio.run(client())


@pytest.mark.parametrize("side", ["server", "client"])
def test_an_abrupt_end_is_abrupt_on_the_other_side(lab, study, side):
    async def client():
        async with joined(lab, study) as connection:
            if side == "server":
                await connection.send("abort")
                await connection.wait_closed()
                assert connection.close_code == 1006
            else:
                connection.transport.abort()

    asyncio.run(client())
    assert study.gone.wait(5)
    assert study.left == [(1006, "")]


def test_a_refusal_keeps_its_status(lab, study):
    async def client():
        with pytest.raises(InvalidStatus) as refused:
            async with joined(lab, study, "/401"):
                pass
        assert refused.value.response.status_code == 401
        assert refused.value.response.body == b"who are you?\n"

    asyncio.run(client())
    assert authorised_get(lab, study.server.port)[0] == 426


def test_pages_and_redirects_fit_the_place_where_the_browser_sees_them(lab, study):
    port = study.server.port
    status, headers, body = authorised_get(lab, port, "/page?a=1&b=%20")
    assert (status, body) == (200, "<h1>page</h1>")
    assert study.requests[-1].path == "/page?a=1&b=%20"
    assert headers["Connection"] == "close"
    assert headers["Set-Cookie"] == f"wsdemo-{port}-id=ana; HttpOnly; Path={BASE}wsdemo/{port}"
    status, headers, _ = authorised_get(lab, port, "/moved")
    assert (status, headers["Location"]) == (302, f"{BASE}wsdemo/{port}/page")
    assert authorised_get(lab, port, "")[0] == 426  # no slash after the port: the server's root


def test_a_page_that_is_opened_without_the_slash_finds_its_files(lab, study):
    port = study.server.port
    status, headers, _ = authorised_get(lab, port, "?a=1", Accept="text/html,*/*;q=0.8")
    assert (status, headers["Location"]) == (302, f"{BASE}wsdemo/{port}/?a=1")
    assert authorised_get(lab, port, "?a=1", Accept="*/*")[0] == 426
    assert study.requests[-1].path == "/?a=1"


@pytest.mark.parametrize("port", [None, 0, 99999])
def test_a_port_where_nothing_listens_is_a_502_that_says_so(lab, port):
    if port is None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
    status, _, body = authorised_get(lab, port)
    assert status == 502
    assert f"Nothing answers on port {port}" in body.replace("&#39;", "'")


def test_a_server_that_speaks_no_http_ends_the_connection(lab):
    with socket.create_server(("127.0.0.1", 0)) as mute:

        def hang_up():
            with mute.accept()[0] as peer:
                peer.recv(1000)
                peer.sendall(b"220 smtp\r\n")

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(OSError, match=r"closed|reset"):
            authorised_get(lab, mute.getsockname()[1])
        thread.join(5)


def test_a_slow_reader_slows_the_server_down(lab):
    """The relay holds back what the browser does not take: the server's own send() waits."""
    sent, stopped = 0, threading.Event()
    moved = threading.Condition()

    async def flood(connection):
        nonlocal sent
        with contextlib.suppress(ConnectionClosed):
            while True:
                await connection.send(b"\x00" * 2**20)
                with moved:
                    sent += 1
                    moved.notify_all()
        stopped.set()

    async def client(port):
        async with connect(
            via(lab, port),
            additional_headers={"Authorization": f"token {lab.token}"},
            compression=None,
            max_queue=1,
        ) as connection:
            with moved:
                while moved.wait_for(lambda before=sent: sent > before, timeout=1):
                    assert sent < 100
            assert not stopped.is_set()
            connection.transport.abort()

    with wsdemo.serve(flood, name="flood", compression=None, ping_interval=None) as server:
        asyncio.run(client(server.port))
        assert stopped.wait(5)
    assert sent > 0
