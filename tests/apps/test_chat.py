"""The finished chat room: what its members send and receive, under which names."""

import asyncio
import contextlib
import json

import pytest
from websockets.exceptions import ConnectionClosed

import wsdemo
from tests.apps.chat_kit import OK, member, members
from wsdemo.apps import chat
from wsdemo.frames import Opcode

pytestmark = pytest.mark.usefixtures("nothing_left_running")


@pytest.fixture(scope="module")
def server():
    with chat.serve(name="chat under test", close_timeout=0.3) as server:
        yield server


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
        assert ana.hear() == {
            "error": "you are ana on this connection; you cannot send as another user"
        }
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
    assert closed.value.rcvd.reason == "the address asks for something that is not available"


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
