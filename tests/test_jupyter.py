"""The relay in the Jupyter server, over real sockets: what goes through, and who may not."""

import asyncio
import contextlib
import importlib
import json
import os
import pathlib
import re
import socket
import sys
import threading
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Request

import wsdemo
import wsdemo.jupyter
from tests.browser.lab import jupyter
from wsdemo.apps import APPS

BASE = "/user/ana/"


@pytest.fixture(scope="module")
def lab():
    with jupyter(f"--ServerApp.base_url={BASE}", app="jupyter_server") as server:
        yield server


class Study:
    """A server under study that keeps the requests it got."""

    def __init__(self):
        self.requests: list[Request] = []
        self.gone = threading.Event()
        self.left: list[tuple] = []
        self.cookie = "id=ana; Path=/; HttpOnly"
        self.server = wsdemo.serve(
            self.handle,
            name="study",
            process_request=self.note,
            subprotocols=["v2", "v1"],
            select_subprotocol=lambda _, offered: "v2" if "v2" in offered else None,
            max_size=2**22,
        )

    async def note(self, connection, request):
        self.requests.append(request)
        path = request.path.partition("?")[0]
        if path == "/401":
            return connection.respond(401, "who are you?\n")
        if path == "/page":
            response = connection.respond(200, "<h1>page</h1>")
            response.headers["Set-Cookie"] = self.cookie
            return response
        if path == "/moved":
            response = connection.respond(302, "")
            response.headers["Location"] = "/page"
            return response
        return None

    async def handle(self, connection):
        try:
            async for message in connection:
                if message == "fragments":
                    await connection.send(["a", "b", "c"])
                elif message == "close":
                    await connection.close(4001, "lesson over")
                elif message == "abort":
                    connection.transport.abort()
                else:
                    await connection.send(message)
        except ConnectionClosed:
            pass
        finally:
            received = connection.protocol.close_rcvd
            self.left.append((received.code, received.reason) if received else (1006, ""))
            self.gone.set()


@pytest.fixture
def study():
    study = Study()
    with study.server:
        yield study


def via(lab, port, path="/", scheme="ws"):
    return f"{lab.url}wsdemo/{port}{path}".replace("http", scheme, 1)


def joined(lab, study, path="/", **options):
    headers = {"Authorization": f"token {lab.token}", **options.pop("headers", {})}
    return connect(
        via(lab, study.server.port, path), additional_headers=headers, max_size=2**26, **options
    )


def get(url, **headers):
    """Return (status, headers, body) of a plain GET; follows no redirect."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args):
            return None

    opener = urllib.request.build_opener(Stay, urllib.request.ProxyHandler({}))
    request = urllib.request.Request(
        url, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    try:
        with opener.open(request, timeout=10) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


def authorised_get(lab, port, path="/", **headers):
    return get(via(lab, port, path, "http"), Authorization=f"token {lab.token}", **headers)


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


@pytest.mark.parametrize(
    ("path", "sent"),
    [("", True), ("/", True), ("/page", True), ("1", False), ("1/page", False)],
)
def test_the_path_of_a_cookie_fits_the_port_and_no_longer_one(path, sent):
    head = b"HTTP/1.1 200 OK\r\nSet-Cookie: session=42\r\n\r\n"
    prefix = f"{BASE}wsdemo/4000"
    fitted = wsdemo.jupyter._fit(head, prefix, "4000").decode()
    [cookie_path] = re.findall(r"Set-Cookie: .*; Path=(\S+)\r\n", fitted)
    assert path_match(cookie_path, prefix + path) is sent


def path_match(cookie_path, request_path):
    """RFC 6265 §5.1.4, as it is written there."""
    if cookie_path == request_path:
        return True
    rest = request_path.removeprefix(cookie_path)
    return rest != request_path and (cookie_path.endswith("/") or rest.startswith("/"))


def test_over_plain_http_a_cookie_is_one_that_browsers_keep(lab, study):
    """On a name other than localhost they drop what says Secure, as lesson 05's cookie does."""
    port = study.server.port
    study.cookie = "id=ana; HttpOnly; Secure; SameSite=None; Partitioned"
    kept = f"wsdemo-{port}-id=ana; HttpOnly"
    place = f"; Path={BASE}wsdemo/{port}"
    assert authorised_get(lab, port, "/page")[1]["Set-Cookie"] == kept + place
    secured = authorised_get(lab, port, "/page", X_Forwarded_Proto="https")[1]["Set-Cookie"]
    assert secured == f"{kept}; Secure; SameSite=None; Partitioned{place}"


