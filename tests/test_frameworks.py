"""Apps of frameworks, served beside the notebook: they start, log, stop, leave nothing behind."""

import asyncio
import contextlib
import urllib.request

import pytest
from websockets.asyncio.client import connect as connect_in_loop
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

import wsdemo
from wsdemo import frameworks

pytestmark = pytest.mark.usefixtures("nothing_left_running")

web = pytest.importorskip("aiohttp.web")
fastapi = pytest.importorskip("fastapi")
FastAPI, WebSocket = fastapi.FastAPI, fastapi.WebSocket


def fastapi_app():
    app = FastAPI()

    @app.websocket("/echo")
    async def echo(socket: WebSocket):
        await socket.accept()
        async for text in socket.iter_text():
            await socket.send_text(text)

    @app.websocket("/fail")
    async def fail(socket: WebSocket):
        raise RuntimeError("on purpose")

    @app.get("/hello")
    async def hello():
        return "Hello"

    return app


def aiohttp_app():
    async def echo(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data)
        return socket

    app = web.Application()
    app.router.add_get("/echo", echo)
    return app


@pytest.mark.parametrize("make", [fastapi_app, aiohttp_app])
def test_it_serves_and_stops(make):
    with frameworks.serve(make(), "trial") as server:
        assert repr(server) == "<AppServer 'trial' running>"
        with connect(server.url + "/echo") as client:
            client.send("Hello")
            assert client.recv(timeout=5) == "Hello"
        assert server.log == []
    assert repr(server) == "<AppServer 'trial' stopped>"
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        connect(server.url + "/echo")


def test_it_serves_plain_http():
    with frameworks.serve(fastapi_app()) as server:
        assert urllib.request.urlopen(server.http_url + "/hello", timeout=5).read() == b'"Hello"'


@pytest.mark.parametrize("make", [fastapi_app, aiohttp_app])
def test_a_client_that_is_connected_does_not_keep_it(make):
    server = frameworks.serve(make())
    with connect(server.url + "/echo") as client:
        server.stop()
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=5)


def test_aiohttp_can_say_goodbye():
    """Lesson 18 says so: without it, clients see 1006."""
    sockets = set()

    async def wait(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        sockets.add(socket)
        async for _ in socket:
            pass
        return socket

    async def close_all(app):
        for socket in sockets:
            await socket.close(code=1001)

    app = web.Application()
    app.router.add_get("/wait", wait)
    app.on_shutdown.append(close_all)
    server = frameworks.serve(app)
    with connect(server.url + "/wait") as client:
        server.stop()
        with pytest.raises(ConnectionClosed, match="1001"):
            client.recv(timeout=5)


def test_its_log_holds_warnings_and_exceptions(capsys):
    with frameworks.serve(fastapi_app()) as server, frameworks.serve(fastapi_app()) as other:
        with pytest.raises(InvalidStatus):
            connect(server.url + "/fail")
        assert server.log == ["Exception in ASGI application: RuntimeError: on purpose"]
        assert other.log == []
    assert capsys.readouterr() == ("", "")


def test_options_reach_uvicorn():
    with (
        frameworks.serve(fastapi_app(), ws_max_size=10) as server,
        connect(server.url + "/echo") as client,
    ):
        client.send("x" * 11)
        with pytest.raises(ConnectionClosed, match="1009"):
            client.recv(timeout=5)


def test_stop_all_finds_one_without_a_name(capsys):
    frameworks.serve(fastapi_app())
    wsdemo.stop_all()
    assert capsys.readouterr().out == "stopped 1 server\n"


def test_an_app_that_fails_at_its_start():
    @contextlib.asynccontextmanager
    async def lifespan(app):
        raise RuntimeError("on purpose")
        yield

    with pytest.raises(RuntimeError, match="failed while it started"):
        frameworks.serve(FastAPI(lifespan=lifespan))


def test_without_the_frameworks_it_says_how_to_get_them(monkeypatch):
    monkeypatch.setattr(frameworks, "PACKAGES", ("no_such_framework",))
    assert "pip install" in frameworks.install_hint()
    with pytest.raises(ModuleNotFoundError, match="pip install"):
        frameworks.serve(fastapi_app())


def a_small_app():
    app = FastAPI()

    @app.websocket("/room")
    async def room(socket: WebSocket):
        await socket.accept()
        await socket.send_text(str(os.getpid()))  # noqa: F821

    return app


def test_workers_are_processes_of_their_own():
    workers = frameworks.serve_workers(a_small_app)
    try:
        seen = set()
        for _ in range(500):
            with connect(workers.url + "/room") as client:
                seen.add(int(client.recv(timeout=5)))
            if len(seen) == 2:
                break
        assert len(seen) == 2
        assert workers.pid not in seen
    finally:
        workers.stop()


def test_djangos_own_server_knows_no_websocket():
    settings = "SECRET_KEY = 'x'\nDEBUG = True\nROOT_URLCONF = 'site_settings'\nurlpatterns = []\n"
    site = frameworks.runserver(settings)
    try:
        with pytest.raises(InvalidStatus):
            connect(site.url + "/room")
    finally:
        site.stop()


def test_in_a_loop_that_runs_already():
    async def echoed():
        async with (
            frameworks.serving(fastapi_app()) as url,
            connect_in_loop(url + "/echo") as client,
        ):
            await client.send("Hello")
            return await asyncio.wait_for(client.recv(), 5)

    assert asyncio.run(echoed()) == "Hello"
