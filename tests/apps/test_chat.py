"""The finished chat room, and a bystander in it who must notice nothing."""

import asyncio
import contextlib
import json
import time

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import wsdemo
from wsdemo.apps import chat
from wsdemo.bus.core import BusDown
from wsdemo.frames import Opcode
from wsdemo.server.limits import Limits

pytestmark = pytest.mark.usefixtures("nothing_left_running")


@pytest.fixture(scope="module")
def server():
    with chat.serve(name="chat under test", close_timeout=0.3) as server:
        yield server


class Member:
    """A client that speaks the source's JSON."""

    def __init__(self, connection, name):
        self.connection = connection
        self.name = name

    def send(self, **fields):
        self.connection.send(json.dumps(fields))

    def say(self, message):
        self.send(user=self.name, message=message)

    def hear(self):
        return json.loads(self.connection.recv(timeout=5))

    def hears(self, user, message):
        heard = self.hear()
        assert heard.keys() == {"user", "message", "timestamp"}
        assert isinstance(heard["timestamp"], int)
        assert abs(heard["timestamp"] / 1000 - time.time()) < 60
        return (heard["user"], heard["message"]) == (user, message)

    def is_alone_with(self, *others):
        """Whether the next thing that all hear is this one's own message: nothing came before."""
        self.say("nothing else?")
        return all(each.hears(self.name, "nothing else?") for each in (self, *others))


@contextlib.contextmanager
def member(server, name, query=""):
    with connect(server.url + query, close_timeout=1, ping_interval=None) as connection:
        yield Member(connection, name)


@contextlib.contextmanager
def members(server, *names):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(member(server, name)) for name in names]


def test_all_hear_it_the_sender_too(server):
    with members(server, "ana", "bob") as (ana, bob):
        ana.say("Hello ☺")
        assert ana.hears("ana", "Hello ☺")
        assert bob.hears("ana", "Hello ☺")
        assert bob.is_alone_with(ana)


def test_messages_keep_their_order(server):
    with members(server, "ana", "bob") as (ana, bob):
        for number in range(50):
            ana.say(str(number))
        for each in (ana, bob):
            assert [each.hear()["message"] for _ in range(50)] == [str(n) for n in range(50)]


def test_nothing_is_sent_unasked(server):
    with members(server, "ana", "bob") as (ana, bob):
        with member(server, "eve"):
            pass
        assert ana.is_alone_with(bob)


@pytest.mark.parametrize("other", ["eve", "ANA", "ana "])
def test_a_connection_keeps_its_first_name(server, other):
    with members(server, "ana", "bob") as (ana, bob):
        ana.say("I am Ana")
        assert bob.hears("ana", "I am Ana")
        ana.hear()
        ana.send(user=other, message="I am somebody else")
        assert ana.hear() == {"error": "you are ana, and nobody else, on this connection"}
        assert bob.is_alone_with(ana)


@pytest.mark.parametrize("like", ["ana", "ANA", " ana", "ａｎａ"])
def test_nobody_else_gets_a_name_in_use(server, like):
    with members(server, "ana", "eve") as (ana, eve):
        ana.say("I am Ana")
        assert eve.hears("ana", "I am Ana")
        ana.hear()
        eve.send(user=like, message="No, I am")
        assert "choose another" in eve.hear()["error"]
        assert ana.is_alone_with(eve)


def test_a_name_is_free_when_its_owner_has_left(server):
    with member(server, "ana") as first:
        assert first.is_alone_with()
    with member(server, "ana") as second:
        assert second.is_alone_with()


def test_those_who_ask_hear_who_comes_and_goes(server):
    with member(server, "ana", "?notices=1&user=ana") as ana:
        assert [ana.hear() for _ in range(3)] == [
            {"type": "names", "names": []},
            {"type": "joined", "user": "ana"},
            {"type": "names", "names": ["ana"]},
        ]
        with member(server, "bob") as bob:
            bob.say("Hi")
            assert [ana.hear() for _ in range(2)] == [
                {"type": "joined", "user": "bob"},
                {"type": "names", "names": ["ana", "bob"]},
            ]
            assert ana.hears("bob", "Hi")
            assert bob.hears("bob", "Hi")
        assert [ana.hear() for _ in range(2)] == [
            {"type": "left", "user": "bob"},
            {"type": "names", "names": ["ana"]},
        ]


def test_a_name_in_the_address_that_is_taken_is_told_and_may_be_had_later(server):
    with members(server, "ana") as [ana], member(server, "", "?notices=1&user=ana") as first:
        assert first.hear()["type"] == "names"
        assert first.hear()["type"] == "joined"
        assert first.hear()["names"] == ["ana"]
        with member(server, "", "?user=ana") as second:
            assert "choose another" in second.hear()["error"]
            with pytest.raises(ConnectionClosed) as closed:
                second.hear()
        assert closed.value.rcvd.code == 1013
        assert closed.value.rcvd.reason == "this name is taken; it may be free later"
        ana.name = "carl"
        ana.say("still here")
        assert ana.hears("carl", "still here")