def test_jupyters_secrets_stay_with_jupyter(lab, study):
    port = study.server.port
    cookies = f"_xsrf=secret; wsdemo-{port}-id=ana; username-lab=secret; wsdemo-1-id=eve"
    authorised_get(lab, port, Cookie=cookies, Referer=f"{lab.url}lab?token=secret", User_Agent="me")
    get(via(lab, port, f"/?token={lab.token}&x=1", "http"), Cookie="_xsrf=secret")
    first, second = study.requests
    assert "secret" not in str(first.headers)
    assert lab.token not in str(first.headers)
    assert first.headers["Cookie"] == "id=ana"
    assert first.headers["User-Agent"] == "me"
    assert first.headers["X-Forwarded-Proto"] == "http"
    for name in ("Host", "X-Forwarded-Host"):
        assert f"http://{first.headers[name]}{BASE}" == lab.url
    assert second.path == "/?x=1"
    assert "Cookie" not in second.headers


def test_a_token_of_the_lessons_own_gets_through(lab, study):
    authorised_get(lab, study.server.port, "/page")  # Jupyter's token is in a header
    cookie = _login(lab)
    assert get(via(lab, study.server.port, "/page?token=ticket", "http"), Cookie=cookie)[0] == 200
    assert study.requests[-1].path == "/page?token=ticket"


def _login(lab):
    """The cookie that a browser has after it has opened Jupyter with the token."""
    _, headers, _ = get(f"{lab.url}?token={lab.token}")
    cookies = [each.split(";")[0] for each in headers.get_all("Set-Cookie")]
    return "; ".join(cookies)


def test_strangers_are_refused_before_the_server_hears_of_them(lab, study):
    port = study.server.port
    assert get(via(lab, port, "/page", "http"))[0] == 403
    assert get(via(lab, port, "/page?token=wrong", "http"))[0] == 403

    async def client():
        with pytest.raises(InvalidStatus, match="403"):
            async with connect(via(lab, port)):
                pass

    asyncio.run(client())
    assert study.requests == []


def test_foreign_pages_are_refused_even_with_the_users_cookie(lab, study):
    port, cookie = study.server.port, _login(lab)
    page = via(lab, port, "/page", "http")
    home = lab.url.removesuffix(BASE)
    assert get(page, Cookie=cookie, Sec_Fetch_Site="cross-site")[0] == 403
    assert get(page, Cookie=cookie, Sec_Fetch_Site="same-site", Referer="http://evil/")[0] == 403
    assert get(page, Cookie=cookie, Origin="http://evil")[0] == 403

    async def client(origin):
        async with connect(via(lab, port), origin=origin, additional_headers={"Cookie": cookie}):
            pass

    for origin in ("http://evil", "null", f"{home}1"):
        with pytest.raises(InvalidStatus, match="403"):
            asyncio.run(client(origin))
    assert study.requests == []
    asyncio.run(client(home))
    assert study.requests[-1].headers["Origin"] == home
    assert get(page, Cookie=cookie, Sec_Fetch_Site="same-origin")[0] == 200


@pytest.fixture(scope="module")
def public():
    """A Jupyter server that others reach as hub.example; its own address has another name."""
    options = f"--ServerApp.base_url={BASE}", "--ServerApp.allow_remote_access=True"
    with jupyter(*options, app="jupyter_server") as server:
        yield server


@pytest.mark.parametrize("app", APPS)
def test_each_finished_server_lets_its_own_page_in_under_a_public_name(public, app):
    module = importlib.import_module(f"wsdemo.apps.{app}")

    async def status(port, host, origin):
        place = urlsplit(public.url)
        client = connect(
            f"ws://{host}{place.path}wsdemo/{port}/?token={public.token}",
            host=place.hostname,
            port=place.port,
            origin=origin,
        )
        try:
            async with client:
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code

    with module.serve() as server:
        for host in ("hub.example", "hub.example:8888"):
            expected = 401 if app == "auth" else 101  # it asks who is there, and not whence
            assert asyncio.run(status(server.port, host, f"https://{host}")) == expected


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


def test_the_wheel_enables_the_extension():
    config = pathlib.Path(wsdemo.__file__).parent / "jupyter_server_config.json"
    enabled = json.loads(config.read_text(encoding="utf-8"))
    assert enabled == {"ServerApp": {"jpserver_extensions": {wsdemo.jupyter.__name__: True}}}
    assert installed("jupyter_server_config.d") == enabled


def test_the_wheel_keeps_release_news_off_the_first_screen():
    setting = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}
    assert installed("labconfig/default_setting_overrides.d") == setting


def installed(folder):
    file = pathlib.Path(sys.prefix, "etc/jupyter", folder, "wsdemo.json")
    return json.loads(file.read_text(encoding="utf-8"))
