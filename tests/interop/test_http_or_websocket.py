"""Lesson 10's client in JavaScript, against the feed and the server of the lesson."""

import json
import threading

import pytest

import wsdemo
from tests.interop.programs import FOLDER, run_node

LESSON = FOLDER.parent / "10_http_or_websocket.ipynb"
SERVERS = ("imports", "feed", "websocket-way")

pytestmark = pytest.mark.node


@pytest.fixture
def lesson():
    """What the lesson's cells define that start the feed and its server; a feed that goes on."""
    cells = {cell["id"]: cell for cell in json.loads(LESSON.read_text(encoding="utf-8"))["cells"]}
    scope = {"__name__": "lesson", "wsdemo": wsdemo}
    for name in SERVERS:
        exec("".join(cells[name]["source"]), scope)
    stopped = threading.Event()

    def go_on():
        while not stopped.wait(0.05):
            scope["publish"]()

    publisher = threading.Thread(target=go_on)
    publisher.start()
    yield scope
    stopped.set()
    publisher.join(10)
    for name in ("client", "wire", "server", "feed"):
        end = getattr(scope[name], "stop", None) or scope[name].close
        end()


def read(node, *arguments):
    lines, complaint = run_node(node, FOLDER / "10_polling.mjs", *arguments)
    assert not complaint
    [line] = lines
    return [int(number) for number in line.split()]


@pytest.mark.parametrize(
    ("way", "path"), [("short", "/now"), ("long", "/next"), ("sse", "/events")]
)
def test_by_http_no_event_is_missed_and_one_connection_is_enough(require_node, lesson, way, path):
    after = len(lesson["feed"].events)
    with wsdemo.Wire(lesson["feed"].url) as wire:
        assert read(require_node, way, wire.url, after, 8) == list(range(after + 1, after + 9))
        # Node opens another connection, and asks nothing, when it has left a stream in the middle.
        [request] = [request for request, _ in wire.handshakes if request]
    assert request.start_line == f"GET {path}?after={after} HTTP/1.1"


def test_by_websocket_each_event_comes_once(require_node, lesson):
    before = len(lesson["feed"].events)
    numbers = read(require_node, "websocket", lesson["server"].url, 0, 8)
    assert numbers[0] > before
    assert numbers == list(range(numbers[0], numbers[0] + 8))


def test_a_node_request_costs_some_hundred_bytes(require_node, lesson):
    feed = lesson["feed"]
    first = len(feed.events) - 1
    with wsdemo.Wire(feed.url) as wire:
        read(require_node, "short", wire.url, first, 1)
        total = wire.bytes_to_server + wire.bytes_to_client
    # The answer may hold some events more than was asked for, if the machine is busy.
    assert total - len(feed.events[first]) > 200
    assert total - sum(map(len, feed.events[first:])) < 1000
