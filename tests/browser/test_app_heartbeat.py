"""The heartbeat server's page in a real browser."""

import pytest
from playwright.sync_api import expect

import wsdemo
from wsdemo.apps import heartbeat

pytestmark = pytest.mark.browser


def test_the_heartbeat_page_notices_a_frozen_line(tab):
    with heartbeat.serve() as server, wsdemo.Wire(server.url) as wire:
        page = tab(wire)
        page.get_by_label("Seconds between heartbeats").fill("0.3")
        page.get_by_role("button", name="Heartbeat now").click()
        expect(page.locator("#pulse")).to_have_text("The connection is alive.")
        wire.freeze()
        expect(page.locator("#pulse")).to_have_text("The connection may be dead.")
        expect(page.locator("#state")).to_contain_text("connected to")
        wire.thaw()
        expect(page.locator("#pulse")).to_have_text("The connection is alive.")
