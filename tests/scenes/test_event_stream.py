"""A generator for each reader of server-sent events, closed when the reader has left."""

import http.client
import itertools

import pytest

import wsdemo
from tests.waiting import wait_until
from wsdemo.scenes.event_stream import EventStream


class Counter:
    """Events without an end, and how many generators are open."""

    def __init__(self, most=None):
        self.most, self.open, self.asked = most, 0, []

    async def events(self, last):
        self.asked.append(last)
        self.open += 1
        try:
            for number in itertools.count(last + 1):
                yield number, f"text {number}"
                if number == self.most:
                    return
        finally:
            self.open -= 1


@pytest.fixture
def serve():
    streams = []

    def serve(events):
        streams.append(EventStream(events))
        return streams[-1]

    yield serve
    for each in streams:
        each.stop()


def get(stream, **headers):
    connection = http.client.HTTPConnection(stream.url.removeprefix("http://"), timeout=5)
    connection.request("GET", "/", headers=headers)
    return connection.getresponse()


def read_one(response):
    while not response.readline().startswith(b"data: "):
        pass


def test_events_come_in_order_and_end(serve):
    response = get(serve(Counter(most=3).events))
    assert response.getheader("Content-Type") == "text/event-stream"
    assert response.getheader("Access-Control-Allow-Origin") == "*"
    assert response.read().decode().split("\n\n")[1:] == [
        *(f"id: {number}\ndata: text {number}" for number in (1, 2, 3)),
        "",
    ]


def test_a_reader_that_comes_back_sends_its_last_number(serve):
    counter = Counter(most=5)
    response = get(serve(counter.events), **{"Last-Event-ID": "3"})
    assert b"id: 4\n" in response.read()
    assert counter.asked == [3]


def test_a_last_number_that_is_none_begins_at_the_beginning(serve):
    counter = Counter(most=2)
    response = get(serve(counter.events), **{"Last-Event-ID": "not a number"})
    assert b"id: 1\n" in response.read()
    assert counter.asked == [0]


def test_the_generator_is_closed_when_the_reader_leaves(serve):
    counter = Counter()
    response = get(serve(counter.events))
    read_one(response)
    assert counter.open == 1
    response.close()
    wait_until(lambda: counter.open == 0)


def test_a_stop_ends_the_streams_and_may_be_called_twice(serve, capsys):
    counter = Counter()
    stream = serve(counter.events)
    response = get(stream)
    read_one(response)
    assert (repr(stream), stream.running) == ("<EventStream running>", True)
    wsdemo.stop_all()
    assert capsys.readouterr().out == "stopped 1 server\n"
    assert (repr(stream), stream.running, counter.open) == ("<EventStream stopped>", False, 0)
    stream.stop()


def test_a_request_that_is_cut_off_disturbs_nobody(serve):
    counter = Counter(most=1)
    with serve(counter.events) as stream:
        connection = http.client.HTTPConnection(stream.url.removeprefix("http://"), timeout=5)
        connection.connect()
        connection.sock.sendall(b"GET / HT")
        connection.close()
        assert b"text 1" in get(stream).read()
    assert not stream.running
