import asyncio

import pytest

from tests.tab.kit import answering, ok
from wsdemo.tab.fetching import Fetcher, NetworkError, Wish, origin_of
from wsdemo.tab.jar import Jar

PAGE = "http://127.0.0.1:9/page"
ANYBODY = "Access-Control-Allow-Origin: *"
MINE = "Access-Control-Allow-Origin: http://127.0.0.1:9"
WITH_COOKIES = "Access-Control-Allow-Credentials: true"
COOKIE = "Set-Cookie: id=7; SameSite=None; Secure"


def fetch(answer, *paths, page=PAGE, **fields):
    """Ask for each path; return what came of the last one, and all requests."""

    async def run():
        fetcher = Fetcher(Jar())
        async with answering(answer) as (url, requests):
            own = url if page == "same" else page
            for path in paths:
                wish = Wish(url + path, own, "Agent", **fields)
                try:
                    async with fetcher.fetch(wish) as answered:
                        body = b"".join([each async for each in answered.exchange.pieces()])
                        result = answered.type, answered.exchange.status, body.decode()
                        names = [name for name, _ in answered.headers]
                except NetworkError as error:
                    result, names = str(error), []
            return result, names, requests

    return asyncio.run(run())


HIDDEN = "the server does not let this page read the answer"


@pytest.mark.parametrize(
    ("fields", "headers", "result"),
    [
        ({}, [], HIDDEN),
        ({}, [ANYBODY], ("cors", 200, "secret")),
        ({}, [MINE], ("cors", 200, "secret")),
        ({}, ["Access-Control-Allow-Origin: http://127.0.0.1:8"], HIDDEN),
        ({"credentials": "include"}, [ANYBODY], HIDDEN),
        ({"credentials": "include"}, [MINE], HIDDEN),
        ({"credentials": "include"}, [MINE, WITH_COOKIES], ("cors", 200, "secret")),
        ({"mode": "no-cors"}, [], ("opaque", 200, "secret")),
        ({"mode": "same-origin"}, [], "another origin"),
        ({"page": "same"}, [], ("basic", 200, "secret")),
        ({"page": "same", "mode": "same-origin"}, [], ("basic", 200, "secret")),
    ],
)
def test_the_server_says_who_may_read_its_answer(fields, headers, result):
    seen, _, requests = fetch(lambda _: ok("secret", *headers), "/", **fields)
    assert seen == result
    assert len(requests) == (result != "another origin"), "the request itself is made"


def test_a_page_reads_few_headers_of_another_origin():
    more = ["X-Own: 1", "X-Other: 2", "Access-Control-Expose-Headers: x-own"]
    _, names, _ = fetch(lambda _: ok("", ANYBODY, *more), "/")
    assert sorted(names) == ["content-length", "x-own"]
    _, names, _ = fetch(lambda _: ok("", *more, COOKIE), "/", page="same")
    assert "x-other" in names
    assert "set-cookie" not in names


@pytest.mark.parametrize(
    ("fields", "has_origin"),
    [
        ({}, True),
        ({"mode": "no-cors"}, False),  # a picture
        ({"page": "same"}, False),
        ({"page": "same", "method": "POST"}, True),
        ({"mode": "navigate"}, False),
    ],
)
def test_a_request_names_its_origin_where_browsers_do(fields, has_origin):
    _, _, [request] = fetch(lambda _: ok("", ANYBODY), "/", **fields)
    assert ("\r\nOrigin: " in request) is has_origin
    assert "\r\nUser-Agent: Agent\r\n" in request


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({}, False),
        ({"credentials": "include"}, True),
        ({"credentials": "include", "mode": "no-cors"}, True),
        ({"page": "same"}, True),
        ({"page": "same", "credentials": "omit"}, False),
        ({"mode": "navigate"}, True),
    ],
)
def test_cookies_go_along_as_the_page_asks(fields, sent):
    headers = [MINE, WITH_COOKIES, COOKIE]
    _, _, [_, second] = fetch(lambda _: ok("", *headers), "/", "/again", **fields)
    assert ("\r\nCookie: id=7\r\n" in second) is sent


@pytest.mark.parametrize(
    ("fields", "allowed", "result"),
    [
        ({"method": "PUT"}, ["Access-Control-Allow-Methods: PUT"], ("cors", 200, "done")),
        ({"method": "PUT"}, ["Access-Control-Allow-Methods: *"], ("cors", 200, "done")),
        ({"method": "PUT"}, [], "the method is not allowed"),
        ({"headers": {"x-a": "1"}}, ["Access-Control-Allow-Headers: X-A"], ("cors", 200, "done")),
        ({"headers": {"x-a": "1"}}, [], "a header is not allowed"),
        ({"headers": {"content-type": "application/json"}}, [], "a header is not allowed"),
    ],
)
def test_an_unusual_request_needs_permission(fields, allowed, result):
    def answer(request):
        return ok("", ANYBODY, *allowed) if request.startswith("OPTIONS") else ok("done", ANYBODY)

    seen, _, requests = fetch(answer, "/", **fields)
    assert seen == result
    methods = [each.split()[0] for each in requests]
    refused = isinstance(result, str)
    assert methods == (["OPTIONS"] if refused else ["OPTIONS", fields.get("method", "GET")])


def test_a_usual_request_needs_none():
    for fields in (
        {"headers": {"content-type": "text/plain;charset=UTF-8"}, "method": "POST"},
        {"headers": {"last-event-id": "3"}, "is_event_source": True},
    ):
        assert len(fetch(lambda _: ok("", ANYBODY), "/", **fields)[2]) == 1


@pytest.mark.parametrize(
    ("redirect", "result"),
    [
        ("follow", ("basic", 200, "here")),
        ("error", "a redirect"),
        ("manual", ("opaqueredirect", 302, "")),
    ],
)
def test_redirects_are_followed_as_the_page_asks(redirect, result):
    def answer(request):
        moved = request.split()[1] == "/old"
        return ok("", "Location: /new", status="302 Found") if moved else ok("here")

    assert fetch(answer, "/old", page="same", redirect=redirect)[0] == result


def test_a_form_becomes_a_request_for_the_page_behind_it():
    def answer(request):
        moved = request.split()[1] == "/old"
        return ok("", "Location: /new", status="303 See Other") if moved else ok("here")

    _, _, requests = fetch(answer, "/old", page="same", method="POST", body=b"x")
    assert [each.split()[0] for each in requests] == ["POST", "GET"]


def test_redirects_end():
    result, _, requests = fetch(
        lambda _: ok("", "Location: /", status="302 Found"), "/", page="same"
    )
    assert (result, len(requests)) == ("too many redirects", 21)


def test_nobody_answers():
    async def run():
        async with Fetcher(Jar()).fetch(Wish("http://127.0.0.1:9/", PAGE, "Agent")):
            pass

    with pytest.raises(NetworkError):
        asyncio.run(run())


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://127.0.0.1:8000/a?b#c", "http://127.0.0.1:8000"),
        ("ws://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("http://a:80/", "http://a"),
        ("https://a:443/", "https://a"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("data:,", "null"),
        ("http://a:b/", "null"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url, origin):
    assert origin_of(url) == origin
