"""The chat room on a bus: several servers, and members that come back."""

import pytest
from websockets.exceptions import ConnectionClosed

import wsdemo
from tests.apps.chat_kit import member
from wsdemo.apps import chat
from wsdemo.bus.core import BusDown

pytestmark = pytest.mark.usefixtures("nothing_left_running")


@pytest.fixture(scope="module")
def redis():
    with wsdemo.broker("redis") as broker:
        yield broker


def on_bus(bus, name="chat on a bus", **options):
    return chat.serve(name=name, bus=bus, close_timeout=0.3, **options)


def test_two_servers_on_a_bus_are_one_room(redis):
    with (
        on_bus(redis.url, "one") as one,
        on_bus(redis.url, "two") as two,
        member(one, "ana") as ana,
        member(two, "bob") as bob,
    ):
        ana.say("Hello from the other side")
        heard = [each.hear() for each in (ana, bob)]
        assert heard[0] == heard[1]
        assert heard[0].keys() == {"user", "message", "timestamp", "id"}
        assert (heard[0]["user"], heard[0]["message"]) == ("ana", "Hello from the other side")


def test_two_servers_without_a_bus_are_two_rooms():
    with (
        chat.serve(name="one") as one,
        chat.serve(name="two") as two,
        member(one, "ana") as ana,
        member(two, "bob") as bob,
    ):
        ana.say("Hello?")
        assert ana.hears("ana", "Hello?")
        assert bob.is_alone_with()


@pytest.mark.parametrize("bus", ["memory:", "redis"])
def test_who_comes_back_gets_what_was_missed(bus, redis):
    with on_bus(redis.url if bus == "redis" else bus) as server, member(server, "ana") as ana:
        names = []
        for text in "abc":
            ana.say(text)
            names.append(ana.hear()["id"])
        with member(server, "bob", f"?since={names[0]}") as bob:
            assert [bob.hear()["message"] for _ in range(2)] == ["b", "c"]
            ana.say("d")
            assert bob.hear()["message"] == "d"


def test_what_is_no_longer_kept_is_told():
    with on_bus("memory:", history=2) as server, member(server, "ana") as ana:
        names = []
        for text in "abcd":
            ana.say(text)
            names.append(ana.hear()["id"])
        for last in (names[0], "another-1"):
            with member(server, "bob", f"?since={last}") as bob:
                assert bob.hear() == {"type": "gap"}
                assert [bob.hear()["message"] for _ in range(2)] == ["c", "d"]


@pytest.mark.parametrize("wrong", ["nonsense", "", "a-b"])
def test_an_id_that_is_none_is_refused(wrong):
    with on_bus("memory:") as server, member(server, "", f"?since={wrong}") as eve:
        if wrong:  # parse_qs drops an empty one
            assert "not an id" in eve.hear()["error"]
            with pytest.raises(ConnectionClosed) as closed:
                eve.hear()
            assert closed.value.rcvd.code == 1008
        else:
            eve.name = "eve"
            eve.say("I have heard nothing yet")
            assert eve.hear()["message"] == "I have heard nothing yet"


def test_while_the_bus_is_down_it_is_told_and_nothing_is_said():
    with (
        wsdemo.broker("redis") as broker,
        on_bus(broker.url) as server,
        member(server, "ana", "?notices=1&user=ana") as ana,
        member(server, "bob") as bob,
    ):
        for _ in range(3):
            ana.hear()
        broker.kill()
        assert ana.hear() == {"type": "bus", "state": "down"}
        ana.say("Can you hear me?")
        assert "the bus is down" in ana.hear()["error"]
        broker.start()
        assert ana.hear() == {"type": "bus", "state": "up"}
        ana.say("And now?")
        assert [each.hear()["message"] for each in (ana, bob)] == ["And now?"] * 2


@pytest.mark.parametrize(
    ("bus", "error"),
    [("redis://127.0.0.1:1", "no bus at"), ("kafka://127.0.0.1", "no bus for")],
)
def test_a_bus_that_is_not_there_is_an_error_at_the_start(bus, error, monkeypatch):
    monkeypatch.setattr("wsdemo.bus.core.ANSWER_TIME", 0.3)
    with pytest.raises((BusDown, ValueError), match=error):
        on_bus(bus)
