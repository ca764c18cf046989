"""What the docstrings of serve() and Server promise."""

import asyncio
import contextlib
import contextvars
import errno
import functools
import gc
import http
import json
import socket
import ssl
import subprocess
import sys
import threading
import time

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

import wsdemo
import wsdemo.apps.echo
from wsdemo.loop import SWITCH_INTERVAL

pytestmark = pytest.mark.usefixtures("nothing_left_running")


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


# Birth and death


def test_serves_on_a_free_port_until_the_block_ends():
    with wsdemo.serve(echo) as server:
        assert server.url == f"ws://127.0.0.1:{server.port}"
        assert says(server.url) == "Hello"
        assert repr(server) == "<Server 'echo' running>"
    assert not is_listening(server.port)
    assert repr(server) == "<Server 'echo' stopped>"


def test_may_be_stopped_twice():
    server = wsdemo.serve(echo)
    server.stop()
    server.stop()
    assert not is_listening(server.port)


def test_stopping_closes_every_connection_with_1001():
    with contextlib.ExitStack() as open_clients:
        with wsdemo.serve(echo) as server:
            clients = [open_clients.enter_context(connect(server.url)) for _ in range(5)]
        assert [close_code(client) for client in clients] == [1001] * 5


def test_the_port_is_free_again_at_once():
    with wsdemo.serve(echo) as first:
        says(first.url)
    with wsdemo.serve(echo, port=first.port) as second:
        assert second.port == first.port
        assert says(second.url) == "Hello"


def test_a_stuck_handler_is_cancelled():
    cancelled = threading.Event()

    async def stuck(connection):
        try:
            await asyncio.Event().wait()  # it never looks at its connection
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with wsdemo.serve(stuck, close_timeout=0.1) as server, connect(server.url):
        server.stop()
        assert cancelled.is_set()
        assert not is_listening(server.port)


def test_a_line_on_which_nothing_was_said_is_ended():
    """Browsers open such lines in advance; nobody waits for them, and nothing is left of them."""
    with (
        wsdemo.serve(echo, close_timeout=5) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=5) as line,
        connect(server.url) as client,  # by now the server has the first line, too
    ):
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 4
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=5)
        with contextlib.suppress(ConnectionError):
            assert line.recv(1) == b""
    gc.collect()  # an unclosed transport would be an error here


def test_a_client_that_does_not_answer_the_close_holds_nobody_up(raw):
    with wsdemo.serve(echo, close_timeout=0.1) as server, raw(server.url) as client:
        client.upgrade()
        server.stop()
        assert not is_listening(server.port)
        assert client.frame().close_code == 1001


def test_a_handler_that_blocks_the_loop_is_warned_about(raw):
    came, blocked, release = [], threading.Event(), threading.Event()

    async def blocks(connection):
        came.append(connection)
        blocked.set()
        release.wait(10)

    server = wsdemo.serve(blocks, name="blocks", close_timeout=0.1)
    with raw(server.url) as client:
        client.upgrade()
        assert blocked.wait(5)
        with pytest.warns(RuntimeWarning, match="server 'blocks' did not stop: its handler blocks"):
            server.stop()
        with pytest.raises(
            OSError, match="of this notebook, whose handler blocks its event loop: wait"
        ):
            wsdemo.serve(echo, port=server.port)
        release.set()
        assert server._thread.stop(timeout=5)  # now it can
        with wsdemo.serve(echo, port=server.port) as repaired:
            assert says(repaired.url) == "Hello"
        assert came[0].transport.is_closing()


def test_ends_with_the_interpreter_promptly_and_quietly():
    program = """
import sys, wsdemo.apps.echo
server = wsdemo.apps.echo.serve()
print(server.url, flush=True)
sys.stdin.read()
"""
    with python(program) as child:
        with connect(child.stdout.readline().strip()) as client:
            assert client.recv(timeout=5) == "Welcome!"
            child.stdin.close()
            assert close_code(client) == 1001
        assert child.wait(timeout=5) == 0
        assert (child.stdout.read(), child.stderr.read()) == ("", "")


def test_switches_faster_while_it_runs():
    before = sys.getswitchinterval()
    with wsdemo.serve(echo, name="one"), wsdemo.serve(echo, name="two"):
        assert sys.getswitchinterval() == pytest.approx(SWITCH_INTERVAL)
    assert sys.getswitchinterval() == before


# Names and ports


def test_a_server_replaces_the_one_of_its_given_name():
    first = wsdemo.serve(echo, name="mine")
    with connect(first.url) as client, wsdemo.serve(echo, name="mine") as second:
        assert close_code(client) == 1001
        assert not is_listening(first.port)
        assert says(second.url) == "Hello"
        first.stop()  # it must not take the second down
        assert says(second.url) == "Hello"


