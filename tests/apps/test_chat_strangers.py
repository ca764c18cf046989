"""What strangers send to the chat room, and a bystander in it who must notice nothing."""

import json
import time

import pytest
from websockets.exceptions import ConnectionClosed

from tests.apps.chat_kit import OK, members
from wsdemo.apps import chat
from wsdemo.frames import Opcode
from wsdemo.server.limits import Limits

pytestmark = pytest.mark.usefixtures("nothing_left_running")

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


@pytest.fixture(scope="module")
def server():
    with chat.serve(name="chat under test", close_timeout=0.3) as server:
        yield server


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
