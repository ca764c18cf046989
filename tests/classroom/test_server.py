"""The server of a class: who comes in, what each sees, what strangers send, restarts."""

import asyncio
import contextlib
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect as connect_in_thread

from tests.classroom.kit import PATIENCE, learner, teacher
from wsdemo.classroom import secrets
from wsdemo.classroom import server as serving
from wsdemo.classroom.secrets import Door, new_code
from wsdemo.classroom.server import ClassServer
from wsdemo.classroom.storage import Storage
from wsdemo.course import Trouble


@pytest.fixture
def start(tmp_path):
    started = []

    def start(**options):
        server = ClassServer(Storage.open(tmp_path / "class.json"), {}, **options)
        started.append(server)
        return server

    yield start
    for each in started:
        each.server.stop()


@pytest.fixture
def server(start):
    return start()


def run(scene):
    asyncio.run(asyncio.wait_for(scene, 30))


def test_a_vote_from_opening_to_the_second_round(server):
    async def scene():
        async with teacher(server) as board, learner(server) as ana, learner(server, "Bob") as bob:
            await board.say(type="open", question="03.p1")
            for each, letter in ((ana, "a"), (bob, "c")):
                state = await each.until(lambda m: m.get("vote"))
                assert state["vote"]["number"] == "03.p1"
                answer = await each.ask(type="vote", question="03.p1", option=letter, round=1)
                assert answer["message"]["option"] == letter
            state = await board.until(lambda m: m.get("vote") and m["vote"].get("chosen") == 2)
            assert state["vote"]["results"] == [None]
            await board.say(type="reveal")
            state = await ana.until(lambda m: m.get("vote") and m["vote"]["results"][0])
            assert state["vote"]["results"] == [{"a": 1, "b": 0, "c": 1}]
            await board.say(type="again")
            await bob.until(lambda m: m.get("vote") and m["vote"]["round"] == 2)
            await bob.ask(type="vote", question="03.p1", option="c", round=2)
            await board.say(type="close")
            await bob.until(lambda m: m.get("type") == "state" and m["vote"] is None)

    run(scene())


def test_a_choice_that_comes_too_late_is_named_so_that_others_are_kept(server):
    late = {"type": "vote", "question": "03.p1", "option": "a", "round": 1}

    async def scene():
        async with teacher(server) as board, learner(server) as ana:
            await board.ask(type="open", question="03.p1")
            await board.ask(type="reveal")
            answer = await ana.ask(**late)
            assert "this round is over" in answer["error"]
            assert answer["message"] == late

    run(scene())


def test_verdicts_and_help_reach_the_board(server):
    async def scene():
        async with teacher(server) as board, learner(server) as ana, learner(server, "Bob") as bob:
            for each in (ana, bob):
                await each.ask(type="verdict", exercise="03.1", right=False, diagnosis="a set")
            await ana.ask(type="help", wanted=True)
            state = await board.until(lambda m: m.get("help", {}).get("count") == 1)
            assert state["diagnoses"] == [{"exercise": "03.1", "text": "a set", "count": 2}]
            await board.ask(type="helped")
            await ana.until(lambda m: m.get("type") == "state" and not m["help"])
            assert "diagnosis: a set" in (await board.ask(type="csv"))["text"]

    run(scene())


def test_what_is_confirmed_is_in_the_file(server):
    async def scene():
        async with teacher(server) as board, learner(server) as ana:
            await board.ask(type="open", question="03.p1")
            await ana.ask(type="vote", question="03.p1", option="b", round=1)
            saved = json.loads(server.storage.file.read_text("utf-8"))
            [choice] = saved["classroom"]["votes"]["03.p1"]["rounds"][0]["choices"].values()
            assert choice == "b"

    run(scene())


