import asyncio
import contextlib

import pytest

import wsdemo
from tests.tab.kit import answering, ok
from wsdemo.tab.orders import Network

PAGE = "http://127.0.0.1:9/page"
CHROMIUM = "Mozilla/5.0 Chrome/140.0"
FIREFOX = "Mozilla/5.0 Firefox/140.0"
COOKIE = "Set-Cookie: id=7; SameSite=None; Secure"


class Pages:
    """A network, and what its pages are told."""

    def __init__(self):
        self.told = asyncio.Queue()
        self.network = Network(lambda client, what: self.told.put_nowait((client, what)))

    def order(self, do, client="page", id=1, **details):
        self.network.obey({"client": client, "id": id, "do": do, **details})

    def open(self, server, client="page", id=1, agent=CHROMIUM, path="", protocols=()):
        url = server.url + path
        more = {"url": url, "page": PAGE, "agent": agent, "protocols": list(protocols)}
        self.order("open", client, id, **more)

    async def hear(self, type=None):
        """The next thing that is told; of this type."""
        while True:
            _, what = await asyncio.wait_for(self.told.get(), 5)
            if type in (None, what["type"]):
                return what


@contextlib.contextmanager
def serving(handler, **options):
    with wsdemo.serve(handler, name="studied", **options) as server:
        yield server


def run(story):
    return asyncio.run(asyncio.wait_for(story(Pages()), 20))


async def echo(connection):
    async for message in connection:
        await connection.send(message)


def test_messages_go_both_ways_and_are_counted():
    async def story(pages):
        pages.open(server)
        assert (await pages.hear())["extensions"].startswith("permessage-deflate")
        for data, size in (("é", 2), (memoryview(b"\0\1\2"), 3)):
            pages.order("send", data=data)
            told = [await pages.hear(), await pages.hear()]
            assert {"id": 1, "type": "sent", "size": size} in told
            echoed = bytes(data) if isinstance(data, memoryview) else data
            assert {"id": 1, "type": "message", "data": echoed} in told
        pages.order("close", code=4000, reason="lunch")
        end = {"code": 4000, "reason": "lunch", "wasClean": True, "failed": False}
        assert await pages.hear() == {"id": 1, "type": "close", **end}

    with serving(echo) as server:
        run(story)


def test_a_handshake_is_a_browsers():
    seen = []

    def keep(connection, request):
        seen.append(list(request.headers.raw_items()))

    async def story(pages):
        pages.open(server, protocols=["chat", "superchat"])
        assert (await pages.hear("open"))["protocol"] == "chat"

    with serving(echo, process_request=keep, subprotocols=["chat"]) as server:
        run(story)
    headers = dict(seen[0])
    assert headers["Origin"] == "http://127.0.0.1:9"
    assert headers["User-Agent"] == CHROMIUM
    assert headers["Sec-WebSocket-Extensions"] == "permessage-deflate; client_max_window_bits"
    assert headers["Sec-WebSocket-Protocol"] == "chat, superchat"
    assert list(headers)[:2] == ["Host", "Connection"]


async def no_handler(connection):
    pytest.fail("the handshake was refused")


def refuse(connection, request):
    return connection.respond(403, "no\n")


FAILED = {"code": 1006, "reason": "", "wasClean": False, "failed": True}


def test_a_page_does_not_learn_why_it_cannot_connect():
    async def story(pages):
        pages.open(server, id=1)
        pages.order("open", id=2, url="ws://127.0.0.1:9/", page=PAGE, agent="", protocols=[])
        pages.order("open", id=3, url="wss://127.0.0.1/", page=PAGE, agent="", protocols=[])
        pages.order("open", id=4, url="ws://server.invalid", page=PAGE, agent="", protocols=[])
        told = [await pages.hear() for _ in range(4)]
        assert sorted(each.pop("id") for each in told) == [1, 2, 3, 4]
        assert told == [{"type": "close", **FAILED}] * 4

    with serving(no_handler, process_request=refuse) as server:
        run(story)


@pytest.mark.parametrize(("agent", "opens"), [(CHROMIUM, False), (FIREFOX, True)])
def test_a_server_that_chooses_no_subprotocol(agent, opens):
    async def story(pages):
        pages.open(server, protocols=["chat"], agent=agent)
        assert (await pages.hear())["type"] == ("open" if opens else "close")

    with serving(echo, select_subprotocol=lambda *_: None) as server:
        run(story)


def test_close_before_open_ends_the_handshake():
    async def slow(connection, request):
        await asyncio.sleep(10)

    async def story(pages):
        pages.open(server)
        await asyncio.sleep(0.05)
        pages.order("close", code=1005, reason="")
        assert await pages.hear() == {"id": 1, "type": "close", **FAILED}

    with serving(no_handler, process_request=slow) as server:
        run(story)


