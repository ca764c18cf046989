"""A displayed wire, without a browser: what is saved of it, and sockets that play its page."""

import asyncio
import contextlib
import gc
import json
import re
import time

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

import wsdemo
from tests.browser.test_panels_shown import sanitised
from tests.wire.kit import client, echo, until
from wsdemo.browser import wire_panel
from wsdemo.browser.page_server import page_server
from wsdemo.wire.follower import LATEST


@pytest.fixture
def wire():
    with wsdemo.serve(echo, compression=None) as server, wsdemo.Wire(server.url) as wire:
        yield wire


def markup(wire):
    return wire._repr_mimebundle_()["text/html"]


def token(wire):
    return re.search('data-token="(.+?)"', markup(wire))[1]


@contextlib.contextmanager
def view(key, origin=None):
    """Open a page of a panel as a browser would."""
    address = f"127.0.0.1:{page_server().port}"
    url = f"ws://{address}/_report?key={key}"
    with connect(url, origin=origin or f"http://{address}") as connection:
        yield connection


def told(connection):
    return json.loads(connection.recv(timeout=5))


def lines_until(connection, text):
    """The lines that a page is told, until one has this text; the last state, too."""
    found, state = [], None
    while not any(text in f"{line['kind']} {line['text']}" for line in found):
        news = told(connection)
        found += news.get("lines", [])
        state = news.get("state", state)
    return found, state


def press(connection, typed):
    connection.send(json.dumps({"type": "command", "typed": typed}))
    while (answer := told(connection))["do"] != "answer":
        pass
    return answer


def test_what_is_saved_differs_between_runs_only_in_port_and_token(wire):
    with wsdemo.Wire("ws://127.0.0.1:1") as other:
        assert markup(other) != markup(wire)
        assert sanitised(markup(other)) == sanitised(markup(wire))
        assert wire._repr_mimebundle_()["text/plain"] == "<Wire open>"
    assert other._repr_mimebundle_()["text/plain"] == "<Wire stopped>"
    assert sanitised(markup(other)) == sanitised(markup(wire))
    assert "A live Wire page, “wire”, opens here when you run" in markup(wire)


def test_a_wire_that_is_displayed_twice_has_one_panel(wire):
    assert token(wire) == token(wire)
    with view(token(wire)) as first, view(token(wire)) as second:
        with client(wire) as connection:
            connection.send("Hello")
            connection.recv(timeout=5)
        for each in (first, second):
            assert told(each)["do"] == "start"
            lines, _ = lines_until(each, "CLOSE")
            assert [line["kind"] for line in lines][:4] == ["HTTP", "HTTP", "TEXT", "TEXT"]


def test_a_page_is_told_what_has_passed_and_then_what_passes(wire):
    with client(wire) as connection:
        connection.send("before")
        connection.recv(timeout=5)
        with view(token(wire)) as page:
            assert told(page) == {"do": "start", "name": "wire", "url": wire.url}
            lines, state = lines_until(page, "'before'")
            assert len(lines) == 4
            assert (state["running"], state["open"]) == (True, 1)
            connection.send("after")
            lines, state = lines_until(page, "'after'")
            assert lines[0]["number"] == 5
            assert state is None, "it has not changed"
            wire.freeze("to client")
            connection.send("held")
            while (line := lines_until(page, "'held'")[0][-1])["direction"] != "to client":
                pass
            assert line["fate"] == "held"
            wire.thaw()
            while "fates" not in (news := told(page)):
                pass
            assert news["fates"] == {str(line["number"]): "delivered"}
            wire.freeze()
            assert "fates" not in told(page), "it is told once"
            wire.thaw()
    assert len(wire.frames) == 8, "the wire still has all of it"


def test_many_frames_are_few_messages(wire):
    with view(token(wire)) as page, client(wire) as connection:
        for _ in range(500):
            connection.send("x")
            connection.recv(timeout=5)
        connection.send("last")
        messages, found = 0, []
        while not any("'last'" in line["text"] for line in found):
            messages += 1
            found += told(page).get("lines", [])
        assert found[-1]["number"] >= 1000
        assert messages < 100


def test_of_a_long_talk_the_latest_lines_are_told(wire):
    with client(wire) as connection:
        for _ in range(LATEST):
            connection.send("x")
            connection.recv(timeout=5)
    with view(token(wire)) as page:
        told(page)
        lines = told(page)["lines"]
    assert len(lines) == LATEST
    assert lines[-1]["number"] == 2 * LATEST + 4


