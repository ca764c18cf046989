"""Messages of wscat and nginx: the index of errors has a heading for each of them."""

import http.client
import subprocess

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

import wsdemo
from tests.interop.programs import FOLDER
from tests.lessons.errors import MESSAGES, explained
from wsdemo.programs.balancers import balancer, nginx
from wsdemo.programs.process import free_ports

PATIENCE = 30


@pytest.fixture
def wscat(require_node):
    """Connect with wscat; return what it prints until it ends."""
    program = FOLDER / "node_modules/wscat/bin/wscat"
    if not program.exists():
        pytest.skip("npm's wscat is not installed: run `python start.py test`")

    def run(url):
        command = [require_node, program, "--no-color", "-c", url]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as running:
            try:
                # Its input stays open: at the end of its input it ends at once.
                running.wait(PATIENCE)
            finally:
                running.kill()
            return running.stdout.read().decode()

    return run


@pytest.mark.node
def test_wscat_without_a_server(wscat):
    [port] = free_ports(1)
    assert "error: connect ECONNREFUSED 127.0.0.1:…" in explained(wscat(f"ws://127.0.0.1:{port}"))


@pytest.mark.node
@pytest.mark.parametrize("status", [401, 403])
def test_wscat_that_is_refused(wscat, status):
    def refuse(connection, request):
        return connection.respond(status, "")

    async def never(connection):
        raise AssertionError

    with wsdemo.serve(never, process_request=refuse) as server:
        message = f"error: Unexpected server response: {status}"
        assert message in explained(wscat(server.url))


def test_nginx_without_a_server():
    [port] = free_ports(1)
    with balancer([f"ws://127.0.0.1:{port}"]) as nginx:
        with pytest.raises(InvalidStatus, match="HTTP 502"), connect(nginx.url, proxy=None):
            pass
        line = http.client.HTTPConnection("127.0.0.1", nginx.ports[0], timeout=PATIENCE)
        line.request("GET", "/")
        page = line.getresponse().read().decode()
        line.close()
    assert "<center><h1>502 Bad Gateway</h1></center>" in explained(page)
    start = "connect() failed (111: Connection refused) while connecting to upstream, client: "
    [found] = [each for each in MESSAGES if each.startswith(start)]
    log = nginx.log
    assert found in explained(log) or "(111:" not in log  # other systems have other numbers


SILENT = """
error_log stderr info;
server {
    listen 127.0.0.1:PORT;
    location / {
        proxy_pass http://ROOM;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection "upgrade";
        proxy_read_timeout 300ms;
    }
}
"""


def test_nginx_cuts_a_silent_websocket():
    async def silent(connection):
        await connection.wait_closed()

    message = "upstream timed out (110: … timed out) while proxying upgraded connection"
    with wsdemo.serve(silent) as server, nginx(SILENT, ROOM=server.url) as proxy:
        with (
            connect(proxy.url, proxy=None, ping_interval=None) as client,
            pytest.raises(ConnectionClosedError, match="no close frame"),
        ):
            client.recv(PATIENCE)
        log = proxy.log
    assert "while proxying upgraded connection" in log
    assert message in explained(log) or "(110:" not in log  # other systems have other numbers
