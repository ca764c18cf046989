"""Who may use the relay, and which cookies and tokens pass through it."""

import asyncio
import importlib
import re
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

import wsdemo
import wsdemo.jupyter
from tests.browser.lab import jupyter
from tests.jupyter.kit import BASE, authorised_get, get, via
from wsdemo.apps import APPS


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
