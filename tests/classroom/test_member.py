"""A learner's side: joining, verdicts that arrive whatever happens, and nothing without joining."""

import asyncio
import errno
import json
import socket

import pytest

import wsdemo
from tests.classroom.kit import learner
from tests.waiting import wait_until
from wsdemo import embedding
from wsdemo.classroom import joining, ticket
from wsdemo.classroom import member as membership
from wsdemo.classroom.member import Member, NotJoined
from wsdemo.classroom.server import ClassServer
from wsdemo.classroom.storage import Storage
from wsdemo.classroom.ticket import Ticket
from wsdemo.course import MARKER

SOON = 10  # s


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A learner's copy of the course, and this process in it."""
    (tmp_path / "course" / MARKER).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "course")
    monkeypatch.setattr(ticket, "_here", None)
    yield tmp_path / "course"
    wsdemo.leave()


@pytest.fixture
def server(tmp_path):
    made = ClassServer(Storage.open(tmp_path / "class.json"), {}, host="127.0.0.1")
    yield made
    made.server.stop()


def verdicts(server):
    learners = server.storage.classroom.roster.learners.values()
    return [each.verdicts for each in learners]


def test_a_learner_joins_and_the_check_of_an_exercise_is_seen(copy, server):
    shown = wsdemo.join(server.place, server.storage.code.lower(), "Ana")
    assert "Ana has joined the class" in repr(shown)
    assert shown.ticket.page in repr(shown)
    wsdemo.check("00.2", 5)
    wait_until(lambda: verdicts(server) == [{"00.2": False}])
    [(exercise, text)] = server.storage.classroom.roster.diagnoses
    assert exercise == "00.2"
    assert "line 5 waits, too" in text


def test_a_hint_is_no_wrong_idea(copy, server):
    """Run All checks each exercise as the lesson has it, before anybody has answered."""
    wsdemo.join(server.place, server.storage.code, "Ana")
    assert wsdemo.check("01.1", lambda key: "the learner's own text").state == "not yet"
    wait_until(lambda: verdicts(server) == [{"01.1": False}])
    assert server.storage.classroom.roster.diagnoses == {}


def test_code_and_its_exceptions_are_never_sent(copy, server):
    wsdemo.join(server.place, server.storage.code, "Ana")

    def secret_name(key):
        raise RuntimeError("my password is 1234")

    verdict = wsdemo.check("01.1", secret_name)
    assert "1234" in repr(verdict)  # the learner sees it
    wait_until(lambda: server.storage.classroom.roster.diagnoses)
    assert "1234" not in json.dumps(server.storage.classroom.dump())
    assert "secret_name" not in json.dumps(server.storage.classroom.dump())


def test_without_joining_no_network_is_touched(copy, monkeypatch):
    monkeypatch.setattr(membership, "connect", None)
    monkeypatch.setattr(joining, "Member", None)
    wsdemo.check("01.1", lambda key: "wrong")
    assert not (copy / MARKER / ticket.NAME).exists()


def test_who_has_left_sends_nothing(copy, server):
    wsdemo.join(server.place, server.storage.code, "Ana")
    joining.report("03.1", True, "")
    wait_until(lambda: verdicts(server) == [{"03.1": True}])
    assert wsdemo.leave() == "You have left the class."
    assert wsdemo.leave() == "You have not joined a class."
    joining.report("03.2", True, "")
    wait_until(lambda: not server.storage.classroom.roster.here)
    assert verdicts(server) == [{"03.1": True}]


def test_who_joins_again_is_the_same_learner(copy, server):
    first = wsdemo.join(server.place, server.storage.code, "Ana").ticket
    second = wsdemo.join(server.place, server.storage.code, "Anna", show_name=True).ticket
    assert first.learner == second.learner
    [known] = server.storage.classroom.roster.learners.values()
    assert (known.name, known.shows_name) == ("Anna", True)
    assert (copy / MARKER / ticket.NAME).stat().st_mode & 0o77 == 0


def test_another_kernel_of_the_same_copy_has_joined_too(copy, server, monkeypatch):
    wsdemo.join(server.place, server.storage.code, "Ana")
    monkeypatch.setattr(ticket, "_here", None)
    monkeypatch.setattr(joining, "_member", None)
    joining.report("03.1", True, "")
    wait_until(lambda: verdicts(server) == [{"03.1": True}])