def test_who_comes_back_before_a_restart_is_ready_waits(start, tmp_path, monkeypatch):
    storage = Storage.open(tmp_path / "class.json")
    monkeypatch.setattr(Storage, "open", lambda _: storage)
    serve_limited, early = serving.serve_limited, []

    def serve_slowly(*args, **options):
        server = serve_limited(*args, **options)
        early.append(opened.enter_context(connect_in_thread(f"{server.url}/teach")))
        early[0].send(json.dumps({"type": "teach", "key": storage.key}))
        with pytest.raises(TimeoutError):
            early[0].recv(timeout=0.2)
        return server

    monkeypatch.setattr(serving, "serve_limited", serve_slowly)
    with contextlib.ExitStack() as opened:
        start()
        assert json.loads(early[0].recv(timeout=PATIENCE))["type"] == "board"


def test_a_restart_continues_the_class_at_the_same_place(start):
    first = start()

    async def before():
        async with teacher(first) as board, learner(first, identifier="a" * 32) as ana:
            await board.ask(type="open", question="03.p1")
            await ana.ask(type="vote", question="03.p1", option="b", round=1)

    run(before())
    first.server.stop()  # as a crash: nothing is said to the class
    second = start()
    assert (second.storage.code, second.storage.key) == (first.storage.code, first.storage.key)

    async def after():
        async with teacher(second) as board:
            assert (board.state["joined"], board.state["here"]) == (1, 0)
            async with learner(second, identifier="a" * 32, code="forgotten") as ana:
                assert ana.state["vote"]["chosen"] == "b"

    run(after())


def test_nothing_is_stored_after_the_end(server):
    assert server.storage.file.exists()
    assert server.storage.file.stat().st_mode & 0o77 == 0
    server.stop()
    assert not server.storage.file.exists()


def test_a_file_that_is_no_class(tmp_path):
    file = tmp_path / "class.json"
    for text in ("", "{}", '{"version": 9}', "[1]", '{"version": 1, "classroom": {}}'):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(Trouble, match="Move this file away"):
            Storage.open(file)


@pytest.mark.parametrize(
    ("first", "text"),
    [
        ('{"type": "join"}', "has these fields"),
        ("hello", "send JSON"),
        (b"\xff", "send JSON"),
        ("[]", "send an object"),
        ('{"type": "vote", "question": "03.p1", "option": "a", "round": 1}', '"type" must be one'),
    ],
)
def test_who_does_not_join_is_told_so_and_closed(server, first, text):
    async def scene():
        async with connect(f"{server.server.url}/learn") as connection:
            await connection.send(first)
            assert text in json.loads(await asyncio.wait_for(connection.recv(), PATIENCE))["error"]
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(connection.recv(), PATIENCE)
            assert closed.value.rcvd.code == 1008

    run(scene())


HOSTILE = [
    "",
    "null",
    "[" * 5000,
    '{"type": "vote"}',
    '{"type": ["vote"]}',
    '{"type": "vote", "question": "03.p1", "option": "a", "round": true}',
    '{"type": "vote", "question": "03.p1", "option": "a", "round": 1e9}',
    '{"type": "vote", "question": "03.p1", "option": "a", "round": 1, "more": 1}',
    '{"type": "vote", "question": "../../x", "option": "a", "round": 1}',
    '{"type": "vote", "question": "99.p9", "option": "a", "round": 1}',
    '{"type": "vote", "question": "03.p1", "option": "' + "a" * 2000 + '", "round": 1}',
    '{"type": "verdict", "exercise": "03.1", "right": "yes", "diagnosis": ""}',
    '{"type": "verdict", "exercise": "<b>", "right": true, "diagnosis": ""}',
    '{"type": "help", "wanted": null}',
    '{"type": "reveal"}',
    '{"type": "teach", "key": ""}',
    '{"type": "join", "code": "", "learner": "", "name": "", "shows_name": false}',
    '{"type": "help", "wanted": NaN}',
    "\ud83d".encode("utf-16", "surrogatepass"),
]


