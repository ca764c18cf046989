"""What a program prints about the judge's own questions is not shown with the case that failed."""

import sys

import pytest

from wsdemo.judge import Trouble, candidate, judge

STREAMS = """\
import asyncio
import os


async def serve_client(reader, writer):
    await reader.readuntil(b"\\r\\n\\r\\n")
    print("a request", flush=True)
    writer.write(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
    writer.close()


async def main():
    server = await asyncio.start_server(serve_client, "127.0.0.1", int(os.environ["PORT"]))
    await server.serve_forever()


asyncio.run(main())
"""

THREADS = """\
import os
import socket
import threading


def serve(client):
    with client:
        data = client.recv(4096)
        data.index(b"\\r\\n\\r\\n")
        print("a request", flush=True)
        client.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\n")


with socket.create_server(("127.0.0.1", int(os.environ["PORT"]))) as listener:
    while True:
        threading.Thread(target=serve, args=[listener.accept()[0]]).start()
"""


@pytest.mark.parametrize("source", [STREAMS, THREADS], ids=["streams", "threads"])
def test_only_what_it_printed_in_the_case_is_shown(source, tmp_path):
    """Both programs print a traceback for a client that sends nothing, as the judge does first."""
    file = tmp_path / "server.py"
    file.write_text(source)
    [failure] = judge([sys.executable, str(file)], stage=1, patience=1).failures
    assert failure.notes == ("the program printed:\na request",)


LEFT = STREAMS.replace("200 OK", "101 Switching Protocols").replace(
    "    writer.close()\n", "    print(await reader.readexactly(2))\n"
)


def test_what_it_prints_when_the_judge_leaves_is_not_shown(tmp_path):
    """The first case of stage 2 fails, and the judge ends the connection."""
    file = tmp_path / "server.py"
    file.write_text(LEFT)
    [failure] = judge([sys.executable, str(file)], stage=2, patience=0.5).failures
    assert failure.notes == ("the program printed:\na request",)


def test_a_program_that_listens_elsewhere_is_told_soon(monkeypatch, capsys):
    monkeypatch.setattr(candidate, "SOON", 0.1)
    monkeypatch.setattr(candidate, "START", 0.6)
    code = "import threading; print('ws://127.0.0.1:8000', flush=True); threading.Event().wait()"
    with pytest.raises(Trouble, match="-c does not listen:") as raised:
        judge([sys.executable, "-c", code])
    assert "\nws://127.0.0.1:8000\nA server that the judge starts must" in str(raised.value)
    told = capsys.readouterr().err
    assert (
        "-c does not listen yet. A server that the judge starts must listen on 127.0.0.1 " in told
    )
