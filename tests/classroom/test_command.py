"""`wsdemo class`, `wsdemo join` and `wsdemo leave`, as a teacher and a learner type them."""

import asyncio
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from tests.classroom.kit import RunningClass, learner, teacher
from wsdemo.__main__ import main
from wsdemo.course import MARKER

WSDEMO = [sys.executable, "-m", "wsdemo"]


class Class(RunningClass):
    """One with the attributes that the kit's clients need."""

    def __init__(self, folder, *options):
        super().__init__(folder, *options)
        self.url = f"ws://{self.place}"
        self.server = self.storage = self


@pytest.fixture
def start(tmp_path):
    (tmp_path / MARKER).mkdir()
    running = []

    def start(*options):
        running.append(Class(tmp_path, *options))
        return running[-1]

    yield start
    for each in running:
        each.program.kill()
        each.program.communicate()


async def vote(running, letter=None):
    """Open the board and a learner's connection; return what the learner's page shows."""
    async with teacher(running) as board, learner(running, "Ana") as ana:
        if letter:
            await board.ask(type="open", question="03.p1")
            await ana.ask(type="vote", question="03.p1", option=letter, round=1)
        return ana.state if not letter else await board.ask(type="csv")


def test_a_class_from_its_start_to_its_end(start, tmp_path):
    running = start("--port", "0")
    assert "vote,03.p1,1,b,False,1" in asyncio.run(vote(running, "b"))["text"]
    assert (tmp_path / MARKER / "class.json").exists()
    assert running.end() == "The class has ended. Nothing of it is stored.\n"
    assert running.program.returncode == 0
    assert not (tmp_path / MARKER / "class.json").exists()


def test_after_a_crash_the_same_command_continues_the_class(start):
    running = start("--port", "0")
    asyncio.run(vote(running, "b"))
    running.end(signal.SIGKILL)
    again = start()
    assert "The class of before continues. Learners: 1." in again.said
    assert (again.place, again.code, again.key) == (running.place, running.code, running.key)
    assert asyncio.run(vote(again))["vote"]["chosen"] == "b"


def test_a_kept_class_continues_too(start):
    running = start("--port", "0", "--keep")
    assert running.end() == "The class has ended.\n"
    assert start("--keep").code == running.code


def test_a_learner_joins_and_leaves_in_a_terminal(start, tmp_path, monkeypatch, capsys):
    running = start("--port", "0")
    monkeypatch.chdir(tmp_path)
    assert main(["join", running.place, running.code, "Ana"]) == 0
    assert f"Vote at http://{running.place}/#code={running.code}" in capsys.readouterr().out
    assert main(["leave"]) == 0
    assert capsys.readouterr().out == "You have left the class.\n"
    assert main(["join", running.place, "WRONG", "Ana"]) == 1
    assert capsys.readouterr().err.startswith("wsdemo: this is not the code of this class")


def test_the_twenty_questions_have_a_page(tmp_path):
    command = [*WSDEMO, "questions", "--port", "0", "--no-browser"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as program:
        page = re.search(r"http://\S+/", program.stdout.readline())[0]
        with urllib.request.urlopen(page, timeout=10) as answer:
            assert b"Twenty questions" in answer.read()
        program.send_signal(signal.SIGINT)
        assert program.wait(20) == 0


def test_a_port_that_is_taken(start, tmp_path, monkeypatch, capsys):
    running = start("--port", "0")
    port = running.place.partition(":")[2]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setattr("wsdemo.classroom.storage.find", lambda: None)
    assert main(["class", "--host", "127.0.0.1", "--port", port, "--no-browser"]) == 1
    assert f"port {port}" in capsys.readouterr().err
    assert list(elsewhere.iterdir()) == []
