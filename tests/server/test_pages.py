"""Plain HTTP on the port of a server."""

import asyncio
import http
import socket

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

import wsdemo
import wsdemo.apps.echo
from tests.server.kit import echo, says

pytestmark = pytest.mark.usefixtures("nothing_left_running")


def test_answers_with_pages(get, tmp_path):
    file = tmp_path / "page.css"
    file.write_text("p {}")
    pages = {"/": "<p>grüß dich</p>", "/data.json": b"{}", "/odd": b"\0", "/page": file}
    with wsdemo.serve(echo, pages=pages) as server:
        status, headers, body = get(server)
        assert (status, body.decode()) == (200, "<p>grüß dich</p>")
        # Java's HttpClient and curl --http2 offer HTTP/2 with each plain request.
        assert get(server, Upgrade="h2c", Connection="Upgrade, HTTP2-Settings")[::2] == (200, body)
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        assert headers["Cache-Control"] == "no-store"
        assert get(server, "/?name=ana")[2] == body
        assert get(server, "/data.json")[1]["Content-Type"].startswith("application/json")
        assert get(server, "/odd")[1]["Content-Type"].startswith("application/octet-stream")
        assert get(server, "/page")[1]["Content-Type"].startswith("text/css")
        assert get(server, "/page")[2] == b"p {}"
        file.write_text("b {}")  # a file is read at each request
        assert get(server, "/page")[2] == b"b {}"
        assert says(server.url) == "Hello"
        assert says(server.url + "/anywhere") == "Hello"


def test_a_page_whose_file_is_gone_is_an_error_of_the_server(get, tmp_path):
    with wsdemo.serve(echo, pages={"/": tmp_path / "gone.html"}) as server:
        assert get(server)[0] == 500
        assert says(server.url) == "Hello"


def test_has_no_other_page(get, capsys):
    with wsdemo.serve(echo, pages={"/": "", "/data": b""}) as server:
        status, _, body = get(server, "/../secret")
        assert (status, body) == (404, b"No page /../secret; there is: /, /data\n")
    assert capsys.readouterr().err == ""


def test_without_pages_it_says_what_is_missing(get):
    with wsdemo.serve(echo) as server:
        status, headers, body = get(server)
        assert (status, headers["Upgrade"]) == (426, "websocket")
        assert b"missing Connection header" in body


def refuse(connection, request):
    if "Authorization" not in request.headers:
        return connection.respond(http.HTTPStatus.UNAUTHORIZED, "who are you?\n")
    return None


async def refuse_later(connection, request):
    await asyncio.sleep(0)
    return refuse(connection, request)


@pytest.mark.parametrize("process_request", [refuse, refuse_later])
@pytest.mark.parametrize("pages", [None, {"/": "<p>public</p>"}])
def test_the_users_process_request_is_asked(process_request, pages, get):
    with wsdemo.serve(echo, process_request=process_request, pages=pages) as server:
        with pytest.raises(InvalidStatus) as refused, connect(server.url):
            pass
        assert refused.value.response.status_code == 401
        with connect(server.url, additional_headers={"Authorization": "ana"}) as client:
            client.send("Hello")
            assert client.recv(timeout=5) == "Hello"
        assert get(server)[0] == (200 if pages else 401)


@pytest.mark.parametrize(
    "request_bytes",
    [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"GET / HTTP/1.1\r\n\r\n", b"?\r\n\r\n", b""],
    ids=["TLS", "no Host", "garbage", "nothing"],
)
def test_the_mistakes_of_clients_print_nothing(request_bytes, raw, capsys):
    with wsdemo.serve(echo) as server, raw(server.url) as client:
        client.send(request_bytes)
        client.socket.shutdown(socket.SHUT_WR)
        client.drain()
    assert server.errors == []
    assert capsys.readouterr() == ("", "")