@pytest.mark.parametrize("name", ["%00", "e" * 41, "%20", "%E2%80%AEeve"])
def test_a_name_in_the_address_that_is_none_is_told_and_ends_it(server, name):
    with member(server, "", f"?user={name}") as eve:
        assert "name" in eve.hear()["error"]
        with pytest.raises(ConnectionClosed) as closed:
            eve.hear()
    assert closed.value.rcvd.code == 1008
    assert closed.value.rcvd.reason == "what the address asks for cannot be had"


def test_who_comes_back_after_a_dead_connection_gets_the_own_name():
    """The server notices that the old connection is dead; the client tries again until then."""

    async def main(server):
        codes, heard = [], asyncio.Queue()

        async def is_heard(text):
            async with asyncio.timeout(10):
                while True:  # what a connection takes that is refused then is lost with it
                    await ana.send(json.dumps({"user": "ana", "message": text}))
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(0.3):
                            while json.loads(await heard.get()).get("message") != text:
                                pass
                            return

        with wsdemo.Wire(server.url) as wire:
            url = f"{wire.url}/?user=ana"
            async with wsdemo.ReconnectingClient(url, base=0.1, cap=0.1, proxy=None) as ana:
                ana.on("close", lambda closed: codes.append(closed.rcvd and closed.rcvd.code))
                ana.on("message", heard.put_nowait)
                await is_heard("here")
                wire.cut("to client")  # the server's end stays open, and is silent
                await is_heard("back")
        return codes

    with chat.serve(heartbeat=0.5, close_timeout=0.1) as server:
        lost, *refused = asyncio.run(main(server))
    assert lost is None
    assert set(refused) == {1013}


# What strangers send: the sender hears why not, and Bob hears nothing

