"""Who may come in, how many, how often."""

import asyncio
import gc
import logging
import queue
import re
import time
import weakref

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.server.kit import close_code
from wsdemo.apps import binary, echo
from wsdemo.server import refusals
from wsdemo.server.limits import Limits, check_origin, limit_connections

pytestmark = pytest.mark.usefixtures("nothing_left_running")

OWN = object()  # the server's own page


def status(url, origin, **options):
    """The status that a page of this origin gets."""
    try:
        with connect(url, origin=origin, **options):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


@pytest.mark.parametrize(
    ("origin", "origins", "expected"),
    [
        (None, (), 101),  # a program
        (OWN, (), 101),
        ("http://127.0.0.1:8888", (), 101),  # a notebook on the visitor's machine
        ("http://localhost:8888", (), 101),
        ("http://[::1]:8888", (), 101),
        ("https://elsewhere.example", (), 403),
        ("null", (), 403),  # a file, or a frame that may do nothing
        ("", (), 403),
        ("http://127.0.0.1.elsewhere.example", (), 403),
        ("http://localhost.elsewhere.example", (), 403),
        ("https://elsewhere.example", ("https://elsewhere.example",), 101),
        ("http://elsewhere.example", ("https://elsewhere.example",), 403),
        ("https://elsewhere.example", ("*",), 101),
        # as people write it, and as their browsers send it
        ("https://elsewhere.example", ("https://elsewhere.example/",), 101),
        ("https://elsewhere.example", ("HTTPS://Elsewhere.example:443",), 101),
        ("http://elsewhere.example", (" http://elsewhere.example:80 ",), 101),
        ("http://elsewhere.example:8080", ("http://elsewhere.example",), 403),
        ("http://[2001:db8::1]:8080", ("http://[2001:DB8::1]:8080/",), 101),
        ("file://", ("file:///",), 101),  # Chromium's word for a page from the disk
        ("file://", (), 403),
        ("http://[::1", (), 403),
        ("https://elsewhere.example, http://127.0.0.1", (), 403),
    ],
)
def test_foreign_pages_are_refused(origin, origins, expected):
    with echo.serve(Limits(origins=origins)) as server:
        own = server.url.replace("ws", "http")
        assert status(server.url, own if origin is OWN else origin) == expected


def test_on_a_network_the_servers_own_page_has_the_name_it_was_asked_for():
    with echo.serve() as server:
        asked = {"additional_headers": {"X": "y"}}
        url = server.url.replace("127.0.0.1", "localhost")
        assert status(url, "http://teacher.local:8080", **asked) == 403
        assert status(url, url.replace("ws", "http"), **asked) == 101


@pytest.mark.parametrize(
    ("headers", "origin", "expected"),
    [
        ({"X-Forwarded-Host": "hub.example"}, "https://hub.example", 101),
        ({"X-Forwarded-Host": "Hub.example:8000"}, "http://hub.example:8000", 101),
        ({"X-Forwarded-Host": "hub.example, inner.example"}, "https://hub.example", 101),
        ({"X-Forwarded-Host": "hub.example"}, "https://elsewhere.example", 403),
        ({"X-Forwarded-Host": "hub.example, elsewhere.example"}, "https://elsewhere.example", 403),
        ({"X-Forwarded-Host": "hub.example.elsewhere.example"}, "https://hub.example", 403),
        ({"X-Forwarded-Host": "[::1"}, "https://hub.example", 403),
    ],
)
def test_behind_a_proxy_the_servers_own_page_has_the_name_that_the_proxy_was_asked_for(
    headers, origin, expected
):
    with echo.serve() as server:
        assert status(server.url, origin, additional_headers=headers) == expected


def test_the_refusal_says_why():
    with echo.serve() as server, pytest.raises(InvalidStatus) as refused:
        connect(server.url, origin="https://elsewhere.example")
    assert refused.value.response.body == (
        b"Pages from https://elsewhere.example may not connect.\n"
    )


def test_one_connection_too_many_is_told_so_and_the_next_may_come_when_one_leaves():
    with binary.serve(Limits(per_address=2)) as server, connect(server.url):
        with connect(server.url) as second:
            with connect(server.url) as third, pytest.raises(ConnectionClosed) as closed:
                third.recv(timeout=5)
            assert closed.value.rcvd.code == 1013
            assert closed.value.rcvd.reason == "2 connections from your address are open"
            second.send("in")
            assert second.recv(timeout=5) == "in"
        with connect(server.url) as third:
            third.send("in")
            assert third.recv(timeout=5) == "in"
            with connect(server.url) as fourth:  # those that stayed still count
                assert close_code(fourth) == 1013


class Address(str):
    """A text to which a weak reference can be made."""


def test_nothing_is_kept_of_an_address_when_its_last_connection_has_ended():
    class Connection:
        def __init__(self):
            self.remote_address = (Address("192.0.2.1"), 50000)

    async def leave(connection):
        pass

    async def main():
        limited = limit_connections(leave, Limits())

        async def serve(connection):
            await limited(connection)

        connection = Connection()
        address = weakref.ref(connection.remote_address[0])
        await asyncio.create_task(serve(connection))
        del connection
        await asyncio.sleep(0)  # the task's callbacks have run, and nothing holds its end any more
        gc.collect()
        assert address() is None

    asyncio.run(main())


