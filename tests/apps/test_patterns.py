"""The finished server of lesson 12, and a bystander who must notice nothing."""

import contextlib
import json

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from wsdemo import __main__ as command
from wsdemo.apps import patterns
from wsdemo.server.limits import Limits

pytestmark = pytest.mark.usefixtures("nothing_left_running")

ROOMS = {"lobby": None, "staff": "k3y"}


@pytest.fixture(scope="module")
def server():
    with patterns.serve(rooms=ROOMS, name="patterns under test", close_timeout=0.3) as server:
        yield server


class Client:
    """A client that speaks JSON."""

    def __init__(self, connection):
        self.connection = connection

    def send(self, **request):
        self.connection.send(json.dumps(request))

    def hear(self):
        return json.loads(self.connection.recv(timeout=5))

    def ask(self, **request):
        self.send(**request)
        return self.hear()

    def notices_nothing(self):
        """Whether the next thing it hears is the answer to its next question."""
        return self.ask(id="still", action="leave", room="lobby") == {"id": "still", "data": None}


@contextlib.contextmanager
def clients(server, count):
    with contextlib.ExitStack() as stack:
        yield [
            Client(stack.enter_context(connect(server.url, close_timeout=1))) for _ in range(count)
        ]


@pytest.mark.parametrize("number", [123, "a text", 0, 10**15])
def test_an_answer_has_the_id_of_its_question(server, number):
    with clients(server, 1) as [ana]:
        answer = ana.ask(id=number, action="getData")
    assert answer["id"] == number
    assert answer["data"]["topics"] == list(patterns.TOPICS)
    assert answer["data"]["rooms"] == list(ROOMS)
    assert isinstance(answer["data"]["time"], int)


def test_without_an_id_only_data_is_answered(server):
    with clients(server, 1) as [ana]:
        ana.send(action="subscribe", topic="news")
        assert ana.ask(action="getData").keys() == {"data"}


def test_who_has_subscribed_hears_and_nobody_else(server):
    with clients(server, 3) as [ana, bob, eve]:
        for each in (ana, bob):
            assert each.ask(id=1, action="subscribe", topic="sensor-1") == {"id": 1, "data": None}
        eve.send(action="publish", topic="sensor-1", data={"temperature": 21.5})
        news = {"topic": "sensor-1", "data": {"temperature": 21.5}}
        assert ana.hear() == bob.hear() == news
        assert eve.notices_nothing()
        ana.ask(id=2, action="unsubscribe", topic="sensor-1")
        eve.send(action="publish", topic="sensor-1", data=None)
        assert bob.hear() == {"topic": "sensor-1", "data": None}
        assert ana.notices_nothing()


def test_two_subscriptions_are_one(server):
    with clients(server, 1) as [ana]:
        for number in (1, 2):
            ana.ask(id=number, action="subscribe", topic="news")
        ana.send(action="publish", topic="news", data=1)
        assert ana.hear() == {"topic": "news", "data": 1}
        assert ana.notices_nothing()


def test_a_room_is_heard_by_its_members_the_sender_too(server):
    with clients(server, 3) as [ana, bob, eve]:
        for each in (ana, bob):
            each.ask(id=1, action="join", room="lobby")
        ana.send(action="message", room="lobby", message="<b>Hello</b>")
        assert ana.hear() == bob.hear() == {"room": "lobby", "message": "<b>Hello</b>"}
        assert eve.notices_nothing()


@pytest.mark.parametrize("key", [{}, {"key": "k3"}, {"key": None}, {"key": 1}, {"key": "\ud800"}])
def test_a_room_with_a_key_admits_who_has_it(server, key):
    with clients(server, 2) as [ana, eve]:
        assert "error" not in ana.ask(id=1, action="join", room="staff", key="k3y")
        assert "wrong key" in eve.ask(id=1, action="join", room="staff", **key)["error"]
        refused = eve.ask(id=2, action="message", room="staff", message="Hello")
        assert refused == {"id": 2, "error": refused["error"]}
        assert "join the room before" in refused["error"]
        ana.send(action="message", room="staff", message="we are alone")
        assert ana.hear()["message"] == "we are alone"


def test_no_other_text_is_taken_for_a_key():
    with patterns.serve(rooms={"staff": "k?"}) as server, clients(server, 1) as [eve]:
        assert "wrong key" in eve.ask(id=1, action="join", room="staff", key="k\ud800")["error"]
        assert "error" not in eve.ask(id=2, action="join", room="staff", key="k?")