@pytest.mark.parametrize("message", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_input_is_refused_and_a_bystander_notices_nothing(server, message):
    async def scene():
        async with (
            teacher(server) as board,
            learner(server) as bystander,
            learner(server, "Eve") as eve,
        ):
            await board.ask(type="open", question="03.p1")
            await eve.connection.send(message)
            assert "error" in await eve.until(lambda each: "type" not in each)
            answer = await eve.ask(type="vote", question="03.p1", option="a", round=1)
            assert answer["type"] == "taken"
            answer = await bystander.ask(type="vote", question="03.p1", option="b", round=1)
            assert answer["type"] == "taken"

    run(scene())
    assert server.server.errors == []


def test_a_message_that_is_too_long_closes_its_sender_alone(server):
    async def scene():
        async with learner(server) as bystander, learner(server, "Eve") as eve:
            await eve.connection.send("x" * 10_000)
            with pytest.raises(ConnectionClosed) as closed:
                await eve.until(lambda _: False)
            assert closed.value.rcvd.code == 1009
            assert (await bystander.ask(type="help", wanted=True))["type"] == "taken"

    run(scene())


@pytest.mark.parametrize("path", ["/", "/teach/", "/learn2"])
def test_other_paths_are_closed(server, path):
    async def scene():
        async with connect(server.server.url + path) as connection:
            assert "/learn" in json.loads(await connection.recv())["error"]

    run(scene())


def test_who_says_nothing_is_closed(server, monkeypatch):
    monkeypatch.setattr(serving, "TO_SAY_WHO", 0.1)

    async def scene():
        async with connect(f"{server.server.url}/learn") as connection:
            answer = json.loads(await asyncio.wait_for(connection.recv(), PATIENCE))
            assert answer == {"error": "say who you are"}

    run(scene())


def test_a_wrong_key_and_a_wrong_code(server):
    async def scene():
        async with connect(f"{server.server.url}/teach") as connection:
            await connection.send('{"type": "teach", "key": "\\ud800"}')
            assert "not the key" in json.loads(await connection.recv())["error"]
        async with connect(f"{server.server.url}/learn") as connection:
            join = {"type": "join", "code": "AAAA-AAAA", "learner": "f" * 32, "name": "Eve"}
            await connection.send(json.dumps({**join, "shows_name": False, "page": True}))
            assert "not the code" in json.loads(await connection.recv())["error"]

    run(scene())
    assert server.storage.classroom.roster.learners == {}


def test_a_page_of_another_site_is_refused(server):
    async def scene():
        with pytest.raises(InvalidStatus, match="403"):
            await connect(f"{server.server.url}/learn", origin="https://evil.example")

    run(scene())


def test_codes_are_not_guessed():
    """A code is read aloud, and compared without regard to capitals, spaces and the hyphen."""
    now = 0.0
    door = Door("K7QM-3FWD", "key", clock=lambda: now)
    assert door.lets_learner_in("k7qm 3fwd", "10.0.0.1")
    for _ in range(secrets.MOST_WRONG):
        assert not door.lets_learner_in("K7QM-3FWE", "10.0.0.9")
    assert not door.lets_learner_in("K7QM-3FWD", "10.0.0.9")  # not even with the right one now
    assert door.lets_learner_in("K7QM-3FWD", "10.0.0.1")  # others come in
    now = 60.0
    assert door.lets_learner_in("K7QM-3FWD", "10.0.0.9")
    chance = 250 * secrets.MOST_WRONG * 60 * 24 / len(secrets.LETTERS) ** secrets.LENGTH
    assert 1 / chance > 69_000
    assert len({new_code() for _ in range(100)}) == 100


def test_a_board_that_does_not_read_is_dropped(server):
    async def send_until_dropped():
        [board] = server._boards
        for count in range(1000):  # the buffers of the operating system hold some megabytes
            serving._send(board, "x" * 100_000)
            await asyncio.sleep(0)
            if not server._boards:
                return count
        return None

    async def scene():
        async with teacher(server) as board, learner(server) as ana:
            board.connection.transport.pause_reading()
            sent = await asyncio.to_thread(server.server.run, send_until_dropped())
            assert 10 < sent < 1000
            assert (await ana.ask(type="help", wanted=True))["type"] == "taken"
            board.connection.transport.abort()

    run(scene())


def test_a_full_disk_stops_nobody(server, monkeypatch, caplog):
    def full():
        raise OSError("no space left on device")

    monkeypatch.setattr(server.storage, "save", full)

    async def scene():
        async with learner(server) as ana:
            assert (await ana.ask(type="help", wanted=True))["type"] == "taken"

    run(scene())
    assert "could not be saved" in caplog.text
