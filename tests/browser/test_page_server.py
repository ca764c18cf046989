"""The server of the panels' pages, without a browser: sockets play the pages."""

import asyncio
import contextlib
import http.client
import json
import threading

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.browser.page_server_kit import URL
from wsdemo.browser.page_server import MAX_EVENTS, MAX_QUEUE, WEB, page_server
from wsdemo.browser.panels import Browser, javascript
from wsdemo.server.core import serve


@contextlib.contextmanager
def view(page, **options):
    """Open a page as a browser would."""
    address = f"127.0.0.1:{page_server().port}"
    options = {"origin": f"http://{address}", **options}
    with connect(f"ws://{address}/_report?key={page._token}", **options) as connection:
        yield connection


def told(connection):
    return json.loads(connection.recv(timeout=5))


def report(connection, **event):
    connection.send(json.dumps(event))


def drain(connection):
    for _ in connection:
        pass


def get(path, host=None):
    """Return (status, headers, body) of a plain GET."""
    connection = http.client.HTTPConnection("127.0.0.1", page_server().port, timeout=5)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Host": host} if host else {})
        response = connection.getresponse()
        return response.status, response.headers, response.read().decode()


def test_the_console_serves_the_pages_and_nothing_else():
    status, headers, body = get("/browser.html?key=any")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert headers["Cache-Control"] == "no-store"
    assert body == (WEB / "browser.html").read_text(encoding="utf-8")
    assert get("/report.js")[1]["Content-Type"] == "text/javascript; charset=utf-8"
    for path in (
        "/",
        "/nothing.html",
        "/jupyter_server_config.json",
        "/jupyterlab_defaults.json",
        "/../browser.py",
        "/.",
        "/_ping",
    ):
        assert get(path)[0] == 404, path


def test_the_ping_answers_only_to_a_token_of_this_kernel():
    page = Browser(URL)
    status, headers, body = get(f"/_ping?key={page._token}")
    assert (status, body, headers["Access-Control-Allow-Origin"]) == (200, "wsdemo\n", "*")
    status, headers, _ = get("/_ping?key=wrong")
    assert (status, headers["Access-Control-Allow-Origin"]) == (404, None)


def test_a_foreign_name_for_this_machine_is_refused():
    port = page_server().port
    for host in (f"evil.example:{port}", f"192.0.2.1:{port}", f"localhost.evil.example:{port}"):
        assert get("/browser.html", host)[0] == 403, host
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}", "hub.example"):
        assert get("/browser.html", host)[0] == 200, host


def attempt(key, headers):
    """Try to report, with these headers exactly; return the status."""
    connection = http.client.HTTPConnection("127.0.0.1", page_server().port, timeout=5)
    with contextlib.closing(connection):
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
        upgrade["Sec-WebSocket-Key"] = "AAAAAAAAAAAAAAAAAAAAAA=="
        connection.request("GET", f"/_report?key={key}", headers={**upgrade, **headers})
        return connection.getresponse().status


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (101, {"Origin": "http://127.0.0.1:PORT"}),
        (101, {"Origin": "http://localhost:PORT", "Host": "localhost:PORT"}),
        # through our relay, and through jupyter-server-proxy
        (101, {"Origin": "https://hub.example", "X-Forwarded-Host": "hub.example"}),
        (101, {"Origin": "https://hub.example", "Host": "hub.example"}),
        (101, {"Origin": "http://127.0.0.1:8888", "Host": "127.0.0.1:8888"}),
        (403, {}),
        (403, {"Origin": "null"}),
        (403, {"Origin": "http://127.0.0.1:8888"}),
        (403, {"Origin": "http://localhost:PORT"}),
        (403, {"Origin": "http://127.0.0.1:PORT.evil.example"}),
        (403, {"Origin": "http://evil.example"}),
        (403, {"Origin": "http://evil.example:PORT", "Host": "evil.example:PORT"}),
        (403, {"Origin": "https://evil.example", "X-Forwarded-Host": "hub.example"}),
        (101, {"Origin": "https://hub.example", "X-Forwarded-Host": "hub.example:443"}),
        (403, {"Origin": "https://hub.example:8443", "X-Forwarded-Host": "hub.example"}),
        (403, {"Origin": "http://[::1", "Host": "localhost"}),
        (403, {"Origin": "http://localhost", "Host": "[::1"}),
    ],
)
def test_only_a_page_of_the_very_host_may_report(status, headers):
    page = Browser(URL)
    headers = {
        name: value.replace("PORT", str(page_server().port)) for name, value in headers.items()
    }
    assert attempt(page._token, headers) == status


