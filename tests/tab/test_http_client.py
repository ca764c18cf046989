import asyncio
import gzip

import pytest

from tests.tab.kit import answering, ok
from wsdemo.tab.http_client import ask


def exchange(answer, method="GET", body=None):
    """Make one request; return the answer and its body in pieces."""

    async def run():
        async with answering(lambda _: answer) as (url, requests):
            answered = await ask(f"{url}/a?b", method, {"Accept": "*/*"}, body)
            try:
                return answered, [piece async for piece in answered.pieces()], requests
            finally:
                answered.close()

    return asyncio.run(run())


def test_a_request_is_written_in_its_order():
    _, _, [request] = exchange(ok(), "POST", b"body")
    first, host, *rest = request.split("\r\n")
    assert first == "POST /a?b HTTP/1.1"
    assert host.startswith("Host: 127.0.0.1:")
    assert rest == ["Accept: */*", "Content-Length: 4", "", "body"]


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ZIPPED = gzip.compress(b"hello", mtime=0)


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (ok("hello"), b"hello"),
        (b"HTTP/1.1 200 OK\r\n\r\nto the end", b"to the end"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" + ok("hello"), b"hello"),
        (CHUNKED + b"5;x=y\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", b"hello!"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(ZIPPED), ZIPPED),
            b"hello",
        ),
    ],
)
def test_a_body_is_read_as_its_headers_say(answer, body):
    answered, pieces, _ = exchange(answer)
    assert b"".join(pieces) == body
    assert answered.status in (200, 204)


def test_a_head_request_has_no_body():
    answered, pieces, _ = exchange(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD")
    assert (pieces, answered.header("content-length")) == ([], "5")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", EOFError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", EOFError),
        (CHUNKED + b"5\r\nhel", EOFError),
        (CHUNKED + b"many\r\n", ValueError),
        (b"220 mail ready\r\n\r\n", ValueError),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nplain", ValueError),
    ],
)
def test_what_is_not_http_is_an_error(answer, error):
    with pytest.raises(error):
        exchange(answer)


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "ftp://127.0.0.1/", "http:///x"])
def test_only_plain_http_can_be_asked(url):
    with pytest.raises(ValueError, match="no plain HTTP"):
        asyncio.run(ask(url, "GET", {}))
