"""Lesson 07's programs in JavaScript, and the source's own: who sees which end."""

import contextlib
import queue
import subprocess

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

import wsdemo
from tests.interop.programs import FOLDER, node_server
from wsdemo.frames import Frame, Opcode

PATIENCE = 10  # s

# The source's chat server, as it stands but for the port and the line that tells it.
SOURCE_SERVER = """
const WebSocket = require('ws');
const wss = new WebSocket.Server({ port: 0, host: '127.0.0.1' });
wss.on('listening', () => console.log(wss.address().port));

const clients = new Set();

wss.on('connection', (ws) => {
  clients.add(ws);
  console.log(`Client connected. Total: ${clients.size}`);

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
    console.log(`Client left. Total: ${clients.size}`);
  });
});
"""

# The source's browser client, as it stands but for the address.
SOURCE_CLIENT = """
const WebSocket = require('ws');
// Create connection
const ws = new WebSocket(process.argv[1]);

// Connection opened
ws.addEventListener('open', (event) => {
  console.log('Connected to server');
  ws.send('Hello Server!');
});

// Receive messages
ws.addEventListener('message', (event) => {
  console.log('Server says:', event.data);
});

// Connection closed
ws.addEventListener('close', (event) => {
  console.log('Disconnected');
});

// Error handling
ws.addEventListener('error', (error) => {
  console.error('WebSocket error:', error);
});
"""

pytestmark = pytest.mark.node

seen = queue.Queue()  # the codes that the Python server saw


async def end(connection):
    """End a connection as its path demands; note what this side sees."""
    match connection.request.path:
        case "/returns":
            return
        case "/raises":
            raise ValueError("a bug")
        case "/cut":
            connection.transport.abort()
        case "/not-utf-8":
            await connection.send(b"\xff", text=True)
        case "/masked":
            connection.transport.write(bytes(Frame(Opcode.TEXT, b"x", mask=bytes(4))))
    await connection.wait_closed()
    seen.put(connection.close_code)


def refuse(connection, request):
    return connection.respond(401, "") if request.path == "/refused" else None


@pytest.fixture
def server():
    while not seen.empty():
        seen.get()
    with wsdemo.serve(end, name="ends", process_request=refuse) as served:
        yield served


CUT = 'close 1006 "" not clean'


@pytest.mark.parametrize(
    ("path", "told", "code"),
    [
        ("/returns", ["open", 'close 1000 "" clean'], None),
        ("/raises", ["open", 'close 1011 "" clean'], None),
        ("/cut", ["open", CUT], 1006),
        (
            "/not-utf-8",
            ["open", "error Invalid WebSocket frame: invalid UTF-8 sequence", CUT],
            1007,
        ),
        ("/masked", ["open", "error Invalid WebSocket frame: MASK must be clear", CUT], 1002),
        ("/refused", ["error Unexpected server response: 401", CUT], None),
    ],
)
def test_our_client_sees_what_python_does(node, server, path, told, code):
    assert node("07_closing_client.mjs", server.url + path) == told
    if code is not None:
        assert seen.get(timeout=PATIENCE) == code


@pytest.mark.parametrize(
    ("wanted", "code", "told"),
    [
        ("none", 1005, ['close 1005 "" clean']),
        (1001, 1001, ['close 1001 "bye" clean']),  # a browser would refuse it
        (4000, 4000, ['close 4000 "bye" clean']),
        (1006, 1000, ["TypeError: First argument must be a valid error code number"]),
        (1005, 1000, ["TypeError: First argument must be a valid error code number"]),
        (1015, 1000, ["TypeError: First argument must be a valid error code number"]),
        (2999, 1000, ["TypeError: First argument must be a valid error code number"]),
    ],
)
def test_codes_that_our_client_may_send(node, server, wanted, code, told):
    lines = node("07_closing_client.mjs", server.url, wanted)
    assert lines[1 : 1 + len(told)] == told
    assert seen.get(timeout=PATIENCE) == code


def test_python_stops_and_our_client_is_told(require_node, server):
    with node_client(require_node, "07_closing_client.mjs", server.url) as client:
        assert client.stdout.readline() == "open\n"
        server.stop()
        assert client.stdout.readline() == 'close 1001 "" clean\n'
        assert client.wait(PATIENCE) == 0


def test_a_killed_program_says_nothing(require_node, server):
    with node_client(require_node, "07_closing_client.mjs", server.url) as client:
        assert client.stdout.readline() == "open\n"
        client.kill()
        assert seen.get(timeout=PATIENCE) == 1006


