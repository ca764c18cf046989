"""A feed over plain HTTP: polls, long polls, streams, and a client that counts for itself."""

import itertools
import json
import threading
import time

import pytest

import wsdemo
from wsdemo.scenes.http_feed import BROWSER, HTTPClient, HTTPFeed


@pytest.fixture
def feed():
    with HTTPFeed(events=3) as feed:
        yield feed


@pytest.fixture
def client(feed):
    client = HTTPClient(feed.url)
    yield client
    client.close()


def numbers(texts):
    return [json.loads(text)["n"] for text in texts]


def test_a_poll_is_answered_at_once(feed, client):
    assert numbers(client.get("/now?after=1").splitlines()) == [2, 3]
    assert client.get("/now?after=3") == ""


def test_a_long_poll_waits_for_an_event(feed, client):
    timer = threading.Timer(0.05, feed.publish)
    timer.start()
    start = time.monotonic()
    assert numbers([client.get("/next?after=3")]) == [4]
    assert time.monotonic() - start > 0.04
    assert numbers([client.get("/next?after=3")]) == [4]  # at once


def test_a_stream_goes_on(feed, client):
    events = client.events("/events?after=2")
    assert numbers([next(events)]) == [3]
    feed.publish()
    feed.publish()
    assert numbers(itertools.islice(events, 2)) == [4, 5]
    events.close()


def test_a_stream_ends_after_so_many_and_goes_on_after_the_last_id(feed, client):
    assert numbers(client.events("/events?after=0&most=2")) == [1, 2]
    headers = {"Host": "x", "Last-Event-ID": "1"}
    assert numbers(client.events("/events?after=0&most=2", headers)) == [2, 3]


def test_an_end_of_the_feed_ends_what_waits(feed):
    stream = HTTPClient(feed.url).events("/events?after=2")
    assert numbers([next(stream)]) == [3]
    feed.stop()
    feed.stop()
    assert list(stream) == []
    assert not feed.running
    assert repr(feed) == "<HTTPFeed stopped>"


def test_one_connection_until_somebody_closes(feed):
    with wsdemo.Wire(feed.url) as wire:
        client = HTTPClient(wire.url)
        for _ in range(3):
            client.get("/now")
        client.post("/move", b"left")
        assert len(wire.handshakes) == 1
        client.close()
        client.get("/now", {"Host": "x", "Connection": "close"})
        client.get("/now")
        assert len(wire.handshakes) == 3
        client.close()


def test_the_headers_are_those_given(feed):
    with wsdemo.Wire(feed.url) as wire:
        client = HTTPClient(wire.url)
        client.get("/private", BROWSER)
        client.get("/now")
        client.close()
        first = str(wire.log(exact=True))
    assert "GET /private HTTP/1.1" in first
    assert "Sec-Fetch-Mode: cors" in first
    assert "User-Agent: python" not in first


def test_a_page_of_another_origin_may_read_all_but_what_is_private(feed):
    with wsdemo.Wire(feed.url) as wire:
        client = HTTPClient(wire.url)
        for path in ("/now", "/private"):
            client.get(path)
            client.close()
        log = str(wire.log(exact=True))
    assert log.count("Access-Control-Allow-Origin") == 1


def test_stop_all_stops_it(capsys):
    feed = HTTPFeed()
    wsdemo.stop_all()
    assert "server" in capsys.readouterr().out
    assert not feed.running