def test_who_sends_too_fast_waits_and_loses_nothing():
    with (
        binary.serve(Limits(rate=50, burst=10)) as server,
        connect(server.url) as fast,
        connect(server.url) as bystander,
    ):
        begin = time.monotonic()
        for number in range(40):
            fast.send(str(number))
        bystander.send("at once")
        assert bystander.recv(timeout=5) == "at once"
        early = time.monotonic() - begin
        assert [fast.recv(timeout=5) for _ in range(40)] == [str(each) for each in range(40)]
        took = time.monotonic() - begin
        assert took > 0.55 > early  # 30 messages beyond the burst at 50 a second


def test_without_a_rate_any_number_may_come_at_once():
    with binary.serve(Limits(rate=0, burst=1)) as server, connect(server.url) as fast:
        for number in range(20):
            fast.send(str(number))
        assert [fast.recv(timeout=5) for _ in range(20)] == [str(each) for each in range(20)]


def test_a_message_that_is_too_long_ends_its_connection_alone():
    with (
        binary.serve(Limits(max_size=100)) as server,
        connect(server.url) as long,
        connect(server.url) as bystander,
    ):
        long.send(bytes(101))
        with pytest.raises(ConnectionClosed) as closed:
            long.recv(timeout=5)
        assert closed.value.rcvd.code == 1009
        bystander.send(bytes(100))
        assert bystander.recv(timeout=5) == bytes(100)


def test_a_stop_is_a_goodbye():
    with binary.serve() as server, connect(server.url) as client:
        server.stop()
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=5)
    assert closed.value.rcvd.code == 1001


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        ("example.com", "has no scheme: write https://example.com or http://example.com"),
        ("example.com:8080/", "write https://example.com:8080 or http://example.com:8080"),
        ("//example.com", "has no scheme: write https://example.com"),
        ("", "has no scheme"),
        ("wss://example.com", "names a server, not a page: write https://example.com"),
        ("https://example.com/app", "more than scheme, host and port: write https://example.com"),
        ("https://ana@example.com:443", "more than scheme, host and port: write https://example"),
        ("https://example.com?x=1", "more than scheme, host and port"),
        ("https://*.example.com", "name each host, or write '*' for all pages"),
        ("https://grüße.example", "write its host as xn--"),
        ("https://", "has no valid host"),
        ("https://exa mple.com", "has no valid host"),
        ("http://example.com:99999", "is not valid: Port out of range"),
        ("http://[::1", "is not valid"),
        ("null", "any page without an origin"),
    ],
)
def test_an_origin_that_can_never_match_is_refused_with_what_to_write(origin, told):
    with pytest.raises(ValueError, match=re.escape(told)) as refused:
        Limits(origins=[origin])
    assert repr(origin) in str(refused.value)
    with pytest.raises(ValueError, match=re.escape(told)):
        check_origin([origin])


def test_one_text_is_not_a_list_of_origins():
    """A substring of it would be let in."""
    with pytest.raises(ValueError, match=re.escape("write ['https://example.com']")):
        Limits(origins="https://example.com")


@pytest.fixture
def logged():
    """The lines that are logged about refused pages, in a queue."""
    lines = queue.SimpleQueue()
    handler = logging.Handler()
    handler.emit = lambda record: lines.put(record.getMessage())
    refusals.log.addHandler(handler)
    yield lines
    refusals.log.removeHandler(handler)


def test_a_refused_page_is_logged(logged):
    with echo.serve() as server:
        assert status(server.url, "https://evil.example") == 403
        assert logged.get(timeout=5) == (
            "refused a connection from a page of https://evil.example: "
            "add --origin https://evil.example if it is yours"
        )


def test_a_refused_page_prints_nothing_unless_it_is_asked_for(capfd, monkeypatch):
    """In a notebook it would print into whatever cell is running."""
    monkeypatch.setattr(logging.root, "handlers", [])  # pytest's own
    with echo.serve() as server:
        assert status(server.url, "https://evil.example") == 403
    assert capfd.readouterr() == ("", "")


def test_refused_pages_are_logged_together_and_not_each(monkeypatch, logged):
    monkeypatch.setattr(refusals, "INTERVAL", 0.05)

    async def many():
        refused = refusals.RefusalLog()
        for number in range(1000):
            refused.add(f"https://{number}.example")
        while logged.qsize() < 2:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)  # with nothing to tell, a line would be wrong
        refused.add("null")
        return refused

    asyncio.run(asyncio.wait_for(many(), 5))
    lines = [logged.get_nowait() for _ in range(logged.qsize())]
    assert lines[0].startswith("refused a connection from a page of https://0.example: ")
    assert lines[1].startswith("refused 999 connections, the last from a page of https://999.ex")
    assert lines[2].startswith("refused a connection from a page without an origin (null)")
    assert len(lines) == 3


def test_what_a_program_made_up_cannot_command_the_terminal(logged):
    async def refuse():
        refusals.RefusalLog().add("https://\x9b31m" + "x" * 10_000)

    asyncio.run(refuse())
    line = logged.get_nowait()
    assert line.startswith(
        r"refused a connection with an Origin that is not valid: 'https://\x9b31m"
    )
    assert len(line) < 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_size": 0},
        {"max_size": 1.5},
        {"rate": -1},
        {"rate": float("nan")},
        {"rate": float("inf")},
        {"burst": 0},
        {"per_address": -1},
    ],
)
def test_numbers_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} is a .* number, . or more"):
        Limits(**wrong)


def test_the_least_numbers_that_mean_something_are_taken():
    Limits(max_size=1, rate=0, burst=1, per_address=0)


def test_no_limit_per_address_lets_any_number_in():
    with (
        binary.serve(Limits(per_address=0)) as server,
        connect(server.url) as first,
        connect(server.url) as second,
    ):
        for each in (first, second):
            each.send("in")
            assert each.recv(timeout=5) == "in"