@contextlib.contextmanager
def node_client(node, *arguments):
    """Run a Node program that may not end by itself."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([node, *map(str, arguments)], cwd=FOLDER, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def close_with(code):
    return lambda client: client.close(code)


def send_raw(frame):
    return lambda client: client.socket.sendall(bytes(frame))


def nothing(client):
    pass


def abort(client):
    client.socket.shutdown(2)


@pytest.mark.parametrize(
    ("path", "act", "code", "told"),
    [
        ("/4001", nothing, 4001, ['close 4001 "as you wish"']),
        ("/no-code", nothing, 1005, ['close 1005 ""']),
        ("/cut", nothing, 1006, ['close 1006 ""']),
        ("/throw", nothing, 1011, ["RangeError", 'close 1011 ""']),
        ("/1006", nothing, 1011, ["TypeError", 'close 1011 ""']),
        ("/", close_with(1001), 1001, ['close 1001 ""']),
        ("/", abort, 1006, ['close 1006 ""']),
        ("/", send_raw(Frame(Opcode.TEXT, b"x")), 1002, ["error WS_ERR_EXPECTED_MASK"]),
        (
            "/",
            send_raw(Frame(Opcode.TEXT, b"\xff", mask=bytes(4))),
            1007,
            ["error WS_ERR_INVALID_UTF8"],
        ),
        (
            "/",
            lambda client: client.send("x" * 1001),
            1009,
            ["error WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"],
        ),
        (
            "/",
            send_raw(Frame(Opcode.CLOSE, (1006).to_bytes(2, "big"), mask=bytes(4))),
            1002,
            ["error WS_ERR_INVALID_CLOSE_CODE"],
        ),
    ],
)
def test_python_sees_what_our_server_does(require_node, path, act, code, told):
    with node_server(require_node, "07_closing_server.mjs", 0) as (process, port):
        with connect(f"ws://127.0.0.1:{port}{path}", close_timeout=1) as client:
            act(client)
            with pytest.raises(ConnectionClosed) as ended:
                client.recv(timeout=PATIENCE)
        assert (ended.value.rcvd.code if ended.value.rcvd else 1006) == code
        for line in told:
            assert process.stdout.readline() == f"{path} {line}\n"
        if told[0].startswith("error"):  # who finds the fault has no code
            assert process.stdout.readline() == f'{path} close 1006 ""\n'
        with connect(f"ws://127.0.0.1:{port}/") as client:  # the others are served
            client.send("hello")
            assert client.recv(timeout=PATIENCE) == "hello"


def test_our_server_refuses(require_node):
    with (
        node_server(require_node, "07_closing_server.mjs", 0) as (_, port),
        pytest.raises(InvalidStatus, match="401"),
    ):
        connect(f"ws://127.0.0.1:{port}/refused")


def test_our_server_says_goodbye_to_all(require_node):
    with (
        node_server(require_node, "07_closing_server.mjs", 0) as (process, port),
        connect(f"ws://127.0.0.1:{port}/") as idle,
        connect(f"ws://127.0.0.1:{port}/stop"),
    ):
        with pytest.raises(ConnectionClosed) as ended:
            idle.recv(timeout=PATIENCE)
        assert (ended.value.rcvd.code, ended.value.rcvd.reason) == (1001, "the server stops")
        assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    "act", [close_with(1000), abort, send_raw(Frame(Opcode.CLOSE, mask=bytes(4)))]
)
def test_sources_server_cleans_up(require_node, act):
    with (
        node_server(require_node, "-e", SOURCE_SERVER) as (process, port),
        connect(f"ws://127.0.0.1:{port}", close_timeout=1) as client,
    ):
        assert process.stdout.readline() == "Client connected. Total: 1\n"
        act(client)
        assert process.stdout.readline() == "Client left. Total: 0\n"


def test_sources_server_keeps_who_is_on_a_frozen_line(require_node):
    with (
        node_server(require_node, "-e", SOURCE_SERVER) as (process, port),
        wsdemo.Wire(f"ws://127.0.0.1:{port}") as wire,
        connect(wire.url, ping_interval=0.1, ping_timeout=0.1, close_timeout=0.1) as client,
    ):
        assert process.stdout.readline() == "Client connected. Total: 1\n"
        wire.freeze()
        with pytest.raises(ConnectionClosed, match="sent 1011"):
            client.recv(timeout=PATIENCE)
        with connect(f"ws://127.0.0.1:{port}"):
            assert process.stdout.readline() == "Client connected. Total: 2\n"


@pytest.mark.parametrize("path", ["/returns", "/raises", "/cut"])
def test_sources_client_says_the_same_after_every_end(node, server, path):
    assert node("-e", SOURCE_CLIENT, server.url + path) == ["Connected to server", "Disconnected"]