@pytest.mark.parametrize("key", ["", "wrong", "%00"])
def test_a_wrong_token_may_not_report(key):
    assert attempt(key, {"Origin": f"http://127.0.0.1:{page_server().port}"}) == 403


def test_a_report_has_a_bounded_size():
    page = Browser(URL)
    with view(page) as one:
        with contextlib.suppress(ConnectionClosed):
            one.send("x" * (2**20 + 1))
        with pytest.raises(ConnectionClosed, match="1009"):
            drain(one)


def test_a_page_is_told_what_it_is_when_it_opens():
    page = Browser(URL, "ana", subprotocols=["v2", "v1"])
    with view(page) as one:
        assert told(one) == {
            "do": "start",
            "name": "ana",
            "url": URL,
            "subprotocols": ["v2", "v1"],
            "stopped": True,
        }
        page.expect("page", state="opened")
    page.expect("page", state="left")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_a_page_is_told_that_its_server_is_stopped_and_the_server_is_not_asked(host):
    seen = []

    class Seen(ServerConnection):
        def connection_made(self, transport):
            seen.append(transport)
            super().connection_made(transport)

    async def study(connection):
        await connection.wait_closed()

    with serve(study, host=host, create_connection=Seen) as server:
        page = javascript("…", url=server.url)
        with view(page) as one:
            assert "stopped" not in told(one)
        assert seen == []
        with connect(server.url, proxy=None):
            assert len(seen) == 1  # a connection would have been noticed
    with view(page) as again:
        assert told(again)["stopped"] is True


@pytest.mark.parametrize(
    "url", [None, "", "wss://elsewhere.example:1", "http://127.0.0.1", "ws://["]
)
def test_of_an_address_that_cannot_be_asked_nothing_is_told(url):
    page = javascript("…", url=url)
    with view(page) as one:
        assert "stopped" not in told(one)


def test_a_second_view_waits_until_the_first_leaves():
    page = Browser(URL)
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(view(page))
        assert told(first)["do"] == "start"
        second = stack.enter_context(view(page))
        assert told(second)["do"] == "wait"
        report(second, type="open")  # not the page: Python does not hear it
        report(first, type="message", data="from the first")
        page.expect("message", data="from the first")
        first.close()
        assert told(second)["do"] == "start"
        report(second, type="message", data="from the second")
        page.expect("message", data="from the second")
    kinds = [(event["type"], event.get("state")) for event in page.events]
    assert ("open", None) not in kinds
    assert kinds.index(("page", "left")) == 2


def test_a_second_view_can_take_over():
    page = Browser(URL)
    with view(page) as first, view(page) as second:
        assert told(first)["do"] == "start"
        assert told(second)["do"] == "wait"
        report(second, type="take")
        assert told(first)["do"] == "wait"
        assert told(second)["do"] == "start"
        report(first, type="open")
        report(second, type="take")  # pressed twice
        report(second, type="message")
        page.expect("message")
        page.send("hello")
        assert told(second) == {"do": "send", "data": "hello"}
    states = [event["state"] for event in page.events if event["type"] == "page"]
    assert states[:3] == ["opened", "left", "opened"]


def test_running_the_cell_again_replaces_the_client_of_that_name():
    former = Browser(URL, "ana")
    other = Browser(URL, "bob")
    with view(former) as one, view(former) as waiting, view(other) as bystander:
        assert told(one)["do"] == "start"
        Browser(URL, "ana")
        for each in (one, waiting):
            with pytest.raises(ConnectionClosed) as closed:
                drain(each)
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4001, "replaced")
        assert told(bystander)["do"] == "start"
        report(bystander, type="open")
        other.expect("open")
    with pytest.raises(InvalidStatus, match="403"), view(former):
        pass


