"""The page of requests, topics and rooms, in a real browser."""

import re

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
        expect(ana.locator("#joined")).to_have_text("Your topics: news. Your rooms: none.")
        do(bob, "publish", "news", "[1, 2]")
        expect(ana.locator("#log li").last).to_have_text('↓ {"topic": "news", "data": [1, 2]}')
        do(bob, "join", "staff", "guess")
        expect(bob.locator("#log li.trouble")).to_contain_text("wrong key for this room")
        for page in (ana, bob):
            do(page, "join", "staff", "k3y")
            expect(page.locator("#log li").last).to_contain_text('"data": null')
        expect(ana.locator("#joined")).to_have_text("Your topics: news. Your rooms: staff.")
        do(ana, "message", "staff", "<b>Hello</b>")
        expect(bob.locator("#log li").last).to_have_text(
            '↓ {"room": "staff", "message": "<b>Hello</b>"}'
        )
        do(ana, "unsubscribe", "news")
        expect(ana.locator("#joined")).to_have_text("Your topics: none. Your rooms: staff.")
        do(bob, "leave", "staff")
        expect(bob.locator("#joined")).to_have_text("Your topics: none. Your rooms: none.")
        ana.get_by_role("button", name="Close").click()
        expect(ana.locator("#joined")).to_have_text("")
        ana.get_by_role("button", name="Connect").click()
        expect(ana.locator("#joined")).to_have_text("Your topics: none. Your rooms: none.")
        now = ana.evaluate("() => new Date().toISOString().slice(0, 10)")
        expect(ana.locator("#log time").last).to_have_attribute("datetime", re.compile(now))