def test_a_server_replaces_the_one_of_its_given_name_on_the_same_port():
    with (
        wsdemo.serve(echo, name="mine") as first,
        wsdemo.serve(echo, name="mine", port=first.port) as second,
    ):
        assert second.port == first.port
        assert repr(first) == "<Server 'mine' stopped>"
        assert says(second.url) == "Hello"


def made(number):
    async def tell(connection):
        async for _ in connection:
            await connection.send(str(number))

    return tell


class Room:
    async def handler(self, connection):
        await echo(connection)


@pytest.mark.parametrize(
    "handlers",
    [
        [echo, echo],
        [Room().handler, Room().handler],
        [functools.partial(echo), functools.partial(echo)],
        [made(1), made(2)],
        [lambda connection: echo(connection), lambda connection: echo(connection)],
    ],
    ids=["one handler", "methods", "partials", "closures", "lambdas"],
)
def test_servers_live_side_by_side(handlers):
    with contextlib.ExitStack() as running:
        servers = [running.enter_context(wsdemo.serve(each)) for each in handlers]
        assert len({server.port for server in servers}) == 2
        for server in servers:
            with connect(server.url) as client:
                client.send("Hello")
                assert client.recv(timeout=5)


def test_two_finished_servers_live_side_by_side():
    with wsdemo.apps.echo.serve() as one, wsdemo.apps.echo.serve() as two:
        assert [server.name for server in (one, two)] == ["echo", "echo"]
        for server in (one, two):
            with connect(server.url) as client:
                assert client.recv(timeout=5) == "Welcome!"


class Callable:
    async def __call__(self, connection):
        pass


@pytest.mark.parametrize(
    ("handler", "name", "expected"),
    [
        (echo, None, "echo"),
        (echo, "mine", "mine"),
        (made(1), None, "tell"),
        (Room().handler, None, "Room.handler"),
        (Callable(), None, "Callable"),
        (functools.partial(functools.partial(echo)), None, "echo"),
    ],
)
def test_is_named_after_its_handler_unless_named(handler, name, expected):
    with wsdemo.serve(handler, name=name) as server:
        assert server.name == expected


@pytest.mark.parametrize(
    ("options", "error"),
    [({"host": "203.0.113.1"}, OSError), ({"no_such_option": 1}, TypeError)],
    ids=["an address of others", "an unknown option"],
)
def test_a_server_that_fails_leaves_the_old_one_running(options, error):
    with wsdemo.serve(echo, name="mine") as server:
        before = threading.active_count()
        with pytest.raises(error):
            wsdemo.serve(echo, name="mine", **options)
        assert threading.active_count() == before
        assert says(server.url) == "Hello"
        with wsdemo.serve(echo, name="mine"):  # and it can still be replaced
            assert not is_listening(server.port)


def test_a_port_of_another_program_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        sentence = f"port {port} is taken by another program: choose another; port=0 takes"
        with pytest.raises(OSError, match=sentence) as taken:
            wsdemo.serve(echo, port=port)
        assert taken.value.errno == errno.EADDRINUSE


def test_a_port_of_another_server_here_is_taken():
    with wsdemo.serve(echo, name="mine") as server:
        sentence = f"port {server.port} is taken by server 'mine' of this notebook: stop\\(\\) it"
        with pytest.raises(OSError, match=sentence):
            wsdemo.serve(echo, name="other", port=server.port)
        assert says(server.url) == "Hello"


@pytest.mark.parametrize("port", [-1, 70000, 80.5])
def test_a_port_that_cannot_be_is_refused(port):
    with pytest.raises(ValueError, match=f"port is a whole number, from 0 to 65535, not {port}"):
        wsdemo.serve(echo, port=port)


def test_an_address_of_others_cannot_be_used():
    with pytest.raises(OSError, match=r"203\.0\.113\.1:0 cannot be used"):
        wsdemo.serve(echo, host="203.0.113.1")


def test_tells_others_in_a_workshop_the_address(capsys):
    with wsdemo.serve(echo, host="0.0.0.0") as server:
        assert capsys.readouterr().out == (
            f"Others on this network can connect to {server.lan_url}\n"
        )
        assert server.url == f"ws://127.0.0.1:{server.port}"
        assert server.lan_url.endswith(f":{server.port}")
        assert says(server.url) == says(server.lan_url) == "Hello"


