"""The fixtures `serve` and `wire`, as pytest in a process of its own finds and uses them."""

import os
import re
import subprocess
import sys

import pytest

from wsdemo import pytest_cell
from wsdemo.pytest_cell import run_tests

HEAD = """
import pytest
from websockets.sync.client import connect


async def echo(connection):
    async for message in connection:
        await connection.send(message)
"""


def test_a_server_and_a_wire_end_with_their_test():
    printed = run_tests(
        HEAD
        + """
urls = []


@pytest.mark.parametrize("ends", ["well", "badly"])
def test_it_starts_them(serve, wire, ends):
    server = serve(echo)
    line = wire(server.url)
    urls.extend([server.url, line.url])
    with connect(line.url) as client:
        client.send("Hello")
        assert client.recv(timeout=5) == "Hello"
    assert len(line.frames) == 4
    assert ends == "well"


def test_they_have_ended():
    assert len(set(urls)) == 4
    for url in urls:
        with pytest.raises(ConnectionRefusedError), connect(url):
            pass
"""
    )
    assert printed.endswith("1 failed, 2 passed")
    assert "assert 'badly' == 'well'" in printed


def test_two_servers_in_one_test_and_options():
    printed = run_tests(
        HEAD
        + """
def test_two(serve, wire):
    first, second = serve(echo, name="first"), serve(echo, max_size=2)
    assert first.name == "first"
    assert first.port != second.port
    with connect(second.url) as client:
        client.send("too long")
        with pytest.raises(Exception, match="1009"):
            client.recv(timeout=5)
"""
    )
    assert printed.endswith("1 passed")


def test_an_exception_of_a_handler_fails_the_test_unless_it_is_taken_out():
    printed = run_tests(
        HEAD
        + """
async def fails(connection):
    await connection.recv()
    raise RuntimeError("on purpose")


@pytest.mark.parametrize("expected", [True, False])
def test_it_fails(serve, expected):
    server = serve(fails)
    with connect(server.url) as client:
        client.send("Hello")
        with pytest.raises(Exception, match="1011"):
            client.recv(timeout=5)
    if expected:
        [error] = server.errors
        server.errors.clear()
        assert str(error) == "on purpose"
"""
    )
    assert printed.endswith("2 passed, 1 error")
    assert "RuntimeError: on purpose" in printed
    assert "ERROR test_cell.py::test_it_fails[False]" in printed


def test_pytest_finds_the_fixtures_by_itself(tmp_path):
    """So in anybody's project: the package says so when it is installed."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--fixtures", "-q"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    for name in ("serve", "wire"):
        assert re.search(rf"^{name} -- .*pytest_plugin.py", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.parametrize(
    ("message", "source"),
    [
        (
            "ExceptionGroup: a handler raised an exception (1 sub-exception)",
            """
async def fails(connection):
    raise RuntimeError("on purpose")

def test_it(serve):
    server = serve(fails)
    with connect(server.url) as client, pytest.raises(Exception):
        client.recv(timeout=5)
""",
        ),
        (
            "TimeoutError: timed out in 5.0s",
            """
async def is_silent(connection):
    await connection.wait_closed()

def test_it(serve):
    server = serve(is_silent)
    with connect(server.url) as client:
        client.recv(timeout=5.0)
""",
        ),
    ],
)
def test_the_index_has_what_pytest_prints(message, source):
    assert message in run_tests(HEAD + source)


def test_the_index_has_what_pytest_prints_without_the_plugin(monkeypatch):
    monkeypatch.setattr(pytest_cell, "PLUGIN", ())
    assert "fixture 'serve' not found" in run_tests("def test_it(serve): pass")