def test_who_has_left_is_not_heard(server):
    with clients(server, 2) as [ana, eve]:
        for each in (ana, eve):
            each.ask(id=1, action="join", room="lobby")
        eve.ask(id=2, action="leave", room="lobby")
        assert "error" in eve.ask(id=3, action="message", room="lobby", message="still here")
        assert ana.notices_nothing()


@pytest.mark.parametrize("action", ["close", "cut"])
def test_nothing_is_kept_of_who_has_gone(action):
    groups = patterns.Groups("topic", ["news"])
    groups.add("ana", "news")
    groups.forget("ana")
    assert not groups.has("ana", "news")
    groups.forget("nobody")
    with patterns.serve(name="gone", close_timeout=0.3) as server, clients(server, 2) as [ana, bob]:
        for each in (ana, bob):
            each.ask(id=1, action="subscribe", topic="news")
        if action == "cut":
            bob.connection.socket.close()
        bob.connection.close()
        ana.send(action="publish", topic="news", data=1)
        assert ana.hear()["data"] == 1
        assert server.errors == []


HOSTILE = [
    "hello",
    "",
    "[]",
    "null",
    "1",
    "[" * 50_000,
    '{"action": NaN}',
    '{"action": "publish", "topic": "news", "data": NaN}',
    '{"action": "publish", "topic": "news", "data": -Infinity}',
    "{}",
    '{"action": "getdata"}',
    '{"action": ["getData"]}',
    '{"action": "subscribe"}',
    '{"action": "subscribe", "topic": 1}',
    '{"action": "subscribe", "topic": ["news"]}',
    '{"action": "subscribe", "topic": "__proto__"}',
    '{"action": "publish", "topic": "nothing", "data": 1}',
    '{"action": "publish", "topic": "news"}',
    '{"action": "join", "room": "attic"}',
    '{"action": "message", "room": "lobby", "message": {"a": 1}}',
    '{"action": "getData", "id": null}',
    '{"action": "getData", "id": true}',
    '{"action": "getData", "id": [1]}',
    '{"action": "getData", "id": {"a": 1}}',
    '{"action": "join", "room": "\\ud800"}',
    b"\xff\xfe",
    b"\x00",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_cannot_be_done_is_answered_with_why(server, text):
    with clients(server, 2) as [eve, bystander]:
        bystander.ask(id=1, action="subscribe", topic="news")
        eve.connection.send(text)
        answer = eve.hear()
        assert isinstance(answer["error"], str)
        assert answer["error"]
        assert "data" not in answer
        assert bystander.notices_nothing()
        assert eve.notices_nothing()
    assert server.errors == []


def test_an_error_has_the_id_of_its_question(server):
    with clients(server, 1) as [ana]:
        answer = ana.ask(id=7, action="subscribe", topic="nothing")
    assert answer["id"] == 7
    assert "the topics are: sensor-1, sensor-2, news" in answer["error"]


def test_strangers_make_no_topics_and_no_rooms():
    groups = patterns.Groups("topic", ["news"])
    for name in ("mine", "", "NEWS"):
        with pytest.raises(patterns.Refused):
            groups.add("eve", name)
        with pytest.raises(patterns.Refused):
            groups.send(name, {})
    assert groups.names == ["news"]


def test_too_much_at_once_ends_only_its_sender(server):
    with clients(server, 2) as [eve, bystander]:
        eve.connection.send("x" * (patterns.LIMITS.max_size + 1))
        with pytest.raises(ConnectionClosed) as closed:
            eve.hear()
        assert closed.value.rcvd.code == 1009
        assert bystander.notices_nothing()


def test_a_flood_is_slowed_and_nothing_is_lost():
    limits = Limits(rate=200, burst=5)
    options = {"name": "slow", "limits": limits, "close_timeout": 0.3}
    with patterns.serve(**options) as server, clients(server, 1) as [eve]:
        for number in range(50):
            eve.send(id=number, action="getData")
        assert [eve.hear()["id"] for _ in range(50)] == list(range(50))


def test_topics_and_rooms_from_the_command_line():
    def chosen(*words):
        options = command._server_options("patterns", "", patterns.APP).parse_args(words)
        return list(options.topics), dict(options.rooms)

    assert chosen() == (list(patterns.TOPICS), patterns.ROOMS)
    words = ("--topic", "a", "--topic", "b", "--room", "x", "--room", "y=k=1")
    assert chosen(*words) == (["a", "b"], {"x": None, "y": "k=1"})
    assert chosen() == (list(patterns.TOPICS), patterns.ROOMS)
