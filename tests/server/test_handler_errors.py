"""A handler may raise what it likes: the cell sees it, the client is told, the server goes on."""

import asyncio
import sys

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

import wsdemo
from wsdemo.loop import LoopThread

pytestmark = pytest.mark.usefixtures("nothing_left_running")


async def awaits_a_cancelled_future(connection):
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


async def exits(connection):
    sys.exit("quit")


async def closes_its_loop(connection):
    asyncio.get_running_loop().close()


def raises(error):
    async def handler(connection):
        raise error

    return handler


ENDS = {
    "sys.exit": (exits, "SystemExit (the server goes on; end a handler with return)"),
    "KeyboardInterrupt": (raises(KeyboardInterrupt()), "KeyboardInterrupt (the server goes on"),
    "GeneratorExit": (raises(GeneratorExit()), "GeneratorExit (the server goes on"),
    "CancelledError": (awaits_a_cancelled_future, "CancelledError (something that it awaited"),
    "closed loop": (closes_its_loop, "RuntimeError: Cannot close a running event loop"),
    "BaseException": (raises(BaseException("odd")), "BaseException: odd"),
    "group": (raises(BaseExceptionGroup("two", [GeneratorExit(), KeyError()])), "BaseException"),
}


def first_code(url):
    """Connect; return the code with which the server closes."""
    with connect(url) as client, pytest.raises(ConnectionClosed) as closed:
        client.recv(timeout=5)
    return closed.value.rcvd.code


@pytest.mark.parametrize(("handler", "told"), ENDS.values(), ids=ENDS)
def test_what_a_handler_raises_ends_its_connection_only(handler, told, capsys):
    calls = iter([handler])

    async def first_only(connection):
        await next(calls, raises_nothing)(connection)

    async def raises_nothing(connection):
        await connection.send("Hello")

    with wsdemo.serve(first_only, name="mine") as server:
        assert first_code(server.url) == 1011
        with connect(server.url) as client:
            assert client.recv(timeout=5) == "Hello"
        assert len(server.errors) == 1
    shown = capsys.readouterr().err
    assert shown.startswith(f"handler mine failed, its client sees 1011: {told}")
    assert f"in {handler.__name__}: " in shown


async def starts_a_task_that_exits(connection):
    task = asyncio.create_task(exits(connection))
    await asyncio.wait([task])
    task.exception()  # asked for, or asyncio logs it when the garbage collector meets the task
    await connection.send("still here")


async def stops_its_loop(connection):
    asyncio.get_running_loop().stop()
    await connection.send("still here")


@pytest.mark.parametrize(
    ("handler", "told"),
    [(starts_a_task_that_exits, "SystemExit('quit')"), (stops_its_loop, "Event loop stopped")],
)
def test_what_would_end_the_loop_is_reported_and_does_not(handler, told, capsys):
    with wsdemo.serve(handler, name="mine") as server:
        for _ in range(2):
            with connect(server.url) as client:
                assert client.recv(timeout=5) == "still here"
        assert len(server.errors) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first == second
    assert first.startswith("server 'mine' keeps running in spite of ")
    assert told in first


def test_what_passes_through_two_tasks_is_reported_once(capsys):
    async def passes_it_on(inner):
        await inner

    async def handler(connection):
        inner = asyncio.create_task(exits(connection))
        outer = asyncio.create_task(passes_it_on(inner))
        await asyncio.wait([outer])
        assert outer.exception() is inner.exception()
        await connection.send("still here")

    with wsdemo.serve(handler, name="mine") as server:
        with connect(server.url) as client:
            assert client.recv(timeout=5) == "still here"
        assert [str(error) for error in server.errors] == ["quit"]
    assert capsys.readouterr().err.count("in spite of") == 1


def test_a_process_request_that_exits_is_answered_with_500(capsys):
    def exits_at_once(connection, request):
        sys.exit()

    with wsdemo.serve(exits, process_request=exits_at_once) as server:
        with pytest.raises(InvalidStatus) as refused, connect(server.url):
            pass
        assert refused.value.response.status_code == 500
        assert [type(error) for error in server.errors] == [SystemExit]
    assert "its client sees status 500: SystemExit (" in capsys.readouterr().err


def test_what_runs_when_a_server_stops_is_no_error(capsys):
    async def waits(connection):
        await asyncio.Event().wait()

    with wsdemo.serve(waits, close_timeout=0.1) as server, connect(server.url):
        server.stop()
    assert server.errors == []
    assert capsys.readouterr().err == ""


def test_a_coroutine_that_exits_is_seen_by_who_runs_it(capsys):
    with wsdemo.serve(exits) as server:
        with pytest.raises(SystemExit, match="quit"):
            server.run(exits(None))
        assert server.run(asyncio.sleep(0, "alive")) == "alive"
    assert "in spite of SystemExit('quit')" in capsys.readouterr().err


def test_a_loop_without_a_server_reports_by_itself(capsys):
    thread = LoopThread("alone")
    with pytest.raises(SystemExit):
        thread.run(exits(None))
    assert thread.stop()
    assert capsys.readouterr().err == "alone: SystemExit('quit') does not end its event loop\n"