def test_two_javascript_cells_run_side_by_side():
    first, second = javascript("1"), javascript("2", url=URL)
    with view(first) as one, view(second) as two:
        assert told(one)["code"] == "1"
        assert told(two)["url"] == URL


def test_a_page_learns_that_its_kernel_stops():
    page = Browser(URL)
    try:
        with view(page) as one:
            assert told(one)["do"] == "start"
            page_server().stop()
            with pytest.raises(ConnectionClosed, match="1001"):
                one.recv(timeout=5)
    finally:
        page_server.cache_clear()


def test_commands_wait_for_the_page_and_keep_their_order():
    page = Browser(URL)
    page.send("text")
    page.send(b"\x00\xff")
    page.close(4001, "bye")
    page.connect()
    with view(page) as one:
        assert told(one)["do"] == "start"
        assert told(one) == {"do": "send", "data": "text"}
        assert told(one) == {"do": "send", "hex": "00ff"}
        assert told(one) == {"do": "close", "code": 4001, "reason": "bye"}
        assert told(one) == {"do": "connect"}
        page.send("later")
        assert told(one) == {"do": "send", "data": "later"}
    page.expect("page", state="left")
    with view(page) as again:  # a reload: nothing is done twice
        assert told(again)["do"] == "start"
        page.send("new")
        assert told(again) == {"do": "send", "data": "new"}


def test_the_queue_is_bounded():
    page = Browser(URL, "ana")
    for _ in range(MAX_QUEUE):
        page.send("x")
    with pytest.raises(RuntimeError, match="1000 commands wait for the page of 'ana' to open"):
        page.send("x")


@pytest.mark.parametrize("data", [1, None, ["text"]])
def test_a_message_is_text_or_bytes(data):
    with pytest.raises(TypeError, match="a message is str or bytes, not"):
        Browser(URL).send(data)


def test_expect_finds_events_of_the_past_and_of_the_future():
    page = Browser(URL)
    with view(page) as one:
        report(one, type="message", data="a")
        report(one, type="message", hex="00ff")
        assert page.expect("message") == {"type": "message", "data": "a"}
        assert page.expect("message", data=b"\x00\xff")["data"] == b"\x00\xff"
        later = threading.Timer(0.1, report, [one], {"type": "close", "code": 1000})
        later.start()
        assert page.expect("close", code=1000) == {"type": "close", "code": 1000}
        later.join()


def test_expected_leaves_the_event_loop_free():
    page = Browser(URL)

    async def main(one):
        waiting = asyncio.create_task(page.expected("open"))
        await asyncio.sleep(0)
        report(one, type="open", protocol="v2")
        assert (await waiting)["protocol"] == "v2"
        with pytest.raises(TimeoutError):
            await page.expected("close", timeout=0.01)

    with view(page) as one:
        asyncio.run(main(one))


def test_a_time_out_says_what_came_instead():
    page = Browser(URL, "ana")
    with pytest.raises(TimeoutError) as missing:
        page.expect("message", timeout=0.01, data="hi")
    assert str(missing.value) == (
        "'ana' reported no message data='hi' within 0.01 s; its page has not opened. Is its panel "
        "shown? Run the cell that shows it in JupyterLab. Is the notebook trusted?"
    )
    with view(page) as one:
        report(one, type="message", data="ho")
        page.expect("message")
        with pytest.raises(TimeoutError) as other:
            page.expect("close", timeout=0.01)
    assert str(other.value) == (
        "'ana' reported no close within 0.01 s, but: page state='opened', message data='ho'"
    )


def test_events_are_bounded_and_a_copy():
    page = Browser(URL)
    with view(page) as one:
        for number in range(MAX_EVENTS + 5):
            report(one, type="message", data=str(number))
        page.expect("message", data=str(MAX_EVENTS + 4))
    page.events.clear()
    assert len(page.events) == MAX_EVENTS


def test_the_console_shows_the_lines_of_the_latest_run():
    page = javascript("…")
    for run in ("first", "second"):
        with view(page) as one:
            report(one, type="log", text=f"{run} a")
            report(one, type="error", text=f"{run} b")
            report(one, type="done", run=run)
            page.expect("done", run=run)
        assert page.console == [f"{run} a", f"{run} b"]
