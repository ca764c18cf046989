"""The page of requests, topics and rooms, in a real browser."""

import pytest
from playwright.sync_api import expect

from wsdemo.apps import patterns

pytestmark = pytest.mark.browser


def test_the_patterns_page_asks_subscribes_and_speaks_in_a_room(tab):
    rooms = {"lobby": None, "staff": "k3y"}
    with patterns.serve(rooms=rooms, name="patterns in a browser") as server:
        ana, bob = tab(server), tab(server)

        def do(page, action, name="", value=""):
            page.get_by_label("Action").select_option(action)
            if name:
                page.locator("#name").fill(name)
            if value:
                page.locator("#value").fill(value)
            page.get_by_role("button", name="Send").click()

        expect(ana.locator("#log li").last).to_contain_text('"topics": ["sensor-1", "sensor-2"')
        do(ana, "subscribe", "news")
        expect(ana.locator("#log li").last).to_have_text('↓ {"id": 2, "data": null}')
        do(bob, "publish", "news", "[1, 2]")
        expect(ana.locator("#log li").last).to_have_text('↓ {"topic": "news", "data": [1, 2]}')
        do(bob, "join", "staff", "guess")
        expect(bob.locator("#log li.trouble")).to_contain_text("this room opens with its key alone")
        for page in (ana, bob):
            do(page, "join", "staff", "k3y")
            expect(page.locator("#log li").last).to_contain_text('"data": null')
        do(ana, "message", "staff", "<b>Hello</b>")
        expect(bob.locator("#log li").last).to_have_text(
            '↓ {"room": "staff", "message": "<b>Hello</b>"}'
        )
