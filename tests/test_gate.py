"""Who may come in, how many, how often."""

import time

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from wsdemo.apps import binary, echo
from wsdemo.gate import Limits

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
