"""The judge accepts servers of well-known libraries as they are; where it does not, here is why.

uWebSockets.js is not here: npm has only copies of it by others. One has no code of its own and
fetches the repository; the other has a build that needs a newer C library than Debian 12 has.
"""

import pathlib
import sys

import pytest

from tests.interop.programs import FOLDER
from wsdemo.judge import judge

HERE = pathlib.Path(__file__).parent

WITHOUT_A_MASK = {
    "A text without a mask ends the connection.",
    "An empty text without a mask ends the connection, too.",
    "What comes after a frame without a mask is not answered.",
    "A Ping without a mask ends the connection.",
    "A fragment without a mask ends the connection.",
}
DEVIATIONS = {
    # "The server MUST close the connection upon receiving a frame that is not masked" (§5.1):
    # aiohttp answers such a frame.
    "aiohttp_server": WITHOUT_A_MASK,
}


def failures(command):
    report = judge(command, go_on=True)
    return {verdict.title for verdict in report.failures}


@pytest.mark.parametrize("name", ["websockets_server", "aiohttp_server", "wsproto_server"])
def test_servers_in_python(name):
    command = [sys.executable, str(HERE / "echoes.py"), name]
    assert failures(command) == DEVIATIONS.get(name, set())


@pytest.mark.node
def test_a_server_of_ws_under_node(require_node, monkeypatch):
    monkeypatch.setenv("NODE_PATH", str(FOLDER / "node_modules"))
    assert failures([require_node, str(HERE / "echo_ws.js")]) == set()
