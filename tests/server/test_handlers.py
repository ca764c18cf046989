"""How a server calls its handler, and what the cell sees of it."""

import asyncio
import contextvars
import json

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

import wsdemo
import wsdemo.apps.echo
from tests.server.kit import close_code, echo, python

pytestmark = pytest.mark.usefixtures("nothing_left_running")


def test_passes_options_on():
    with (
        wsdemo.serve(echo, max_size=10, subprotocols=["chat"]) as server,
        connect(server.url, subprotocols=["chat"]) as client,
    ):
        assert client.subprotocol == "chat"
        client.send("x" * 11)
        assert close_code(client) == 1009


def test_knows_who_is_connected():
    async def count(connection):
        await connection.send(str(len(server.connections)))

    with wsdemo.serve(count) as server, connect(server.url) as client:
        assert client.recv(timeout=5) == "1"
    with wsdemo.serve(echo) as server:
        assert server.connections == []
        with connect(server.url) as first, connect(server.url) as second:
            ports = {each.remote_address[1] for each in server.connections}
            assert ports == {each.local_address[1] for each in (first, second)}
        assert server.connections == []


def test_knows_it_as_soon_as_the_client_does():
    with wsdemo.serve(echo) as server:
        for _ in range(100):
            with connect(server.url):
                assert len(server.connections) == 1
            assert server.connections == []


def test_runs_a_coroutine_on_its_loop():
    with wsdemo.serve(echo) as server, connect(server.url) as client:
        [connection] = server.connections
        server.run(connection.send("from the cell"))
        assert client.recv(timeout=5) == "from the cell"
        with pytest.raises(TimeoutError, match=r"no result from server 'echo' within 0\.01 s"):
            server.run(asyncio.Event().wait(), timeout=0.01)


def test_refuses_to_wait_for_itself():
    async def waits_for_itself(connection):
        with pytest.raises(RuntimeError, match="use await"):
            server.run(connection.send("never"))
        await connection.send("refused")

    with wsdemo.serve(waits_for_itself) as server, connect(server.url) as client:
        assert client.recv(timeout=5) == "refused"


def test_runs_nothing_after_its_end():
    with wsdemo.serve(echo) as server:
        pass
    with pytest.raises(RuntimeError, match="server 'echo' has stopped"):
        server.run(asyncio.sleep(0))


def test_a_handler_prints_into_the_cell_that_runs():
    """IPython notes in a context variable which cell a print belongs to."""
    cell = contextvars.ContextVar("cell", default="whichever runs now")

    async def tell(connection):
        await connection.send(cell.get())

    cell.set("the one that started the server")
    with wsdemo.serve(tell) as server, connect(server.url) as client:
        assert client.recv(timeout=5) == "whichever runs now"


def test_an_exception_is_seen_by_all(capsys):
    async def divide(connection):
        async for message in connection:
            1 / int(message)

    with (
        wsdemo.serve(divide, name="divide") as server,
        connect(server.url) as client,
        connect(server.url) as bystander,
    ):
        client.send("0")
        assert close_code(client) == 1011
        first, second = capsys.readouterr().err.splitlines()
        assert first == (
            "handler divide failed, its client sees 1011: ZeroDivisionError: division by zero"
        )
        assert second.startswith("  line ")
        assert second.endswith("divide: 1 / int(message)")
        assert [type(error) for error in server.errors] == [ZeroDivisionError]
        bystander.send("1")
        assert bystander.ping().wait(5)
    assert len(server.errors) == 1


def test_of_an_exception_in_pythons_own_library_the_handlers_line_is_shown(capsys):
    async def parse(connection):
        json.loads(await connection.recv())

    with wsdemo.serve(parse, name="parse") as server, connect(server.url) as client:
        client.send("no JSON")
        assert close_code(client) == 1011
    _, *lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].endswith("in parse: json.loads(await connection.recv())")


def test_a_function_that_is_no_coroutine_is_an_error(capsys):
    def forgot_async(connection):
        pass

    with wsdemo.serve(forgot_async, name="hello") as server, connect(server.url) as client:
        assert close_code(client) == 1011
    assert capsys.readouterr().err == (
        "handler hello failed, its client sees 1011: "
        "TypeError: handler hello is not a coroutine: write async def\n"
    )


@pytest.mark.parametrize("handler", [None, "echo"])
def test_what_cannot_be_called_is_refused_in_the_cell(handler):
    with pytest.raises(TypeError, match=r"serve\(\) needs a handler, async def handler"):
        wsdemo.serve(handler)


async def receive(connection):
    while True:
        await connection.recv()


async def receive_in_a_group(connection):
    async with asyncio.TaskGroup() as group:
        group.create_task(receive(connection))
        group.create_task(connection.wait_closed())


async def receive_in_groups(connection):
    async with asyncio.TaskGroup() as group:
        group.create_task(receive_in_a_group(connection))


async def group_with_a_fault(connection):
    try:
        await receive(connection)
    except ConnectionClosed as goodbye:
        raise ExceptionGroup("", [goodbye, KeyError("fault")]) from None


@pytest.mark.parametrize("handler", [receive, receive_in_a_group, receive_in_groups])
@pytest.mark.parametrize("farewell", ["close", "reset"])
def test_a_client_that_leaves_is_no_error(handler, farewell, raw, capsys):
    with wsdemo.serve(handler) as server, raw(server.url) as client:
        client.upgrade()
        if farewell == "close":
            client.send_frame(8, b"\x03\xe8")
            assert client.last_frames()[0].close_code == 1000
        else:
            client.reset()
    assert server.errors == []
    assert capsys.readouterr().err == ""


def test_a_fault_beside_a_client_that_leaves_is_an_error(capsys):
    with wsdemo.serve(group_with_a_fault) as server, connect(server.url):
        pass
    assert len(server.errors) == 1
    assert "failed, its client sees 1011: " in capsys.readouterr().err


def test_nothing_heavy_is_imported_before_it_is_used():
    program = """
import json, sys, wsdemo
heavy = ["asyncio", "websockets", "matplotlib", "IPython", "numpy", "jupyter_server"]
loaded = lambda: [name for name in heavy if name in sys.modules]
first = loaded()
wsdemo.serve, wsdemo.Wire, wsdemo.draw, wsdemo.frames, wsdemo.apps
print(json.dumps([first, loaded()]))
"""
    with python(program) as child:
        out, err = child.communicate(timeout=20)
    assert err == ""
    assert json.loads(out) == [[], ["asyncio", "websockets"]]


def test_a_failing_process_request_is_seen(capsys):
    def broken(connection, request):
        raise ValueError("on purpose")

    with wsdemo.serve(echo, name="broken", process_request=broken) as server:
        with pytest.raises(InvalidStatus), connect(server.url):
            pass
        assert [str(error) for error in server.errors] == ["on purpose"]
    shown = capsys.readouterr().err
    assert "handler broken failed, its client sees status 500: ValueError: on purpose" in shown


def test_a_handler_cannot_stop_its_own_server(capsys):
    async def suicidal(connection):
        server.stop()

    with wsdemo.serve(suicidal) as server, connect(server.url) as client:
        assert close_code(client) == 1011
        assert "cannot be stopped by a handler of its own" in str(server.errors[0])
        with connect(server.url) as another:  # it still runs
            assert close_code(another) == 1011
    capsys.readouterr()
