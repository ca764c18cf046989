"""Lesson 05's programs in JavaScript, and the source's own: who gets in, and who sees what."""

import functools
import http.client
import urllib.parse

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

import wsdemo
from tests.interop.programs import node_server, run_node

ANA = {"Authorization": "Bearer k3-ana-7Qz"}
PATIENCE = 10  # s

# The source's option 1, as it stands but for the server around it and what validateToken does.
SOURCE_SERVER = """
const WebSocket = require('ws');
const wss = new WebSocket.Server({ port: 0, host: '127.0.0.1' });
wss.on('listening', () => console.log(wss.address().port));
const validateToken = (token) => token === 'user-auth-token';

// Server
const url = require('url');

wss.on('connection', (ws, req) => {
  const params = url.parse(req.url, true).query;

  if (!validateToken(params.token)) {
    ws.close(1008, 'Invalid token');
    return;
  }

  // Connection authenticated
  ws.send('in');
});
"""

# The source's option 2, as it stands but for the address and an end.
SOURCE_CLIENT = """
const WebSocket = require('ws');
// Using a library that supports custom headers
const ws = new WebSocket(process.argv[1], {
  headers: {
    'Authorization': 'Bearer token123'
  }
});
ws.on('message', (message) => { console.log(message.toString()); ws.close(); });
"""

pytestmark = pytest.mark.node


@pytest.fixture
def node(require_node):
    """Run a Node program to its end; return its lines, and what it complained of."""
    return functools.partial(run_node, require_node)


@pytest.fixture
def server(require_node):
    """Our server in Node; its address."""
    with node_server(require_node, "05_auth_server.mjs", 0) as (_, port):
        yield f"ws://127.0.0.1:{port}"


def status_of(url, **options):
    try:
        with connect(url, **options):
            return 101
    except InvalidStatus as refusal:
        return refusal.response.status_code


def ticket_from(url, **headers):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    try:
        connection.request("GET", "/ticket", headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("status", "options"),
    [
        (101, {"additional_headers": ANA}),
        (401, {}),
        (401, {"additional_headers": {"Authorization": "Bearer wrong"}}),
        (401, {"additional_headers": {"Authorization": "Bearer k3-ana-7Qz-and-more"}}),
        (401, {"additional_headers": {"Authorization": "Basic"}}),
        (403, {"additional_headers": ANA, "origin": "http://elsewhere.example"}),
        (403, {"additional_headers": ANA, "origin": "null"}),
    ],
)
def test_our_server_refuses_before_the_upgrade(server, status, options):
    assert status_of(server, **options) == status


def test_our_server_knows_its_own_pages(server):
    origin = server.replace("ws", "http", 1)
    with connect(server, additional_headers=ANA, origin=origin) as client:
        assert client.recv(timeout=PATIENCE) == "Hello, ana"


def test_a_ticket_of_our_server_works_once(server):
    assert ticket_from(server)[0] == 401
    status, ticket = ticket_from(server, **ANA)
    assert status == 200
    assert [status_of(f"{server}/?ticket={ticket}") for _ in range(2)] == [101, 401]
    assert status_of(f"{server}/?ticket=nonsense", additional_headers=ANA) == 401


def test_our_server_ends_what_has_expired(require_node):
    with (
        node_server(require_node, "05_auth_server.mjs", 0, 200) as (_, port),
        connect(f"ws://127.0.0.1:{port}", additional_headers=ANA) as client,
    ):
        assert client.recv(timeout=PATIENCE) == "Hello, ana"
        with pytest.raises(ConnectionClosed) as ended:
            client.recv(timeout=PATIENCE)
        assert (ended.value.rcvd.code, ended.value.rcvd.reason) == (4401, "token expired")


def test_a_client_that_breaks_the_protocol_harms_nobody(server, raw):
    with raw(server) as client:
        client.upgrade(**ANA)
        client.send_frame(1, b"no mask", mask=None)
        client.drain()
    assert status_of(server, additional_headers=ANA) == 101


def gate(connection, request):
    if request.headers.get("Authorization") != ANA["Authorization"]:
        return connection.respond(401, "Who are you?\n")


async def greet(connection):
    await connection.send("Hello, ana")
    await connection.close(4401, "token expired")


def test_our_client_against_python(node):
    with wsdemo.serve(greet, name="gate for Node", process_request=gate) as server:
        lines, _ = node("05_auth_client.mjs", server.url, "k3-ana-7Qz")
        assert lines == ["open", "Hello, ana", "close 4401 token expired"]
        lines, _ = node("05_auth_client.mjs", server.url, "wrong")
        assert lines[0] == "refused 401"
        assert "open" not in lines


def test_sources_server_opens_before_it_refuses(require_node):
    with node_server(require_node, "-e", SOURCE_SERVER) as (_, port):
        with connect(f"ws://127.0.0.1:{port}/?token=user-auth-token") as client:
            assert client.recv(timeout=PATIENCE) == "in"
        with connect(f"ws://127.0.0.1:{port}/?token=wrong") as client:  # it is let in
            with pytest.raises(ConnectionClosed) as ended:
                client.recv(timeout=PATIENCE)
            assert (ended.value.rcvd.code, ended.value.rcvd.reason) == (1008, "Invalid token")


async def show_header(connection):
    await connection.send(connection.request.headers["Authorization"])
    await connection.wait_closed()


def test_sources_client_sends_its_header_from_node(node):
    with wsdemo.serve(show_header, name="header") as server:
        assert node("-e", SOURCE_CLIENT, server.url) == (["Bearer token123"], "")