OK = {"user": "eve", "message": "fine"}
NESTED = '{"user": "eve", "message": ' + "[" * 20_000 + "]" * 20_000 + "}"
REFUSED = {
    "not JSON": "hello",
    "empty": "",
    "half of it": '{"user": "eve", "mess',
    "an array": '["eve", "hello"]',
    "a number": "42",
    "null": "null",
    "NaN": "NaN",
    "text": '"hello"',
    "an empty object": "{}",
    "no user": '{"message": "hello"}',
    "no message": '{"user": "eve"}',
    "user null": '{"user": null, "message": "hello"}',
    "user a number": '{"user": 1, "message": "hello"}',
    "user an object": '{"user": {}, "message": "hello"}',
    "user empty": '{"user": "", "message": "hello"}',
    "user blank": '{"user": "  ", "message": "hello"}',
    "message null": '{"user": "eve", "message": null}',
    "message a number": '{"user": "eve", "message": 1e999}',
    "message NaN": '{"user": "eve", "message": NaN}',
    "message an object": '{"user": "eve", "message": {"a": 1}}',
    "deep nesting": NESTED,
    "deep and unended": "[" * 50_000,
    "a long number": '{"user": "eve", "message": ' + "9" * 50_000 + "}",
    "bytes": b"\x00\xff\xfe",
    "bytes of UTF-16": '{"user": "eve"'.encode("utf-16"),
    "NUL in a name": json.dumps({"user": "e\0ve", "message": "x"}),
    "newline in a name": json.dumps({"user": "e\nve", "message": "x"}),
    "turned name": json.dumps({"user": "\u202eeve", "message": "x"}),
    "half a surrogate pair in a name": '{"user": "\\ud83d", "message": "x"}',
    "a name of 10,000 characters": json.dumps({"user": "e" * 10_000, "message": "x"}),
    "a name of 41 characters": json.dumps({"user": "e" * 41, "message": "x"}),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_taken_is_refused_with_a_reason(server, data, capsys):
    with members(server, "bob", "eve") as (bob, eve):
        eve.connection.send(data)
        told = eve.hear()
        assert told.keys() == {"error"}
        assert len(told["error"]) > 10
        assert bob.is_alone_with(eve)
        eve.say("fine")  # her connection lives on
        assert bob.hears("eve", "fine")
    assert server.errors == []
    assert capsys.readouterr() == ("", "")


TAKEN = {
    "empty": ("eve", ""),
    "NUL": ("eve", "a\0b"),
    "emoji": ("👩‍🚀", "👩‍👩‍👧‍👦"),
    "right to left": ("مريم", "שלום עולם"),
    "turned": ("eve", "\u202eevil"),
    "half a surrogate pair": ("eve", "\ud83d"),
    "markup": ("<b>eve</b>", "<img src=x onerror=alert(1)>"),
    "JSON": ("eve", '{"error": "x"}'),
    "line ends": ("eve", "a\r\nb\u2028c"),
    "a name of 40 characters": ("e" * 40, "x"),
    "60,000 characters": ("eve", "x" * 60_000),
}


@pytest.mark.parametrize(("name", "message"), TAKEN.values(), ids=TAKEN)
def test_what_is_only_strange_arrives_as_it_is(server, name, message):
    with members(server, "bob", name) as (bob, eve):
        eve.say(message)
        assert bob.hears(name, message)
        assert eve.hears(name, message)
        assert bob.is_alone_with(eve)


def test_fields_that_nobody_asked_for_are_not_passed_on(server):
    with members(server, "bob", "eve") as (bob, eve):
        eve.send(**OK, timestamp=0, type="left", admin=True)
        assert bob.hears("eve", "fine")


def test_a_message_of_a_megabyte_ends_its_senders_connection_alone(server):
    with members(server, "bob", "eve") as (bob, eve):
        eve.say("x" * 2**20)
        with pytest.raises(ConnectionClosed) as closed:
            eve.hear()
        assert closed.value.rcvd.code == 1009
        assert bob.is_alone_with()


def test_fifty_messages_at_once_all_arrive(server):
    with members(server, "bob", "eve") as (bob, eve):
        for number in range(50):
            eve.connection.send(
                "not JSON"
                if number % 10 == 9
                else json.dumps({"user": "eve", "message": str(number)})
            )
        heard = [bob.hear()["message"] for _ in range(45)]
        assert heard == [str(number) for number in range(50) if number % 10 != 9]
        assert bob.is_alone_with()


def test_a_flood_is_slowed_and_bob_gets_through():
    with (
        chat.serve(limits=Limits(rate=20, burst=5)) as server,
        members(server, "bob", "eve") as (bob, eve),
    ):
        for number in range(15):
            eve.say(str(number))
        begin = time.monotonic()
        bob.say("excuse me")
        heard = []
        while not heard or heard[-1] != ("bob", "excuse me"):
            said = bob.hear()
            heard.append((said["user"], said["message"]))
        assert time.monotonic() - begin < 0.4  # the flood takes half a second
        assert len(heard) < 15
        assert [bob.hear()["message"] for _ in range(16 - len(heard))][-1] == "14"


def test_many_fragments_are_one_message(server, raw):
    with members(server, "bob") as [bob], raw(server.url) as eve:
        eve.upgrade()
        data = json.dumps(OK).encode()
        for place, byte in enumerate(data):
            opcode = Opcode.CONTINUATION if place else Opcode.TEXT
            eve.send_frame(opcode, bytes([byte]), fin=place == len(data) - 1)
        assert bob.hears("eve", "fine")


@pytest.mark.parametrize("payload", [b"\xff", '{"user":"☺'.encode()[:-1]])
def test_text_that_is_no_unicode_ends_its_senders_connection(server, raw, payload):
    with members(server, "bob") as [bob], raw(server.url) as eve:
        eve.upgrade()
        eve.send_frame(Opcode.TEXT, payload)
        assert eve.frame().close_code == 1007
        assert bob.is_alone_with()


def test_who_is_cut_off_is_gone(server, raw):
    with member(server, "bob", "?notices=1&user=bob") as bob:
        for _ in range(3):
            bob.hear()
        with raw(server.url) as eve:
            eve.upgrade()
            eve.send_frame(Opcode.TEXT, json.dumps(OK).encode())
            assert bob.hear() == {"type": "joined", "user": "eve"}
            assert bob.hear()["names"] == ["bob", "eve"]
            assert bob.hears("eve", "fine")
            eve.reset()
        assert bob.hear() == {"type": "left", "user": "eve"}


def test_who_never_answers_a_ping_is_gone_within_two_heartbeats(raw):
    with (
        chat.serve(heartbeat=0.2, close_timeout=0.1) as server,
        member(server, "bob", "?notices=1&user=bob") as bob,
    ):
        for _ in range(3):
            bob.hear()
        with raw(server.url) as eve:
            eve.upgrade()
            eve.send_frame(Opcode.TEXT, json.dumps(OK).encode())
            while bob.hear() != {"type": "left", "user": "eve"}:
                pass


def test_a_stop_says_goodbye_to_all():
    with chat.serve() as server, members(server, "ana", "bob") as everyone:
        server.stop()
        for each in everyone:
            with pytest.raises(ConnectionClosed) as closed:
                each.hear()
            assert closed.value.rcvd.code == 1001


def test_the_room_forgets_who_has_left():
    async def main():
        room, guest = chat.Room(), object()
        room.enter(guest, curious=True)
        assert len(room._all) == len(room._curious) == 1
        room.leave(guest)
        assert len(room._all) == len(room._curious) == 0

    asyncio.run(main())


# On a bus


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