def test_a_telephone_is_told_the_address_of_the_page(capsys):
    with wsdemo.serve(echo, host="0.0.0.0", pages={"/": "<p>Hello</p>"}) as server:
        page = server.lan_url.replace("ws", "http", 1) + "/"
        assert capsys.readouterr().out == (
            f"Others on this network can open {page} (programs: {server.lan_url})\n"
        )


def test_prints_nothing_on_this_machine_alone(capsys):
    with wsdemo.serve(echo) as server:
        assert server.lan_url is None
    assert capsys.readouterr() == ("", "")


def test_an_address_of_ipv6_stands_in_brackets():
    try:
        with wsdemo.serve(echo, host="::1") as server:
            assert server.url == f"ws://[::1]:{server.port}"
            assert says(server.url) == "Hello"
    except OSError:
        pytest.skip("no IPv6 here")


def test_over_tls_the_url_is_wss():
    with wsdemo.serve(echo, ssl=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)) as server:
        assert server.url == f"wss://127.0.0.1:{server.port}"


# Handlers


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


# Plain HTTP on the same port


def test_answers_with_pages(get, tmp_path):
    file = tmp_path / "page.css"
    file.write_text("p {}")
    pages = {"/": "<p>grüß dich</p>", "/data.json": b"{}", "/odd": b"\0", "/page": file}
    with wsdemo.serve(echo, pages=pages) as server:
        status, headers, body = get(server)
        assert (status, body.decode()) == (200, "<p>grüß dich</p>")
        # Java's HttpClient and curl --http2 offer HTTP/2 with each plain request.
        assert get(server, Upgrade="h2c", Connection="Upgrade, HTTP2-Settings")[::2] == (200, body)
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        assert headers["Cache-Control"] == "no-store"
        assert get(server, "/?name=ana")[2] == body
        assert get(server, "/data.json")[1]["Content-Type"].startswith("application/json")
        assert get(server, "/odd")[1]["Content-Type"].startswith("application/octet-stream")
        assert get(server, "/page")[1]["Content-Type"].startswith("text/css")
        assert get(server, "/page")[2] == b"p {}"
        file.write_text("b {}")  # a file is read at each request
        assert get(server, "/page")[2] == b"b {}"
        assert says(server.url) == "Hello"
        assert says(server.url + "/anywhere") == "Hello"


def test_a_page_whose_file_is_gone_is_an_error_of_the_server(get, tmp_path):
    with wsdemo.serve(echo, pages={"/": tmp_path / "gone.html"}) as server:
        assert get(server)[0] == 500
        assert says(server.url) == "Hello"


def test_has_no_other_page(get, capsys):
    with wsdemo.serve(echo, pages={"/": "", "/data": b""}) as server:
        status, _, body = get(server, "/../secret")
        assert (status, body) == (404, b"No page /../secret; there is: /, /data\n")
    assert capsys.readouterr().err == ""


def test_without_pages_it_says_what_is_missing(get):
    with wsdemo.serve(echo) as server:
        status, headers, body = get(server)
        assert (status, headers["Upgrade"]) == (426, "websocket")
        assert b"missing Connection header" in body


def refuse(connection, request):
    if "Authorization" not in request.headers:
        return connection.respond(http.HTTPStatus.UNAUTHORIZED, "who are you?\n")
    return None


async def refuse_later(connection, request):
    await asyncio.sleep(0)
    return refuse(connection, request)


@pytest.mark.parametrize("process_request", [refuse, refuse_later])
@pytest.mark.parametrize("pages", [None, {"/": "<p>public</p>"}])
def test_the_users_process_request_is_asked(process_request, pages, get):
    with wsdemo.serve(echo, process_request=process_request, pages=pages) as server:
        with pytest.raises(InvalidStatus) as refused, connect(server.url):
            pass
        assert refused.value.response.status_code == 401
        with connect(server.url, additional_headers={"Authorization": "ana"}) as client:
            client.send("Hello")
            assert client.recv(timeout=5) == "Hello"
        assert get(server)[0] == (200 if pages else 401)


@pytest.mark.parametrize(
    "request_bytes",
    [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"GET / HTTP/1.1\r\n\r\n", b"?\r\n\r\n", b""],
    ids=["TLS", "no Host", "garbage", "nothing"],
)
def test_the_mistakes_of_clients_print_nothing(request_bytes, raw, capsys):
    with wsdemo.serve(echo) as server, raw(server.url) as client:
        client.send(request_bytes)
        client.socket.shutdown(socket.SHUT_WR)
        client.drain()
    assert server.errors == []
    assert capsys.readouterr() == ("", "")


# Imports


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
