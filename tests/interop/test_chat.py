"""The chat room in JavaScript: ours and the source's, as server and as client, against Python."""

import contextlib
import functools
import json
import pathlib
import runpy
import time

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import wsdemo
from tests.interop.programs import FOLDER, node_server
from wsdemo.apps import chat as chat_app
from wsdemo.checks.lesson_03_chat import NOT_A_MESSAGE
from wsdemo.frames import Opcode

SOLUTIONS = pathlib.Path(FOLDER).parent / "solutions" / "03_chat.py"
OURS = ("03_chat_server.mjs", 0)
TIMEOUT = 5

# The source's chat server, as it stands but for the port, the line that tells it, and the log.
SOURCE_SERVER = """
const WebSocket = require('ws');
const wss = new WebSocket.Server({ port: 0, host: '127.0.0.1' });
wss.on('listening', () => console.log(wss.address().port));

const clients = new Set();

wss.on('connection', (ws) => {
  clients.add(ws);

  ws.on('message', (message) => {
    const data = JSON.parse(message);

    // Broadcast to all clients
    clients.forEach((client) => {
      if (client.readyState === WebSocket.OPEN) {
        client.send(JSON.stringify({
          user: data.user,
          message: data.message,
          timestamp: Date.now()
        }));
      }
    });
  });

  ws.on('close', () => {
    clients.delete(ws);
  });
});
"""
SOURCE = ("-e", SOURCE_SERVER)

# The source's chat client, as it stands but for the address. Before it, what a page has and Node
# has not; after it, somebody who types and clicks.
SOURCE_CLIENT = """
const WebSocket = require('ws');
const prompt = () => 'ana';
const button = new EventTarget();
const input = { value: '' };
const document = { querySelector: (selector) => ({ '#send': button, '#input': input })[selector] };
const displayMessage = (user, message) => { console.log(`${user}: ${message}`); ws.close(); };

const ws = new WebSocket(process.argv[1]);
const username = prompt('Enter your name:');

ws.addEventListener('open', () => {
  console.log('Connected to chat');
});

ws.addEventListener('message', (event) => {
  const data = JSON.parse(event.data);
  displayMessage(data.user, data.message);
});

function sendMessage(message) {
  ws.send(JSON.stringify({
    user: username,
    message: message
  }));
}

// Hook up to your UI
document.querySelector('#send').addEventListener('click', () => {
  const msg = document.querySelector('#input').value;
  sendMessage(msg);
});

ws.addEventListener('open', () => {
  input.value = 'Hello Bob';
  button.dispatchEvent(new Event('click'));
});
"""

pytestmark = pytest.mark.node


@pytest.fixture(params=["exercise", "finished"])
def python_room(request):
    """The worked answer of exercise 03.2, and the finished server."""
    if request.param == "finished":
        with chat_app.serve(name="room") as server:
            yield server
        return
    chat = runpy.run_path(str(SOLUTIONS))["answers"]["03.2"]
    with wsdemo.serve(functools.partial(chat, room={}), name="room") as server:
        yield server


@contextlib.contextmanager
def people(port, count):
    """Clients of a server on this machine."""
    with contextlib.ExitStack() as stack:
        url = f"ws://127.0.0.1:{port}"
        yield [stack.enter_context(connect(url)) for _ in range(count)]


def say(client, user, message):
    client.send(json.dumps({"user": user, "message": message}))


def heard(client):
    return json.loads(client.recv(timeout=TIMEOUT))


def said(client):
    """Who said what; what stands beside it is the time in milliseconds."""
    data = heard(client)
    assert abs(data.pop("timestamp") - time.time() * 1000) < 60_000
    return data


def test_node_client_in_the_python_room(node, python_room):
    with people(python_room.port, 1) as [bob]:
        assert node("03_chat_client.mjs", python_room.url, "ana", "Hello Bob", "Bye") == [
            "ana: Hello Bob",
            "ana: Bye",
            "left 1000",
        ]
        assert said(bob) == {"user": "ana", "message": "Hello Bob"}


def test_node_client_with_a_name_that_is_taken(node, python_room):
    with people(python_room.port, 1) as [ana]:
        say(ana, "ana", "I am Ana")
        assert said(ana)
        refused, left = node("03_chat_client.mjs", python_room.url, "ana", "It is me")
        assert refused.startswith("refused: the name ana is taken")
        assert left == "left 1000"


