"""What the tests of servers share."""

import socket
import subprocess
import sys

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect


async def echo(connection):
    async for message in connection:
        await connection.send(message)


def says(url, text="Hello"):
    """Send one message; return the answer."""
    with connect(url) as client:
        client.send(text)
        return client.recv(timeout=5)


def close_code(client):
    """Wait until the server closes; return the code it gave."""
    with pytest.raises(ConnectionClosed) as closed:
        client.recv(timeout=5)
    return closed.value.rcvd.code


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def python(program, **options):
    """Run a program in an interpreter of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
