"""Pong in two tabs of a real browser: over a plain WebSocket, and over MQTT inside one."""

import asyncio
import contextlib
import os
import re
from urllib.parse import urlsplit

import aiomqtt
import pytest
from playwright.sync_api import expect

import wsdemo
from wsdemo.apps import pong
from wsdemo.apps.pong_game import Game
from wsdemo.loop import LoopThread

pytestmark = pytest.mark.browser

FIELD = 60  # units high


@contextlib.contextmanager
def plain_pong():
    """The finished server; gives its page's address."""
    with pong.serve(seed=6, name="pong in a browser") as server:
        yield server.url.replace("ws", "http", 1) + "/"


@contextlib.contextmanager
def mqtt_pong():
    """A broker and a referee; gives the address of the page that plays over MQTT."""
    if not (pong.npm_packages() / pong.LIBRARY).is_file():
        missing = "npm's mqtt is not installed: run `python start.py test`"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    with wsdemo.broker("mqtt") as broker, plain_pong() as page:
        address = urlsplit(broker.url)

        async def work():
            async with aiomqtt.Client(address.hostname, address.port) as client:
                await pong.referee(client, Game(6))

        thread = LoopThread("referee")
        try:
            working = thread.run(start(work()))
            yield f"{page}?mqtt={broker.websocket_url}"
            thread.run(stop(working))
        finally:
            thread.stop()


async def start(coroutine):
    return asyncio.create_task(coroutine)


async def stop(task):
    task.cancel()
    await asyncio.wait([task])


WAYS = pytest.mark.parametrize(
    "way",
    [
        pytest.param(plain_pong, id="websocket", marks=pytest.mark.weekly),
        pytest.param(mqtt_pong, id="mqtt"),
    ],
)


@pytest.fixture
def tab(window):
    """Open the game's page; troubles of any page fail the test."""
    troubles = []

    def tab(url):
        page = window.new_page()
        page.set_default_timeout(10_000)
        page.set_viewport_size({"width": 420, "height": 760})
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(url)
        return page

    yield tab
    assert troubles == []


def drag(page, units):
    """Put the page's own paddle there with the pointer."""
    box = page.locator("#field").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * units / FIELD)


def sees(page, side, units):
    page.wait_for_function(
        """([side, units]) =>
            Math.abs(Number(document.getElementById(side).getAttribute("y")) + 6 - units) < 1""",
        arg=[side, units],
    )


@WAYS
def test_two_tabs_play(way, tab, tmp_path):
    with way() as url:
        ana = tab(url)
        expect(ana.locator("#seat")).to_have_text(re.compile("Left, you: .*Right, the bot: "))
        bob = tab(url)
        expect(bob.locator("#seat")).to_have_text(re.compile("Left, somebody: .*Right, you: "))
        expect(ana.locator("#seat")).to_contain_text("Right, somebody")

        drag(ana, 10)
        sees(bob, "left", 10)
        drag(bob, 50)
        sees(ana, "right", 50)
        for page in (ana, bob):  # the keys of somebody who has no pointer
            page.locator("h1").click()
            page.keyboard.down("ArrowUp")
        sees(bob, "left", 6)
        sees(ana, "right", 6)

        for page in (ana, bob):
            page.keyboard.up("ArrowUp")
            expect(page.locator("#seat")).to_have_text(re.compile(r": [1-9]"), timeout=30_000)
        expect(ana.locator("#field")).to_contain_text(re.compile("[1-9]"))
        score = {"left": ana.locator("#left-score"), "right": ana.locator("#right-score")}
        total = sum(int(each.text_content()) for each in score.values())
        assert total >= 1
        folder = os.environ.get("WSDEMO_PICTURES", tmp_path)
        for name, page in (("ana", ana), ("bob", bob)):
            page.screenshot(path=f"{folder}/pong-{way.__name__}-{name}.png")
            assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


@WAYS
def test_a_third_watches_and_takes_the_side_of_a_tab_that_is_closed(way, tab):
    with way() as url:
        ana = tab(url)
        expect(ana.locator("#seat")).to_contain_text("Left, you")
        bob = tab(url)
        expect(bob.locator("#seat")).to_contain_text("Right, you")
        eve = tab(url)
        expect(eve.locator("#seat")).to_contain_text("You watch.")
        ana.close()  # over MQTT its last will says so
        expect(eve.locator("#seat")).to_contain_text("Left, you")
        bob.get_by_role("button", name="Close").click()
        expect(bob.locator("#state")).to_have_text("not connected")
        expect(eve.locator("#seat")).to_contain_text("Right, the bot")
        bob.get_by_role("button", name="Connect").click()
        expect(eve.locator("#seat")).to_contain_text("Right, somebody")


def test_the_slider_goes_up_and_words_say_where_the_ball_is(tab):
    with plain_pong() as url:
        page = tab(url)
        expect(page.locator("#seat")).to_contain_text("Left, you")
        slider = page.get_by_label("Your paddle")
        slider.focus()
        page.keyboard.press("End")
        sees(page, "left", 6)
        page.keyboard.press("Home")
        sees(page, "left", 54)
        page.get_by_label("say where the ball is").check()
        where = page.locator("#where")
        expect(where).to_have_text(re.compile(r"The ball (comes|is away), above you\."))


def test_the_bot_waits_for_the_first_move(tab):
    with plain_pong() as url:
        page = tab(url)
        seat = page.locator("#seat")
        expect(seat).to_have_text("Left, you: 0. Right, the bot: 0. Move your paddle to begin.")
        page.keyboard.press("ArrowUp", delay=100)
        page.wait_for_function("() => document.getElementById('ball').getAttribute('cx') !== '50'")
        expect(seat).not_to_contain_text("Move your paddle")


def test_without_the_library_the_page_says_what_to_run(window, monkeypatch, tmp_path):
    monkeypatch.setattr(pong, "npm_packages", lambda: tmp_path)
    with plain_pong() as url:
        page = window.new_page()
        page.goto(f"{url}?mqtt=ws://127.0.0.1:9/mqtt")
        expect(page.locator("#log li")).to_contain_text("run `npm install`")
        expect(page.locator("#state")).to_have_text("not connected")
        page.goto(url)
        expect(page.locator("#seat")).to_contain_text("Left, you")


def test_a_broker_that_is_not_there_is_told(window):
    with mqtt_pong() as url:
        page = window.new_page()
        page.goto(re.sub(r"127\.0\.0\.1:\d+/mqtt", "127.0.0.1:9/mqtt", url))
        expect(page.locator("#log li").last).to_have_text("closed")
        expect(page.locator("#state")).to_have_text("not connected")
