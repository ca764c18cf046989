"""Running a cell again replaces what its last run has started, and nothing else."""

import threading
from types import SimpleNamespace

import pytest
from websockets.sync.client import connect

import wsdemo
from wsdemo import cell
from wsdemo.browser.page_server import page_server

pytestmark = pytest.mark.usefixtures("nothing_left_running")


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def other(connection):
    await connection.wait_closed()


def answers(server):
    with connect(server.url) as client:
        client.send("Hello")
        return client.recv(timeout=5)


def state(*servers):
    """Which servers run, as a text: R for running, . for stopped."""
    return "".join("R" if "running" in repr(server) else "." for server in servers)


@pytest.fixture
def run(monkeypatch):
    """Play the kernel: from now on a cell runs, known by its id or else by its text."""
    runs = iter(range(100))

    def run(text, cell_id=None):
        message = {
            "header": {"msg_id": str(next(runs))},
            "content": {"code": text},
            "metadata": {"cellId": cell_id} if cell_id else {},
        }
        shell = SimpleNamespace(kernel=SimpleNamespace(get_parent=lambda: message))
        monkeypatch.setattr(cell, "ipython_shell", lambda: shell)

    return run


def test_a_cell_can_be_run_again_and_again(run):
    before = threading.active_count()
    for _ in range(10):
        run("server = wsdemo.serve(echo)")
        server = wsdemo.serve(echo)
    assert threading.active_count() == before + 1
    assert answers(server) == "Hello"
    server.stop()


def test_one_run_may_start_several_and_the_next_replaces_them_all(run):
    run("the cell")
    first, second = wsdemo.serve(echo), wsdemo.serve(other)
    third = wsdemo.serve(echo)
    assert state(first, second, third) == "RRR"
    run("the cell")
    with wsdemo.serve(echo) as fourth:
        assert state(first, second, third, fourth) == "...R"
        with wsdemo.serve(echo) as fifth:
            assert state(fourth, fifth) == "RR"


def test_another_cell_replaces_nothing(run):
    run("one cell")
    with wsdemo.serve(echo) as first:
        run("another cell")
        with wsdemo.serve(echo) as second:
            assert state(first, second) == "RR"


def test_a_cell_that_was_changed_is_known_by_its_id(run):
    run("time.sleep", cell_id="a")
    first = wsdemo.serve(echo)
    run("asyncio.sleep", cell_id="b")
    with wsdemo.serve(echo) as second:
        assert state(first, second) == "RR"
        run("asyncio.sleep", cell_id="a")
        with wsdemo.serve(other) as third:
            assert state(first, second, third) == ".RR"


def test_a_cell_without_an_id_that_was_changed_is_known_by_its_port(run):
    run("time.sleep")
    first = wsdemo.serve(echo)
    run("asyncio.sleep")
    with wsdemo.serve(echo, port=first.port) as second:
        assert state(first, second) == ".R"
        assert answers(second) == "Hello"


def test_the_cell_that_shows_the_first_panel_can_be_run_again(run):
    run("both")
    first, panels = wsdemo.serve(echo), page_server.__wrapped__()
    run("both")
    with panels, wsdemo.serve(echo) as second:
        assert state(first, panels, second) == ".RR"


def test_a_port_taken_in_the_same_run_is_an_error(run):
    run("both")
    with (
        wsdemo.serve(echo) as server,
        pytest.raises(OSError, match="taken by server 'echo' of this notebook: stop"),
    ):
        wsdemo.serve(echo, port=server.port)


def test_outside_a_notebook_there_is_no_cell():
    assert cell.ipython_shell() is None
    assert cell.running_cell() is None
    assert not cell.is_on_screen()
