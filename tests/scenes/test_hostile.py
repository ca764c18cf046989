"""More than a hundred kinds of hostile input, and a bystander in each room who must notice nothing.

The rooms of the frameworks are those of lesson 18: their cells are run here.
"""

import asyncio
import contextlib
import io
import json
import socket

import pytest
from websockets.asyncio.server import broadcast
from websockets.sync.client import connect

import wsdemo
from tests.lessons.kit import ROOT, text_of
from wsdemo import frameworks
from wsdemo.scenes import hostile

CELLS = (
    "imports",
    "fastapi-room",
    "aiohttp-room",
    "channels-room",
    "careful-fastapi",
    "careful-aiohttp",
    "careful-channels",
)
CAREFUL = ("careful_fastapi", "careful_aiohttp", "careful_channels")


@pytest.fixture(scope="module")
def rooms():
    """What the lesson's cells define."""
    if hint := frameworks.install_hint():
        pytest.skip(hint)
    path = ROOT / "notebooks/18_frameworks.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = {cell["id"]: text_of(cell["source"]) for cell in cells}
    scope = {}
    for each in CELLS:
        exec(sources[each], scope)
    return scope


@contextlib.contextmanager
def course_room():
    """The room of lesson 03, on the library `websockets`."""
    members = set()

    async def room(connection):
        members.add(connection)
        try:
            async for message in connection:
                if isinstance(message, bytes):
                    await connection.close(1003)
                    return
                broadcast(members, message)
        finally:
            members.discard(connection)

    with (
        contextlib.redirect_stderr(io.StringIO()),
        wsdemo.serve(room, open_timeout=1, close_timeout=0.5) as server,
    ):
        yield server


@pytest.fixture(scope="module")
def course_report():
    with course_room() as server:
        return asyncio.run(hostile.run_battery(server.url + "/room"))


@pytest.fixture(scope="module", params=CAREFUL)
def report(rooms, request):
    """What one of the repaired rooms did with each kind."""
    with frameworks.serve(rooms[request.param]()) as server:
        return asyncio.run(hostile.run_battery(server.url + "/room"))


def test_there_are_more_than_a_hundred_kinds():
    assert len(hostile.KINDS) > 100
    assert len(set(hostile.KINDS)) == len({name for _, name in hostile.KINDS})


def test_a_bystander_notices_nothing(report):
    assert report.trouble == ""
    assert list(report.outcomes) == [
        *((group, name) for group, name in hostile.KINDS if group == "handshake"),
        *((group, name) for group, name in hostile.KINDS if group != "handshake"),
    ]


def test_nothing_that_breaks_the_protocol_gets_through_uvicorn(report, request):
    if "aiohttp" in request.node.callspec.id:
        assert set(report.kinds("frames", "let through")) <= {"unmasked text", "unmasked ping"}
    else:
        assert report.kinds("frames", "let through") == []


def test_a_valid_text_gets_through(report):
    ended = [name for name in report.kinds("message", "") if "binary" in name or name == "UTF-16"]
    through = report.kinds("message", "let through")
    assert set(through) >= set(report.kinds("message", "")) - set(ended)


def test_the_courses_own_server_holds(course_report):
    assert course_report.trouble == ""
    assert course_report.kinds("frames", "let through") == []
    assert set(course_report.kinds("frames", "closed")) == set(course_report.kinds("frames", ""))


@pytest.mark.parametrize(
    ("name", "kind"), [("fastapi_room", "binary"), ("channels_room", "empty binary")]
)
def test_a_room_that_is_not_repaired_is_noticed(rooms, name, kind):
    """The battery can fail."""

    async def attacked(url):
        async with hostile.Bystander(url) as bystander:
            assert await bystander.trouble() == ""
            await hostile.attack(url, "message", kind)
            return await bystander.trouble() or await bystander.trouble()

    with frameworks.serve(rooms[name]()) as server:
        assert "was disconnected" in asyncio.run(attacked(server.url + "/room"))


def test_channels_can_refuse_a_foreign_origin(rooms):
    from channels.security.websocket import AllowedHostsOriginValidator
    from django.test import override_settings

    with override_settings(ALLOWED_HOSTS=["127.0.0.1"]):
        app = AllowedHostsOriginValidator(rooms["channels_room"]())
        with frameworks.serve(app) as server:
            url = server.url + "/room"
            assert asyncio.run(hostile.attack(url, "handshake", "foreign Origin")) == "refused 403"
            with connect(url, origin=server.http_url) as ana:
                ana.send("Hello")
                assert ana.recv(timeout=5) == "Hello"


def test_a_server_that_resets_the_connection_has_cut_it():
    async def reset(reader, writer):
        await reader.read(1)
        linger = socket.SOL_SOCKET, socket.SO_LINGER, hostile.RESET_ON_CLOSE
        writer.get_extra_info("socket").setsockopt(*linger)
        writer.transport.abort()

    async def attacked():
        async with await asyncio.start_server(reset, "127.0.0.1", 0) as it:
            url = "ws://{}:{}".format(*it.sockets[0].getsockname())
            return await hostile.attack(url, "message", "not JSON")

    assert asyncio.run(attacked()) == "cut"


def test_a_server_that_never_answers_is_left():
    async def silent():
        async with await asyncio.start_server(lambda *_: asyncio.sleep(9), "127.0.0.1", 0) as it:
            url = "ws://{}:{}".format(*it.sockets[0].getsockname())
            return await hostile.attack(url, "handshake", "foreign Origin")

    assert asyncio.run(silent()) == "no answer"
