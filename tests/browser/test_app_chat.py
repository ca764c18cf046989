"""The chat's page in a real browser."""

import contextlib

import pytest
from playwright.sync_api import Error, expect

import wsdemo
from wsdemo.apps import chat

pytestmark = pytest.mark.browser


def close(page):
    page.close()


def crash(page):
    """End the tab's process, as a kill or an empty battery does."""
    with contextlib.suppress(Error):
        page.goto("chrome://crash")


@pytest.mark.parametrize("end", [close, crash])
def test_three_people_chat_and_one_is_gone(tab, end):
    with chat.serve(heartbeat=1) as server:
        ana, bob, eve = (tab(server, name) for name in ("Ana", "Bob", "Eve"))
        expect(ana.locator("#names")).to_have_text("Ana, Bob, Eve")
        eve.get_by_label("Your message").fill("<img src=x onerror=document.title='mine'>")
        eve.keyboard.press("Enter")
        for page in (ana, bob, eve):
            last = page.locator("#log li").last
            expect(last.locator("b")).to_have_text("Eve ")
            expect(last).to_contain_text("<img src=x onerror=")
            expect(page).to_have_title("Chat over a WebSocket")
        end(eve)
        for page in (ana, bob):
            expect(page.locator("#log li").last).to_have_text("Eve left")
            expect(page.locator("#names")).to_have_text("Ana, Bob")


def test_text_from_right_to_left_turns_nothing_around_it(tab):
    with chat.serve() as server:
        ana, _ = tab(server, "Ana"), tab(server, "דנה")
        expect(ana.locator("#names bdi")).to_have_text(["Ana", "דנה"])
        ana.get_by_label("Your message").fill("\u202eevil שלום 1")
        ana.keyboard.press("Enter")
        shown = ana.locator("#log li").last.locator("bdi")
        expect(shown).to_have_text("\u202eevil שלום 1")
        expect(shown).to_have_css("unicode-bidi", "isolate")


def test_a_name_in_use_is_told_and_another_one_works(tab):
    with chat.serve() as server:
        ana, second = tab(server, "Ana"), tab(server, "ana")
        expect(second.locator("#log .trouble").first).to_contain_text("is taken: choose another")
        expect(second.get_by_role("status")).to_have_text("not connected")
        second.get_by_label("Your name").fill("Bob")
        second.keyboard.press("Enter")
        expect(ana.locator("#names")).to_have_text("Ana, Bob")


def test_who_comes_back_while_the_name_is_still_taken_gets_in_by_waiting(tab):
    """The owner's connection is dead, and the server has not noticed it yet."""
    with chat.serve(heartbeat=1) as server, wsdemo.Wire(server.url) as wire:
        ghost = tab(wire, "Ana")
        expect(ghost.locator("#names")).to_have_text("Ana")
        wire.freeze()
        ana = tab(server, "Ana")
        expect(ana.locator("#log")).to_contain_text("The name Ana is taken: trying again in")
        expect(ana.locator("#names")).to_have_text("Ana", timeout=20_000)
        expect(ana.locator("#state")).to_contain_text("connected to")
