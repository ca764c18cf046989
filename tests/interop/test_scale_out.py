"""Lesson 16's program in JavaScript, behind a balancer whose servers and broker are killed."""

import contextlib
import subprocess
import threading

import pytest

import wsdemo
from tests.interop.programs import FOLDER
from wsdemo.programs.balancers import balancer
from wsdemo.programs.process import serve_in_process

PATIENCE = 20  # s
COUNT = 30

pytestmark = pytest.mark.node


@contextlib.contextmanager
def talker(node, url):
    """Run the program; yield a function that gives its lines up to one that ends so."""
    command = [node, "16_scale_out.mjs", url, "node", str(COUNT), "100"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=FOLDER, **pipes) as process:
        timer = threading.Timer(PATIENCE, process.kill)
        timer.start()

        def until(end=None):
            lines = []
            for line in process.stdout:
                lines.append(line.rstrip("\n"))
                if end and lines[-1].endswith(end):
                    break
            return lines

        try:
            yield until
            assert process.wait(PATIENCE) == 0
            assert process.stderr.read() == ""
        finally:
            timer.cancel()
            process.kill()


@pytest.fixture
def cluster():
    """A broker, two servers, a balancer; the first connection goes to the first server."""
    with contextlib.ExitStack() as stack:
        broker = stack.enter_context(wsdemo.broker("redis"))
        servers = [
            stack.enter_context(serve_in_process("chat", "--bus", broker.url)) for _ in range(2)
        ]
        front = stack.enter_context(balancer([server.url for server in servers]))
        yield broker, servers, front


def check_words(lines, losses):
    """No id is missing, none came twice, and each word was heard."""
    heard = [line.partition(" ") for line in lines if line[0].isdigit()]
    assert [int(number) for number, _, _ in heard] == list(range(1, len(heard) + 1))
    words = [word for _, _, word in heard]
    assert list(dict.fromkeys(words)) == [f"node {number}" for number in range(1, COUNT + 1)]
    assert len(words) <= COUNT + losses  # what is cut off before it comes back is said again


def test_it_resumes_on_the_other_server(require_node, cluster):
    _, [first, _], front = cluster
    with talker(require_node, front.url) as until:
        lines = until("node 10")
        first.kill()
        lines += until()
    check_words(lines, 1)
    assert [line for line in lines if not line[0].isdigit()] == ["close 1006", "close 1000"]


def test_it_waits_for_the_broker(require_node, cluster):
    broker, _, front = cluster
    with talker(require_node, front.url) as until:
        lines = until("node 10")
        broker.kill()
        lines += until("bus down")
        broker.start()
        lines += until()
    check_words(lines, 1)
    told = [line for line in lines if line.startswith(("bus", "close", "gap"))]
    assert told == ["bus down", "bus up", "close 1000"]
