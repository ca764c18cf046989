"""What others in a room are told, with a network and without one."""

import shutil
import subprocess
import sys

import pytest

import wsdemo
from wsdemo.server import lan

ALONE = (
    "No address of this machine on a network was found. If it has one, the system's network "
    "settings show it, and others can "
)


class NoNetwork:
    """A socket of a machine without any network."""

    def __init__(self, *_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def connect(self, _):
        raise OSError(101, "Network is unreachable")


async def handler(connection):
    await connection.wait_closed()


def test_without_a_network_no_address_is_made_up(monkeypatch, capsys):
    monkeypatch.setattr(lan, "socket", NoNetwork)
    with wsdemo.serve(handler, host="0.0.0.0") as server:
        assert server.lan_url is None
        assert capsys.readouterr().out == f"{ALONE}connect to ws://ADDRESS:{server.port}\n"
        assert server.url == f"ws://127.0.0.1:{server.port}"


def test_over_tls_the_page_is_https(monkeypatch):
    monkeypatch.setattr(lan, "lan_address", lambda: "192.168.0.7")
    assert lan.invite("wss", 443, has_pages=True) == (
        "Others on this network can open https://192.168.0.7:443/ (programs: wss://192.168.0.7:443)"
    )


OFFLINE = """
import fcntl, json, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:  # ip link set lo up
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sH14x", b"lo", 1))
import wsdemo
from websockets.sync.client import connect
from wsdemo import doctor
from wsdemo.apps import chat
with chat.serve(host="0.0.0.0") as server, wsdemo.Wire(server.url) as wire:
    with connect(wire.url + "/?user=ana") as client:
        client.send(json.dumps({"user": "ana", "message": "Hello"}))
        print(json.loads(client.recv(timeout=5))["message"])
    print(len(wire.frames) > 2, wire.handshakes[0][1].status)
print([finding.state for finding in doctor._echo()])
"""


def test_without_any_network_servers_wires_and_the_doctor_work():
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-rn", "true"], check=False).returncode:
        pytest.skip("needs Linux' unshare, and the right to use it")
    done = subprocess.run(
        [unshare, "-rn", sys.executable, "-c", OFFLINE],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{ALONE}open http://ADDRESS:"), done.stderr
    assert lines[1:] == ["Hello", "True 101", "['ok']"]
