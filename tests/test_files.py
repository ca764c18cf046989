"""Hundreds of connections fit into a process, whatever its shell allowed it at first."""

import subprocess
import sys

import pytest

from wsdemo import doctor, files

resource = pytest.importorskip("resource", reason="Windows does not limit open files")

CONNECTIONS = """
import resource, socket, sys
hard = int(sys.argv[1]) or resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
import wsdemo
async def handler(connection):
    await connection.wait_closed()
with wsdemo.serve(handler) as server:
    clients = []
    try:
        for _ in range(300):
            clients.append(socket.create_connection(("127.0.0.1", server.port)))
    except OSError as error:
        print(error)
    print(len(clients), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def connections(hard):
    done = subprocess.run(
        [sys.executable, "-c", CONNECTIONS, str(hard)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout.splitlines()


def test_a_server_raises_a_low_limit_to_what_is_needed():
    count, limit = connections(hard=0)[-1].split()
    assert count == "300"
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert int(limit) == (files.WANTED if hard < 0 else min(files.WANTED, hard))


def test_where_the_system_allows_no_more_the_error_is_this():
    error, counted = connections(hard=256)
    assert error == "[Errno 24] Too many open files"
    assert counted.split()[1] == "256"


@pytest.mark.parametrize(
    ("most", "state"), [(None, "ok"), (4096, "ok"), (1024, "ok"), (256, "missing")]
)
def test_the_doctor_says_what_to_do(monkeypatch, most, state):
    monkeypatch.setattr(doctor, "most_files", lambda: most)
    [finding] = doctor._open_files()
    assert finding.state == state
    assert ("ulimit -n 1024" in finding.advice) is (state == "missing")


def test_a_higher_limit_is_left_alone(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (100_000, 200_000))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: pytest.fail("it was changed"))
    files.allow_many_files()
