"""One call stops all that a notebook has started, in an order in which nothing misses another."""

import asyncio
import sys

import pytest
from websockets.asyncio.client import connect

import wsdemo
from wsdemo import running
from wsdemo.browser.page_server import page_server
from wsdemo.programs.process import Program


async def quiet(connection):
    await connection.wait_closed()


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch):
    """Other tests' servers are their own affair."""
    fresh = {kind: type(started)() for kind, started in running._started.items()}
    monkeypatch.setattr(running, "_started", fresh)


def test_it_stops_what_runs_and_counts_it(capsys):
    server, other = wsdemo.serve(quiet), wsdemo.serve(quiet, name="other")
    wire = wsdemo.Wire(server.url)
    program = Program("sleeper", [sys.executable, "-c", "import time; time.sleep(60)"], [])
    other.stop()
    wsdemo.stop_all()
    assert capsys.readouterr().out == "stopped 1 server, 1 wire, 1 program\n"
    assert [each.running for each in (server, wire, program)] == [False] * 3


def test_twice_is_once(capsys):
    wsdemo.serve(quiet)
    wsdemo.serve(quiet, name="other")
    wsdemo.stop_all()
    wsdemo.stop_all()
    assert capsys.readouterr().out == "stopped 2 servers\nnothing was running\n"


def test_a_client_behind_a_wire_still_gets_the_goodbye():
    async def main():
        with wsdemo.serve(quiet) as server, wsdemo.Wire(server.url) as wire:
            async with connect(wire.url) as client:
                await asyncio.to_thread(wsdemo.stop_all)
                await client.wait_closed()
                assert client.close_code == 1001

    asyncio.run(main())


def test_the_panels_page_server_goes_on(capsys):
    page_server.cache_clear()
    pages = page_server()
    try:
        wsdemo.stop_all()
        assert capsys.readouterr().out == "nothing was running\n"
        assert pages.running
    finally:
        pages.stop()
        page_server.cache_clear()


def test_what_is_remembered_may_still_be_collected():
    class Thing:
        running = True

    running.remember("server", Thing())
    assert not list(running._started["server"])