class Page:
    """A page's connection, whose buffer may be full."""

    def __init__(self, is_full):
        self.told, self.has_room = [], asyncio.Event()
        if not is_full:
            self.has_room.set()

    async def send(self, text):
        self.told.append(json.loads(text))
        await self.has_room.wait()

    async def lines(self, count):
        """Wait until it is told so many lines; return them."""
        async with asyncio.timeout(5):
            while (
                len(found := [line for news in self.told for line in news.get("lines", ())]) < count
            ):
                await asyncio.sleep(0.001)
        return found


def test_a_page_that_reads_slowly_is_told_the_rest_at_once(wire):
    async def main():
        slow, quick = Page(is_full=True), Page(is_full=False)
        panel = wire_panel.WirePanel(wire)
        showing = [asyncio.create_task(panel._show(page)) for page in (slow, quick)]
        await asyncio.to_thread(talk)
        await quick.lines(204)
        assert len(slow.told) == 1, "nothing piles up in the kernel"
        slow.has_room.set()
        await slow.lines(204)
        assert len(slow.told) <= 3
        assert len(quick.told) > len(slow.told)
        for task in showing:
            task.cancel()

    def talk():
        with client(wire) as connection:
            for number in range(100):
                time.sleep(0.002)  # so that there are several looks
                connection.send(str(number))
                connection.recv(timeout=5)
            connection.close()

    page_server().run(main())


def test_a_button_does_what_the_terminal_does_and_tells_the_python(wire):
    with view(token(wire)) as page, client(wire) as connection:
        assert press(page, "inject text Hello to client")["python"] == (
            'wire.inject("Hello", "to client")'
        )
        assert connection.recv(timeout=5) == "Hello"
        assert press(page, "freeze to client") == {
            "do": "answer",
            "python": 'wire.freeze("to client")',
        }
        follower = wire.follow()
        assert follower.state["conditions"]["to client"]["frozen"]


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("delay half", "delay takes seconds: delay 0.5"),
        ("delay -1", "delay is a finite number, 0 s or more, not -1"),
        ("stop", "there is no command 'stop': type help for the list"),
        ("__class__", "there is no command '__class__': type help for the list"),
        ("inject text x to client", "no connection is open: connect a client to wire.url, then"),
        ("", "there is no command ''"),
    ],
)
def test_what_cannot_be_done_is_told(wire, typed, error):
    with view(token(wire)) as page:
        answer = press(page, typed)
        assert answer["error"].startswith(error)
        assert "python" not in answer
    assert wire.running


def test_a_stopped_wire_shows_its_recording(wire):
    with client(wire) as connection:
        connection.send("Hello")
        connection.recv(timeout=5)
    key = token(wire)
    wire.stop()
    with view(key) as page:
        told(page)
        lines, state = lines_until(page, "CLOSE")
        assert not state["running"]
        assert lines[2]["text"] == "'Hello'"
        assert press(page, "freeze")["error"] == (
            "This wire is stopped. Run the cell that makes it, then this cell again."
        )


def test_a_wire_that_nobody_refers_to_ends_and_its_panel_says_so():
    with wsdemo.serve(echo, compression=None) as server:
        wire = wsdemo.Wire(server.url)
        key, thread = token(wire), wire._thread
        with view(key) as page:
            with client(wire) as connection:
                connection.send("Hello")
                connection.recv(timeout=5)
            told(page)
            lines_until(page, "CLOSE")
            del wire
            gc.collect()
            until(lambda: not thread.running)
            while told(page).get("state", {"running": True})["running"]:
                pass
        with view(key) as again:
            told(again)
            assert lines_until(again, "CLOSE")[0][2]["text"] == "'Hello'"
            assert "is stopped" in press(again, "thaw")["error"]


@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_another_page_is_refused(wire, origin):
    with pytest.raises(InvalidStatus, match="403"), view(token(wire), origin):
        pass


def test_a_wrong_token_is_refused(wire):
    markup(wire)
    with pytest.raises(InvalidStatus, match="403"), view("wrong"):
        pass


def test_no_cell_waits_for_what_passes_later(wire):
    key = token(wire)
    panel = wire_panel._panels[wire]
    assert not panel.wait_until_settled(0.01), "its page has not opened"
    with view(key) as page:
        told(page)
        page.send(json.dumps({"type": "settled", "commands": 0}))
        assert panel.wait_until_settled(5)
        with client(wire) as connection:
            connection.send("Hello")
            lines_until(page, "'Hello'")
            assert panel.wait_until_settled(0.01)
    assert panel.wait_until_settled(5), "it has left"