def test_source_client_in_the_python_room(node, python_room):
    assert node("-e", SOURCE_CLIENT, python_room.url) == ["Connected to chat", "ana: Hello Bob"]


@pytest.mark.parametrize("program", [OURS, SOURCE], ids=["ours", "source"])
def test_node_client_in_the_node_rooms(require_node, node, program):
    with node_server(require_node, *program) as (_, port):
        url = f"ws://127.0.0.1:{port}"
        assert node("03_chat_client.mjs", url, "ana", "Hello") == ["ana: Hello", "left 1000"]


@pytest.mark.parametrize("program", [OURS, SOURCE], ids=["ours", "source"])
def test_all_hear_what_one_says_also_when_another_has_left(require_node, program):
    with node_server(require_node, *program) as (_, port), people(port, 3) as [ana, bob, eve]:
        for speaker, name in ((ana, "ana"), (bob, "bob"), (eve, "eve")):
            say(speaker, name, "Hello")
            for client in (ana, bob, eve):
                assert said(client) == {"user": name, "message": "Hello"}
        bob.close()
        say(ana, "ana", "Bob?")
        assert said(eve) == {"user": "ana", "message": "Bob?"}


def test_in_the_source_room_eve_speaks_as_ana(require_node):
    with node_server(require_node, *SOURCE) as (_, port), people(port, 3) as [ana, bob, eve]:
        say(ana, "ana", "I am Ana")
        assert said(bob) == {"user": "ana", "message": "I am Ana"}
        say(eve, "ana", "So am I")
        assert said(bob) == {"user": "ana", "message": "So am I"}


def test_in_our_room_she_does_not(require_node):
    with node_server(require_node, *OURS) as (_, port), people(port, 3) as [ana, bob, eve]:
        say(ana, "ana", "I am Ana")
        assert [said(client)["user"] for client in (ana, bob, eve)] == ["ana"] * 3
        say(eve, "ana", "So am I")
        assert heard(eve) == {"error": "the name ana is taken"}
        say(eve, "eve", "Then I am Eve")
        assert said(eve) == said(bob) == {"user": "eve", "message": "Then I am Eve"}
        say(eve, "bob", "And Bob")
        assert heard(eve) == {"error": "you are eve"}
        ana.close()
        assert wait_for_name(bob, "ana")


def wait_for_name(client, name):
    """Ask for a name until it is free: Node hears of a closed socket when it comes to it."""
    for _ in range(100):
        say(client, name, "Is it free?")
        if heard(client).get("user") == name:
            return True
        time.sleep(0.02)
    return False


def test_source_room_dies_of_one_text_that_is_not_json(require_node):
    with node_server(require_node, *SOURCE) as (process, port), people(port, 2) as [ana, eve]:
        eve.send("hello")
        assert process.wait(timeout=10) != 0
        assert "SyntaxError" in process.stderr.read()
        with pytest.raises(ConnectionClosed) as closed:  # Ana, who did nothing
            ana.recv(timeout=TIMEOUT)
        assert closed.value.rcvd is None


def test_our_room_answers_it_and_lives_on(require_node):
    with node_server(require_node, *OURS) as (process, port), people(port, 2) as [ana, eve]:
        for text in NOT_A_MESSAGE:
            eve.send(text)
            assert set(heard(eve)) == {"error"}
        say(eve, "eve", "still here")
        assert said(eve) == said(ana) == {"user": "eve", "message": "still here"}
        assert process.poll() is None


def test_our_room_survives_a_broken_frame_and_a_giant(require_node, raw):
    with node_server(require_node, *OURS) as (process, port), people(port, 2) as [ana, eve]:
        with raw(f"ws://127.0.0.1:{port}") as broken:
            broken.upgrade()
            broken.send_frame(Opcode.TEXT, b"no mask", mask=None)
            broken.drain()
        eve.send("x" * (2**20 + 1))
        with pytest.raises(ConnectionClosed) as closed:
            eve.recv(timeout=TIMEOUT)
        assert closed.value.rcvd.code == 1009
        say(ana, "ana", "still here")
        assert said(ana)["user"] == "ana"
        assert process.poll() is None