@pytest.mark.parametrize(
    ("frame", "agent", "failed", "server_sees"),
    [
        (b"\x83\x00", CHROMIUM, True, 1002),  # opcode 3
        (b"\x81\x01\xff", CHROMIUM, True, 1002),  # not UTF-8
        (b"\x83\x00", FIREFOX, True, 1006),
        (b"\x81\x01\xff", FIREFOX, True, 1006),
        (None, CHROMIUM, False, 1006),  # the server drops the connection
    ],
)
def test_a_connection_fails_as_in_the_browser(frame, agent, failed, server_sees):
    codes = []

    async def handler(connection):
        if frame is None:
            connection.transport.abort()
        else:
            connection.transport.write(frame)
        await connection.wait_closed()
        codes.append(connection.close_code)

    async def story(pages):
        pages.open(server, agent=agent)
        end = await pages.hear("close")
        assert (end["code"], end["wasClean"], end["failed"]) == (1006, False, failed)
        while not codes:
            await asyncio.sleep(0.01)

    with serving(handler) as server:
        run(story)
    assert codes == [server_sees]


def test_connections_to_a_server_are_made_one_after_the_other():
    most = now = 0

    async def slow(connection, request):
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1

    async def story(pages):
        for number in range(5):
            pages.open(server, id=number)
        for _ in range(5):
            await pages.hear("open")

    with serving(echo, process_request=slow) as server:
        run(story)
    assert most == 1


def test_a_page_that_leaves_closes_with_1001_and_only_its_own():
    codes = []

    async def note(connection):
        await connection.wait_closed()
        codes.append(connection.close_code)

    async def story(pages):
        for client in ("one", "other"):
            pages.open(server, client)
            await pages.hear("open")
        pages.order("send", "other", id=2, data="of no socket")  # ignored
        pages.order("leave", "one", id=None)
        while not codes:
            await asyncio.sleep(0.01)
        assert len(server.connections) == 1

    with serving(note) as server:
        run(story)
    assert codes[0] == 1001


def test_cookies_are_one_jar_for_pages_and_sockets():
    seen = []

    def keep(connection, request):
        if "Upgrade" in request.headers:
            seen.append(request.headers.get("Cookie"))
            return None
        response = connection.respond(200, "<p>")
        response.headers["Set-Cookie"] = COOKIE.partition(": ")[2]
        return response

    async def story(pages):
        url = server.url.replace("ws", "http", 1)
        pages.open(server)
        await pages.hear("open")
        pages.order("document", id=2, url=url, page=PAGE, agent=CHROMIUM)
        await pages.hear("document")
        pages.open(server, id=3)
        await pages.hear("open")

    with serving(echo, process_request=keep) as server:
        run(story)
    assert seen == [None, "id=7"]


def test_a_body_comes_in_pieces_and_can_be_given_up():
    async def story(pages):
        async def stream(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ok("", status="200 OK").replace(b"Content-Length: 0\r\n", b"") + b"one")
            gone.append(await reader.read())
            writer.close()

        gone = []
        async with await asyncio.start_server(stream, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            pages.order("fetch", url=url, page=url, agent=CHROMIUM, headers={}, method="GET")
            assert (await pages.hear())["status"] == 200
            assert (await pages.hear())["data"] == b"one"
            pages.order("abort")
            while not gone:
                await asyncio.sleep(0.01)
            assert pages.told.empty()

    run(story)


def test_a_host_gets_six_requests_at_once():
    async def story(pages):
        waiting, go = [], asyncio.Event()

        async def serve(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            waiting.append(1)
            await go.wait()
            writer.write(ok("x"))
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            for number in range(8):
                pages.order("fetch", id=number, url=url, page=url, agent=CHROMIUM)
            await asyncio.sleep(0.2)
            assert len(waiting) == 6
            go.set()
            for _ in range(8):
                await pages.hear("end")

    run(story)


def test_what_fails_is_told_and_nothing_more():
    async def story(pages):
        async with answering(lambda _: ok("secret")) as (url, _):
            for number, wish in enumerate([{"url": url}, {"url": "http://127.0.0.1:9/"}]):
                pages.order("fetch", id=number, page=PAGE, agent=CHROMIUM, **wish)
                assert await pages.hear() == {"id": number, "type": "failed"}
        pages.order("document", id=3, url="http://127.0.0.1:9/", page=PAGE, agent=CHROMIUM)
        assert await pages.hear() == {"id": 3, "type": "failed"}
        pages.order("nothing known", id=4)
        assert pages.told.empty()

    run(story)
