"""Lesson 14's client in JavaScript, and the command-line clients that the source names."""

import os
import shutil
import subprocess
import sys
import sysconfig

import pytest

import wsdemo
from tests.interop.programs import FOLDER, run_node

PROGRAM = "14_debugging_client.mjs"
PATIENCE = 10  # s


async def everything(connection):
    """Answer once in each kind, ping, and say goodbye with a code."""
    text = await connection.recv()
    await connection.send(["first ", "second ", text])
    await connection.send(b"\x00\x01")
    await (await connection.ping("alive?"))
    await connection.close(4000, "enough")


async def oracle(connection):
    await connection.send(f"the answer to {await connection.recv()}")


@pytest.fixture
def server():
    with wsdemo.serve(oracle, name="oracle") as server:
        yield server


@pytest.mark.node
def test_our_client_tells_everything(node):
    with wsdemo.serve(everything, name="everything") as server:
        assert node(PROGRAM, server.url, "third") == [
            "status 101",
            "text first second third",  # a message; of its fragments ws says nothing
            "binary, 2 bytes",
            "ping alive?",
            "close 4000 enough",
        ]


@pytest.mark.node
def test_our_client_tells_why_it_was_refused(require_node):
    with wsdemo.serve(oracle, name="refuses", origins=["https://chat.example"]) as server:
        lines, complaint = run_node(require_node, PROGRAM, server.url)
    assert lines == [
        "status 403 Forbidden",
        "Failed to open a WebSocket connection: missing Origin header.",
    ]
    assert not complaint


@pytest.mark.node
def test_our_client_tells_that_nobody_listens(require_node, server):
    server.stop()
    lines, complaint = run_node(require_node, PROGRAM, server.url)
    assert lines[0].startswith("error ECONNREFUSED")
    assert lines[1:] == ["close 1006"]
    assert not complaint


def typed(command, line):
    """Type a line into a program that ends when its server hangs up; give back what it shows."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, text=True, **pipes) as process:
        try:
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            process.wait(PATIENCE)  # with its input open, or it would leave before the answer
            return process.stdout.read()
        finally:
            process.kill()


def installed(name):
    """The path of a command that the test's set-up brings along; a skip where there is none."""
    ours = (sysconfig.get_path("scripts"), FOLDER / "node_modules" / ".bin")
    found = shutil.which(name, path=os.pathsep.join(map(str, ours))) or shutil.which(name)
    if found is None and os.environ.get("CI"):
        pytest.fail(f"{name} is missing, and CI is set")
    return found or pytest.skip(f"{name} is not installed here")


def test_the_websockets_command(server):
    shown = typed([sys.executable, "-m", "websockets", server.url], "who?")
    assert "< the answer to who?" in shown
    assert "Connection closed: 1000 (OK)." in shown


def test_wscat(server):
    command = [installed("wscat"), "--no-color", "-w", "2", "-x", "who?", "-c", server.url]
    assert "the answer to who?" in typed(command, "")


def test_websocat(server):
    assert typed([installed("websocat"), "-E", server.url], "who?").strip() == "the answer to who?"