def test_verdicts_of_the_time_without_a_server_come_when_it_is_back(copy, server, tmp_path):
    wsdemo.join(server.place, server.storage.code, "Ana")
    joining.report("03.1", False, "a set")
    wait_until(lambda: verdicts(server) == [{"03.1": False}])
    member = joining._member
    wait_until(lambda: member.unconfirmed == 0)
    server.server.stop()
    joining.report("03.1", True, "")
    joining.report("03.2", True, "")
    wait_until(lambda: member.unconfirmed == 2)
    storage = Storage.open(tmp_path / "class.json")
    again = ClassServer(storage, {}, host="127.0.0.1", port=storage.port)
    try:
        wait_until(lambda: verdicts(again) == [{"03.1": True, "03.2": True}])
        wait_until(lambda: member.unconfirmed == 0)
    finally:
        again.server.stop()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_reasons_for_not_joining(copy, server, monkeypatch):
    with pytest.raises(NotJoined, match="not the code of this class"):
        wsdemo.join(server.place, "AAAA-AAAA", "Ana")
    with pytest.raises(NotJoined, match="a nickname has 1 to 30 characters"):
        wsdemo.join(server.place, server.storage.code, "x" * 31)
    with pytest.raises(NotJoined, match="no class listens at"):
        wsdemo.join(f"127.0.0.1:{free_port()}", "AAAA-AAAA", "Ana")
    with pytest.raises(ValueError, match="no address of a class"):
        wsdemo.join("the board", "AAAA-AAAA", "Ana")
    assert ticket.load() is None


def test_a_server_that_is_no_class(copy):
    async def refuse(connection, request):
        return connection.respond(404, "not here")

    async def echo(connection):
        async for message in connection:
            await connection.send(message)

    with (
        wsdemo.serve(echo, process_request=refuse) as server,
        pytest.raises(NotJoined, match="it is no class"),
    ):
        wsdemo.join(server.url.removeprefix("ws://"), "AAAA-AAAA", "Ana")


def test_where_there_is_no_way_to_the_class_one_is_made(server, copy, monkeypatch):
    """In a browser tab: see tests/browser/test_tab_page.py."""
    ways = []
    monkeypatch.setattr(embedding, "way_to_class", lambda *way: ways.append(way))
    wsdemo.join(server.place, server.storage.code, "Ana")
    assert ways == [("127.0.0.1", server.server.port)]


def test_a_way_that_cannot_be_made_is_told_and_does_not_spoil_a_verdict(copy, monkeypatch):
    def taken(*_):
        raise OSError(errno.EADDRINUSE, "port 8000 is taken")

    monkeypatch.setattr(embedding, "way_to_class", taken)
    with pytest.raises(NotJoined, match=r"cannot be reached .*port 8000 is taken"):
        wsdemo.join("192.0.2.1:8000", "AAAA-AAAA", "Ana")
    Member(Ticket("127.0.0.1", free_port(), "AAAA-AAAA", "Ana", False, "f" * 32)).stop()


def test_a_wifi_that_keeps_its_guests_apart_is_named(copy, monkeypatch):
    """Packets to the other machine vanish: nothing accepts, and nothing refuses."""
    monkeypatch.setattr(membership, "PATIENCE", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(NotJoined, match="may keep its guests apart"):
            wsdemo.join(f"127.0.0.1:{silent.getsockname()[1]}", "AAAA-AAAA", "Ana")


def test_a_member_whom_the_class_refuses_gives_up(server):
    member = Member(Ticket("127.0.0.1", server.server.port, "WRONG", "Ana", False, "f" * 32))
    try:
        member.report("03.1", True, "")
        wait_until(lambda: member.refusal)
        assert "1008" in member.refusal
    finally:
        member.stop()


def test_a_learner_with_two_connections_is_one(copy, server):
    shown = wsdemo.join(server.place, server.storage.code, "Ana")
    joining.report("03.1", True, "")
    wait_until(lambda: server.storage.classroom.roster.here)

    async def scene():
        async with learner(server, identifier=shown.ticket.learner, code="unused") as page:
            assert page.state["vote"] is None
            board = server.storage.classroom.for_board()
            assert (board["joined"], board["here"]) == (1, 1)

    asyncio.run(scene())
    assert server.storage.classroom.for_board()["here"] == 1
